"""What more ranks would bring to a run, and why, for people new to parallel computing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hybrid.core.errors import InputError
from hybrid.core.plan import Plan
from hybrid.core.units import core_time, count, duration
from hybrid.loop.minimization import Minimization
from hybrid.machine import Machine
from hybrid.scheduler import Topology, simulate
from hybrid.scheduler.explain import core_seconds

_MOST_RANKS = 1024
_WORTH = 0.5
"""Ranks are worth their core-hours while at least this share of them is used."""

_FASTER = 0.9
"""More ranks must take at most this part of the time of fewer."""

_SPLIT = {
    "points": "the points at which the optimizer wants the cost",
    "circuits": "the circuits of an evaluation: shifted parameters, and groups of terms",
    "shots": "the shots of the circuits",
    "samples": "the samples of the data",
    "components": "the components of the cost",
    "terms": "the terms of the observable",
}
"""What the pieces of an axis divide."""

_LARGER = {
    "points": "an optimizer that asks for more points at once",
    "circuits": "an optimizer that asks for more points at once, whose circuits add up",
    "shots": "more shots",
    "samples": "more samples in each batch",
    "components": "more components",
    "terms": "more terms in each evaluation",
}
"""What makes an evaluation of an axis larger."""


@dataclass(frozen=True)
class Scale:
    """A run on some ranks.

    Attributes:
        ranks: number of ranks.
        seconds: of one evaluation; None if it does not run on so many.
        core_seconds: of one evaluation, idle cores included, as clusters charge.
        efficiency: the time of one rank over ranks times this time; above 1 where ranks bring
            cores or caches that one rank does not have.
        busy: number of ranks with work.
        note: why it does not run, or what limits it.
    """

    ranks: int
    seconds: float | None
    core_seconds: float
    efficiency: float
    busy: int
    note: str = ""

    def data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def scales(
    run: Minimization, machine: Machine, memory_bytes: int, threads: int | None, at_least: int
) -> list[Scale]:
    """Return what 1, 2, 4, ... ranks would bring, on hosts of one kind that are filled one by one.

    Args:
        run: what would run.
        machine: the kind of host.
        memory_bytes: free memory of each host.
        threads: of each rank; None for the cores of the hosts.
        at_least: the number of ranks to go up to, at least; then as long as it pays.
    """
    found: list[Scale] = []
    ranks = 1
    while ranks <= _MOST_RANKS:
        topology = Topology.uniform(machine, ranks, threads=threads, memory_bytes=memory_bytes)
        found.append(_scale(run, topology, memory_bytes, found))
        ranks *= 2
        if ranks > max(at_least, 8) and found[-1].efficiency < _WORTH:
            break
    return found


def _scale(
    run: Minimization, topology: Topology, memory_bytes: int, before: Sequence[Scale]
) -> Scale:
    ranks = topology.size
    try:
        plan = run.plan(topology, memory_bytes)
    except InputError as error:
        return Scale(ranks, None, 0.0, 0.0, 0, f"got {error.got}")
    if plan.prediction is None:
        return Scale(ranks, None, 0.0, 0.0, len(plan.active_ranks), "time unknown")
    seconds = simulate(plan, topology).wall
    single = next((each for each in before if each.seconds), None)
    efficiency = 1.0
    if single is not None and single.seconds is not None:
        efficiency = single.seconds * single.ranks / (ranks * seconds)
    spent = core_seconds(plan) * seconds / plan.prediction.wall
    idle = ranks - len(plan.active_ranks)
    note = f"{count(idle, 'rank')} idle" if idle else ""
    return Scale(ranks, seconds, spent, efficiency, len(plan.active_ranks), note)


def table(found: Sequence[Scale], iterations: int | None) -> Iterator[str]:
    """Yield the lines of a table.

    Args:
        found: see :func:`scales`.
        iterations: of the whole run, or None to show one evaluation.
    """
    times = iterations or 1
    of = f"{count(iterations, 'iteration')} of one evaluation" if iterations else "one evaluation"
    yield f"what more ranks would bring ({of}):"
    yield f"{'ranks':>6}  {'time':>12}  {'cores used':>19}  {'efficiency':>10}"
    for each in found:
        if each.seconds is None:
            yield f"{each.ranks:>6}  {each.note}"
            continue
        yield (
            f"{each.ranks:>6}  {duration(each.seconds * times):>12}  "
            f"{core_time(each.core_seconds * times):>19}  {each.efficiency:>10.0%}"
            + (f"  {each.note}" if each.note else "")
        )


def explanation(plan: Plan, found: Sequence[Scale]) -> Iterator[str]:
    """Yield sentences: what can be split, what cannot and why, and what would have to change."""
    axis, pieces = plan.pieces[0].axis, len(plan.pieces)
    splits = _SPLIT.get(axis, f"the {axis}")
    if pieces > 1:
        yield (
            f"what can be split: {splits}. They make {count(pieces, 'piece')} that ranks can run "
            "at the same time; a piece is the smallest part that one rank computes."
        )
    else:
        yield (
            f"what can be split: {splits}; here an evaluation is a single piece, the smallest part "
            "that one rank computes."
        )
    yield (
        "what cannot: the iterations, because each point is chosen from the answers before it; "
        "and a piece itself, because its gates act one after the other on one state (ranks can "
        "only share that state, from 13 qubits on)."
    )
    best = _best(found)
    if best is None:
        return
    if best.ranks == 1:
        yield "more ranks: one rank is best. Use the others for other runs, or other seeds."
    else:
        yield (
            f"more ranks: up to {best.ranks} pay off (efficiency {best.efficiency:.0%}); beyond, "
            "most of the core-hours would be spent waiting."
        )
    yield f"for more ranks to help, {_change(plan, axis)}"


def _best(found: Sequence[Scale]) -> Scale | None:
    """Return the most ranks that are worth their core-hours, or None without predictions."""
    best: Scale | None = None
    for each in found:
        if not each.seconds:
            continue
        faster = best is None or each.seconds < _FASTER * (best.seconds or 0.0)
        if faster and each.efficiency >= _WORTH:
            best = each
    return best


def _change(plan: Plan, axis: str) -> str:
    pieces = len(plan.pieces)
    larger = _LARGER.get(axis, f"more {axis}")
    if pieces == 1:
        return (
            "an evaluation must hold more than one piece: an optimizer that asks for several "
            "points at once (such as SPSA), shots or noise (whose circuits are split), a cost over "
            "many samples, or a wider state that ranks share."
        )
    prediction = plan.prediction
    if prediction is not None and prediction.messages > 0.2 * prediction.wall:
        return (
            f"pieces must take longer: messages take {duration(prediction.messages)} of "
            f"{duration(prediction.wall)}. {larger[:1].upper()}{larger[1:]} would do so."
        )
    return f"there must be more pieces than the present {pieces}: {larger}."
