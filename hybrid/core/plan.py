"""Plans: which rank runs which piece, with predictions and reasons."""

from __future__ import annotations

from dataclasses import dataclass

from hybrid.core.arrays import FloatArray
from hybrid.core.elements import table, tag
from hybrid.core.piece import Piece
from hybrid.core.units import duration
from hybrid.core.work import CPU

_MOST_ROWS = 64


@dataclass(frozen=True, slots=True)
class Alternative:
    """A split that the scheduler considered.

    Attributes:
        ranks: number of ranks with work.
        threads: threads of each rank.
        seconds: predicted wall time of one evaluation.
        chosen: whether it became the plan.
        note: its bottleneck, in a few words.
        shards: number of ranks that share one state.
    """

    ranks: int
    threads: int
    seconds: float
    chosen: bool = False
    note: str = ""
    shards: int = 1


@dataclass(frozen=True, slots=True)
class Prediction:
    """Predicted times of a plan, in seconds; available if the costs of all pieces are known.

    Attributes:
        pieces: time of each piece on its assigned rank, by piece index.
        ranks: shape (ranks,); time of work of each rank.
        messages: time to send the Ask, receive the partials and combine them.
        single: time of all pieces on one rank with the same number of threads.
    """

    pieces: FloatArray
    ranks: FloatArray
    messages: float
    single: float

    @property
    def wall(self) -> float:
        """Seconds from Ask to answer."""
        return float(self.ranks.max(initial=0.0)) + self.messages


@dataclass(frozen=True, slots=True)
class Plan:
    """An assignment of pieces to ranks; it decides who computes, never what is computed.

    Attributes:
        pieces: all pieces, by index.
        assignment: piece indices of each rank, ascending; empty in dynamic plans, and for group
            members other than the leader.
        workers: ranks that draw pieces from the shared counter, in dynamic plans.
        order: piece indices in the order of drawing, in dynamic plans.
        threads: threads of each rank with work; None to share the cores of each host.
        groups: ranks of each group that shares one state, leader first; empty if every rank works
            alone.
        memory_bytes: bytes of states allocated by each rank with work.
        prediction: predicted times, or None if costs are unknown.
        alternatives: splits considered, the chosen one included.
        reason: why this plan was chosen, as a sentence.
        device: device that runs the pieces.
    """

    pieces: tuple[Piece, ...]
    assignment: tuple[tuple[int, ...], ...]
    workers: tuple[int, ...] = ()
    order: tuple[int, ...] = ()
    threads: int | None = None
    groups: tuple[tuple[int, ...], ...] = ()
    memory_bytes: int = 0
    prediction: Prediction | None = None
    alternatives: tuple[Alternative, ...] = ()
    reason: str = ""
    device: str = CPU

    @property
    def dynamic(self) -> bool:
        """Whether ranks draw pieces from a shared counter."""
        return bool(self.workers)

    @property
    def num_ranks(self) -> int:
        """Number of ranks of the job."""
        return len(self.assignment)

    @property
    def wall(self) -> float | None:
        """Predicted seconds from Ask to answer, or None."""
        return None if self.prediction is None else self.prediction.wall

    @property
    def shards(self) -> int:
        """Number of ranks that share one state."""
        return len(self.groups[0]) if self.groups else 1

    def group_of(self, rank: int) -> tuple[int, ...]:
        """Return the ranks that share a state with a rank, leader first."""
        return next((group for group in self.groups if rank in group), (rank,))

    @property
    def active_ranks(self) -> tuple[int, ...]:
        """Ranks that may run pieces, or parts of them, ascending."""
        if self.dynamic:
            return self.workers
        if self.groups:
            return tuple(sorted(r for g in self.groups if self.assignment[g[0]] for r in g))
        return tuple(rank for rank, indices in enumerate(self.assignment) if indices)

    def pieces_of(self, rank: int) -> tuple[Piece, ...]:
        """Return the pieces assigned to a rank, by index."""
        return tuple(self.pieces[index] for index in self.assignment[rank])

    def predicted(self, index: int) -> float | None:
        """Return the predicted seconds of a piece, or None."""
        return None if self.prediction is None else float(self.prediction.pieces[index])

    @property
    def balance(self) -> float:
        """Mean over maximum predicted work of the ranks; 1 if perfectly balanced."""
        if self.prediction is not None:
            works = self.prediction.ranks
            top = float(works.max(initial=0.0))
            return float(works.mean()) / top if top > 0 else 1.0
        costs = [sum(piece.cost for piece in self.pieces_of(rank)) for rank in self._ranks]
        return sum(costs) / len(costs) / max(costs) if max(costs, default=0.0) > 0 else 1.0

    def _repr_html_(self) -> str:
        """Return a table for notebooks: what each rank is to do, and the alternatives."""
        unknown = self.prediction is None
        works = (
            [0.0] * self.num_ranks if self.prediction is None else self.prediction.ranks.tolist()
        )
        shown = range(min(self.num_ranks, _MOST_ROWS))
        rows = [
            (rank, "draws" if self.dynamic else len(self.assignment[rank]),
             "unknown" if unknown else duration(works[rank]))
            for rank in shown
        ]  # fmt: skip
        more = self.num_ranks - len(shown)
        others = [
            ("chosen" if each.chosen else "", each.ranks, each.threads, each.shards,
             duration(each.seconds), each.note)
            for each in self.alternatives
        ]  # fmt: skip
        heads = ("", "ranks", "threads", "shards", "predicted", "limit")
        return tag(
            "div",
            tag("p", f"{len(self.pieces)} pieces on {self.num_ranks} ranks: {self.reason}"),
            table(("rank", "pieces", "predicted"), rows, numbers=(0, 1, 2)),
            tag("p", f"... and {more} more ranks") if more else "",
            table(heads, others, numbers=(1, 2, 3, 4)) if others else "",
        )

    @property
    def _ranks(self) -> range:
        return range(len(self.assignment))
