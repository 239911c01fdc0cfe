"""Why a plan is as it is: the alternatives, what limits them, and a sentence."""

from __future__ import annotations

from hybrid.core.piece import Piece
from hybrid.core.plan import Alternative
from hybrid.core.units import duration
from hybrid.scheduler.options import Option
from hybrid.scheduler.site import Site


def alternatives(tried: list[Option], chosen: Option | None) -> tuple[Alternative, ...]:
    """Return what was tried, for the reader of a plan, in the order in which it was."""
    return tuple(
        Alternative(each.ranks, each.threads, each.wall, each is chosen, _limit(each), each.shards)
        for each in tried
    )


def _limit(option: Option) -> str:
    """Return what an option's time is mostly made of."""
    if option.ranks > 1 and option.messages > 0.5 * option.wall:
        return "mostly messages"
    longest = float(option.seconds.max(initial=0.0))
    if option.ranks > 1 and longest > 0.9 * (option.wall - option.messages):
        return "as long as its longest piece"
    return ""


def reason(pieces: tuple[Piece, ...], site: Site, chosen: Option, tried: list[Option]) -> str:
    """Return the sentence that says why."""
    slower = [each for each in tried if each.ranks != chosen.ranks]
    best_other = min(slower, key=lambda each: each.wall, default=None)
    threads = f"{chosen.threads} thread{'s' if chosen.threads > 1 else ''}"
    if site.size == 1:
        one = [each for each in tried if each.threads != chosen.threads]
        if not one:
            return f"there is one rank; {threads} is what it has"
        return (
            f"there is one rank; with {threads} an evaluation takes {duration(chosen.wall)}, "
            f"with {one[0].threads} {duration(one[0].wall)}"
        )
    if chosen.shards > 1:
        return _reason_to_share(chosen, tried)
    if len(pieces) == 1:
        shared = [each for each in tried if each.shards > 1]
        if not shared:
            return "one piece cannot be cut further without changing the result"
        best = min(shared, key=lambda each: each.wall)
        return (
            f"one piece takes {duration(chosen.wall)} on one rank, and {duration(best.wall)} on "
            f"{best.shards} that share its state"
        )
    if chosen.ranks == 1 and best_other is not None:
        return (
            f"the whole takes {duration(chosen.wall)}, and {best_other.ranks} ranks would need "
            f"{duration(best_other.wall)}"
        )
    text = f"{chosen.ranks} ranks with {threads} each end after {duration(chosen.wall)}"
    if best_other is not None:
        text += f", {best_other.ranks} after {duration(best_other.wall)}"
    limit = _limit(chosen)
    return text + (f"; {limit}" if limit else "")


def _reason_to_share(chosen: Option, tried: list[Option]) -> str:
    """Return the sentence that says why ranks share a state."""
    alone = [each for each in tried if each.shards == 1]
    each = f"each of {len(chosen.groups)} groups" if len(chosen.groups) > 1 else "the group"
    text = f"{each} of {chosen.shards} ranks ends after {duration(chosen.wall)}"
    if not alone:
        others = [each for each in tried if each.shards != chosen.shards]
        if not others:
            return f"so many ranks were asked to share a state; {text}"
        return f"a state does not fit on one rank; {text}"
    best = min(alone, key=lambda each: each.wall)
    return f"{text}, ranks that share nothing after {duration(best.wall)}"
