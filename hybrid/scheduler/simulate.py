"""Discrete-event simulation of a plan, with simulated clocks and messages.

The rank with the smallest clock acts next. Dynamic plans use the runtime's own counters on
simulated shared cells with delays, so the simulated protocol is the one that runs.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.plan import Plan
from hybrid.core.units import duration
from hybrid.machine import Machine
from hybrid.runtime.counter import SharedCounter, chunks
from hybrid.scheduler.messages import (
    RECEIVE_SECONDS,
    Traffic,
    answer_bytes,
    around_seconds,
    down_seconds,
)
from hybrid.scheduler.topology import Topology

ATOMIC_SECONDS = 2e-7
"""Time of one one-sided operation at its owner, which serves them one at a time."""


@dataclass(frozen=True)
class Simulated:
    """Times of a simulated plan, in seconds.

    Attributes:
        wall: time from Ask to answer.
        busy: shape (ranks,); time each rank spends on pieces.
        started: when the Ask reaches the last rank.
        worked: when the last rank finishes its last piece.
        drawing: total time of all ranks waiting for the counter.
    """

    wall: float
    busy: FloatArray
    started: float
    worked: float
    drawing: float

    @property
    def efficiency(self) -> float:
        """Parallel efficiency: busy time over ranks times wall time."""
        return float(self.busy.sum()) / (len(self.busy) * self.wall) if self.wall > 0 else 1.0

    @property
    def why(self) -> str:
        """The two largest losses of time, largest first."""
        ranks = len(self.busy)
        lost = {
            "finished ranks wait for the last one": self.worked
            - self.started
            - float(self.busy.sum()) / ranks
            - self.drawing / ranks,
            "sending the Ask": self.started,
            "sending partials to rank 0": self.wall - self.worked,
            "drawing from the counter": self.drawing / ranks,
        }
        shares = sorted(lost.items(), key=lambda item: -item[1])
        parts = [f"{name} ({duration(max(spent, 0.0))})" for name, spent in shares[:2] if spent > 0]
        return "; ".join(parts) or "no losses"


def simulate(plan: Plan, topology: Topology, seconds: FloatArray | None = None) -> Simulated:
    """Simulate one evaluation under a plan.

    Args:
        plan: a plan for the ranks of the topology.
        topology: the ranks; their machines give latency, bandwidth and speeds.
        seconds: shape (pieces,); time of each piece on a rank of speed 1. If None, the plan's
            prediction.

    Raises:
        ValueError: the plan has no prediction, and ``seconds`` is None.
    """
    if seconds is None and plan.prediction is None:
        raise ValueError("the plan has no prediction: pass seconds")
    machine = topology.machines[0]
    traffic = Traffic.of(plan.pieces)
    started = down_seconds(machine, len(plan.active_ranks), traffic.asked)
    if plan.dynamic:
        if seconds is None:
            assert plan.prediction is not None
            seconds = plan.prediction.pieces * topology.speeds[0]
        ends, busy, drawing, sent = _drawn(plan, topology, seconds, started)
    else:
        ends, busy, sent = _assigned(plan, topology, seconds, started)
        drawing = 0.0
    wall = _gathered(plan, machine, ends, sent) + around_seconds(machine, traffic.answered)
    return Simulated(wall, busy, started, float(ends.max()), drawing)


def _assigned(
    plan: Plan, topology: Topology, seconds: FloatArray | None, started: float
) -> tuple[FloatArray, FloatArray, list[int]]:
    busy = np.zeros(topology.size)
    if seconds is None:
        assert plan.prediction is not None
        busy[:] = plan.prediction.ranks
    else:
        for rank, indices in enumerate(plan.assignment):
            busy[rank] = seconds[list(indices)].sum() / topology.speeds[rank]
    for leader, *others in plan.groups:
        busy[others] = busy[leader]
    sent = [sum(answer_bytes(plan.pieces[k]) for k in indices) for indices in plan.assignment]
    return started + busy, busy, sent


def _drawn(
    plan: Plan, topology: Topology, seconds: FloatArray, started: float
) -> tuple[FloatArray, FloatArray, float, list[int]]:
    cells = _SimulatedCells(topology.machines[0].latency)
    speeds, order = topology.speeds, plan.order
    bounds = chunks([plan.pieces[index].cost for index in order], topology.size)
    busy, ends = np.zeros(topology.size), np.full(topology.size, started)
    sent = [0] * topology.size
    draws: dict[int, Iterator[int]] = {
        rank: SharedCounter(cells, rank, topology.size).draw(bounds) for rank in plan.workers
    }
    events = [(started, rank) for rank in plan.workers]
    drawing = 0.0
    while events:
        now, rank = heapq.heappop(events)
        cells.now, cells.rank = now, rank
        place = next(draws[rank], None)
        drawing += cells.now - now
        ends[rank] = cells.now
        if place is not None:
            spent = seconds[order[place]] / speeds[rank]
            busy[rank] += spent
            sent[rank] += answer_bytes(plan.pieces[order[place]])
            heapq.heappush(events, (cells.now + spent, rank))
    return ends, busy, drawing, sent


def _gathered(plan: Plan, machine: Machine, ends: FloatArray, sent: list[int]) -> float:
    """Return when rank 0 has all partials; it receives in rank order, as the runtime does."""
    now = float(ends[0])
    for rank in plan.active_ranks:
        if rank == 0:
            continue
        arrival = float(ends[rank]) + machine.latency + sent[rank] / machine.bandwidth
        now = max(now, arrival) + RECEIVE_SECONDS
    return now


class _SimulatedCells:
    """Shared cells with delays: a round trip to the owner, which serves one operation at a time."""

    def __init__(self, latency: float) -> None:
        self._latency = latency
        self._cells: dict[tuple[int, int], int] = {}
        self._written: dict[tuple[int, int], float] = {}
        self._free: dict[int, float] = {}
        self.now = 0.0
        self.rank = 0

    def fetch_add(self, owner: int, cell: int, amount: int) -> int:
        """Add to a cell, and return its old value."""
        key = (owner, cell)
        self._serve(owner)
        # Ranks act in the order of their clocks, but a write takes effect a little later.
        self.now = max(self.now, self._written.get(key, 0.0))
        before = self._cells.get(key, 0)
        self._cells[key] = before + amount
        return before

    def put(self, owner: int, cell: int, value: int) -> None:
        """Set a cell."""
        self._serve(owner)
        self._cells[owner, cell] = value
        self._written[owner, cell] = self.now

    def _serve(self, owner: int) -> None:
        if owner == self.rank:
            self.now += ATOMIC_SECONDS
            return
        served = max(self.now + self._latency, self._free.get(owner, 0.0)) + ATOMIC_SECONDS
        self._free[owner] = served
        self.now = served + self._latency
