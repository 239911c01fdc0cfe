"""From pieces, machines, ranks and memory to a plan: what is tried, and what is taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hybrid.arrays import FloatArray
from hybrid.explain import duration
from hybrid.machine import Machine, bytes_of, seconds_of
from hybrid.piece import Piece
from hybrid.plan import Alternative, Plan, Prediction
from hybrid.scheduler.assign import by_index, loads_of, longest_first
from hybrid.scheduler.groups import (
    NO_WISH,
    Wish,
    does_not_fit,
    group_seconds,
    group_speeds,
    groups_that_fit,
    sharding_of,
    shards_to_try,
)
from hybrid.scheduler.messages import Traffic
from hybrid.scheduler.site import Site

_KEPT = 32
_EXACTLY = 20_000
"""Up to so many pieces every alternative is assigned; beyond, its wall time is bounded."""
_NEAR = 1.02
"""Of alternatives this close to the fastest, the one with the fewest cores is taken."""


@dataclass
class Scheduler:
    """Plans for the ranks of a site; plans that were made are found again.

    A pure function of pieces and site: every rank comes to the same plan by itself.

    Attributes:
        site: the ranks.
        threads: of each rank, if the user said so.
        can_draw: whether ranks may draw pieces from a shared counter.
        wish: what the user says about groups of ranks that share a state.
    """

    site: Site
    threads: int | None = None
    can_draw: bool = True
    wish: Wish = NO_WISH
    _made: dict[tuple[Piece, ...], Plan] = field(default_factory=dict, repr=False)

    def __call__(self, pieces: tuple[Piece, ...], num_ranks: int) -> Plan:
        """Return the plan for pieces on all ranks of the site."""
        last = self._made.get(())
        if last is not None and last.pieces is pieces:
            return last
        found = self._made.get(pieces)
        if found is None:
            found = plan(pieces, self.site, self.threads, can_draw=self.can_draw, wish=self.wish)
            if len(self._made) > _KEPT:
                self._made.clear()
            self._made[pieces] = found
        self._made[()] = found
        if found.pieces is not pieces:
            found = self._made[()] = replace(found, pieces=pieces)
        return found


def plan(
    pieces: tuple[Piece, ...],
    site: Site,
    threads: int | None = None,
    *,
    can_draw: bool = True,
    wish: Wish = NO_WISH,
) -> Plan:
    """Return how the pieces should be split over the ranks of a site.

    Ranks work by themselves, or in groups that share one state: where it does not fit on one rank,
    where that is predicted to be faster, or where the user wants it.

    Args:
        pieces: all, or those that are left to do, with their work where it is known.
        site: the ranks, their hosts and machines.
        threads: of each rank, or None to choose.
        can_draw: whether ranks may draw pieces from a shared counter.
        wish: what the user says about groups of ranks that share a state.

    Returns:
        a plan; static and longest first where all costs are known, else drawn from a counter.

    Raises:
        InputError: a state does not fit in the memory of the ranks, or the wish cannot be met.
    """
    memory = max((bytes_of(piece.load) for piece in _different(pieces)), default=0)
    order = _that_fit(site, memory)
    spread = shards_to_try(_different(pieces), site, wish)
    if any(piece.load is None for piece in pieces):
        return _dynamic(pieces, site, order, threads, memory, can_draw)
    traffic = Traffic.of(pieces)
    tried = []
    if not wish.shards or wish.shards == 1:
        fits = site.memory_bytes is None or memory <= site.memory_bytes
        most = min(len(order), wish.groups or len(order))
        tried += [
            option
            for count in (_counts(most, len(pieces)) if fits else ())
            for option in _try(pieces, site, order[:count], threads, traffic)
        ]
    for shards in spread:
        tried += _try_spread(pieces, site, shards, threads, wish.groups, traffic)
    if not tried:
        raise does_not_fit(pieces, site, memory)
    fastest = min(each.wall for each in tried)
    near = [each for each in tried if each.wall <= fastest * _NEAR]
    chosen = min(near, key=lambda each: (each.ranks * each.threads, each.wall))
    return _static(pieces, site, chosen, tried)


@dataclass(frozen=True)
class _Option:
    """A number of ranks with a number of threads, and what would come of it."""

    active: tuple[int, ...]
    threads: int
    seconds: FloatArray
    speeds: FloatArray
    messages: float
    wall: float
    assignment: tuple[tuple[int, ...], ...] | None
    groups: tuple[tuple[int, ...], ...] = ()

    @property
    def ranks(self) -> int:
        return len(self.active)

    @property
    def shards(self) -> int:
        return len(self.groups[0]) if self.groups else 1

    @property
    def leaders(self) -> tuple[int, ...]:
        return tuple(group[0] for group in self.groups) or self.active


def _that_fit(site: Site, memory: int) -> tuple[int, ...]:
    """Return the ranks that can work at the same time within the memory of their hosts.

    In the order in which they get work; rank 0 is always among them.
    """
    if site.memory_bytes is None or memory == 0:
        return site.spread_order
    per_host = max(1, site.memory_bytes // memory)
    if per_host >= max(site.ranks_on_host.values()):
        return site.spread_order
    used: Counter[int] = Counter()
    fitting = []
    for rank in site.spread_order:
        used[site.host_of[rank]] += 1
        if used[site.host_of[rank]] <= per_host:
            fitting.append(rank)
    return tuple(fitting)


def _counts(num_ranks: int, num_pieces: int) -> list[int]:
    """Return the numbers of ranks to try: all that can have work, halves, and one."""
    count = min(num_ranks, num_pieces)
    counts = []
    while count > 1:
        counts.append(count)
        count //= 2
    return [*counts, 1]


def _try(
    pieces: tuple[Piece, ...],
    site: Site,
    ranks: tuple[int, ...],
    fixed_threads: int | None,
    traffic: Traffic,
) -> list[_Option]:
    """Return what some ranks would take, with one thread each and with all that they can have."""
    active = tuple(sorted(ranks))
    most = site.threads(active)
    options = {fixed_threads} if fixed_threads is not None else {1, most}
    messages = traffic.seconds(site.machines[0], len(active))
    found = []
    for threads in sorted(options):
        # Known to be an int: None is not among the options.
        found.append(_option(pieces, site, active, int(threads or 1), messages))
    return found


def _option(
    pieces: tuple[Piece, ...], site: Site, active: tuple[int, ...], threads: int, messages: float
) -> _Option:
    seconds, speeds = costs_on(pieces, site, threads)
    seconds = seconds * site.crowding(active, threads)
    return _assigned(_Option(active, threads, seconds, speeds, messages, 0.0, None))


def _assigned(option: _Option) -> _Option:
    """Return an option with its pieces assigned and its wall time; bounded where they are many."""
    seconds, speeds, leaders = option.seconds, option.speeds, option.leaders
    if len(seconds) <= _EXACTLY or len(leaders) == 1:
        assignment = longest_first(seconds.tolist(), leaders, speeds.tolist())
        works = loads_of(
            seconds.tolist(), [assignment[rank] for rank in leaders], speeds[list(leaders)].tolist()
        )
        return replace(option, wall=float(works.max()) + option.messages, assignment=assignment)
    bound = max(
        float(seconds.sum()) / float(speeds[list(leaders)].sum()),
        float(seconds.max()) / float(speeds[list(leaders)].max()),
    )
    return replace(option, wall=bound + option.messages)


def _try_spread(
    pieces: tuple[Piece, ...],
    site: Site,
    shards: int,
    fixed_threads: int | None,
    fixed_groups: int | None,
    traffic: Traffic,
) -> list[_Option]:
    """Return what groups of so many ranks would take, each group sharing one state."""
    memory = max(sharding_of(piece.load, shards).memory_bytes for piece in _different(pieces))
    all_groups = groups_that_fit(site, shards, memory)
    if fixed_groups is not None:
        all_groups = all_groups[:fixed_groups] if len(all_groups) >= fixed_groups else []
    found = []
    for count in _counts(len(all_groups), len(pieces)) if all_groups else ():
        groups = tuple(all_groups[:count])
        active = tuple(sorted(rank for group in groups for rank in group))
        threads = fixed_threads or site.threads(active)
        seconds = group_seconds(pieces, site, groups, threads) * site.crowding(active, threads)
        option = _Option(
            active,
            threads,
            seconds,
            np.array(group_speeds(site, groups)),
            traffic.seconds(site.machines[0], len(active)),
            0.0,
            None,
            groups,
        )
        found.append(_assigned(option))
    return found


def costs_on(pieces: tuple[Piece, ...], site: Site, threads: int) -> tuple[FloatArray, FloatArray]:
    """Return the seconds of each piece on the first kind of host, and the speed of each rank there.

    The speed of a rank is how much faster its host does these pieces, all together, than the
    first kind does.
    """
    base = piece_seconds(pieces, site.machines[0], threads)
    total = float(base.sum())
    factors = [1.0]
    for machine in site.machines[1:]:
        factors.append(total / float(piece_seconds(pieces, machine, threads).sum()))
    return base, np.array(factors)[list(site.machine_of)]


def piece_seconds(pieces: Sequence[Piece], machine: Machine, threads: int) -> FloatArray:
    """Return the predicted seconds of pieces whose work is known, shape (pieces,)."""
    known: dict[object, float] = {}
    seconds = np.empty(len(pieces))
    for place, piece in enumerate(pieces):
        key = piece.load
        if key not in known:
            known[key] = seconds_of(piece.load, machine, threads) or 0.0
        seconds[place] = known[key]
    return seconds


def _static(pieces: tuple[Piece, ...], site: Site, chosen: _Option, tried: list[_Option]) -> Plan:
    speeds = chosen.speeds
    assignment = chosen.assignment or longest_first(
        chosen.seconds.tolist(), chosen.leaders, speeds.tolist()
    )
    works = loads_of(chosen.seconds.tolist(), assignment, speeds.tolist())
    of_piece = np.full(max(piece.index for piece in pieces) + 1, np.nan)
    for rank, places in enumerate(assignment):
        indices = [pieces[place].index for place in places]
        of_piece[indices] = chosen.seconds[list(places)] / speeds[rank]
    single, _ = costs_on(pieces, site, chosen.threads)
    return Plan(
        pieces,
        by_index(pieces, assignment),
        threads=chosen.threads,
        groups=chosen.groups,
        memory_bytes=_memory(pieces, chosen.shards),
        prediction=Prediction(of_piece, works, chosen.messages, float(single.sum())),
        alternatives=_alternatives(tried, chosen),
        reason=_reason(pieces, site, chosen, tried),
    )


def _memory(pieces: tuple[Piece, ...], shards: int) -> int:
    """Return the bytes that each rank with work holds."""
    if shards == 1:
        return max((bytes_of(piece.load) for piece in _different(pieces)), default=0)
    return max(sharding_of(piece.load, shards).memory_bytes for piece in _different(pieces))


def _alternatives(tried: list[_Option], chosen: _Option | None) -> tuple[Alternative, ...]:
    return tuple(
        Alternative(each.ranks, each.threads, each.wall, each is chosen, _limit(each), each.shards)
        for each in tried
    )


def _limit(option: _Option) -> str:
    """Return what an option's time is mostly made of."""
    if option.ranks > 1 and option.messages > 0.5 * option.wall:
        return "mostly messages"
    longest = float(option.seconds.max(initial=0.0))
    if option.ranks > 1 and longest > 0.9 * (option.wall - option.messages):
        return "as long as its longest piece"
    return ""


def _reason(pieces: tuple[Piece, ...], site: Site, chosen: _Option, tried: list[_Option]) -> str:
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


def _reason_to_share(chosen: _Option, tried: list[_Option]) -> str:
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


def _dynamic(
    pieces: tuple[Piece, ...],
    site: Site,
    ranks: tuple[int, ...],
    threads: int | None,
    memory: int,
    can_draw: bool,
) -> Plan:
    """Return a plan in which ranks draw pieces, the costliest first where costs are told."""
    count = min(len(ranks), len(pieces))
    workers = tuple(sorted(ranks[:count]))
    nothing: tuple[tuple[int, ...], ...] = ((),) * site.size
    chosen = site.threads(workers) if threads is None else threads
    costs = [piece.cost for piece in pieces]
    if count == 1 or not can_draw:
        assignment = longest_first(costs, workers, site.speeds.tolist())
        return Plan(pieces, by_index(pieces, assignment), threads=chosen, memory_bytes=memory)
    order = sorted(range(len(pieces)), key=lambda place: (-costs[place], place))
    told = len(set(costs)) > 1
    return Plan(
        pieces,
        nothing,
        workers=workers,
        order=tuple(pieces[place].index for place in order),
        threads=chosen,
        memory_bytes=memory,
        reason="costs are told in a unit of their own" if told else "their costs are not known",
    )


def _different(pieces: tuple[Piece, ...]) -> list[Piece]:
    """Return one piece for each different load."""
    return list({id(piece.load): piece for piece in pieces}.values())
