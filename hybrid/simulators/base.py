"""What every simulator offers: an estimation prepared once, then run piece by piece, anywhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, NamedTuple, Self, TypeAlias, TypeVar

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import VALUES_AND_GRADIENTS, Ask, Told, Want
from hybrid.core.errors import InputError
from hybrid.core.piece import Piece
from hybrid.core.seeds import derive
from hybrid.core.work import Sharding, Work
from hybrid.machine import Curve, Machine
from hybrid.programs import FlatCircuit, Observable
from hybrid.sharding.group import Group

Answer = TypeVar("Answer", covariant=True)

Counts: TypeAlias = dict[str, int]
"""How often each bit string was seen; qubit 0 is the last character."""

CotangentsOf: TypeAlias = Callable[[FloatArray, slice], FloatArray]
"""From the values of some points, and which points they are, to the weights of their gradients."""


@dataclass(frozen=True)
class Estimation:
    """What is to be estimated: expectation values of observables in a circuit's state.

    Attributes:
        circuit: what prepares the state, from |0...0>.
        observables: what is measured, at least one.
        shots: measurements of each group of compatible terms, or None for exact values.
        finite_difference: step in radians of central differences that take the place of exact
            gradients, or None for exact gradients only.
    """

    circuit: FlatCircuit
    observables: tuple[Observable, ...]
    shots: int | None = None
    finite_difference: float | None = None

    @property
    def observable(self) -> Observable:
        """The observable, for simulators that take one at a time.

        Raises:
            InputError: there are several.
        """
        if len(self.observables) > 1:
            raise InputError(
                "observables",
                got=f"{len(self.observables)} of them",
                expected="one, with this simulator",
                advice="make a call for each, or take another simulator",
            )
        return self.observables[0]


class Evaluation(ABC, Generic[Answer]):
    """Work compiled once; it answers any Ask, in pieces that any rank may run.

    The pieces depend on the Ask alone, and a partial answer on the Ask, the piece and its seed
    alone, so the answer is the same bits however the pieces were spread.

    A subclass gives :attr:`description`, :meth:`pieces`, :meth:`run` and :meth:`combine`; all
    else that the scheduler and the runtime ask of it has a default.
    """

    answers: ClassVar[frozenset[Want]] = VALUES_AND_GRADIENTS
    """The kinds of answer it can give; an Ask that wants another one is refused."""

    @property
    @abstractmethod
    def description(self) -> str:
        """One line for the person who runs it: what computes, how precisely, how gradients."""

    @abstractmethod
    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return how the Ask may be cut; indices count up from 0."""

    @abstractmethod
    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return the partial answer of one piece, a float64 array of any shape.

        Args:
            ask: the whole question.
            piece: which part of it.
            seed: for whatever is random in this piece; 63 bits.
            threads: how many threads may be used.
        """

    @abstractmethod
    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Answer:
        """Return the answer from all partial answers, in the order of the pieces."""

    def work(self, ask: Ask, piece: Piece) -> Work | None:
        """Return the work of a piece in counts, or None where it is found out only by doing it.

        It may depend on the sizes of the Ask and on what it wants, but not on where its points lie.
        """
        return None

    def partial_bytes(self, ask: Ask, piece: Piece) -> int:
        """Return the bytes of a partial answer, for predictions; by default by what was cut."""
        if piece.axis == "points":
            return 8 * len(piece) * ask.components
        if piece.axis in ("circuits", "shots"):
            return 16 * len(piece)
        return 8 * (len(piece) if piece.axis == "components" else ask.components)

    @property
    def may_distribute(self) -> bool:
        """Whether :meth:`shardings` and :meth:`on_group` are defined."""
        return False

    def shardings(self, ask: Ask) -> tuple[Sharding, ...]:
        """Return how one state may be distributed over ranks, by ascending shards, if it may."""
        return ()

    def on_group(self, group: Group) -> Self:
        """Return it as the members of a group run it; partial answers hold on the leader."""
        raise NotImplementedError(f"{type(self).__name__} cannot distribute a state over ranks")

    def memory_bytes(self, ask: Ask) -> int:
        """Return what running one piece of the Ask allocates at most, in bytes; 0 if not known."""
        return 0

    def complex64_halves_memory(self, ask: Ask) -> bool:
        """Return whether the user could halve :meth:`memory_bytes` by choosing complex64."""
        return False

    @property
    def reproducible(self) -> bool:
        """Whether the same question and seed give the same bits again."""
        return True

    def check(self, ask: Ask) -> None:
        """Refuse an Ask that wants what this evaluation cannot answer.

        Raises:
            InputError: it does.
        """
        missing = ask.wants - self.answers
        if missing:
            raise InputError(
                "answers",
                got=_listed(missing),
                expected=f"at most {_listed(self.answers)} of {self.description}",
                advice="take another simulator, or an optimizer that does not ask for it",
            )

    def answer(self, ask: Ask, *, seed: int, threads: int) -> Answer:
        """Return the answer to an Ask, all of its pieces run here, one after the other.

        Args:
            ask: the question.
            seed: of whatever is random; piece k is seeded by (seed, k).
            threads: for each piece.
        """
        self.check(ask)
        partials = [
            self.run(ask, piece, seed=derive(seed, piece.index), threads=threads)
            for piece in self.pieces(ask)
        ]
        return self.combine(ask, partials)


class PulledBack(NamedTuple):
    """What :meth:`Estimator.pull_back` returns.

    Attributes:
        values: shape (B,), or (B, M) for M observables, M > 1.
        summed: shape (P,), the weighted sum of gradients over points and observables.
        by_input: shape (B, F), for each point the weighted sum over observables of derivatives by
            F of its own numbers; F = 0 where none were asked for.
    """

    values: FloatArray
    summed: FloatArray
    by_input: FloatArray


class Estimator(Evaluation[Told]):
    """An evaluation of expectation values; what :meth:`Simulator.prepare` returns."""

    @property
    def points_at_once(self) -> int:
        """How many points :meth:`pull_back` takes at a time; sums over points are cut so."""
        return 64

    def pull_back(
        self,
        points: FloatArray,
        cotangents: CotangentsOf,
        *,
        inputs: Sequence[int] = (),
        seed: int,
        threads: int,
    ) -> PulledBack:
        """Return values, and the sum of their gradients weighted by cotangents of the values.

        Args:
            points: shape (B, P).
            cotangents: from the values of some of the points, shape (k,) or (k, M), and which they
                are, to weights of the same shape, finite; called for all points, in order.
            inputs: columns of the points whose derivatives are wanted for each point.
            seed: of whatever is random.
            threads: to use.
        """
        told = self.answer(Ask(points, gradient=True), seed=seed, threads=threads)
        assert told.gradients is not None
        weights = cotangents(told.values, slice(0, len(points)))
        count = weights[0].size
        gradients = told.gradients.reshape(len(points), count, points.shape[1])
        each = weights.reshape(len(points), 1, count) @ gradients
        by_input = np.ascontiguousarray(each[:, 0, list(inputs)])
        if weights.ndim == 1:
            return PulledBack(told.values, weights @ told.gradients, by_input)
        return PulledBack(told.values, each[:, 0].sum(axis=0), by_input)


class Simulator(ABC):
    """A way to estimate; values are immutable and the same on every rank.

    A new simulator is a subclass in a file of its own and a row in ``simulators/registry.py``.
    Work that an evaluation counts for the engine of that name is priced by :meth:`seconds`, from
    rates that :meth:`measured` measures on each kind of host.
    """

    name: ClassVar[str]
    """The name by which users choose it, and by which ``Work.engine`` names it."""

    settings: ClassVar[Mapping[str, str]] = {}
    """Keys of the ``[simulator]`` table of a run file, and the arguments that they become."""

    exact_only: ClassVar[bool] = False
    """Whether it takes no shots."""

    rates: ClassVar[frozenset[str]] = frozenset()
    """Names of the measured rates that :meth:`seconds` takes from a machine."""

    @abstractmethod
    def refusal(self, estimation: Estimation) -> str | None:
        """Return why this simulator does not suit the estimation, or None if it does."""

    @abstractmethod
    def content(self) -> str:
        """Return what identifies the settings; ranks of one job must have it alike."""

    @abstractmethod
    def prepare(self, estimation: Estimation) -> Estimator:
        """Return the estimation compiled.

        Raises:
            InputError: the estimation does not suit; the message is that of :meth:`refusal`.
        """

    def sampler(self, circuit: FlatCircuit, shots: int) -> Evaluation[list[Counts]]:
        """Return the measurement of all qubits, compiled; answers are counts of bit strings.

        Args:
            circuit: what prepares the state.
            shots: for each point.

        Raises:
            InputError: this simulator draws no bit strings, or not so many.
        """
        raise InputError(
            "simulator",
            got=repr(self.name),
            expected="one that draws bit strings, such as 'native' or 'aer'",
        )

    @property
    def inexact(self) -> str | None:
        """Why its states are not the exact ones, or None if they are.

        Where they are, what the native kernels read from exact states holds for it too.
        """
        return "its states are not known"

    @classmethod
    def seconds(cls, work: Work, machine: Machine) -> float | None:
        """Return the seconds of counted work on one thread of a machine that has the rates.

        None: its cost is unknown until it runs.
        """
        return None

    @classmethod
    def gain(cls, work: Work, machine: Machine, threads: int) -> float:
        """Return how many times faster the work is with so many threads than with one."""
        return 1.0

    @classmethod
    def measured(cls) -> Mapping[str, Curve]:
        """Return the rates of this host, measured; takes seconds."""
        return {}


def _listed(wants: frozenset[Want]) -> str:
    return ", ".join(sorted(want.value for want in wants))
