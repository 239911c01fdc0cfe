"""Run pieces on this rank: assigned, drawn, or shared with a group."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any, Generic, TypeAlias, TypeVar

from hybrid.core.ask import Ask
from hybrid.core.piece import Piece
from hybrid.core.plan import Plan
from hybrid.core.seeds import derive
from hybrid.runtime.counter import SharedCounter, chunks
from hybrid.runtime.group import MemberFailedError, RankGroup
from hybrid.runtime.inside import count_circuits, inside_piece, thread_bound
from hybrid.runtime.shares import Done
from hybrid.runtime.stops import Stops
from hybrid.runtime.watchdog import Pace, Watchdog
from hybrid.runtime.world import World, shared_cores
from hybrid.simulators.base import Evaluation
from hybrid.simulators.counted import CountedPieces

Answer = TypeVar("Answer")

Assign: TypeAlias = Callable[[tuple[Piece, ...], int], Plan]
"""Maps the pieces of an Ask and the number of ranks to a plan; the same on every rank."""


class Runner(Generic[Answer]):
    """Runs this rank's pieces of one evaluation.

    Args:
        world: the job.
        evaluation: the compiled evaluation, the same on all ranks.
        assign: the scheduler, which assigns pieces to ranks.
        seed: seed of the run; piece k of Ask n is seeded by (seed, n, k).
        threads: thread limit of each rank. If None, ranks share the cores of their host.

    Attributes:
        stops: reasons to stop early, checked after each piece.
        watchdog: detects stalled pieces, or None.
        pace: durations of the pieces so far.
    """

    def __init__(
        self,
        world: World,
        evaluation: Evaluation[Answer],
        assign: Assign,
        seed: int,
        threads: int | None,
    ) -> None:
        self.world = world
        self.evaluation = evaluation
        self.seed = seed
        self.stops = Stops(())
        self.watchdog: Watchdog | None = None
        self.pace = Pace()
        self._pieces = CountedPieces(evaluation)
        self._assign = assign
        self._threads = threads
        self._counter: SharedCounter | None = None
        self._groups: dict[tuple[int, ...], tuple[RankGroup, Evaluation[Answer]]] = {}

    def plan(self, ask: Ask, known: Container[int] = ()) -> Plan:
        """Return the plan of the pieces that are not known; the same on every rank."""
        whole = self._assign(self._pieces(ask), self.world.size)
        if not known:
            return whole
        missing = tuple(piece for piece in whole.pieces if piece.index not in known)
        return replace(self._assign(missing, self.world.size), pieces=whole.pieces)

    def threads(self, plan: Plan) -> int:
        """Return the number of threads of each rank with work."""
        if self._threads is not None:
            return self._threads
        if plan.threads is not None:
            return plan.threads
        cores = shared_cores(self.world, plan.active_ranks)
        return min(cores, thread_bound() or cores)

    def run(self, ask: Ask, plan: Plan, number: int) -> Generator[Done, None, None]:
        """Run this rank's pieces of an Ask one by one; the caller may stop between them.

        Raises:
            MemberFailedError: another rank of this rank's group failed and reports the error.
        """
        if self.world.rank not in plan.active_ranks:
            return
        if plan.shards > 1:
            yield from self._run_shared(ask, plan, number)
            return
        threads = self.threads(plan)
        for piece in self._mine(plan):
            yield self._run_piece(self.evaluation, ask, plan, number, piece, threads)

    def share_counter(self) -> SharedCounter:
        """Return the counter that ranks draw pieces from; collective on first use."""
        if self._counter is None:
            cells = self.world.communicator.cells
            self._counter = SharedCounter(cells, self.world.rank, self.world.size)
        return self._counter

    def reset_counter(self) -> None:
        """Reset the counter; on rank 0, when no rank draws."""
        if self._counter is not None:
            self._counter.reset()

    def trim(self) -> None:
        """Release memory too large to keep until the next call; on all ranks."""
        for group, _ in self._groups.values():
            group.trim()

    def _mine(self, plan: Plan) -> Iterator[Piece]:
        """Yield this rank's pieces, assigned or drawn one by one."""
        if not plan.dynamic:
            yield from plan.pieces_of(self.world.rank)
            return
        ordered = [plan.pieces[index] for index in plan.order]
        bounds = chunks([piece.cost for piece in ordered], self.world.size)
        for place in self.share_counter().draw(bounds):
            yield ordered[place]

    def _run_piece(
        self,
        evaluation: Evaluation[Any],
        ask: Ask,
        plan: Plan,
        number: int,
        piece: Piece,
        threads: int,
    ) -> Done:
        predicted = plan.predicted(piece.index)
        seed = derive(self.seed, number, piece.index)
        start = time.perf_counter()
        with inside_piece(seed, threads) as inside, self._watching(piece, number, predicted):
            partial = evaluation.run(ask, piece, seed=seed, threads=threads)
        seconds = time.perf_counter() - start
        quantum = seconds if inside.circuits is None else min(inside.circuits, seconds)
        count_circuits(quantum)  # of the piece around this one, where the call is nested
        self.pace.learn(piece.cost, seconds)
        return Done(piece.index, self.world.rank, predicted, start, seconds, quantum, partial)

    def _run_shared(self, ask: Ask, plan: Plan, number: int) -> Generator[Done, None, None]:
        """Run the pieces of this rank's group with the other members; its leader reports them."""
        ranks = plan.group_of(self.world.rank)
        group, evaluation = self._group(ranks)
        threads = self.threads(plan)
        with self._left_if_failed(group, ranks):
            for piece in plan.pieces_of(ranks[0]):
                if group.any(self.stops.reason is not None):
                    return
                done = self._run_piece(evaluation, ask, plan, number, piece, threads)
                if group.rank > 0:
                    continue
                try:
                    yield done
                except GeneratorExit:
                    group.any(True)  # the others stop before their next piece
                    raise
            group.any(False)  # the leader may have been told to stop after the last piece

    def _group(self, ranks: tuple[int, ...]) -> tuple[RankGroup, Evaluation[Answer]]:
        """Return the group of ranks that share a state, and its evaluation.

        Collective over these ranks on first use.
        """
        if ranks not in self._groups:
            group = RankGroup(self.world.communicator.members(ranks))
            self._groups[ranks] = group, self.evaluation.on_group(group)
        return self._groups[ranks]

    @contextmanager
    def _left_if_failed(self, group: RankGroup, ranks: tuple[int, ...]) -> Iterator[None]:
        """Report a failure to the group, and discard the group after any failure."""
        try:
            yield
        except Exception as error:
            if not isinstance(error, MemberFailedError):
                group.fail()
            del self._groups[ranks]
            self.world.communicator.forget(ranks)
            raise

    def _watching(
        self, piece: Piece, number: int, predicted: float | None
    ) -> AbstractContextManager[None]:
        if self.watchdog is None:
            return nullcontext()
        learnt = self.pace.seconds(piece.cost)
        expected = predicted if learnt is None else learnt
        return self.watchdog.watching(f"piece {piece.index} of evaluation {number + 1}", expected)
