"""Estimators that answer each Ask by one of several circuits, compiled on first use."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.piece import Piece
from hybrid.core.work import Sharding, Work
from hybrid.sharding.group import Group
from hybrid.simulators import Estimator

_KEPT = 4
"""Number of compiled circuits that are kept, the least recently used dropped first."""


@dataclass(frozen=True)
class SwitchingEstimator(Estimator):
    """Base class: a subclass finds the circuit of an Ask in the Ask itself.

    So an Ask is self-contained: any rank can answer it, and a journal can identify it.

    Attributes:
        group: the ranks that share a state, or None.
        made: the most recently compiled estimators, by their keys.
    """

    group: Group | None = field(default=None, compare=False, repr=False, kw_only=True)
    made: dict[Hashable, Estimator] = field(
        default_factory=dict, compare=False, repr=False, kw_only=True
    )

    @property
    @abstractmethod
    def whole(self) -> Estimator:
        """The estimator of the largest circuit; the same simulator serves all others."""

    @abstractmethod
    def inner(self, ask: Ask) -> tuple[Estimator, Ask]:
        """Return the estimator of an Ask's circuit, and the Ask for it."""

    def kept(self, key: Hashable, make: Callable[[], Estimator]) -> Estimator:
        """Return the estimator with a key, on this estimator's group; made on first use."""
        found = self.made.pop(key, None)
        if found is None:
            found = make()
            found = found if self.group is None else found.on_group(self.group)
        self.made[key] = found  # the last is the one used last
        while len(self.made) > _KEPT:
            del self.made[next(iter(self.made))]
        return found

    @property
    def description(self) -> str:
        """One line: that of the simulator."""
        return self.whole.description

    def check(self, ask: Ask) -> None:
        """Refuse an Ask that the simulator cannot answer."""
        super().check(ask)
        inner, asked = self.inner(ask)
        inner.check(asked)

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return the pieces of the Ask's circuit."""
        inner, asked = self.inner(ask)
        return inner.pieces(asked)

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return a partial answer."""
        inner, asked = self.inner(ask)
        return inner.run(asked, piece, seed=seed, threads=threads)

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Told:
        """Return the answer."""
        inner, asked = self.inner(ask)
        return inner.combine(asked, partials)

    def work(self, ask: Ask, piece: Piece) -> Work | None:
        """Return the work of a piece."""
        inner, asked = self.inner(ask)
        return inner.work(asked, piece)

    def partial_bytes(self, ask: Ask, piece: Piece) -> int:
        """Return the bytes of a partial answer."""
        inner, asked = self.inner(ask)
        return inner.partial_bytes(asked, piece)

    @property
    def may_distribute(self) -> bool:
        """Whether the simulator can distribute a state."""
        return self.whole.may_distribute

    def shardings(self, ask: Ask) -> tuple[Sharding, ...]:
        """Return the possible distributions of one state."""
        inner, asked = self.inner(ask)
        return inner.shardings(asked)

    def on_group(self, group: Group) -> Self:
        """Return a copy whose states are distributed over a group."""
        return replace(self, group=group, made={})

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes that a piece allocates."""
        inner, asked = self.inner(ask)
        return inner.memory_bytes(asked)

    @property
    def reproducible(self) -> bool:
        """Whether the simulator is reproducible."""
        return self.whole.reproducible
