"""qulacs: parametric circuits and ``backprop``; Pauli rotations for each string."""

from __future__ import annotations

import numpy as np
from qulacs import Observable, ParametricQuantumCircuit, QuantumState

from bench.engines.task import Answer, Task
from bench.workload import String, Workload

PACKAGES = ("qulacs",)

_LETTER = {"X": 1, "Y": 2, "Z": 3}
_ROTATION = {
    "rx": ParametricQuantumCircuit.add_parametric_RX_gate,
    "ry": ParametricQuantumCircuit.add_parametric_RY_gate,
    "rz": ParametricQuantumCircuit.add_parametric_RZ_gate,
}
_FIXED = {
    "x": ParametricQuantumCircuit.add_X_gate,
    "h": ParametricQuantumCircuit.add_H_gate,
    "cx": ParametricQuantumCircuit.add_CNOT_gate,
}
_OF_FEATURE = {"rx": ParametricQuantumCircuit.add_RX_gate}


def prepare(workload: Workload, gradient: bool) -> Task:
    """Return the task; with a gradient, ``backprop`` alone is timed (it returns no energy)."""
    observable = _observable(workload)
    if workload.samples:
        return Task(lambda: _batch(workload, observable), lambda answer: answer)
    circuit, weights, slopes = _circuit(workload, ())
    state = QuantumState(workload.num_qubits)

    def energy() -> float:
        state.set_zero_state()
        circuit.update_quantum_state(state)
        return observable.get_expectation_value(state)

    def by_weight() -> np.ndarray:
        return _pull_back(workload, circuit.backprop(observable), weights, slopes)

    if gradient:
        return Task(by_weight, lambda found: Answer(energy(), found))
    return Task(energy, Answer)


def _batch(workload: Workload, observable: Observable) -> Answer:
    loss, total = 0.0, np.zeros(len(workload.weights))
    for sample, label in zip(workload.samples, workload.labels, strict=True):
        circuit, weights, slopes = _circuit(workload, sample)
        state = QuantumState(workload.num_qubits)
        circuit.update_quantum_state(state)
        error = observable.get_expectation_value(state) - label
        loss += error**2
        gradient = _pull_back(workload, circuit.backprop(observable), weights, slopes)
        total += 2 * error * gradient
    return Answer(loss / len(workload.labels), total / len(workload.labels))


def _pull_back(workload: Workload, by_gate: list, weights: list, slopes: list) -> np.ndarray:
    by_weight = np.zeros(len(workload.weights))
    np.add.at(by_weight, weights, np.multiply(slopes, by_gate))
    return by_weight


def _circuit(workload: Workload, sample: tuple) -> tuple[ParametricQuantumCircuit, list, list]:
    """Return the circuit, and the weight and d(angle)/d(weight) of each of its parameters.

    The sign of qulacs is opposite: its rotation by t is exp(+i t/2 P).
    """
    circuit = ParametricQuantumCircuit(workload.num_qubits)
    theta = workload.weights
    weights, slopes = [], []
    for gate in workload.gates:
        name, weight = gate.name, gate.weight
        if name == "evolution":
            for string in gate.strings:
                slope = -2 * string.coefficient * gate.scale
                letters = [_LETTER[letter] for letter in string.letters]
                circuit.add_parametric_multi_Pauli_rotation_gate(
                    list(string.qubits), letters, slope * theta[weight]
                )
                weights.append(weight)
                slopes.append(slope)
        elif weight is not None:
            _ROTATION[name](circuit, gate.qubits[0], -gate.scale * theta[weight])
            weights.append(weight)
            slopes.append(-gate.scale)
        elif gate.feature is not None:
            _OF_FEATURE[name](circuit, gate.qubits[0], -gate.scale * sample[gate.feature])
        else:
            _FIXED[name](circuit, *gate.qubits)
    return circuit, weights, slopes


def _observable(workload: Workload) -> Observable:
    observable = Observable(workload.num_qubits)
    for string in workload.observable:
        observable.add_operator(string.coefficient, _words(string))
    return observable


def _words(string: String) -> str:
    return " ".join(f"{p} {q}" for p, q in zip(string.letters, string.qubits, strict=True))
