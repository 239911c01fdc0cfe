"""Evaluations of a family of workloads as one, for points that name their member."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Self

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told, Want
from hybrid.core.piece import Piece
from hybrid.core.work import Sharding, Work
from hybrid.sharding.group import Group
from hybrid.simulators import Evaluation
from hybrid.simulators.together import Part, Together


@dataclass(frozen=True)
class MembersEvaluation(Evaluation[Told]):
    """Evaluations of all members, for points with the member's number in front.

    Attributes:
        members: the evaluation of each.
        split: the latest Ask, split by member.
    """

    answers: ClassVar[frozenset[Want]] = frozenset(Want) - {Want.OVERLAPS, Want.FORCES}
    members: tuple[Evaluation[Told], ...]
    split: dict[int, tuple[Ask, Together, list[np.ndarray[Any, Any]]]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @property
    def description(self) -> str:
        """One line: that of the members' simulator."""
        return "; ".join(dict.fromkeys(each.description for each in self.members))

    def check(self, ask: Ask) -> None:
        """Refuse an Ask that the simulator cannot answer."""
        super().check(ask)
        own = replace(ask, points=np.ascontiguousarray(ask.points[:, 1:]))
        for member in self.members:
            member.check(own)

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return the pieces of all members in the Ask, in order."""
        return self._of(ask)[0].pieces(ask)

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return a partial answer."""
        return self._of(ask)[0].run(ask, piece, seed=seed, threads=threads)

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Told:
        """Return the answers in the order of the points, with zeros for the numbers' columns."""
        together, rows = self._of(ask)
        tolds: list[Told] = together.combine(ask, partials)
        back = np.argsort(np.concatenate(rows), kind="stable")
        joined = {
            each.name: np.concatenate([getattr(told, each.name) for told in tolds])[back]
            for each in fields(Told)
            if getattr(tolds[0], each.name) is not None
        }
        padding = {"gradients": 1, "metric": 2}
        for name, axes in padding.items():
            if name in joined:
                pairs = [(0, 0)] * (joined[name].ndim - axes) + [(1, 0)] * axes
                joined[name] = np.pad(joined[name], pairs)
        return Told(**joined)

    def work(self, ask: Ask, piece: Piece) -> Work | None:
        """Return the work of a piece."""
        return self._of(ask)[0].work(ask, piece)

    def partial_bytes(self, ask: Ask, piece: Piece) -> int:
        """Return the bytes of a partial answer."""
        return self._of(ask)[0].partial_bytes(ask, piece)

    @property
    def may_distribute(self) -> bool:
        """Whether all members can distribute a state."""
        return all(each.may_distribute for each in self.members)

    def shardings(self, ask: Ask) -> tuple[Sharding, ...]:
        """Return the distributions of a state that all members in the Ask share."""
        return self._of(ask)[0].shardings(ask)

    def on_group(self, group: Group) -> Self:
        """Return a copy whose states are distributed over a group."""
        return replace(self, members=tuple(each.on_group(group) for each in self.members), split={})

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes that a piece allocates."""
        return self._of(ask)[0].memory_bytes(ask)

    @property
    def reproducible(self) -> bool:
        """Whether all members are reproducible."""
        return all(each.reproducible for each in self.members)

    def _of(self, ask: Ask) -> tuple[Together, list[np.ndarray[Any, Any]]]:
        """Return the members' evaluations of their points, and the rows of these."""
        known = self.split.get(0)
        if known is None or known[0] is not ask:
            numbers = ask.points[:, 0].astype(np.int64)
            which = list(dict.fromkeys(numbers.tolist()))
            rows = [np.flatnonzero(numbers == number) for number in which]
            parts = tuple(
                Part(
                    self.members[number],
                    replace(ask, points=np.ascontiguousarray(ask.points[some, 1:])),
                    0,
                )
                for number, some in zip(which, rows, strict=True)
            )
            known = (ask, Together(parts), rows)
            self.split[0] = known
        return known[1], known[2]
