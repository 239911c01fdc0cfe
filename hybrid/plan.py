"""Which rank runs which piece."""

from __future__ import annotations

from dataclasses import dataclass

from hybrid.piece import Piece


@dataclass(frozen=True, slots=True)
class Plan:
    """An assignment of pieces to ranks; it decides who computes, never what is computed.

    Attributes:
        pieces: all pieces, by index.
        assignment: for each rank the indices of its pieces, ascending.
    """

    pieces: tuple[Piece, ...]
    assignment: tuple[tuple[int, ...], ...]

    @property
    def active_ranks(self) -> tuple[int, ...]:
        """The ranks that have pieces, ascending."""
        return tuple(rank for rank, indices in enumerate(self.assignment) if indices)

    def pieces_of(self, rank: int) -> tuple[Piece, ...]:
        """Return the pieces of a rank, by index."""
        return tuple(self.pieces[index] for index in self.assignment[rank])

    @property
    def balance(self) -> float:
        """Mean cost over greatest cost of the ranks: 1 where all end together."""
        costs = [sum(piece.cost for piece in self.pieces_of(rank)) for rank in self._ranks]
        return sum(costs) / len(costs) / max(costs) if max(costs, default=0.0) > 0 else 1.0

    def explain(self) -> str:
        """Return a sentence or two for a person: how it is split, and why."""
        num_ranks = len(self.assignment)
        axis = self.pieces[0].axis
        if len(self.pieces) == 1:
            one = f"one piece along the {axis}, on rank 0"
            if num_ranks == 1:
                return one
            return (
                f"{one}; it cannot be cut further without changing the result, so "
                f"{num_ranks - 1} of {num_ranks} ranks rest and leave it their cores"
            )
        cut = f"{len(self.pieces)} pieces along the {axis}"
        if num_ranks == 1:
            return f"{cut}, all on rank 0"
        resting = num_ranks - len(self.active_ranks)
        rest = f", {resting} ranks rest for want of pieces" if resting else ""
        counts = [len(indices) for indices in self.assignment if indices]
        each = f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)}-{max(counts)}"
        return (
            f"{cut}, {each} on each of {len(counts)} ranks{rest}; "
            f"balance of predicted work {self.balance:.0%}"
        )

    @property
    def _ranks(self) -> range:
        return range(len(self.assignment))
