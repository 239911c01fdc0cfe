"""Any Qiskit estimator as a simulator: devices, and other vendors' simulators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
from qiskit import QuantumCircuit, generate_preset_pass_manager, transpile
from qiskit.primitives import BaseEstimatorV2, StatevectorEstimator
from qiskit.primitives.containers import BindingsArray
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.core.piece import Piece, slices
from hybrid.programs import Observable
from hybrid.simulators.base import Estimation, Estimator, Simulator
from hybrid.simulators.expansion import Expansion
from hybrid.simulators.grain import cut
from hybrid.simulators.lowering import lower

_PLAIN = ["h", "x", "y", "z", "s", "sdg", "t", "tdg", "sx", "sxdg"]
_PLAIN += ["rx", "ry", "rz", "p", "u", "cx", "cz"]
"""Gates that every estimator without a target of its own knows."""

_WIDE = 16


class PassManager(Protocol):
    """What compiles circuits, such as ``qiskit.transpiler.StagedPassManager``."""

    def run(self, circuit: QuantumCircuit) -> QuantumCircuit:
        """Return the circuit compiled."""


@dataclass(frozen=True)
class Primitive(Simulator):
    """Expectation values by a Qiskit estimator of version 2.

    The circuit is compiled once: by the pass manager if one is given, for the estimator's own
    ``backend`` if it has one, else to plain gates. Values are asked for in batches, one PUB with
    an array of parameter values for each piece. Random numbers are the estimator's own, so where
    it samples, the answer is not the same for any number of ranks.

    Unless the estimator is Qiskit's ``StatevectorEstimator``, gradients are taken by shifts of
    each compiled gate, which noise of the device does not falsify.

    Attributes:
        estimator: any ``BaseEstimatorV2``.
        precision: standard error to ask of it; None for its default, or for 1/sqrt(shots) where
            a number of shots is given.
        pass_manager: compiles for the device, or None.
        batch: evaluations in each PUB, or None to split an Ask into some dozens of them.

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
                advice="estimators of version 1 and samplers do not fit",
            )
        for what in ("precision", "batch"):
            value = getattr(self, what)
            if value is not None and not value > 0:
                raise InputError(what, got=repr(value), expected="a positive number, or None")

    def refusal(self, estimation: Estimation) -> str | None:
        """Return why this simulator does not suit the estimation, or None if it does."""
        if estimation.shots is not None and self.precision is not None:
            return "shots and precision say the same thing twice: give one of them"
        return None

    def content(self) -> str:
        """Return a digest of the settings; of the estimator only its class can be known."""
        kind = type(self.estimator)
        return digest(kind.__module__, kind.__qualname__, self.precision, self.batch)

    def prepare(self, estimation: Estimation) -> PrimitiveEvaluation:
        """Return the estimation with its circuit compiled for the estimator."""
        refusal = self.refusal(estimation)
        if refusal is not None:
            raise InputError(
                "simulator", got="primitive", expected="one that suits", advice=refusal
            )
        exact = isinstance(self.estimator, StatevectorEstimator)
        lowered = lower(estimation.circuit, self._compiled)
        precision = self.precision
        if estimation.shots is not None:
            precision = 1.0 / float(np.sqrt(estimation.shots))
        return PrimitiveEvaluation(
            self.estimator,
            Expansion(estimation.circuit, lowered, not exact, estimation.finite_difference),
            estimation.observable,
            precision,
            self.batch,
        )

    def _compiled(self, circuit: QuantumCircuit) -> QuantumCircuit:
        backend = getattr(self.estimator, "backend", None)
        if self.pass_manager is not None:
            return self.pass_manager.run(circuit)
        if backend is not None and not callable(backend):
            return generate_preset_pass_manager(1, backend=backend).run(circuit)
        return transpile(circuit, basis_gates=_PLAIN, optimization_level=0)


@dataclass(frozen=True)
class PrimitiveEvaluation(Estimator):
    """A circuit for an estimator; pieces are slices of the circuit evaluations.

    Attributes:
        estimator: what evaluates.
        expansion: which evaluations an Ask takes.
        observable: what is measured.
        precision: standard error to ask for, or None for the estimator's default.
        batch: evaluations in each PUB, or None.
    """

    estimator: BaseEstimatorV2 = field(repr=False)
    expansion: Expansion
    observable: Observable
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
        """Return shape (evaluations, 2): values and standard errors."""
        rows = self.expansion.arguments(ask, np.arange(piece.start, piece.stop))
        values: Any = {self.expansion.lowered.arguments: rows}
        if rows.shape[1] == 0:
            values = BindingsArray(shape=(len(rows),))
        pub = (self.expansion.lowered.circuit, self._placed, values)
        data = self.estimator.run([pub], precision=self.precision).result()[0].data
        errors = np.broadcast_to(data.stds, np.shape(data.evs))
        return np.column_stack([data.evs, errors]).astype(np.float64)

    @property
    def reproducible(self) -> bool:
        """Whether the same question gets the same bits again; its random numbers are not ours."""
        return isinstance(self.estimator, StatevectorEstimator) and not self.precision

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Told:
        """Return values, gradients, and standard errors where there are any."""
        rows = np.concatenate(partials)
        errors = np.ascontiguousarray(rows[:, 1]) if np.any(rows[:, 1] > 0.0) else None
        return self.expansion.told(ask, np.ascontiguousarray(rows[:, 0]), errors)

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of a state vector where the estimator holds one, else 0."""
        known = isinstance(self.estimator, StatevectorEstimator)
        return 16 << self.expansion.flat.num_qubits if known else 0

    @cached_property
    def _placed(self) -> SparsePauliOp:
        """The observable on the qubits that the compiled circuit uses."""
        layout = self.expansion.lowered.circuit.layout
        operator = self.observable.operator
        return operator if layout is None else operator.apply_layout(layout)
