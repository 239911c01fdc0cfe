"""Base classes of simulators, and of the evaluations that they prepare."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, NamedTuple, Protocol, Self, TypeAlias, TypeVar

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import VALUES_AND_GRADIENTS, Ask, Told, Want
from hybrid.core.checks import WhetherSector
from hybrid.core.errors import InputError
from hybrid.core.piece import Piece
from hybrid.core.seeds import derive
from hybrid.core.work import Sharding, Work
from hybrid.machine import Curve, Machine
from hybrid.programs import FlatCircuit, Observable
from hybrid.sharding.group import Group

Answer = TypeVar("Answer", covariant=True)

Counts: TypeAlias = dict[str, int]
"""Bit strings and their counts; qubit 0 is the last character."""

_SLOPES = 1
"""Key of the seed of gradients that are estimated after their values."""

CotangentsOf: TypeAlias = Callable[[FloatArray, slice], FloatArray]
"""Maps the values of a slice of points, and the slice, to cotangents."""


@dataclass(frozen=True)
class Estimation:
    """The expectation values to estimate: observables in a circuit's state.

    Attributes:
        circuit: prepares the state from |0...0>.
        observables: at least one observable.
        shots: measurements of each group of compatible terms, or None for exact values.
        finite_difference: step of central differences in radians, or None for exact gradients.
        sector: "auto" to hold states in a symmetry sector where that pays, or False.
    """

    circuit: FlatCircuit
    observables: tuple[Observable, ...]
    shots: int | None = None
    finite_difference: float | None = None
    sector: WhetherSector = "auto"

    @property
    def observable(self) -> Observable:
        """The observable, for simulators that support a single one.

        Raises:
            InputError: there are several.
        """
        if len(self.observables) > 1:
            raise InputError(
                "observables",
                got=f"{len(self.observables)} of them",
                expected="a single one, with this simulator",
                advice="make one call per observable, or use another simulator",
            )
        return self.observables[0]


class Evaluation(ABC, Generic[Answer]):
    """A compiled computation that answers any Ask, in pieces that any rank can run.

    Pieces depend on the Ask alone, and a partial answer on the Ask, the piece and its seed alone,
    so the answer has the same bits however pieces are distributed.

    A subclass defines :attr:`description`, :meth:`pieces`, :meth:`run` and :meth:`combine`; all
    other attributes and methods have defaults.
    """

    answers: ClassVar[frozenset[Want]] = VALUES_AND_GRADIENTS
    """Supported kinds of answer; an Ask that wants another one is refused."""

    @property
    @abstractmethod
    def description(self) -> str:
        """One line for the user: engine, precision and gradient rule."""

    @abstractmethod
    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Split an Ask into pieces, with indices 0, 1, 2, ..."""

    @abstractmethod
    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return the partial answer of one piece, a float64 array of any shape.

        Args:
            ask: the whole Ask.
            piece: the piece to run.
            seed: seed of the piece, 63 bits.
            threads: maximum number of threads.
        """

    @abstractmethod
    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Answer:
        """Return the answer from all partial answers, in the order of the pieces."""

    def work(self, ask: Ask, piece: Piece) -> Work | None:
        """Return the work of a piece in counts, or None if it is unknown until it runs.

        It may depend on the sizes and wanted answers of the Ask, but not on the values of its
        points.
        """
        return None

    def partial_bytes(self, ask: Ask, piece: Piece) -> int:
        """Return the bytes of a partial answer, for predictions; by default from the axis."""
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
        """Return the possible distributions of one state over ranks, by ascending shards."""
        return ()

    def on_group(self, group: Group) -> Self:
        """Return a copy that runs on a group of ranks; partial answers are valid on its leader."""
        raise NotImplementedError(f"{type(self).__name__} cannot distribute a state over ranks")

    def memory_bytes(self, ask: Ask) -> int:
        """Return the most bytes that one piece of the Ask allocates; 0 if unknown."""
        return 0

    def complex64_halves_memory(self, ask: Ask) -> bool:
        """Return whether the user could halve :meth:`memory_bytes` by choosing complex64."""
        return False

    @property
    def reproducible(self) -> bool:
        """Whether the same Ask and seed always give the same bits."""
        return True

    def check(self, ask: Ask) -> None:
        """Refuse an Ask with unsupported wanted answers.

        Raises:
            InputError: a wanted answer is not supported.
        """
        missing = ask.wants - self.answers
        if missing:
            raise InputError(
                "answers",
                got=_listed(missing),
                expected=f"at most {_listed(self.answers)} with {self.description}",
                advice="use another simulator, or an optimizer that does not need it",
            )

    def answer(self, ask: Ask, *, seed: int, threads: int) -> Answer:
        """Answer an Ask by running all pieces in this process, in sequence.

        Args:
            ask: the Ask.
            seed: master seed; piece k is seeded by (seed, k).
            threads: threads of each piece.
        """
        self.check(ask)
        partials = [
            self.run(ask, piece, seed=derive(seed, piece.index), threads=threads)
            for piece in self.pieces(ask)
        ]
        return self.combine(ask, partials)


class PulledBack(NamedTuple):
    """Result of :meth:`Estimator.pull_back`.

    Attributes:
        values: shape (B,), or (B, M) for M observables, M > 1.
        summed: shape (P,), the weighted sum of gradients over points and observables.
        by_input: shape (B, F), derivatives by the F inputs of each point, weighted and summed over
            observables; F = 0 if none were requested.
    """

    values: FloatArray
    summed: FloatArray
    by_input: FloatArray


class Record(Protocol):
    """Values at some points, with what is kept to differentiate them later."""

    @property
    def values(self) -> FloatArray:
        """Shape (B, M), for B points and M observables."""

    def pull_back(
        self, cotangents: FloatArray, inputs: Sequence[int], threads: int
    ) -> tuple[FloatArray, FloatArray]:
        """Return the weighted sum of the gradients, and derivatives by inputs; call once.

        Args:
            cotangents: shape (B, M), finite.
            inputs: F columns of the points.
            threads: number of threads.

        Returns:
            shape (P,), summed over points and observables; shape (B, F), summed over observables.
        """


@dataclass(frozen=True)
class Recomputed:
    """The :class:`Record` of an estimator that keeps nothing: gradients are a new estimate.

    Attributes:
        estimator: computes the gradients.
        points: shape (B, P).
        values: shape (B, M).
        seed: seed of the new estimate.
    """

    estimator: Estimator
    points: FloatArray
    values: FloatArray
    seed: int

    def pull_back(
        self, cotangents: FloatArray, inputs: Sequence[int], threads: int
    ) -> tuple[FloatArray, FloatArray]:
        """Return the weighted sum of the gradients, and derivatives by inputs."""
        found = self.estimator.pull_back(
            self.points,
            lambda values, which: cotangents[which].reshape(values.shape),
            inputs=inputs,
            seed=self.seed,
            threads=threads,
        )
        return found.summed, found.by_input


class Estimator(Evaluation[Told]):
    """An evaluation of expectation values; what :meth:`Simulator.prepare` returns."""

    def record(self, points: FloatArray, *, seed: int, threads: int, values: bool = True) -> Record:
        """Return values at points, and what is needed to differentiate them later.

        Args:
            points: shape (B, P).
            seed: master seed; gradients are estimated with another one, derived from it.
            threads: number of threads.
            values: whether the values are needed; without them, they may be NaN.
        """
        found = np.full((len(points), 1), np.nan)
        if values:
            told = self.answer(Ask(points), seed=seed, threads=threads)
            found = told.values.reshape(len(points), -1)
        return Recomputed(self, points, found, derive(seed, _SLOPES))

    def record_bytes(self, points: int) -> int:
        """Return the bytes that the record of so many points keeps."""
        return 0

    @property
    def points_at_once(self) -> int:
        """Number of points that :meth:`pull_back` processes at a time; fixes the order of sums."""
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
            cotangents: maps the values of k points, shape (k,) or (k, M), and the slice of these
                points, to finite weights of the same shape; called for all points, in order.
            inputs: columns of the points for which derivatives are returned point by point.
            seed: master seed.
            threads: number of threads.
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
    """Base class of simulators; instances are immutable and equal on every rank.

    A new simulator is a subclass in a file of its own and a row in ``simulators/registry.py``.
    :meth:`seconds` prices work whose engine has this simulator's name, from rates that
    :meth:`measured` measures on each kind of host.
    """

    name: ClassVar[str]
    """Name in user settings and in ``Work.engine``."""

    settings: ClassVar[Mapping[str, str]] = {}
    """Keys of the ``[simulator]`` table of a run file, mapped to constructor arguments."""

    automatic: ClassVar[bool] = True
    """Whether ``"auto"`` may choose it."""

    exact_only: ClassVar[bool] = False
    """Whether shots are not supported."""

    rates: ClassVar[frozenset[str]] = frozenset()
    """Names of the machine rates that :meth:`seconds` uses."""

    @abstractmethod
    def refusal(self, estimation: Estimation) -> str | None:
        """Return why the estimation is not supported, or None if it is."""

    @abstractmethod
    def content(self) -> str:
        """Return a string that identifies the settings; must be equal on all ranks."""

    @abstractmethod
    def prepare(self, estimation: Estimation) -> Estimator:
        """Compile the estimation.

        Raises:
            InputError: the estimation is not supported; the message includes :meth:`refusal`.
        """

    def sampler(self, circuit: FlatCircuit, shots: int) -> Evaluation[list[Counts]]:
        """Compile the measurement of all qubits; answers are counts of bit strings.

        Args:
            circuit: prepares the state.
            shots: shots per point.

        Raises:
            InputError: sampling, or this number of shots, is not supported.
        """
        raise InputError(
            "simulator",
            got=repr(self.name),
            expected="a simulator that samples bit strings: 'native', 'aer' or 'device'",
        )

    @property
    def inexact(self) -> str | None:
        """Why its states are not exact, or None if they are.

        If they are exact, the native kernels compute state properties in its place.
        """
        return "its states are unknown"

    @classmethod
    def seconds(cls, work: Work, machine: Machine) -> float | None:
        """Predict the seconds of counted work on one thread of a machine that has the rates.

        None if the cost is unknown until it runs.
        """
        return None

    @classmethod
    def gain(cls, work: Work, machine: Machine, threads: int) -> float:
        """Return the predicted speedup of ``threads`` threads over one."""
        return 1.0

    @classmethod
    def measured(cls) -> Mapping[str, Curve]:
        """Measure the rates of this host; takes seconds."""
        return {}


def unsupported(name: str, refusal: str) -> InputError:
    """Return the error for an evaluation that a simulator does not support, and why."""
    return InputError(
        "simulator",
        got=repr(name),
        expected="a simulator that supports this evaluation",
        advice=refusal,
    )


def _listed(wants: frozenset[Want]) -> str:
    return ", ".join(sorted(want.value for want in wants))
