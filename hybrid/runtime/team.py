"""One evaluation shared by all ranks: rank 0 leads and asks, every rank runs its pieces."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, Generic, TypeVar

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.plan import Plan
from hybrid.runtime.blas import OneBlasThread
from hybrid.runtime.failure import FAILURES, in_step
from hybrid.runtime.inside import inside_call
from hybrid.runtime.leader import Leader
from hybrid.runtime.runner import Assign, Runner
from hybrid.runtime.shares import Done
from hybrid.runtime.stall import StallReport
from hybrid.runtime.stops import Stops
from hybrid.runtime.watchdog import Watchdog
from hybrid.runtime.worker import Worker
from hybrid.runtime.world import World
from hybrid.simulators.base import Evaluation

Answer = TypeVar("Answer")


class Team(Generic[Answer]):
    """The ranks of the job around one evaluation.

    All ranks call :meth:`run`; rank 0 leads there and calls :meth:`ask` for each question, the
    other ranks work for it until it has done. Whatever fails on any rank is raised on all of
    them.

    Args:
        world: the job.
        evaluation: what all ranks have compiled.
        assign: the scheduler's choice of who runs which piece.
        seed: seed of the run; piece k of question n is seeded by (seed, n, k).
        threads: bound on the threads of each rank, or None to share the cores of each host.
    """

    def __init__(
        self,
        world: World,
        evaluation: Evaluation[Answer],
        assign: Assign,
        *,
        seed: int,
        threads: int | None,
    ) -> None:
        self._world = world
        self._runner = Runner(world, evaluation, assign, seed, threads)
        self._leader = Leader(self._runner, None)
        self._process_start = time.process_time()

    @property
    def number(self) -> int:
        """Number of the next question; it keys the seeds of its pieces."""
        return self._leader.number

    def skip(self) -> None:
        """Count a question that was answered by other means, such as a record; rank 0 alone."""
        self._leader.number += 1

    def plan(self, ask: Ask) -> Plan:
        """Return how a question is split over the ranks; the same on every rank."""
        return self._runner.plan(ask)

    def threads(self, plan: Plan) -> int:
        """Return how many threads each rank with work uses."""
        return self._runner.threads(plan)

    def ask(
        self,
        ask: Ask,
        known: Mapping[int, FloatArray] | None = None,
        heard: Callable[[Done], None] = lambda _: None,
    ) -> Answer:
        """Return the answer to a question; rank 0 alone, while it leads.

        Args:
            ask: the question.
            known: partial answers that need not be computed again, by the index of their piece.
            heard: called with each finished piece.

        Raises:
            Stopped: pieces were left undone, because there was a reason to stop.
            Exception: what failed on any rank; see :func:`hybrid.runtime.failure.error_of`.
        """
        return self._leader.ask(ask, known or {}, heard)

    def run(
        self,
        lead: Callable[[Team[Answer]], object],
        *,
        stops: Stops | None = None,
        stall: StallReport | None = None,
    ) -> tuple[Any, float]:
        """Let rank 0 lead; every rank returns what it came to, and the core-seconds of all.

        Args:
            lead: called on rank 0; asks, and returns a message (see ``messages.pack``) for all.
            stops: reasons to stop early, looked at after each piece; by default none.
            stall: what becomes of late pieces; by default nobody looks.

        Raises:
            Suspended: ``lead`` raised it; on all ranks.
            Exception: what ``lead`` raised, or a piece on any rank; on all ranks.
        """
        with ExitStack() as contexts:
            contexts.enter_context(in_step(self._world.communicator))
            contexts.enter_context(inside_call(self._runner.seed))
            contexts.enter_context(OneBlasThread())
            self._runner.stops = contexts.enter_context(stops or Stops(()))
            if stall is not None:
                self._runner.watchdog = contexts.enter_context(Watchdog(stall.of_this_rank))
            if self._world.size > 1:
                # What rank 0 does alone may be over before another rank listens to signals.
                self._world.communicator.all_gather(b"listening")
            self._leader = Leader(self._runner, stall)
            found = self._lead(lead) if self._world.rank == 0 else self._serve()
            self._runner.trim()
            return found

    def _lead(self, lead: Callable[[Team[Answer]], object]) -> tuple[Any, float]:
        try:
            result = lead(self)
            return result, self._leader.end(result, self._core_seconds())
        except FAILURES as error:
            self._leader.give_up(error)
            raise

    def _serve(self) -> tuple[Any, float]:
        return Worker(self._runner, self._core_seconds).serve()

    def _core_seconds(self) -> float:
        return time.process_time() - self._process_start
