"""Rank 0 of a team: sends each Ask, gathers the partials and ends the call."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from typing import Generic, TypeVar

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.errors import Suspended
from hybrid.core.phases import phase
from hybrid.core.plan import Plan
from hybrid.runtime.clocks import Clocks
from hybrid.runtime.failure import (
    FAILURES,
    describe,
    ending_anyway,
    error_of,
    is_collective,
    mark_collective,
)
from hybrid.runtime.group import MemberFailedError
from hybrid.runtime.meter import Meter
from hybrid.runtime.protocol import (
    End,
    Farewell,
    Message,
    Question,
    Stall,
    Suspension,
    Used,
    decode,
    encode,
)
from hybrid.runtime.runner import Runner
from hybrid.runtime.shares import Done, Inbox
from hybrid.runtime.stall import StallReport
from hybrid.runtime.stops import Stopped
from hybrid.runtime.watchdog import allowed, patience

Answer = TypeVar("Answer")

_serials = itertools.count()
"""Numbers the Asks of this process over all teams, so that a late Stop is recognised as old."""


class Leader(Generic[Answer]):
    """Distributes Asks to all ranks.

    Args:
        runner: runner of this rank.
        stall: handler of stalled pieces, or None.
        meter: measures what this rank uses.

    Attributes:
        number: number of the next Ask; keys the seeds of its pieces.
    """

    def __init__(self, runner: Runner[Answer], stall: StallReport | None, meter: Meter) -> None:
        self.number = 0
        self._runner = runner
        self._stall = stall
        self._meter = meter
        self._used: tuple[Used, ...] | None = None
        self._clocks = Clocks(runner.world.rank_hosts)
        self._communicator = runner.world.communicator
        self._others = range(1, runner.world.size)

    def ask(
        self,
        ask: Ask,
        known: Mapping[int, FloatArray],
        heard: Callable[[Done], None],
    ) -> Answer:
        """Return the answer to an Ask; see :meth:`hybrid.runtime.team.Team.ask`."""
        partials = dict(known)
        plan = self._runner.plan(ask, partials)
        with phase("evaluating", len(plan.pieces) - len(partials), lambda: plan.wall) as step:

            def take(done: Done) -> None:
                partials[done.piece] = done.partial
                heard(done)
                step.advance(1, done.seconds * plan.shards)

            self._gather(ask, plan, partials, take)
        ordered = [partials[k] for k in range(len(partials))]
        return self._runner.evaluation.combine(ask, ordered)

    def _gather(
        self,
        ask: Ask,
        plan: Plan,
        partials: Mapping[int, FloatArray],
        take: Callable[[Done], None],
    ) -> None:
        """Run all pieces of an Ask whose partials are not there yet."""
        serial = next(_serials)
        workers = [rank for rank in plan.active_ranks if rank != 0]
        # A rank without work need not hear of the question, unless a counter is set up by all.
        hearers = self._others if plan.dynamic else workers
        if hearers:
            question = Question(ask, self.number, serial, list(partials))
            self._communicator.tell(encode(question), hearers)
        inbox = Inbox(self._communicator, serial, workers, take, self._late, self._clocks)
        try:
            self._work(ask, plan, inbox, take)
            self._await(inbox, plan)
        except FAILURES as error:
            self._announce(error, inbox)
            raise
        finally:
            self._runner.reset_counter()
        self.number += 1
        if inbox.failure is not None:
            self._tell_all(inbox.failure)
            raise error_of(inbox.failure)
        if len(partials) < len(plan.pieces):
            raise Stopped(self._runner.stops.reason or inbox.stop or "an unknown reason")

    def used(self) -> tuple[Used, ...]:
        """Return what each rank has used; no Ask may follow."""
        if self._used is None:
            self._tell_all(End())
            others = [decode(self._communicator.receive(rank)) for rank in self._others]
            self._used = (self._meter.read(), *(used for used in others if isinstance(used, Used)))
        return self._used

    def end(self, result: object) -> float:
        """End the call with a result on all ranks; return the core-seconds of all ranks."""
        core_seconds = sum(used.core_seconds for used in self.used())
        self._tell_all(Farewell(result, core_seconds))
        return core_seconds

    def give_up(self, error: BaseException) -> None:
        """Tell the other ranks why this one stops, unless they know."""
        if not self._others:
            return
        if isinstance(error, Suspended):
            self._tell_all(Suspension(error.reason, error.message))
            mark_collective(error)
        elif not is_collective(error):
            self._announce(error)

    def _work(self, ask: Ask, plan: Plan, inbox: Inbox, take: Callable[[Done], None]) -> None:
        """Run this rank's pieces; receive those of other ranks in between."""
        with suppress(MemberFailedError), closing(self._runner.run(ask, plan, self.number)) as run:
            for done in run:
                take(done)
                inbox.look()
                if self._runner.stops.reason or inbox.failure or inbox.stop:
                    return

    def _await(self, inbox: Inbox, plan: Plan) -> None:
        """Wait for the other ranks; forward a stop, and report silent ranks."""
        stops = self._runner.stops
        since = time.monotonic()
        late: set[int] = set()

        def is_complete() -> bool:
            if stops.reason or inbox.stop:
                inbox.tell_to_stop()
            self._report_silence(inbox.waiting - late, plan, since, late)
            return inbox.look() or inbox.failure is not None

        if not inbox.look():
            self._communicator.wait_until(is_complete)
        if inbox.failure is not None:
            with ending_anyway(self._communicator, error_of(inbox.failure)):
                inbox.tell_to_stop()
                self._communicator.wait_until(inbox.look)
        if inbox.stop is not None:
            stops.stop(inbox.stop)

    def _report_silence(self, ranks: set[int], plan: Plan, since: float, late: set[int]) -> None:
        seconds = time.monotonic() - since
        if self._stall is None or seconds < patience():
            return
        for rank in sorted(ranks):
            pieces = plan.pieces_of(plan.group_of(rank)[0])
            predicted = self._runner.pace.seconds(sum(piece.cost for piece in pieces))
            # Later than the rank's own report, which has more detail.
            if predicted is not None and seconds > 1.5 * allowed(predicted):
                late.add(rank)
                indices = ", ".join(str(piece.index) for piece in pieces[:8])
                what = f"pieces {indices} of evaluation {self.number + 1}"
                self._stall.of_silent_rank(rank, what, seconds, predicted)

    def _late(self, stall: Stall) -> None:
        """Handle another rank's report of a stall."""
        if self._stall is not None:
            self._stall.taken(stall)

    def _announce(self, error: BaseException, inbox: Inbox | None = None) -> None:
        """Tell the other ranks of an error of rank 0, which raises it itself."""
        if not self._others:
            return
        mark_collective(error)
        with ending_anyway(self._communicator, error):
            if inbox is not None and not inbox.look():
                inbox.tell_to_stop()
                self._communicator.wait_until(inbox.look)
            self._tell_all(describe(error, 0))

    def _tell_all(self, message: Message) -> None:
        if self._others:
            self._communicator.tell(encode(message), self._others)
