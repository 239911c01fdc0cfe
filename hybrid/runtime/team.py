"""One evaluation shared by all ranks: rank 0 leads and asks, every rank runs its pieces."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np

from hybrid.arrays import FloatArray
from hybrid.ask import Ask
from hybrid.piece import Piece
from hybrid.plan import Plan
from hybrid.runtime.blas import one_blas_thread
from hybrid.runtime.counter import SharedCounter
from hybrid.runtime.failure import describe, from_description, is_collective, mark_collective
from hybrid.runtime.messages import pack, unpack
from hybrid.runtime.partials import Arrays, receive_partials, send_partials
from hybrid.runtime.world import World, shared_cores
from hybrid.seeds import derive
from hybrid.simulators.base import Evaluation
from hybrid.timing import Timing

Answer = TypeVar("Answer")

Assign: TypeAlias = Callable[[tuple[Piece, ...], int], Plan]
"""From the pieces of an Ask and the number of ranks to who runs what; the same on every rank."""


_EPOCHS = 1 << 20
"""Numbers of Asks are told apart up to here, where counters are shared in groups."""


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

    Attributes:
        timing: predicted and measured seconds of the latest Ask, on rank 0.
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
        self._counter = SharedCounter(world.communicator.cells, world.rank, world.size)
        self.timing: Timing | None = None
        self._process_start = time.process_time()

    def ask(self, ask: Ask) -> Answer:
        """Return the answer; rank 0 alone.

        Ranks that have no part in an Ask of rank 0 alone do not hear of it.
        """
        start = time.perf_counter()
        split = self.plan(ask)
        others = [rank for rank in split.active_ranks if rank != 0]
        if others:
            self._counter.reset()
            self._communicator.broadcast(pack(_as_message(ask, self._asked)))
        failure: Exception | None = None
        partials, seconds = self._try(ask, split)
        if isinstance(partials, Exception):
            failure, partials = partials, {}
        ranks = np.zeros(len(split.pieces), dtype=np.int64)
        measured = np.zeros(len(split.pieces))
        measured[list(partials)] = seconds
        reports = [self._receive(rank) for rank in others]
        self._asked += 1
        if failure is not None:
            raise self._announce(failure)
        for rank, (report, found, their_seconds) in zip(others, reports, strict=True):
            if report["kind"] == "failure":
                raise self._announced(report)
            partials |= found
            places = report["indices"]
            ranks[places], measured[places] = rank, their_seconds
        try:
            ordered = [partials.pop(index) for index in range(len(split.pieces))]
            answer = self._evaluation.combine(ask, ordered)
        except Exception as error:
            raise self._announce(error) from None
        predicted = None if split.prediction is None else split.prediction.pieces
        wall = time.perf_counter() - start
        self.timing = Timing(self._asked - 1, ranks, measured, predicted, wall)
        return answer

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
            self._answer(_from_message(message), message["number"])

    def plan(self, ask: Ask) -> Plan:
        """Return how the Ask is split over the ranks; the same on every rank."""
        return self._assign(self._evaluation.pieces(ask), self._world.size)

    def threads(self, split: Plan) -> int:
        """Return how many threads each rank with work uses."""
        if self._threads is not None:
            return self._threads
        if split.threads is not None:
            return split.threads
        limit = os.environ.get("OMP_NUM_THREADS", "")
        cores = shared_cores(self._world, split.active_ranks)
        return min(cores, int(limit)) if limit.isdecimal() and int(limit) > 0 else cores

    def _answer(self, ask: Ask, number: int) -> None:
        """Run this rank's pieces of an Ask and send the partial answers to rank 0."""
        self._asked = number
        split = self.plan(ask)
        rank = self._world.rank
        if rank not in split.active_ranks:
            return
        partials, seconds = self._try(ask, split)
        if isinstance(partials, Exception):
            self._communicator.send(pack(describe(partials, rank)), 0)
        else:
            send_partials(self._communicator, partials, seconds)

    def _try(self, ask: Ask, split: Plan) -> tuple[Arrays | Exception, list[float]]:
        """Return this rank's partial answers with the seconds of each, or why there are none."""
        try:
            return self._run(ask, split)
        except Exception as error:
            if len(split.active_ranks) > 1:
                self._counter.stop()
            return error, []

    def _run(self, ask: Ask, split: Plan) -> tuple[Arrays, list[float]]:
        """Return the partial answers of this rank's pieces by their index, and their seconds."""
        threads = self.threads(split)
        partials: Arrays = {}
        seconds: list[float] = []
        start = time.perf_counter()
        for piece in self._mine(split):
            partials[piece.index] = self._evaluation.run(
                ask,
                piece,
                seed=derive(self._seed, self._asked, piece.index),
                threads=threads,
            )
            end = time.perf_counter()
            seconds.append(end - start)
            start = end
        return partials, seconds

    def _mine(self, split: Plan) -> Iterator[Piece]:
        """Yield the pieces of this rank, drawn or assigned, until another rank has failed."""
        if split.dynamic:
            for place in self._counter.draw(len(split.order), self._asked % _EPOCHS + 1):
                yield split.pieces[split.order[place]]
            return
        alone = len(split.active_ranks) == 1
        for count, piece in enumerate(split.pieces_of(self._world.rank)):
            if count and not alone and self._counter.stopped:
                return
            yield piece

    def _receive(self, rank: int) -> tuple[dict[str, Any], Arrays, FloatArray]:
        """Return a rank's report, and its partial answers where it has some."""
        report: dict[str, Any] = unpack(self._communicator.receive(rank))
        if report["kind"] == "failure":
            return report, {}, np.empty(0)
        return report, *receive_partials(self._communicator, report, rank)

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


def _as_message(ask: Ask, number: int) -> dict[str, object]:
    return {
        "kind": "ask",
        "number": number,
        "points": ask.points,
        "gradient": ask.gradient,
        "iteration": ask.iteration,
    }


def _from_message(message: dict[str, Any]) -> Ask:
    return Ask(message["points"], message["gradient"], message["iteration"])
