"""One evaluation shared by all ranks: rank 0 leads and asks, every rank runs its pieces."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Container, Generator, Iterator, Mapping
from contextlib import (
    AbstractContextManager,
    ExitStack,
    closing,
    contextmanager,
    nullcontext,
    suppress,
)
from dataclasses import replace
from typing import Any, Generic, TypeAlias, TypeVar

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.errors import Suspended
from hybrid.core.piece import Piece
from hybrid.core.plan import Plan
from hybrid.core.seeds import derive
from hybrid.runtime.blas import one_blas_thread
from hybrid.runtime.counter import SharedCounter, chunks
from hybrid.runtime.failure import (
    describe,
    ending_anyway,
    from_description,
    is_collective,
    mark_collective,
)
from hybrid.runtime.group import MemberFailedError, RankGroup, group_of
from hybrid.runtime.messages import pack, unpack
from hybrid.runtime.shares import Done, Inbox, Outbox
from hybrid.runtime.stall import StallReport
from hybrid.runtime.stops import Stopped, Stops
from hybrid.runtime.watchdog import Pace, Watchdog, allowed, patience
from hybrid.runtime.world import World, shared_cores
from hybrid.simulators.base import Evaluation
from hybrid.simulators.counted import CountedPieces

Answer = TypeVar("Answer")

Assign: TypeAlias = Callable[[tuple[Piece, ...], int], Plan]
"""From the pieces of an Ask and the number of ranks to who runs what; the same on every rank."""

_serials = itertools.count()
"""Numbers the questions of this process, over all its teams."""


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
        self._pieces = CountedPieces(evaluation)
        self._assign = assign
        self._seed = seed
        self._threads = threads
        self._number = 0
        self._stops = Stops(())
        self._stall: StallReport | None = None
        self._watchdog: Watchdog | None = None
        self._pace = Pace()
        self._counter: SharedCounter | None = None
        self._groups: dict[tuple[int, ...], tuple[RankGroup, Evaluation[Answer]]] = {}
        self._process_start = time.process_time()

    @property
    def number(self) -> int:
        """Number of the next Ask; it keys the seeds of its pieces."""
        return self._number

    def skip(self) -> None:
        """Count an Ask that was answered by other means, such as a record; rank 0 alone."""
        self._number += 1

    def ask(
        self,
        ask: Ask,
        known: Mapping[int, FloatArray] | None = None,
        heard: Callable[[Done], None] = lambda _: None,
    ) -> Answer:
        """Return the answer; rank 0 alone.

        Args:
            ask: the question.
            known: partial answers that need not be computed again, by the index of their piece.
            heard: called with each finished piece.

        Raises:
            Stopped: pieces were left undone, because there was a reason to stop.
        """
        partials = dict(known or {})
        serial = next(_serials)
        split = self._split(ask, partials)
        others = [rank for rank in split.active_ranks if rank != 0]
        # Who has no part in it need not hear of it, unless a counter is to be set up by all.
        hearers = self._all_others if split.dynamic else others
        if hearers:
            message = _as_message(ask, self._number, serial, list(partials))
            self._communicator.tell(pack(message), hearers)

        def take(done: Done) -> None:
            partials[done.piece] = done.partial
            heard(done)

        inbox = Inbox(self._communicator, serial, others, take, self._late)
        try:
            with suppress(MemberFailedError), closing(self._run(ask, split)) as run:
                for done in run:
                    take(done)
                    inbox.look()
                    if self._stops.reason or inbox.failure or inbox.stop:
                        break
            self._await(inbox, split)
        except Exception as error:
            raise self._announce(error, inbox) from None
        finally:
            if self._counter is not None:
                self._counter.reset()  # all ranks have reported, and none draws any more
        self._number += 1
        if inbox.failure is not None:
            raise self._announced(inbox.failure)
        if len(partials) < len(split.pieces):
            raise Stopped(self._stops.reason or inbox.stop or "an unknown reason")
        try:
            return self._evaluation.combine(ask, [partials[k] for k in range(len(partials))])
        except Exception as error:
            raise self._announce(error) from None

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
            RankError: another rank failed.
            Suspended: ``lead`` raised it; on all ranks.
            Exception: whatever ``lead`` raised; the other ranks raise a RankError.
        """
        self._stops = stops or Stops(())
        self._stall = stall
        with ExitStack() as contexts:
            contexts.enter_context(one_blas_thread())
            contexts.enter_context(self._stops)
            if stall is not None:
                self._watchdog = contexts.enter_context(Watchdog(stall.of_this_rank))
            if self._world.size > 1:
                # What rank 0 does alone may be over before another rank listens to signals.
                self._communicator.all_gather(b"listening")
            result = self._run_all(lead)
            for group, _ in self._groups.values():
                group.rest()
            return result

    def _run_all(self, lead: Callable[[Team[Answer]], object]) -> tuple[Any, float]:
        if self._world.rank != 0:
            return self._serve()
        try:
            message = lead(self)
        except Suspended as suspended:
            report = {"reason": suspended.reason, "message": suspended.message}
            self._tell_all({"kind": "suspended"} | report)
            raise mark_collective(suspended) from None
        except Exception as error:
            if not is_collective(error):
                self._announce(error)
            raise
        return message, self._dismiss(message)

    def _dismiss(self, message: object) -> float:
        """Send the other ranks home with a last message; return the core-seconds of all ranks."""
        core_seconds = self._core_seconds()
        self._tell_all({"kind": "end"})
        for rank in self._all_others:
            core_seconds += float(unpack(self._communicator.receive(rank)))
        self._tell_all([message, core_seconds])
        return core_seconds

    def _serve(self) -> tuple[Any, float]:
        """Run pieces until rank 0 dismisses this rank; return its message and core-seconds."""
        while True:
            message = unpack(self._communicator.hear())
            if message["kind"] == "end":
                self._communicator.send(pack(self._core_seconds()), 0)
                last, core_seconds = unpack(self._communicator.hear())
                return last, float(core_seconds)
            if message["kind"] == "failure":
                raise from_description(message)
            if message["kind"] == "suspended":
                raise mark_collective(Suspended(message["reason"], message["message"]))
            self._answer(message)

    def plan(self, ask: Ask) -> Plan:
        """Return how the Ask is split over the ranks; the same on every rank."""
        return self._assign(self._pieces(ask), self._world.size)

    def threads(self, split: Plan) -> int:
        """Return how many threads each rank with work uses."""
        if self._threads is not None:
            return self._threads
        if split.threads is not None:
            return split.threads
        limit = os.environ.get("OMP_NUM_THREADS", "")
        cores = shared_cores(self._world, split.active_ranks)
        return min(cores, int(limit)) if limit.isdecimal() and int(limit) > 0 else cores

    def _answer(self, message: Mapping[str, Any]) -> None:
        """Run this rank's pieces of an Ask and send the partial answers to rank 0."""
        ask, self._number = _from_message(message), message["number"]
        split = self._split(ask, message["known"])
        rank = self._world.rank
        if split.dynamic:
            self._counting()
        if rank not in split.active_ranks:
            return
        outbox = Outbox(self._communicator, message["serial"])
        try:
            with closing(self._run(ask, split)) as run:
                for done in run:
                    outbox.add(done)
                    if self._stops.reason or outbox.is_stopped():
                        break
        except MemberFailedError:
            outbox.give_up()
            self._serve()
            return
        except Exception as error:
            failure = error
        else:
            outbox.close(self._stops.reason)
            return
        self._communicator.post(pack(describe(failure, rank)), 0)
        with ending_anyway(self._communicator, failure):
            self._serve()

    def _split(self, ask: Ask, known: Container[int]) -> Plan:
        """Return who runs which of the pieces that are not known yet."""
        whole = self.plan(ask)
        if not known:
            return whole
        missing = tuple(piece for piece in whole.pieces if piece.index not in known)
        return replace(self._assign(missing, self._world.size), pieces=whole.pieces)

    def _mine(self, split: Plan) -> Iterator[Piece]:
        """Yield this rank's pieces: those assigned, or one after the other as it draws them."""
        if not split.dynamic:
            yield from split.pieces_of(self._world.rank)
            return
        ordered = [split.pieces[index] for index in split.order]
        bounds = chunks([piece.cost for piece in ordered], self._world.size)
        for place in self._counting().draw(bounds):
            yield ordered[place]

    def _counting(self) -> SharedCounter:
        """Return the counter of all ranks; collective on first use."""
        if self._counter is None:
            cells = self._communicator.cells
            self._counter = SharedCounter(cells, self._world.rank, self._world.size)
        return self._counter

    def _run(self, ask: Ask, split: Plan) -> Generator[Done, None, None]:
        """Run this rank's pieces one by one."""
        rank = self._world.rank
        if rank not in split.active_ranks:
            return
        if split.shards > 1:
            yield from self._run_shared(ask, split)
            return
        threads = self.threads(split)
        for piece in self._mine(split):
            yield self._run_piece(self._evaluation, ask, split, piece, threads)

    def _run_piece(
        self, evaluation: Evaluation[Any], ask: Ask, split: Plan, piece: Piece, threads: int
    ) -> Done:
        predicted = split.predicted(piece.index)
        seed = derive(self._seed, self._number, piece.index)
        start = time.perf_counter()
        with self._watching(piece, predicted):
            partial = evaluation.run(ask, piece, seed=seed, threads=threads)
        seconds = time.perf_counter() - start
        self._pace.learn(piece.cost, seconds)
        return Done(piece.index, self._world.rank, predicted, seconds, partial)

    def _run_shared(self, ask: Ask, split: Plan) -> Generator[Done, None, None]:
        """Run the pieces of this rank's group with its other members; its leader reports them."""
        ranks = split.group_of(self._world.rank)
        group, evaluation = self._group(ranks)
        threads = self.threads(split)
        with self._left_if_failed(group, ranks):
            for piece in split.pieces_of(ranks[0]):
                if group.any(self._stops.reason is not None):
                    return
                done = self._run_piece(evaluation, ask, split, piece, threads)
                if group.rank > 0:
                    continue
                try:
                    yield done
                except GeneratorExit:
                    group.any(True)  # the others stop before their next piece
                    raise
            group.any(False)  # the leader may have been told to stop after the last piece

    def _group(self, ranks: tuple[int, ...]) -> tuple[RankGroup, Evaluation[Answer]]:
        """Return the ranks that share a state, and the evaluation as they run it.

        Collective over these ranks on first use.
        """
        if ranks not in self._groups:
            group = group_of(self._communicator.members(ranks))
            self._groups[ranks] = group, self._evaluation.on_group(group)
        return self._groups[ranks]

    @contextmanager
    def _left_if_failed(self, group: RankGroup, ranks: tuple[int, ...]) -> Iterator[None]:
        """Tell the group of a failure here, and leave it after one anywhere: it is out of step."""
        try:
            yield
        except Exception as error:
            if not isinstance(error, MemberFailedError):
                group.fail()
            del self._groups[ranks]
            self._communicator.forget(ranks)
            raise

    def _watching(self, piece: Piece, predicted: float | None) -> AbstractContextManager[None]:
        if self._watchdog is None:
            return nullcontext()
        learnt = self._pace.seconds(piece.cost)
        expected = predicted if learnt is None else learnt
        return self._watchdog.watching(f"piece {piece.index} of Ask {self._number}", expected)

    def _await(self, inbox: Inbox, split: Plan) -> None:
        """Wait for the other ranks; pass the word to stop on, and notice who is silent."""
        since = time.monotonic()
        late: set[int] = set()

        def is_complete() -> bool:
            if self._stops.reason or inbox.stop:
                inbox.tell_to_stop()
            self._report_silence(inbox.waiting - late, split, since, late)
            return inbox.look() or inbox.failure is not None

        if not inbox.look():
            self._communicator.wait_until(is_complete)
        if inbox.failure is not None:
            with ending_anyway(self._communicator, from_description(inbox.failure)):
                inbox.tell_to_stop()
                self._communicator.wait_until(inbox.look)
        if inbox.stop is not None:
            self._stops.stop(inbox.stop)

    def _report_silence(self, ranks: set[int], split: Plan, since: float, late: set[int]) -> None:
        if self._stall is None:
            return
        seconds = time.monotonic() - since
        if seconds < patience():
            return
        for rank in sorted(ranks):
            pieces = split.pieces_of(split.group_of(rank)[0])
            predicted = self._pace.seconds(sum(piece.cost for piece in pieces))
            # Later than the rank would report itself, which can say more.
            if predicted is not None and seconds > 1.5 * allowed(predicted):
                late.add(rank)
                indices = ", ".join(str(piece.index) for piece in pieces[:8])
                what = f"pieces {indices} of Ask {self._number}"
                self._stall.of_silent_rank(rank, what, seconds, predicted)

    def _late(self, report: dict[str, Any]) -> None:
        """Take in what another rank says of its own lateness."""
        if self._stall is not None:
            self._stall.taken(report)

    def _announce(self, error: Exception, inbox: Inbox | None = None) -> Exception:
        """Tell the other ranks of an error of rank 0, which raises it itself."""
        if self._world.size > 1:
            with ending_anyway(self._communicator, error):
                if inbox is not None and not inbox.look():
                    inbox.tell_to_stop()
                    self._communicator.wait_until(inbox.look)
                self._tell_all(describe(error, 0))
        return mark_collective(error)

    def _announced(self, report: dict[str, Any]) -> Exception:
        """Tell all ranks of an error of another rank."""
        self._tell_all(report)
        return from_description(report)

    def _tell_all(self, message: object) -> None:
        self._communicator.tell(pack(message), self._all_others)

    @property
    def _all_others(self) -> range:
        return range(1, self._world.size)

    def _core_seconds(self) -> float:
        return time.process_time() - self._process_start


def _as_message(ask: Ask, number: int, serial: int, known: list[int]) -> dict[str, object]:
    return {
        "kind": "ask",
        "points": ask.points,
        "gradient": ask.gradient,
        "iteration": ask.iteration,
        "number": number,
        "serial": serial,
        "known": known,
    }


def _from_message(message: Mapping[str, Any]) -> Ask:
    return Ask(message["points"], message["gradient"], message["iteration"])
