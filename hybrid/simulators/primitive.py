"""Qiskit estimators as simulators: devices, and simulators of other vendors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
from qiskit import QuantumCircuit
from qiskit.exceptions import QiskitError
from qiskit.primitives import BaseEstimatorV2, StatevectorEstimator
from qiskit.primitives.containers import BindingsArray
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.core.piece import Piece, slices
from hybrid.programs import Observable
from hybrid.simulators.base import Estimation, Estimator, Simulator, unsupported
from hybrid.simulators.circuits.expansion import Expansion
from hybrid.simulators.circuits.grain import cut
from hybrid.simulators.circuits.lowering import lower
from hybrid.simulators.circuits.rewriting import without_matrices
from hybrid.simulators.circuits.spelling import spelled_out
from hybrid.simulators.device.compiled import Compiler, cannot_compile
from hybrid.simulators.device.sources import backend_of

_WIDE = 16

_SMALL = 1e-6
"""Coefficients from this size on are passed to the estimator unscaled."""


class PassManager(Protocol):
    """A circuit compiler, such as ``qiskit.transpiler.StagedPassManager``."""

    def run(self, circuit: QuantumCircuit) -> QuantumCircuit:
        """Compile a circuit."""


@dataclass(frozen=True)
class Primitive(Simulator):
    """Expectation values from a Qiskit ``BaseEstimatorV2``.

    The circuit is compiled once: by ``pass_manager`` if given, else for the estimator's ``backend``
    if it has one, else to basic gates. Each piece is one PUB with an array of parameter values. The
    estimator draws its own random numbers, so sampled answers depend on the number of ranks.

    Unless the estimator is Qiskit's ``StatevectorEstimator``, gradients shift each compiled gate
    separately, which stays exact under noise of the device.

    Attributes:
        estimator: any ``BaseEstimatorV2``.
        precision: requested standard error. If None, 1/sqrt(shots) if shots are given, else the
            estimator's default.
        pass_manager: compiler for the device, or None.
        batch: evaluations per PUB, or None to split an Ask into several dozen PUBs.

    Raises:
        InputError: not an estimator, or a precision or batch that is not positive.

    Example:
        >>> Primitive(StatevectorEstimator()).name
        'primitive'
    """

    estimator: BaseEstimatorV2
    precision: float | None = None
    pass_manager: PassManager | None = None
    batch: int | None = None
    name: ClassVar[str] = "primitive"

    def __post_init__(self) -> None:
        if not isinstance(self.estimator, BaseEstimatorV2):
            raise InputError(
                "estimator",
                got=type(self.estimator).__name__,
                expected="a qiskit BaseEstimatorV2",
                advice="version 1 estimators and samplers are not supported",
            )
        for what in ("precision", "batch"):
            value = getattr(self, what)
            if value is not None and not value > 0:
                raise InputError(what, got=repr(value), expected="a positive number, or None")

    def refusal(self, estimation: Estimation) -> str | None:
        """Return why the estimation is not supported, or None if it is."""
        if estimation.shots is not None and self.precision is not None:
            return "shots and precision are mutually exclusive: pass one of them"
        widest = getattr(self._backend, "num_qubits", None)
        if widest is not None and estimation.circuit.num_qubits > widest:
            return (
                f"the estimator's backend has {widest} qubits, the circuit "
                f"{estimation.circuit.num_qubits}"
            )
        return None

    @property
    def inexact(self) -> str | None:
        """Why its states are not exact, or None if they are."""
        exact = isinstance(self.estimator, StatevectorEstimator)
        return None if exact else "an estimator returns expectation values only"

    def content(self) -> str:
        """Return a digest of the settings, which identifies the estimator by its class alone."""
        kind = type(self.estimator)
        return digest(kind.__module__, kind.__qualname__, self.precision, self.batch)

    def prepare(self, estimation: Estimation) -> PrimitiveEvaluation:
        """Compile the estimation's circuit for the estimator."""
        refusal = self.refusal(estimation)
        if refusal is not None:
            raise unsupported(self.name, refusal)
        exact = isinstance(self.estimator, StatevectorEstimator)
        lowered = lower(estimation.circuit, self._compiled)
        precision = self.precision
        if estimation.shots is not None:
            precision = 1.0 / float(np.sqrt(estimation.shots))
        return PrimitiveEvaluation(
            self.estimator,
            Expansion(estimation.circuit, lowered, not exact, estimation.finite_difference),
            estimation.observables,
            precision,
            self.batch,
        )

    @property
    def _backend(self) -> Any:
        """The estimator's backend, or None."""
        return backend_of(self.estimator)

    def _compiled(self, circuit: QuantumCircuit) -> QuantumCircuit:
        if self.pass_manager is None:
            return Compiler(self._backend).compiled(circuit)
        try:
            return self.pass_manager.run(without_matrices(spelled_out(circuit)))
        except QiskitError as cause:
            raise cannot_compile(cause) from cause


@dataclass(frozen=True)
class PrimitiveEvaluation(Estimator):
    """A compiled circuit for an estimator; pieces are slices of the circuit evaluations.

    Attributes:
        estimator: the Qiskit estimator.
        expansion: expands an Ask into circuit evaluations.
        observables: the observables to measure.
        precision: requested standard error, or None for the estimator's default.
        batch: evaluations per PUB, or None.
    """

    estimator: BaseEstimatorV2 = field(repr=False)
    expansion: Expansion
    observables: tuple[Observable, ...]
    precision: float | None
    batch: int | None

    @property
    def description(self) -> str:
        """One line: estimator, precision and gradients."""
        asked = "its own precision" if self.precision is None else f"precision {self.precision:g}"
        return f"{type(self.estimator).__name__}, {asked}, {self.expansion.description}"

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return slices of the circuit evaluations."""
        count = self.expansion.count(ask)
        if self.batch is not None:
            return slices(count, self.batch, "circuits")
        return cut(count, wide=self.expansion.flat.num_qubits >= _WIDE)

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return shape (evaluations, 2 M): values and standard errors of each observable."""
        rows = self.expansion.arguments(ask, np.arange(piece.start, piece.stop))
        values: Any = {self.expansion.lowered.arguments: rows}
        if rows.shape[1] == 0:
            values = BindingsArray(shape=(len(rows),))
        circuit = self.expansion.lowered.circuit
        pubs = [(circuit, part, values) for _, parts in self._measured for _, part in parts]
        found = iter(self.estimator.run(pubs, precision=self.precision).result() if pubs else ())
        columns = []
        for constant, parts in self._measured:
            total, squares = np.full(len(rows), constant), np.zeros(len(rows))
            for scale, _ in parts:
                data = next(found).data
                total = total + scale * np.asarray(data.evs)
                squares = squares + (scale * self._deviations(data)) ** 2
            columns += [total, np.sqrt(squares)]
        return np.column_stack(columns).astype(np.float64)

    @property
    def reproducible(self) -> bool:
        """Whether repeated runs return the same bits: only if exact, as its seeds are not ours."""
        return self.exact

    @property
    def exact(self) -> bool:
        """Whether values are exact: ``StatevectorEstimator`` with precision 0."""
        return self._mimicked == 0.0

    @property
    def _mimicked(self) -> float | None:
        """Standard deviation of the noise of ``StatevectorEstimator``, or None for others."""
        if not isinstance(self.estimator, StatevectorEstimator):
            return None
        asked = self.estimator.default_precision if self.precision is None else self.precision
        return float(asked)

    def _deviations(self, data: Any) -> FloatArray:
        """Return the standard errors; ``StatevectorEstimator`` reports 0 although it adds noise."""
        told = np.asarray(data.stds, dtype=np.float64)
        return told if self._mimicked is None else np.full_like(told, self._mimicked)

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Told:
        """Return values, gradients, and standard errors unless values are exact."""
        rows = np.concatenate(partials)
        values, deviations = rows[:, ::2], rows[:, 1::2]
        if len(self.observables) == 1:
            values, deviations = values[:, 0], deviations[:, 0]
        errors = None if self.exact else np.ascontiguousarray(deviations)
        return self.expansion.told(ask, np.ascontiguousarray(values), errors)

    def partial_bytes(self, ask: Ask, piece: Piece) -> int:
        """Return the bytes of a partial answer, for predictions."""
        return super().partial_bytes(ask, piece) * len(self.observables)

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of a state vector if the estimator is known to hold one, else 0."""
        known = isinstance(self.estimator, StatevectorEstimator)
        return 16 << self.expansion.flat.num_qubits if known else 0

    @cached_property
    def _measured(self) -> list[tuple[float, list[tuple[float, SparsePauliOp]]]]:
        """The result of :meth:`_estimated` for each observable."""
        return [self._estimated(each) for each in self.observables]

    def _estimated(self, observable: Observable) -> tuple[float, list[tuple[float, SparsePauliOp]]]:
        """Return a constant to add to the estimator's values, and operators with their scales.

        Qiskit drops coefficients below 1e-8, so smaller ones are passed as separate, scaled
        operators.
        """
        sizes = np.abs(observable.coefficients)
        strings = (observable.x_masks | observable.z_masks) != 0
        if not np.any(strings & (sizes > 0.0)):
            return float(observable.coefficients.sum()), []
        kept = np.flatnonzero(sizes > 0.0)
        parts = []
        while len(kept):
            largest = float(sizes[kept].max())
            scale = 1.0 if largest >= _SMALL else largest
            together = sizes[kept] >= _SMALL * scale
            operator = observable.operator[kept[together]]
            operator = SparsePauliOp(operator.paulis, operator.coeffs / scale)
            parts.append((scale, self._placed(operator)))
            kept = kept[~together]
        return 0.0, parts

    def _placed(self, operator: SparsePauliOp) -> SparsePauliOp:
        """Return an operator on the qubits that the compiled circuit uses."""
        layout = self.expansion.lowered.circuit.layout
        return operator if layout is None else operator.apply_layout(layout)
