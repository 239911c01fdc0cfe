"""All ranks around one evaluation: rank 0 leads, every rank runs its pieces."""

from __future__ import annotations

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
from hybrid.runtime.meter import POWERCAP, Meter
from hybrid.runtime.protocol import Used
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

    All ranks call :meth:`run`. There rank 0 calls :meth:`ask` for each Ask, and the other ranks run
    pieces until rank 0 is done. A failure on any rank is raised on all ranks.

    Args:
        world: the job.
        evaluation: the compiled evaluation, the same on all ranks.
        assign: the scheduler, which assigns pieces to ranks.
        seed: seed of the run; piece k of Ask n is seeded by (seed, n, k).
        threads: thread limit of each rank. If None, ranks share the cores of their host.
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
        self._meter = Meter()
        self._leader = Leader(self._runner, None, self._meter)

    @property
    def number(self) -> int:
        """Number of the next Ask; it keys the seeds of its pieces."""
        return self._leader.number

    def skip(self) -> None:
        """Count an Ask that was answered otherwise, such as by a journal; rank 0 only."""
        self._leader.number += 1

    def plan(self, ask: Ask) -> Plan:
        """Return how an Ask is split over the ranks; the same on every rank."""
        return self._runner.plan(ask)

    def threads(self, plan: Plan) -> int:
        """Return the number of threads of each rank with work."""
        return self._runner.threads(plan)

    def ask(
        self,
        ask: Ask,
        known: Mapping[int, FloatArray] | None = None,
        heard: Callable[[Done], None] = lambda _: None,
    ) -> Answer:
        """Return the answer to an Ask; rank 0 only, inside ``lead``.

        Args:
            ask: the Ask.
            known: partials that need not be recomputed, by the index of their piece.
            heard: called with each finished piece.

        Raises:
            Stopped: the run stopped before all pieces were finished.
            Exception: the failure of any rank; see :func:`hybrid.runtime.failure.error_of`.
        """
        return self._leader.ask(ask, known or {}, heard)

    def used(self) -> tuple[Used, ...]:
        """Return what each rank has used; rank 0 only, inside ``lead``, after its last Ask."""
        return self._leader.used()

    def run(
        self,
        lead: Callable[[Team[Answer]], object],
        *,
        stops: Stops | None = None,
        stall: StallReport | None = None,
        metered: bool = False,
    ) -> tuple[Any, float]:
        """Run ``lead`` on rank 0; return its result and all core-seconds on every rank.

        Args:
            lead: called on rank 0; calls :meth:`ask`, and returns a message (see
                ``messages.pack``).
            stops: reasons to stop early, checked after each piece. If None, no reasons.
            stall: handler of stalled pieces. If None, stalls are not detected.
            metered: whether :meth:`used` is to know the energy.

        Raises:
            Suspended: raised by ``lead``; on all ranks.
            Exception: raised by ``lead``, or by a piece on any rank; on all ranks.
        """
        with ExitStack() as contexts:
            contexts.enter_context(in_step(self._world.communicator))
            contexts.enter_context(inside_call(self._runner.seed))
            contexts.enter_context(OneBlasThread())
            self._runner.stops = contexts.enter_context(stops or Stops(()))
            if stall is not None:
                self._runner.watchdog = contexts.enter_context(Watchdog(stall.of_this_rank))
            if self._world.size > 1:
                # Otherwise rank 0 may finish before another rank has installed its handlers.
                self._world.communicator.all_gather(b"listening")
            if metered:
                self._meter = Meter(POWERCAP if self._world.is_first_of_host else None)
                contexts.enter_context(self._meter)
            self._leader = Leader(self._runner, stall, self._meter)
            found = self._lead(lead) if self._world.rank == 0 else self._serve()
            self._runner.trim()
            return found

    def _lead(self, lead: Callable[[Team[Answer]], object]) -> tuple[Any, float]:
        try:
            result = lead(self)
            return result, self._leader.end(result)
        except FAILURES as error:
            self._leader.give_up(error)
            raise

    def _serve(self) -> tuple[Any, float]:
        return Worker(self._runner, self._meter).serve()
