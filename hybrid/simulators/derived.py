"""Estimators that derive their answers from those of another estimator."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.piece import Piece
from hybrid.core.work import Sharding, Work
from hybrid.sharding.group import Group
from hybrid.simulators.base import Estimator


@dataclass(frozen=True)
class DerivedEstimator(Estimator):
    """Base class of estimators that delegate all circuits to an inner estimator.

    For a cost with a penalty, for instance, a subclass also requests the penalty's ingredients from
    the inner estimator (:meth:`asked`) and computes the sum (:meth:`told`).

    Attributes:
        inner: the estimator that answers the inner Asks.
    """

    inner: Estimator

    @abstractmethod
    def asked(self, ask: Ask) -> Ask:
        """Return the inner Ask: the same points, with all answers that :meth:`told` needs."""

    @abstractmethod
    def told(self, ask: Ask, told: Told) -> Told:
        """Return the answer to ``ask`` from the inner estimator's answer to ``asked(ask)``."""

    @property
    def description(self) -> str:
        """One line: that of the inner estimator."""
        return self.inner.description

    def check(self, ask: Ask) -> None:
        """Refuse an Ask that this or the inner estimator cannot answer."""
        super().check(ask)
        self.inner.check(self.asked(ask))

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return the pieces of the inner Ask."""
        return self.inner.pieces(self.asked(ask))

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return a partial answer to the inner Ask."""
        return self.inner.run(self.asked(ask), piece, seed=seed, threads=threads)

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Told:
        """Return the answer."""
        return self.told(ask, self.inner.combine(self.asked(ask), partials))

    def work(self, ask: Ask, piece: Piece) -> Work | None:
        """Return the work of a piece of the inner Ask."""
        return self.inner.work(self.asked(ask), piece)

    def partial_bytes(self, ask: Ask, piece: Piece) -> int:
        """Return the bytes of a partial answer to the inner Ask."""
        return self.inner.partial_bytes(self.asked(ask), piece)

    @property
    def may_distribute(self) -> bool:
        """Whether the inner estimator can distribute a state."""
        return self.inner.may_distribute

    def shardings(self, ask: Ask) -> tuple[Sharding, ...]:
        """Return the possible distributions of one state for the inner Ask."""
        return self.inner.shardings(self.asked(ask))

    def on_group(self, group: Group) -> Self:
        """Return a copy whose inner estimator runs on a group."""
        return replace(self, inner=self.inner.on_group(group))

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes that a piece of the inner Ask allocates."""
        return self.inner.memory_bytes(self.asked(ask))

    @property
    def reproducible(self) -> bool:
        """Whether the inner estimator is reproducible."""
        return self.inner.reproducible
