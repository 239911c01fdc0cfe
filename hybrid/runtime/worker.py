"""The ranks above 0 of a team: run pieces of each Ask until rank 0 ends the call."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import Any, Generic, TypeVar

from hybrid.core.errors import Suspended
from hybrid.runtime.failure import FAILURES, describe, ending_anyway, error_of, mark_collective
from hybrid.runtime.group import MemberFailedError
from hybrid.runtime.meter import Meter
from hybrid.runtime.protocol import (
    End,
    Failure,
    Farewell,
    Question,
    Suspension,
    decode,
    encode,
)
from hybrid.runtime.runner import Runner
from hybrid.runtime.shares import Outbox

Answer = TypeVar("Answer")


class Worker(Generic[Answer]):
    """Runs pieces for rank 0.

    Args:
        runner: runner of this rank.
        meter: measures what this rank uses.
    """

    def __init__(self, runner: Runner[Answer], meter: Meter) -> None:
        self._runner = runner
        self._meter = meter
        self._communicator = runner.world.communicator

    def serve(self) -> tuple[Any, float]:
        """Run pieces until rank 0 ends the call; return its result and all core-seconds.

        Raises:
            Suspended: rank 0 suspends the run.
            Exception: the failure of this or another rank.
        """
        mine: BaseException | None = None
        with ExitStack() as patience:
            while True:
                match decode(self._communicator.hear()):
                    case Question() as question:
                        mine = self._answer(question)
                        if mine is not None:
                            # Rank 0 reports it to all ranks, unless it is too busy.
                            patience.enter_context(ending_anyway(self._communicator, mine))
                    case End():
                        self._communicator.send(encode(self._meter.read()), 0)
                    case Farewell(result, core_seconds):
                        return result, core_seconds
                    case Suspension(reason, message):
                        raise mark_collective(Suspended(reason, message))
                    case Failure() as failure:
                        own = mine is not None and failure.rank == self._runner.world.rank
                        raise mark_collective(mine) if own and mine else error_of(failure)

    def _answer(self, question: Question) -> BaseException | None:
        """Run this rank's pieces of an Ask and send them; return the failure, if any."""
        outbox = Outbox(self._communicator, question.serial)
        try:
            self._run(question, outbox)
        except MemberFailedError:
            outbox.give_up()
        except FAILURES as error:
            self._communicator.post(encode(describe(error, self._runner.world.rank)), 0)
            return error
        return None

    def _run(self, question: Question, outbox: Outbox) -> None:
        runner = self._runner
        plan = runner.plan(question.ask, question.known)
        if plan.dynamic:
            runner.share_counter()
        if runner.world.rank not in plan.active_ranks:
            return
        with closing(runner.run(question.ask, plan, question.number)) as run:
            for done in run:
                outbox.add(done)
                if runner.stops.reason or outbox.is_stopped():
                    break
        outbox.close(runner.stops.reason)
