"""A workload as a Qiskit circuit and observable: the input of our engine and Aer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.quantum_info import SparsePauliOp

from bench.workload import String, Workload


def circuit_of(workload: Workload) -> QuantumCircuit:
    """Return the circuit; its parameters are the features, then the weights."""
    features = list(ParameterVector("a_feature", workload.num_features))
    weights = list(ParameterVector("b_weight", len(workload.weights)))
    circuit = QuantumCircuit(workload.num_qubits)
    for gate in workload.gates:
        driver = [*(weights[k] for k in [gate.weight] if k is not None)]
        driver += [*(features[j] for j in [gate.feature] if j is not None)]
        angles = [p if gate.scale == 1 else gate.scale * p for p in driver]
        if gate.name == "evolution":
            place = {qubit: k for k, qubit in enumerate(gate.qubits)}
            operator = _operator(gate.strings, place, len(gate.qubits))
            circuit.append(PauliEvolutionGate(operator, time=angles[0]), gate.qubits)
        else:
            getattr(circuit, gate.name)(*angles, *gate.qubits)
    return circuit


def observable_of(workload: Workload) -> SparsePauliOp:
    """Return the observable."""
    place = {qubit: qubit for qubit in range(workload.num_qubits)}
    return _operator(workload.observable, place, workload.num_qubits)


def points_of(workload: Workload) -> np.ndarray:
    """Return the points (B, features + weights), one for each sample, or one alone."""
    weights = np.array(workload.weights)
    if not workload.samples:
        return weights[None, :]
    samples = np.array(workload.samples)
    return np.hstack([samples, np.tile(weights, (len(samples), 1))])


def _operator(strings: Sequence[String], place: dict[int, int], width: int) -> SparsePauliOp:
    terms = [(s.letters, [place[q] for q in s.qubits], s.coefficient) for s in strings]
    return SparsePauliOp.from_sparse_list(terms, num_qubits=width)
