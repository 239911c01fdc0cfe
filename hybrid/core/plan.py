"""Which rank runs which piece, with how many threads, how long it should take, and why."""

from __future__ import annotations

from dataclasses import dataclass

from hybrid.core.arrays import FloatArray
from hybrid.core.piece import Piece
from hybrid.core.work import CPU


@dataclass(frozen=True, slots=True)
class Alternative:
    """A split that was considered.

    Attributes:
        ranks: with work.
        threads: of each.
        seconds: predicted wall time of one evaluation.
        chosen: whether it is the plan.
        note: what limits it, in a few words.
        shards: ranks of a group that shares one state.
    """

    ranks: int
    threads: int
    seconds: float
    chosen: bool = False
    note: str = ""
    shards: int = 1


@dataclass(frozen=True, slots=True)
class Prediction:
    """How long a plan should take; only where the costs of all pieces are known.

    Attributes:
        pieces: by index of the piece, its seconds on the rank that it is assigned to.
        ranks: shape (ranks,), seconds of work of each rank.
        messages: seconds for the Ask to all ranks, the partials back, and what rank 0 does with
            them.
        single: seconds that one rank with the same threads would take for all pieces.
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
        assignment: for each rank the indices of its pieces, ascending; empty where dynamic, and for
            ranks of a group that do not lead it.
        workers: the ranks that draw pieces from the shared counter, where dynamic.
        order: the indices of the pieces as the counter hands them out, where dynamic.
        threads: of each rank with work; None to share the cores of each host.
        device: what the pieces run on.
        groups: the ranks of each group that shares one state, its leader first; empty where every
            rank works by itself.
        memory_bytes: that each rank with work allocates for states.
        prediction: seconds, where the costs are known.
        alternatives: what was considered, the plan itself included.
        reason: the sentence that says why.
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
        """Whether ranks draw their pieces from a shared counter while they work."""
        return bool(self.workers)

    @property
    def num_ranks(self) -> int:
        """How many ranks the job has."""
        return len(self.assignment)

    @property
    def shards(self) -> int:
        """How many ranks share one state."""
        return len(self.groups[0]) if self.groups else 1

    def group_of(self, rank: int) -> tuple[int, ...]:
        """Return the ranks with which a rank shares a state, their leader first."""
        return next((group for group in self.groups if rank in group), (rank,))

    @property
    def active_ranks(self) -> tuple[int, ...]:
        """The ranks that may have pieces, or a part of them, ascending."""
        if self.dynamic:
            return self.workers
        if self.groups:
            return tuple(sorted(r for g in self.groups if self.assignment[g[0]] for r in g))
        return tuple(rank for rank, indices in enumerate(self.assignment) if indices)

    def pieces_of(self, rank: int) -> tuple[Piece, ...]:
        """Return the pieces assigned to a rank, by index."""
        return tuple(self.pieces[index] for index in self.assignment[rank])

    def predicted(self, index: int) -> float | None:
        """Return the seconds that a piece should take, or None where that is not known."""
        return None if self.prediction is None else float(self.prediction.pieces[index])

    @property
    def balance(self) -> float:
        """Mean over greatest predicted work of the ranks: 1 where all end together."""
        if self.prediction is not None:
            works = self.prediction.ranks
            top = float(works.max(initial=0.0))
            return float(works.mean()) / top if top > 0 else 1.0
        costs = [sum(piece.cost for piece in self.pieces_of(rank)) for rank in self._ranks]
        return sum(costs) / len(costs) / max(costs) if max(costs, default=0.0) > 0 else 1.0

    @property
    def _ranks(self) -> range:
        return range(len(self.assignment))
