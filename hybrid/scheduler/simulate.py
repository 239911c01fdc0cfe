"""A plan carried out on paper: the same hand-out of pieces, with a simulated clock and messages.

Discrete events: the rank whose clock is least acts next. Pieces that are drawn are drawn by the
runtime's own counters, whose shared cells are simulated with their delays, so what is predicted
is the protocol that runs.
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
"""An owner serves one-sided operations one after the other, each for this long."""


@dataclass(frozen=True)
class Simulated:
    """What came of a plan on paper, in seconds.

    Attributes:
        wall: from Ask to answer.
        busy: shape (ranks,); at work on pieces.
        started: when the last rank had heard of the Ask.
        worked: when the last rank had done its last piece.
        drawing: of all ranks together, waiting for the counter.
    """

    wall: float
    busy: FloatArray
    started: float
    worked: float
    drawing: float

    @property
    def efficiency(self) -> float:
        """Work over what all ranks together could have done in the same time."""
        return float(self.busy.sum()) / (len(self.busy) * self.wall) if self.wall > 0 else 1.0

    @property
    def why(self) -> str:
        """Where the time went that was not work, the largest share first."""
        ranks = len(self.busy)
        lost = {
            "ranks that have ended wait for the last one": self.worked
            - self.started
            - float(self.busy.sum()) / ranks
            - self.drawing / ranks,
            "the Ask on its way to all ranks": self.started,
            "partials on their way to rank 0": self.wall - self.worked,
            "drawing from the counter": self.drawing / ranks,
        }
        shares = sorted(lost.items(), key=lambda item: -item[1])
        parts = [f"{name} ({duration(max(spent, 0.0))})" for name, spent in shares[:2] if spent > 0]
        return "; ".join(parts) or "nothing is lost"


def simulate(plan: Plan, topology: Topology, seconds: FloatArray | None = None) -> Simulated:
    """Carry out a plan on paper.

    Args:
        plan: of the topology's ranks.
        topology: its machines give latency, bandwidth and, where ``seconds`` are given, speeds.
        seconds: shape (pieces,), of each piece on a rank of speed 1; by default the plan's own
            prediction.

    Raises:
        ValueError: the plan has no prediction, and no seconds were given.
    """
    if seconds is None and plan.prediction is None:
        raise ValueError("the costs of these pieces are not known: give seconds")
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
    """Return when rank 0 has all partials; it takes the ranks in order, as the runtime does."""
    now = float(ends[0])
    for rank in plan.active_ranks:
        if rank == 0:
            continue
        arrival = float(ends[rank]) + machine.latency + sent[rank] / machine.bandwidth
        now = max(now, arrival) + RECEIVE_SECONDS
    return now


class _SimulatedCells:
    """Shared cells whose operations take time: to the owner and back, one after the other there."""

    def __init__(self, latency: float) -> None:
        self._latency = latency
        self._cells: dict[tuple[int, int], int] = {}
        self._written: dict[tuple[int, int], float] = {}
        self._free: dict[int, float] = {}
        self.now = 0.0
        self.rank = 0

    def fetch_add(self, owner: int, cell: int, amount: int) -> int:
        """Add, and return what was there before."""
        key = (owner, cell)
        self._serve(owner)
        # Ranks act in the order of their clocks, but what one writes is there a little later.
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
