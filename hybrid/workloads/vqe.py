"""The variational quantum eigensolver."""

from __future__ import annotations

from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.errors import InputError
from hybrid.workloads.compiled import compiled_circuit, compiled_observable
from hybrid.workloads.expectation import Expectation


class VQE(Expectation):
    """Minimise the energy of an ansatz (Peruzzo et al., Nat. Commun. 5, 4213 (2014)).

    Args:
        ansatz: any unitary circuit with at least one parameter, in any expression. Parameter points
            are in the order of ``ansatz.parameters``.
        observable: Hermitian, with the width of the ansatz: a SparsePauliOp or SparseObservable of
            Qiskit, a QubitOperator of OpenFermion, or an operator of PennyLane.

    Attributes:
        circuit: the ansatz.

    Raises:
        InputError: the ansatz measures, resets or has no parameters; the observable has another
            width or complex coefficients, or is none of these.

    Example:
        >>> from qiskit.circuit import Parameter, QuantumCircuit
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> ansatz = QuantumCircuit(1)
        >>> _ = ansatz.ry(Parameter("a"), 0)
        >>> VQE(ansatz, SparsePauliOp("Z")).description
        'VQE: 1 qubit, 1 parameter, 1 term'
    """

    circuit: QuantumCircuit

    def __init__(self, ansatz: QuantumCircuit, observable: SparsePauliOp) -> None:
        flat = compiled_circuit(ansatz)
        if flat.angles.num_parameters == 0:
            raise InputError(
                "ansatz",
                got="a circuit with no parameters",
                expected="at least one Parameter to vary",
                advice="hybrid.expectation() gives the value of a fixed circuit",
            )
        super().__init__(flat, (compiled_observable(observable, ansatz),))
        object.__setattr__(self, "circuit", ansatz)

    @property
    def description(self) -> str:
        """One line: width, parameters and terms."""
        return f"VQE: {super().description}"
