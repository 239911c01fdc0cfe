"""Gradients and metrics for Qiskit's algorithms; requires qiskit-algorithms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.primitives import PrimitiveJob
from qiskit.quantum_info import SparsePauliOp
from qiskit.quantum_info.operators.base_operator import BaseOperator
from qiskit_algorithms.gradients import (
    BaseEstimatorGradient,
    BaseQGT,
    DerivativeType,
    EstimatorGradientResult,
    QGTResult,
)

from hybrid.collective.call import checked_together
from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.checks import checked_points
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.primitives.estimator import Estimator
from hybrid.primitives.job import FinishedJob
from hybrid.primitives.questions import Asked, answer_parts
from hybrid.runtime import elsewhere
from hybrid.simulators.native.per_point import Metric
from hybrid.simulators.together import Part
from hybrid.workloads.compiled import compiled_circuit, compiled_expectation

Chosen = Sequence[Sequence[Parameter] | None] | None


class EstimatorGradient(BaseEstimatorGradient):
    """Gradients of expectation values, for algorithms that take a Qiskit estimator gradient.

    One backward pass gives all derivatives of a circuit (the adjoint method, Jones and Gacon,
    arXiv:2009.02823); simulators without it use parameter-shift rules, exact for each gate.
    :meth:`run` evaluates all circuits together and splits the work over the ranks.

    Args:
        estimator: an :class:`~hybrid.primitives.Estimator`, whose simulator, seed and resources
            are used. If None, the default one.

    Raises:
        InputError: not a :class:`hybrid.Estimator`; use Qiskit's own gradients for other
            estimators.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> from qiskit.circuit import Parameter
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> circuit = QuantumCircuit(1)
        >>> _ = circuit.ry(Parameter("a"), 0)
        >>> job = EstimatorGradient().run([circuit], [SparsePauliOp("Z")], [[np.pi / 2]])
        >>> job.result().gradients[0].round(6).tolist()
        [-1.0]
    """

    def __init__(self, estimator: Estimator | None = None) -> None:
        if estimator is not None and not isinstance(estimator, Estimator):
            raise InputError(
                "estimator",
                got=type(estimator).__name__,
                expected="hybrid.Estimator",
                advice="gradients of other estimators are in qiskit_algorithms.gradients",
            )
        super().__init__(estimator or Estimator(), derivative_type=DerivativeType.REAL)

    def run(
        self,
        circuits: Sequence[QuantumCircuit],
        observables: Sequence[BaseOperator],
        parameter_values: Sequence[Sequence[float]],
        parameters: Chosen = None,
        *,
        precision: float | Sequence[float] | None = None,
    ) -> PrimitiveJob[EstimatorGradientResult]:
        """Return a finished job; arguments and result are those of Qiskit's gradients."""
        circuits = (circuits,) if isinstance(circuits, QuantumCircuit) else circuits
        observables = (observables,) if isinstance(observables, BaseOperator) else observables

        def check() -> list[Any]:
            chosen = _chosen(circuits, parameters)
            self._validate_arguments(circuits, observables, parameter_values, chosen)
            return chosen

        chosen = checked_together("EstimatorGradient.run()", check)
        job: PrimitiveJob[EstimatorGradientResult] = FinishedJob(
            self._run, circuits, observables, parameter_values, chosen, precision=precision
        )
        job._submit()
        return job

    def _run(
        self,
        circuits: Sequence[QuantumCircuit],
        observables: Sequence[BaseOperator],
        parameter_values: Sequence[Sequence[float]],
        parameters: Sequence[Sequence[Parameter]],
        *,
        precision: float | Sequence[float] | None = None,
    ) -> EstimatorGradientResult:
        default = self.precision if precision is None else precision
        default = self._estimator.default_precision if default is None else default
        if (ranks := elsewhere()) is not None:
            given = {
                "circuits": list(circuits),
                "observables": [SparsePauliOp(each) for each in observables],
                "points": list(parameter_values),
                "precision": default,
                **self._estimator.settings,
            }
            found = ranks.call("EstimatorGradient.run", given)
        else:
            found = self.derivatives(circuits, observables, parameter_values, default)
        gradients = [
            _of_chosen(answer, circuit, some)
            for answer, circuit, some in zip(found, circuits, parameters, strict=True)
        ]
        return EstimatorGradientResult(
            gradients=gradients,
            metadata=[{"parameters": list(some)} for some in parameters],
            precision=default,
        )

    def derivatives(
        self,
        circuits: Sequence[QuantumCircuit],
        observables: Sequence[BaseOperator],
        points: Sequence[Sequence[float]],
        precision: float | Sequence[float],
    ) -> list[FloatArray]:
        """Return the derivatives of each circuit by all of its parameters; collective."""

        def ask() -> Asked:
            targets = np.broadcast_to(np.asarray(precision, dtype=np.float64), len(circuits))
            samplings = [self._estimator.sampling(float(target)) for target in targets]
            workloads = [
                compiled_expectation(circuit, SparsePauliOp(observable))
                for circuit, observable in zip(circuits, observables, strict=True)
            ]
            checked = [
                checked_points(values, workload.num_parameters, "parameter values")
                for values, workload in zip(points, workloads, strict=True)
            ]
            each = list(zip(workloads, samplings, checked, strict=True))
            return Asked(
                [Part(w.prepare(s), Ask(p, gradient=True), w.num_qubits) for w, s, p in each],
                lambda: digest(
                    [[str(sorted({**w.contents(), **s.contents()}.items())), p] for w, s, p in each]
                ),
                self._estimator.run_seed(samplings),
            )

        told, _ = answer_parts("EstimatorGradient.run()", ask, self._estimator.resources)
        return [answer.gradients[0] for answer in told]


class QGT(BaseQGT):
    """The real part of the quantum geometric tensor: the Fubini-Study metric.

    Exact, from tangent states (see :func:`hybrid.metric`), with the phase fixed. Compatible with
    Qiskit's ``QFI``: ``QFI(QGT())``.

    Args:
        estimator: its resources are used. If None, the default one.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> from qiskit.circuit import Parameter
        >>> circuit = QuantumCircuit(1)
        >>> _ = circuit.ry(Parameter("a"), 0)
        >>> QGT().run([circuit], [[0.3]]).result().qgts[0].round(6).tolist()
        [[0.25]]
    """

    def __init__(self, estimator: Estimator | None = None) -> None:
        super().__init__(estimator or Estimator(), derivative_type=DerivativeType.REAL)

    def run(
        self,
        circuits: Sequence[QuantumCircuit],
        parameter_values: Sequence[Sequence[float]],
        parameters: Chosen = None,
        *,
        precision: float | Sequence[float] | None = None,
    ) -> PrimitiveJob[QGTResult]:
        """Return a finished job; arguments and result are those of Qiskit's tensors.

        Raises:
            InputError: the imaginary part is requested.
        """
        circuits = (circuits,) if isinstance(circuits, QuantumCircuit) else circuits

        def check() -> list[Any]:
            chosen = _chosen(circuits, parameters)
            self._validate_arguments(circuits, parameter_values, chosen)
            if self.derivative_type != DerivativeType.REAL:
                raise InputError(
                    "derivative_type", got=self.derivative_type.name, expected="DerivativeType.REAL"
                )
            return chosen

        chosen = checked_together("QGT.run()", check)
        job: PrimitiveJob[QGTResult] = FinishedJob(
            self._run, circuits, parameter_values, chosen, precision=precision
        )
        job._submit()
        return job

    def _run(
        self,
        circuits: Sequence[QuantumCircuit],
        parameter_values: Sequence[Sequence[float]],
        parameters: Sequence[Sequence[Parameter]],
        *,
        precision: float | Sequence[float] | None = None,
    ) -> QGTResult:
        if (ranks := elsewhere()) is not None:
            given = {"circuits": list(circuits), "points": list(parameter_values)}
            metrics = ranks.call("QGT.run", given | self._estimator.settings)
        else:
            metrics = self.metrics(circuits, parameter_values)
        return QGTResult(
            qgts=[
                _of_chosen(_of_chosen(metric, circuit, some).T, circuit, some)
                for metric, circuit, some in zip(metrics, circuits, parameters, strict=True)
            ],
            derivative_type=self.derivative_type,
            metadata=[{"parameters": list(some)} for some in parameters],
            precision=0.0 if precision is None else precision,
        )

    def metrics(
        self, circuits: Sequence[QuantumCircuit], points: Sequence[Sequence[float]]
    ) -> list[FloatArray]:
        """Return the metric of each circuit, by all of its parameters; collective."""

        def ask() -> Asked:
            programs = [compiled_circuit(circuit).program for circuit in circuits]
            checked = [
                checked_points(values, circuit.num_parameters, "parameter values")
                for values, circuit in zip(points, circuits, strict=True)
            ]
            return Asked(
                [
                    Part(Metric(program), Ask(point), program.num_qubits)
                    for program, point in zip(programs, checked, strict=True)
                ],
                lambda: digest([program.content() for program in programs], checked),
            )

        told, _ = answer_parts("QGT.run()", ask, self._estimator.resources)
        return [metric[0] for metric in told]


def _chosen(circuits: Sequence[QuantumCircuit], parameters: Chosen) -> list[Any]:
    """Return, for each circuit, the parameters to differentiate by; by default all."""
    if parameters is None:
        return [circuit.parameters for circuit in circuits]
    return [
        circuit.parameters if some is None else some
        for circuit, some in zip(circuits, parameters, strict=True)
    ]


def _of_chosen(
    by_parameter: FloatArray, circuit: QuantumCircuit, chosen: Sequence[Parameter]
) -> FloatArray:
    """Return the rows of the chosen parameters, in their order."""
    place = {parameter: number for number, parameter in enumerate(circuit.parameters)}
    return np.ascontiguousarray(by_parameter[[place[parameter] for parameter in chosen]])
