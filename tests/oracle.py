"""Slow and obvious: what circuits and observables mean, by dense linear algebra of Qiskit alone.

Nothing of the package under test is imported here.
"""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Measure
from qiskit.circuit.library.standard_gates import get_standard_gate_name_mapping
from qiskit.quantum_info import DensityMatrix, Operator, SparsePauliOp, SuperOp

_LABELS = {name: gate.label for name, gate in get_standard_gate_name_mapping().items()}
"""The labels that Qiskit gives to some gates by itself, such as ``(XX+YY)``."""


def value(circuit: QuantumCircuit, observable: SparsePauliOp, point: np.ndarray) -> float:
    """Return the expectation value at one parameter point."""
    state = state_of(circuit, point)
    return float(np.real(state.conj() @ observable.to_matrix() @ state))


def gradient(
    circuit: QuantumCircuit, observable: SparsePauliOp, point: np.ndarray, step: float = 1e-4
) -> np.ndarray:
    """Return the gradient by fourth-order central differences; error about 1e-11."""
    point = np.asarray(point, dtype=float)
    slopes = np.zeros(len(point))
    for k in range(len(point)):
        unit = np.eye(len(point))[k] * step
        near = value(circuit, observable, point + unit) - value(circuit, observable, point - unit)
        far = value(circuit, observable, point + 2 * unit) - value(
            circuit, observable, point - 2 * unit
        )
        slopes[k] = (8 * near - far) / (12 * step)
    return slopes


def state_of(circuit: QuantumCircuit, point: np.ndarray) -> np.ndarray:
    """Return the state that the circuit makes of |0...0>, shape (2**n,)."""
    return unitary(circuit, point)[:, 0]


def unitary(circuit: QuantumCircuit, point: np.ndarray) -> np.ndarray:
    """Return the matrix of a circuit at a parameter point, shape (2**n, 2**n)."""
    # Taken apart first, because Qiskit does not bind what hides in definitions of controlled gates.
    simple = transpile(circuit, basis_gates=["u", "cx", "rz", "p"], optimization_level=0)
    bound = simple.assign_parameters(dict(zip(circuit.parameters, point, strict=True)))
    return np.asarray(Operator(bound).data)


def noisy_value(
    circuit: QuantumCircuit, observable: SparsePauliOp, noise_model: object, method: str
) -> float:
    """Return the exact expectation value of a bound circuit under a noise model of Aer.

    A density matrix is taken through the instructions one by one. The noise of an instruction is
    what the model has for its label or else its name, on its qubits or else on all. Instructions
    that the model neither names nor has among its basis gates are compiled to the latter by
    Qiskit's transpiler, for the method of Aer that is said.
    """
    state = noisy_state(circuit, noise_model, method)
    return float(np.real(np.trace(state @ observable.to_matrix())))


def noisy_state(circuit: QuantumCircuit, noise_model: object, method: str) -> np.ndarray:
    """Return the density matrix that :func:`noisy_value` takes the value of."""
    from qiskit_aer import AerSimulator

    target = AerSimulator(method=method, noise_model=noise_model).target
    state = DensityMatrix.from_int(0, 2**circuit.num_qubits)
    for instruction in circuit.data:
        qubits = [circuit.find_bit(bit).index for bit in instruction.qubits]
        for operation, places in _noisy_parts(instruction.operation, target, noise_model):
            placed = [qubits[place] for place in places]
            if operation.name not in ("delay", "barrier"):
                state = state.evolve(Operator(operation), placed)
            error = _error_of(operation, tuple(placed), noise_model)
            if error is not None:
                state = state.evolve(SuperOp(error), placed)
    return np.asarray(state.data)


def read_probabilities(state: np.ndarray, qubits: int, noise_model: object) -> np.ndarray:
    """Return how likely each number of bits is read from a state, shape (2**n,).

    Qubits of the mask ``qubits`` are measured, with the model's errors of measurements and of the
    readout; the bits of others are 0.
    """
    width = int(np.log2(len(state)))
    measured = [qubit for qubit in range(width) if qubits >> qubit & 1]
    density = DensityMatrix(state)
    for qubit in measured:
        error = _error_of(Measure(), (qubit,), noise_model)
        if error is not None:
            density = density.evolve(SuperOp(error), [qubit])
    chances = np.real(np.diag(density.data)).reshape([2] * width)
    for qubit in range(width):
        axis = width - 1 - qubit
        if qubit not in measured:
            total = chances.sum(axis=axis, keepdims=True)
            chances = np.concatenate([total, np.zeros_like(total)], axis=axis)
            continue
        flips = noise_model._local_readout_errors.get((qubit,), noise_model._default_readout_error)
        if flips is not None:
            # Row: what is there, column: what is read.
            moved = np.tensordot(chances, np.asarray(flips.probabilities), axes=([axis], [0]))
            chances = np.moveaxis(moved, -1, axis)
    return chances.ravel()


def _noisy_parts(operation: object, target: object, noise_model: object) -> list:
    everywhere = tuple(range(operation.num_qubits))
    named = noise_model.noise_instructions
    if (
        _key(operation) in named
        or operation.name in target.operation_names
        or operation.name == "barrier"
    ):
        return [(operation, everywhere)]
    alone = QuantumCircuit(operation.num_qubits)
    alone.append(operation, alone.qubits)
    # Taken apart first, one level, because a gate inside may be named.
    apart = getattr(operation, "definition", None)
    is_matrix = operation.name == "unitary" and operation.num_qubits > 1
    if (operation.name.startswith("own") or is_matrix) and apart is not None:
        alone = apart
    else:
        alone = transpile(alone, target=target, optimization_level=0)
    parts = []
    for each in alone.data:
        at = [alone.find_bit(bit).index for bit in each.qubits]
        for part, places in _noisy_parts(each.operation, target, noise_model):
            parts.append((part, tuple(at[place] for place in places)))
    return parts


def _key(operation: object) -> str:
    """Return the label that the user gave an operation, or else its name."""
    label = getattr(operation, "label", None)
    return operation.name if label in (None, _LABELS.get(operation.name)) else label


def _error_of(operation: object, qubits: tuple, noise_model: object) -> object:
    local = noise_model._local_quantum_errors.get(_key(operation), {})
    if qubits in local:
        return local[qubits]
    return noise_model._default_quantum_errors.get(_key(operation))
