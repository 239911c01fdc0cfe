"""What each rank did when, from the times of answers and pieces.

Within an evaluation a rank hears the question, runs pieces, and sends what it found; then it waits
for ranks that are still at work. Between evaluations rank 0 runs the optimizer, and the others
wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hybrid.core.arrays import FloatArray, IntArray
from hybrid.journal import Questions, Timings
from hybrid.report.gather import Session

CIRCUITS, CLASSICAL, COMMUNICATION = 0, 1, 2
KINDS = ("circuits", "classical", "communication")
"""Kinds of spans; the rest of a rank's time is waiting."""


@dataclass(frozen=True, eq=False)
class Ledger:
    """The time of each rank, by what it was spent on; arrays of shape (R,), in seconds.

    Together they are the duration of the session, on every rank.

    Attributes:
        circuits: in circuits.
        classical: in the classical parts of pieces.
        optimizer: on rank 0, between evaluations: optimizer, observers and journal.
        communication: hearing questions, drawing pieces, sending answers, combining them.
        no_piece: waiting during evaluations that had no piece for the rank.
        others: waiting for ranks that were still at work.
        next_point: waiting for rank 0 to ask again.
        pieces: number of pieces.
        predicted: predicted seconds of the pieces.
        measured: measured seconds of the pieces with a prediction.
    """

    circuits: FloatArray
    classical: FloatArray
    optimizer: FloatArray
    communication: FloatArray
    no_piece: FloatArray
    others: FloatArray
    next_point: FloatArray
    pieces: IntArray
    predicted: FloatArray
    measured: FloatArray

    @property
    def waiting(self) -> FloatArray:
        """All waiting, shape (R,)."""
        return self.no_piece + self.others + self.next_point


@dataclass(frozen=True, eq=False)
class Spans:
    """Disjoint spans of time of one rank, ascending; seconds since the start of the session."""

    begin: FloatArray
    end: FloatArray
    kind: IntArray

    def fractions(self, edges: FloatArray) -> FloatArray:
        """Return the share of each kind in the bins between edges, shape (bins, kinds)."""
        shares = np.zeros((len(edges) - 1, len(KINDS)))
        lengths = np.diff(edges)
        for kind in range(len(KINDS)):
            mine = self.kind == kind
            if mine.any():
                begin, end = self.begin[mine], self.end[mine]
                corners = np.column_stack([begin, end]).reshape(-1)
                so_far = np.repeat(np.concatenate([[0.0], np.cumsum(end - begin)]), 2)[1:-1]
                shares[:, kind] = np.diff(np.interp(edges, corners, so_far)) / lengths
        return np.clip(shares, 0.0, 1.0)


class Timeline:
    """The pieces of a session on its clock, and what follows from them.

    Args:
        session: the session.
        questions: all answers of the run.
        timings: all pieces of the run.

    Attributes:
        exact: whether the journal says when the pieces began; if not, they are taken to follow each
            other from the beginning of their evaluation.
        begin: shape (A,); when each evaluation that ran here began, in seconds.
        end: shape (A,); when it ended.
    """

    def __init__(self, session: Session, questions: Questions, timings: Timings) -> None:
        self.session = session
        mine = timings.starts == session.number
        self._asks, ask = np.unique(timings.asks[mine], return_inverse=True)
        self.begin, self.end = self._evaluations(questions)
        rank = timings.ranks[mine]
        self.num_ranks = max(session.ranks, int(rank.max(initial=0)) + 1)
        measured = np.maximum(np.nan_to_num(timings.measured[mine]), 0.0)
        began = timings.began[mine]
        self.exact = bool(np.isfinite(began).all())
        quantum = np.where(np.isnan(timings.quantum[mine]), measured, timings.quantum[mine])
        if not self.exact:
            began = _one_after_another(rank, ask, measured)
        low, high = self.begin[ask], self.end[ask]
        begin = np.clip(low + began, low, high)
        end = np.clip(begin + measured, low, high)
        middle = np.clip(begin + np.maximum(quantum, 0.0), begin, end)
        columns = self._with_members(rank, ask, begin, middle, end)
        order = np.lexsort((columns[2], columns[1], columns[0]))
        self._rank, self._ask, self._begin, self._middle, self._end = (c[order] for c in columns)
        self._expected = (rank, timings.predicted[mine], measured)
        self._head = _heads(self._rank, self._ask)
        self._tail = (
            np.append(self._head[1:], len(self._rank)) - 1 if len(self._head) else self._head
        )
        self._finished = np.zeros(len(self.begin))
        np.maximum.at(self._finished, self._ask, self._end)
        self._of_rank = np.searchsorted(self._rank, np.arange(self.num_ranks + 1))

    def ledger(self) -> Ledger:
        """Return what the time of each rank was spent on."""
        ranks, total = self.num_ranks, self.session.seconds
        lengths = self.end - self.begin
        inside = float(lengths.sum())
        group, asks = self._rank[self._head], self._ask[self._head]

        def summed(of: IntArray, weights: FloatArray) -> FloatArray:
            return np.bincount(of, weights, minlength=ranks).astype(np.float64)

        circuits = summed(self._rank, self._middle - self._begin)
        classical = summed(self._rank, self._end - self._middle)
        others = summed(group, np.maximum(self._finished[asks] - self._end[self._tail], 0.0))
        present = summed(group, lengths[asks])
        first = np.arange(ranks) == 0
        rank, predicted, measured = self._expected
        known = np.isfinite(predicted)
        return Ledger(
            circuits=circuits,
            classical=classical,
            optimizer=np.where(first, total - inside, 0.0),
            communication=np.maximum(present - circuits - classical - others, 0.0),
            no_piece=np.maximum(inside - present, 0.0),
            others=others,
            next_point=np.where(first, 0.0, total - inside),
            pieces=np.bincount(rank, minlength=ranks),
            predicted=summed(rank[known], predicted[known]),
            measured=summed(rank[known], measured[known]),
        )

    def count(self) -> int:
        """Return about how many spans all ranks have."""
        return 2 * len(self._rank) + 2 * len(self._head) + len(self.begin)

    def spans(self, rank: int) -> Spans:
        """Return the spans of one rank."""
        first, last = self._of_rank[rank], self._of_rank[rank + 1]
        begin, middle, end = (each[first:last] for each in (self._begin, self._middle, self._end))
        heads = self._head[(self._head >= first) & (self._head < last)] - first
        asks = self._ask[first:last][heads]
        before = np.concatenate([[0.0], end[:-1]]) if len(end) else end
        if len(heads):
            before[heads] = self.begin[asks]
        parts = [
            (begin, middle, CIRCUITS),
            (middle, end, CLASSICAL),
            (before, begin, COMMUNICATION),
            (self._finished[asks], self.end[asks], COMMUNICATION),
        ]
        if rank == 0:
            outside = np.append(self.begin, self.session.seconds)
            parts.append((np.concatenate([[0.0], self.end]), outside, CLASSICAL))
        return _joined(parts)

    def windows(self, most: int) -> list[tuple[float, float]]:
        """Return times of evaluations to show in full: the slowest ones, and the first ones.

        Args:
            most: spans that they may have together.
        """
        each = np.bincount(self._ask, minlength=len(self.begin)) * 4 + 2 * self.num_ranks
        slowest = np.argsort(self.begin - self.end)[:3].tolist()
        chosen: dict[int, int] = {}
        for ask in (*slowest, *range(len(self.begin))):
            if sum(chosen.values()) + int(each[ask]) > most:
                break
            chosen[ask] = int(each[ask])
        return [(float(self.begin[ask]), float(self.end[ask])) for ask in sorted(chosen)]

    def _evaluations(self, questions: Questions) -> tuple[FloatArray, FloatArray]:
        """Return when each evaluation of the session began and ended; an unfinished one is last."""
        total = self.session.seconds
        place = np.searchsorted(questions.numbers, self._asks)
        inside = np.minimum(place, max(len(questions) - 1, 0))
        known = np.zeros(len(place), dtype=bool)
        if len(questions):
            known = (questions.numbers[inside] == self._asks) & (
                questions.starts[inside] == self.session.number
            )
        end = np.full(len(place), total)
        end[known] = questions.times[inside[known]] - self.session.began
        end = np.maximum.accumulate(np.clip(end, 0.0, total))
        begin = np.concatenate([[0.0], end[:-1]])[: len(end)]
        begin[known] = np.maximum(begin[known], end[known] - questions.seconds[inside[known]])
        return begin, end

    def _with_members(self, *columns: Any) -> list[Any]:
        """Add to the pieces of leaders those of the ranks that share their states."""
        rank = columns[0]
        found = [columns]
        for leader, *members in self.session.groups:
            mine = rank == leader
            for member in members:
                rest = [column[mine] for column in columns[1:]]
                found.append((np.full(int(mine.sum()), member), *rest))
        return [np.concatenate(each) for each in zip(*found, strict=True)]


def _one_after_another(rank: IntArray, ask: IntArray, seconds: FloatArray) -> FloatArray:
    """Return the beginnings of pieces that follow each other on their rank, within a question."""
    order = np.lexsort((np.arange(len(rank)), ask, rank))
    length = seconds[order]
    so_far = np.cumsum(length) - length
    heads = _heads(rank[order], ask[order])
    counts = np.diff(np.append(heads, len(order)))
    began = np.empty(len(rank))
    began[order] = so_far - np.repeat(so_far[heads], counts)
    return began


def _heads(rank: IntArray, ask: IntArray) -> IntArray:
    """Return where the pieces of another rank or question begin, in sorted columns."""
    if not len(rank):
        return np.empty(0, dtype=np.int64)
    new = (np.diff(rank) != 0) | (np.diff(ask) != 0)
    heads: IntArray = np.concatenate([[0], np.flatnonzero(new) + 1])
    return heads


def _joined(parts: list[tuple[FloatArray, FloatArray, int]]) -> Spans:
    begin = np.concatenate([part[0] for part in parts])
    end = np.concatenate([part[1] for part in parts])
    kind = np.concatenate([np.full(len(part[0]), part[2]) for part in parts])
    there = end > begin
    order = np.argsort(begin[there], kind="stable")
    return Spans(begin[there][order], end[there][order], kind[there][order])
