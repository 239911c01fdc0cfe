"""Timing Asks and collective calls, under plans of one's own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from qiskit import QuantumCircuit

import hybrid
import hybrid.collective.call
from bench.engines.to_qiskit import circuit_of, observable_of, points_of
from hybrid.collective.call import Prepared, call_together
from hybrid.core.ask import Ask
from hybrid.core.plan import Plan
from hybrid.core.resources import Resources
from hybrid.scheduler.assign import longest_first
from hybrid.workloads import Sampling

Found = dict[str, Any]


def prepared(work: Any, gradient: bool) -> tuple[Any, Ask]:
    """Return a workload of the benchmark set prepared, and its Ask."""
    circuit: QuantumCircuit = circuit_of(work)
    workload = hybrid.VQE(circuit, observable_of(work))
    return workload.prepare(Sampling()), Ask(points_of(work), gradient)


def call_of(evaluation: Any, ask: Ask, scheduler: Any) -> Any:
    """Return a collective call for an Ask, planned by a scheduler or by the usual one."""
    before = hybrid.collective.call.planner_of
    if scheduler is not None:
        hybrid.collective.call.planner_of = scheduler
    try:
        return call_together(
            "benchmark",
            lambda: Prepared(
                evaluation=evaluation,
                first_ask=ask,
                num_qubits=1,
                contents=dict,
                seed=1,
                resources=Resources(1),
            ),
        )
    finally:
        hybrid.collective.call.planner_of = before


def best_seconds(evaluation: Any, ask: Ask, rounds: int, scheduler: Any = None) -> Found:
    """Return the minimum over three runs of the mean seconds of an Ask."""
    call = call_of(evaluation, ask, scheduler)

    def lead(team: Any) -> list[float]:
        team.ask(ask)
        best = np.inf
        for _ in range(3):
            start = time.perf_counter()
            for _ in range(rounds):
                team.ask(ask)
            best = min(best, (time.perf_counter() - start) / rounds)
        return [best]

    (seconds,), _ = call.team.run(lead)
    return {"seconds": seconds}


def usual_seconds(evaluation: Any, ask: Ask, seconds: float) -> Found:
    """Return the median seconds of an Ask, measured for some seconds."""
    return {"seconds": float(np.median(durations(call_of(evaluation, ask, None), ask, seconds)))}


def durations(
    call: Any, ask: Ask, seconds: float, heard: Callable[[Any], object] = lambda _: None
) -> list[float]:
    """Return the seconds of consecutive Asks for some seconds, after a warm-up."""

    def lead(team: Any) -> list[float]:
        team.ask(ask, heard=heard)
        spent: list[float] = []
        end = time.perf_counter() + seconds
        while not spent or time.perf_counter() < end:
            start = time.perf_counter()
            team.ask(ask, heard=heard)
            spent.append(time.perf_counter() - start)
        return spent

    spent, _ = call.team.run(lead)
    return list(spent)


def forced(plan: Callable[..., Plan]) -> Callable[..., Any]:
    """Return a scheduler that always takes a plan."""
    return lambda *_: plan


def on_ranks(ranks: int) -> Callable[..., Plan]:
    """Return a plan that leaves all but some ranks idle."""
    made: dict[Any, Plan] = {}

    def plan(pieces: Any, size: int) -> Plan:
        if pieces not in made:
            costs = [piece.cost for piece in pieces]
            made[pieces] = Plan(pieces, longest_first(costs, range(ranks), [1.0] * size))
        return made[pieces]

    return plan


def drawn(pieces: Any, size: int) -> Plan:
    """Return the plan in which every rank draws every piece."""
    return Plan(pieces, ((),) * size, tuple(range(size)), tuple(range(len(pieces))))


def seconds_of(call: Callable[[], object], count: int = 0) -> float:
    """Return the seconds of a call on this rank."""
    from hybrid.machine.timer import seconds_of_call

    return seconds_of_call(call, 0.03)


def seconds_together(call: Callable[[], object]) -> float:
    """Return the minimum seconds of a collective call, after a warm-up."""
    call()
    best = np.inf
    for _ in range(4):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def nothing(item: int) -> int:
    """Return the item."""
    return item
