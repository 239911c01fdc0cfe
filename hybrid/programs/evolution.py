"""``PauliEvolutionGate`` as exact exponentials, one for each X mask, without CNOT ladders."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterExpression
from qiskit.circuit.library import PauliEvolutionGate, UnitaryGate
from qiskit.quantum_info import SparseObservable, SparsePauliOp
from qiskit.synthesis import LieTrotter, MatrixExponential, SuzukiTrotter

from hybrid.core.arrays import ComplexArray, FloatArray
from hybrid.programs.coefficients import with_real_coefficients

_COMMUTATION_LIMIT = 4000
"""Above this many strings, commutation is not tested; they count as non-commuting."""

Exponential = tuple[SparsePauliOp, ParameterExpression | float]
"""``(G, angle)`` of ``exp(-i angle G)``; the strings of G have one X mask."""


def is_product_formula(gate: PauliEvolutionGate) -> bool:
    """Return whether the gate's synthesis is Lie's or Suzuki's formula over plain rotations."""
    return (
        type(gate.synthesis) in (LieTrotter, SuzukiTrotter)
        and gate.synthesis.atomic_evolution is None
    )


def is_exact(gate: PauliEvolutionGate) -> bool:
    """Return whether the gate's synthesis is the exponential of the whole operator."""
    return type(gate.synthesis) is MatrixExponential


def exponentials(gate: PauliEvolutionGate) -> Iterator[Exponential]:
    """Yield ``(G, angle)`` so that the product of ``exp(-i angle G)``, in order, is the gate.

    The strings of each G share one X mask. If all strings of the gate commute, this is the exact
    evolution; else it is the gate's product formula (``gate.synthesis``), one exponential per
    factor.

    Raises:
        InputError: the operator has complex coefficients (not Hermitian) or free parameters.
    """
    whole = operator_of(gate)
    if not isinstance(gate.operator, list) and commute(whole):
        for group in by_x_mask(whole):
            yield group, gate.time
        return
    for letters, qubits, angle in gate.synthesis.expand(gate):
        # A factor of a product formula is exp(-i angle/2 F). Its letters may be projectors, whose
        # Pauli strings all commute.
        factor = SparseObservable.from_sparse_list([(letters, qubits, 0.5)], gate.num_qubits)
        for group in by_x_mask(SparsePauliOp.from_sparse_observable(factor)):
            yield group, angle


def operator_of(gate: PauliEvolutionGate) -> SparsePauliOp:
    """Return the operator of an evolution gate as a sum of Pauli strings with real coefficients.

    Raises:
        InputError: the operator has complex coefficients (not Hermitian) or free parameters.
    """
    listed = gate.operator if isinstance(gate.operator, list) else [gate.operator]
    operators = [_checked(operator) for operator in listed]
    return operators[0] if len(operators) == 1 else SparsePauliOp.sum(operators)


def diagonal(energies: FloatArray) -> SparsePauliOp:
    """Return the sum of Z strings with given entries on its diagonal, by a Walsh transform."""
    num_qubits = len(energies).bit_length() - 1
    coefficients = energies.reshape((2,) * num_qubits)
    for axis in range(num_qubits):
        even, odd = np.take(coefficients, 0, axis), np.take(coefficients, 1, axis)
        coefficients = np.stack([even + odd, even - odd], axis) / 2
    labels = [
        format(z, f"0{num_qubits}b").translate({48: "I", 49: "Z"}) for z in range(len(energies))
    ]
    return SparsePauliOp(labels, coefficients.ravel())


def diagonalised(
    vectors: ComplexArray, energies: FloatArray, time: ParameterExpression | float
) -> QuantumCircuit:
    """Return a circuit of ``exp(-i time V diag(energies) V^dagger)``, where V is unitary."""
    circuit = QuantumCircuit(len(energies).bit_length() - 1)
    circuit.append(UnitaryGate(vectors.conj().T), circuit.qubits)
    circuit.append(PauliEvolutionGate(diagonal(energies), time=time), circuit.qubits)
    circuit.append(UnitaryGate(vectors), circuit.qubits)
    return circuit


def by_x_mask(operator: SparsePauliOp) -> list[SparsePauliOp]:
    """Split the operator into sums of strings with the same X mask, in order of appearance."""
    groups: dict[bytes, list[int]] = {}
    for row, flips in enumerate(operator.paulis.x):
        groups.setdefault(flips.tobytes(), []).append(row)
    return [operator[rows] for rows in groups.values()]


def commute(operator: SparsePauliOp) -> bool:
    """Return whether all strings of the operator commute with one another."""
    if operator.size > _COMMUTATION_LIMIT:
        return False
    x = operator.paulis.x.astype(np.float32)
    z = operator.paulis.z.astype(np.float32)
    crossings = x @ z.T
    return not np.any((crossings + crossings.T) % 2)


def _checked(operator: object) -> SparsePauliOp:
    sparse = (
        operator
        if isinstance(operator, SparsePauliOp)
        else SparsePauliOp.from_sparse_observable(operator)
        if isinstance(operator, SparseObservable)
        else SparsePauliOp(operator)
    )
    return with_real_coefficients(
        sparse,
        "operator of a PauliEvolutionGate",
        free="use the gate's time for the parameter",
        imaginary="multiply an anti-Hermitian one by 1j",
    )
