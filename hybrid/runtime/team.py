"""One evaluation shared by all ranks: rank 0 leads and asks, every rank runs its pieces."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any, Generic, TypeAlias, TypeVar

from hybrid.arrays import FloatArray
from hybrid.ask import Ask
from hybrid.piece import Piece
from hybrid.plan import Plan
from hybrid.runtime.blas import one_blas_thread
from hybrid.runtime.failure import describe, from_description, is_collective, mark_collective
from hybrid.runtime.interrupts import Interrupts
from hybrid.runtime.messages import pack, unpack
from hybrid.runtime.world import World, shared_cores
from hybrid.seeds import derive
from hybrid.simulators.base import Evaluation

Answer = TypeVar("Answer")

Assign: TypeAlias = Callable[[tuple[Piece, ...], int], Plan]
"""From the pieces of an Ask and the number of ranks to who runs what; the same on every rank."""


class Team(Generic[Answer]):
    """The ranks of the job around one evaluation.

    All ranks call :meth:`run`; rank 0 leads there and calls :meth:`ask` for each question, the
    other ranks work for it until it has done. Whatever fails on any rank is raised on all of
    them.

    Args:
        world: the job.
        evaluation: what all ranks have compiled.
        assign: the scheduler's choice of who runs which piece.
        seed: of the run; the n-th Ask's piece k is seeded by (seed, n, k).
        threads: a bound on threads for each rank, or None to share the cores of each host.
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
        self._communicator = world.communicator
        self._evaluation = evaluation
        self._assign = assign
        self._seed = seed
        self._threads = threads
        self._asked = 0
        self._process_start = time.process_time()

    def ask(self, ask: Ask) -> Answer:
        """Return the answer; rank 0 alone."""
        if self._world.size > 1:
            self._communicator.broadcast(pack(_as_message(ask)))
        split = self.plan(ask)
        failure: Exception | None = None
        try:
            partials = self._run(ask, split)
        except Exception as error:
            failure = error
        reports = [
            unpack(self._communicator.receive(rank)) for rank in split.active_ranks if rank != 0
        ]
        self._asked += 1
        if failure is not None:
            raise self._announce(failure)
        for report in reports:
            if report["kind"] == "failure":
                raise self._announced(report)
            partials |= dict(zip(report["indices"], report["partials"], strict=True))
        try:
            return self._evaluation.combine(ask, [partials[k] for k in range(len(partials))])
        except Exception as error:
            raise self._announce(error) from None

    def run(self, lead: Callable[[Team[Answer]], object]) -> tuple[Any, float]:
        """Let rank 0 lead; every rank returns what it came to, and the core-seconds of all.

        Args:
            lead: called on rank 0; asks, and returns a message (see ``messages.pack``) for all.

        Raises:
            RankError: another rank failed.
            Exception: whatever ``lead`` raised; the other ranks raise a RankError.
        """
        with one_blas_thread():
            return self._run_all(lead)

    def _run_all(self, lead: Callable[[Team[Answer]], object]) -> tuple[Any, float]:
        if self._world.rank != 0:
            # Launchers forward Control-C to every rank; rank 0 decides when all of them stop.
            with Interrupts():
                return self._serve()
        try:
            message = lead(self)
        except Exception as error:
            if not is_collective(error):
                self._announce(error)
            raise
        return message, self._dismiss(message)

    def _dismiss(self, message: object) -> float:
        """Send the other ranks home with a last message; return the core-seconds of all ranks."""
        core_seconds = self._core_seconds()
        if self._world.size > 1:
            self._communicator.broadcast(pack({"kind": "end"}))
            for rank in range(1, self._world.size):
                core_seconds += float(unpack(self._communicator.receive(rank)))
            self._communicator.broadcast(pack([message, core_seconds]))
        return core_seconds

    def _serve(self) -> tuple[Any, float]:
        """Run pieces until rank 0 dismisses this rank; return its message and core-seconds."""
        while True:
            message = unpack(self._communicator.broadcast(None))
            if message["kind"] == "end":
                self._communicator.send(pack(self._core_seconds()), 0)
                last, core_seconds = unpack(self._communicator.broadcast(None))
                return last, float(core_seconds)
            if message["kind"] == "failure":
                raise from_description(message)
            self._answer(_from_message(message))

    def plan(self, ask: Ask) -> Plan:
        """Return how the Ask is split over the ranks; the same on every rank."""
        return self._assign(self._evaluation.pieces(ask), self._world.size)

    def threads(self, split: Plan) -> int:
        """Return how many threads each rank with work uses."""
        if self._threads is not None:
            return self._threads
        limit = os.environ.get("OMP_NUM_THREADS", "")
        cores = shared_cores(self._world, split.active_ranks)
        return min(cores, int(limit)) if limit.isdecimal() and int(limit) > 0 else cores

    def _answer(self, ask: Ask) -> None:
        """Run this rank's pieces of an Ask and send the partial answers to rank 0."""
        split = self.plan(ask)
        rank = self._world.rank
        if rank in split.active_ranks:
            try:
                partials = self._run(ask, split)
                report: dict[str, Any] = {
                    "kind": "partials",
                    "indices": list(partials),
                    "partials": list(partials.values()),
                }
            except Exception as error:
                report = describe(error, rank)
            self._communicator.send(pack(report), 0)
        self._asked += 1

    def _run(self, ask: Ask, split: Plan) -> dict[int, FloatArray]:
        """Return the partial answers of this rank's pieces by their index."""
        threads = self.threads(split)
        return {
            piece.index: self._evaluation.run(
                ask,
                piece,
                seed=derive(self._seed, self._asked, piece.index),
                threads=threads,
            )
            for piece in split.pieces_of(self._world.rank)
        }

    def _announce(self, error: Exception) -> Exception:
        """Tell the other ranks of an error of rank 0, which raises it itself."""
        if self._world.size > 1:
            self._communicator.broadcast(pack(describe(error, 0)))
        return mark_collective(error)

    def _announced(self, report: dict[str, Any]) -> Exception:
        """Tell all ranks of an error of another rank."""
        self._communicator.broadcast(pack(report))
        return from_description(report)

    def _core_seconds(self) -> float:
        return time.process_time() - self._process_start


def _as_message(ask: Ask) -> dict[str, object]:
    return {
        "kind": "ask",
        "points": ask.points,
        "gradient": ask.gradient,
        "iteration": ask.iteration,
    }


def _from_message(message: dict[str, Any]) -> Ask:
    return Ask(message["points"], message["gradient"], message["iteration"])
