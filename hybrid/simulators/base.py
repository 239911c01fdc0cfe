"""What every simulator offers: an estimation prepared once, then run piece by piece, anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.piece import Piece
from hybrid.programs import FlatCircuit, Observable
from hybrid.sharding.group import Group

Answer = TypeVar("Answer", covariant=True)


@dataclass(frozen=True)
class Estimation:
    """What is to be estimated: the expectation value of an observable in a circuit's state.

    Attributes:
        circuit: what prepares the state, from |0...0>.
        observable: what is measured.
        shots: measurements of each group of compatible terms, or None for exact values.
        finite_difference: step in radians of central differences that take the place of exact
            gradients, or None for exact gradients only.
    """

    circuit: FlatCircuit
    observable: Observable
    shots: int | None = None
    finite_difference: float | None = None


class Evaluation(Protocol[Answer]):
    """Work compiled once; it answers any Ask, in pieces that any rank may run.

    The pieces depend on the Ask alone, and a partial answer on the Ask, the piece and its seed
    alone, so the answer is the same bits however the pieces were spread.
    """

    @property
    def description(self) -> str:
        """One line for the person who runs it: what computes, how precisely, how gradients."""

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return how the Ask may be cut; indices count up from 0."""

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return the partial answer of one piece, a float64 array of any shape.

        Args:
            ask: the whole question.
            piece: which part of it.
            seed: for whatever is random in this piece; 63 bits.
            threads: how many threads may be used.
        """

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Answer:
        """Return the answer from all partial answers, in the order of the pieces."""

    def memory_bytes(self, ask: Ask) -> int:
        """Return what running one piece of the Ask allocates at most, in bytes."""


class Shareable(Protocol[Answer]):
    """An evaluation that ranks can run together, each with a shard of the state."""

    def on_group(self, group: Group) -> Evaluation[Answer]:
        """Return it as the members of a group run it; partial answers hold on the leader."""


class Simulator(Protocol):
    """A way to estimate; values are immutable and the same on every rank."""

    @property
    def name(self) -> str:
        """The name by which users choose it."""

    def refusal(self, estimation: Estimation) -> str | None:
        """Return why this simulator does not suit the estimation, or None if it does."""

    def content(self) -> str:
        """Return what identifies the settings; ranks of one job must have it alike."""

    def prepare(self, estimation: Estimation) -> Evaluation[Told]:
        """Return the estimation compiled.

        Raises:
            InputError: the estimation does not suit; the message is that of :meth:`refusal`.
        """
