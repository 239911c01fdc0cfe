"""The alternatives to a plan, their bottlenecks, and the reason for the choice."""

from __future__ import annotations

from hybrid.core.piece import Piece
from hybrid.core.plan import Alternative
from hybrid.core.units import count, duration
from hybrid.scheduler.options import Option
from hybrid.scheduler.topology import Topology


def alternatives(tried: list[Option], chosen: Option | None) -> tuple[Alternative, ...]:
    """Return the options that were tried, in order, as a plan reports them."""
    return tuple(
        Alternative(each.ranks, each.threads, each.wall, each is chosen, _limit(each), each.shards)
        for each in tried
    )


def _limit(option: Option) -> str:
    """Return the bottleneck of an option, or an empty string."""
    if option.ranks > 1 and option.messages > 0.5 * option.wall:
        return "mostly messages"
    longest = float(option.seconds.max(initial=0.0))
    if option.ranks > 1 and longest > 0.9 * (option.wall - option.messages):
        return "limited by the longest piece"
    return ""


def reason(
    pieces: tuple[Piece, ...], topology: Topology, chosen: Option, tried: list[Option]
) -> str:
    """Return the reason for the chosen option, as a sentence."""
    slower = [each for each in tried if each.ranks != chosen.ranks]
    best_other = min(slower, key=lambda each: each.wall, default=None)
    threads = f"{chosen.threads} thread{'s' if chosen.threads > 1 else ''}"
    if topology.size == 1:
        one = [each for each in tried if each.threads != chosen.threads]
        if not one:
            return f"one rank, with {threads} available"
        return (
            f"one rank; with {threads} an evaluation takes {duration(chosen.wall)}, "
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
            f"one piece takes {duration(chosen.wall)} on one rank, {duration(best.wall)} on "
            f"{best.shards} ranks that share its state"
        )
    if chosen.ranks == 1 and best_other is not None:
        return (
            f"all pieces take {duration(chosen.wall)} on one rank, {duration(best_other.wall)} on "
            f"{best_other.ranks}"
        )
    text = f"{count(chosen.ranks, 'rank')} with {threads} each take {duration(chosen.wall)}"
    if best_other is not None:
        text += f", {count(best_other.ranks, 'rank')} {duration(best_other.wall)}"
    limit = _limit(chosen)
    return text + (f"; {limit}" if limit else "")


def _reason_to_share(chosen: Option, tried: list[Option]) -> str:
    """Return the reason for sharing states between ranks, as a sentence."""
    alone = [each for each in tried if each.shards == 1]
    each = f"each of {len(chosen.groups)} groups" if len(chosen.groups) > 1 else "the group"
    text = f"{each} of {chosen.shards} ranks takes {duration(chosen.wall)}"
    if not alone:
        others = [each for each in tried if each.shards != chosen.shards]
        if not others:
            return f"the number of shards was requested; {text}"
        return f"a state does not fit on one rank; {text}"
    best = min(alone, key=lambda each: each.wall)
    return f"{text}, without sharing {duration(best.wall)}"
