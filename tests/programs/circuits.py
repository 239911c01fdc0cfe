"""Circuits that together contain every kind of gate, for tests of functions of circuits."""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.circuit import library as gates
from qiskit.quantum_info import SparsePauliOp, random_unitary

A, B, C = (Parameter(name) for name in "abc")
PAULI_SUM = SparsePauliOp(["XXY", "YXX", "XYX"], [0.3, -0.2, 0.5])
COMMUTING = SparsePauliOp(["ZZI", "IZZ", "XXX"], [0.5, -0.25, 0.75])
NOT_COMMUTING = SparsePauliOp(["ZZI", "IXI", "YIY"], [0.5, -0.25, 0.75])

PARAMETRISED = {
    "rx": gates.RXGate(A),
    "ry": gates.RYGate(A),
    "rz": gates.RZGate(A),
    "p": gates.PhaseGate(A),
    "u": gates.UGate(A, B, C),
    "u1": gates.U1Gate(A),
    "u2": gates.U2Gate(A, B),
    "u3": gates.U3Gate(A, B, C),
    "r": gates.RGate(A, B),
    "rxx": gates.RXXGate(A),
    "ryy": gates.RYYGate(A),
    "rzz": gates.RZZGate(A),
    "rzx": gates.RZXGate(A),
    "xx_plus_yy": gates.XXPlusYYGate(A, B),
    "xx_plus_yy of one angle": gates.XXPlusYYGate(A),
    "xx_minus_yy": gates.XXMinusYYGate(A, B),
    "crx": gates.CRXGate(A),
    "cry": gates.CRYGate(A),
    "crz": gates.CRZGate(A),
    "cp": gates.CPhaseGate(A),
    "cu": gates.CUGate(A, B, C, 0.3),
    "cu1": gates.CU1Gate(A),
    "cu3": gates.CU3Gate(A, B, C),
    "crx on zero": gates.CRXGate(A, ctrl_state=0),
    "mcp": gates.MCPhaseGate(A, 2),
    "ccry": gates.RYGate(A).control(2, ctrl_state=1),
    "annotated ccry": gates.RYGate(A).control(2, annotated=True),
    "crxx": gates.RXXGate(A).control(1),
    "evolution": gates.PauliEvolutionGate(PAULI_SUM, time=A),
    "commuting evolution": gates.PauliEvolutionGate(COMMUTING, time=2 * A - B),
    "product formula": gates.PauliEvolutionGate(NOT_COMMUTING, time=A),
    "expressions": gates.UGate(2 * A + 1, A * B, B.sin()),
}

FIXED = {
    "single-qubit gates": [
        gates.HGate(),
        gates.XGate(),
        gates.YGate(),
        gates.ZGate(),
        gates.SGate(),
        gates.SdgGate(),
        gates.TGate(),
        gates.TdgGate(),
        gates.SXGate(),
        gates.SXdgGate(),
        gates.UGate(0.1, 0.2, 0.3),
        gates.UnitaryGate(random_unitary(2, seed=1)),
    ],
    "two-qubit gates": [
        gates.CXGate(),
        gates.CYGate(),
        gates.CZGate(),
        gates.CHGate(),
        gates.CSGate(),
        gates.CSXGate(),
        gates.CXGate(ctrl_state=0),
        gates.SwapGate(),
        gates.iSwapGate(),
        gates.ECRGate(),
        gates.DCXGate(),
        gates.CUGate(0.1, 0.2, 0.3, 0.4),
        gates.CPhaseGate(0.7),
        gates.UnitaryGate(random_unitary(4, seed=2)),
        gates.XXPlusYYGate(0.3, 0.4),
    ],
    "wider gates": [
        gates.CCXGate(),
        gates.CCZGate(),
        gates.CSwapGate(),
        gates.RCCXGate(),
        gates.CCXGate(ctrl_state=1),
        gates.PauliGate("XYZ"),
        gates.PermutationGate([2, 0, 1]),
        gates.DiagonalGate([1, -1, 1j, 1, 1, -1j, 1, -1]),
        gates.UnitaryGate(random_unitary(8, seed=3)),
        gates.PauliEvolutionGate(COMMUTING, time=0.4),
        gates.RYGate(0.3).control(2, annotated=True),
        gates.StatePreparation(np.ones(8) / np.sqrt(8)),
        gates.QFTGate(3),
    ],
}


def parametrised(name: str) -> QuantumCircuit:
    """Return a 4-qubit circuit around one parametrised gate, so that its phases matter."""
    gate = PARAMETRISED[name]
    circuit = _spread(QuantumCircuit(4))
    circuit.append(gate, [3, 0, 2][: gate.num_qubits])
    circuit.ry(0.3, 0)
    circuit.append(gate, [1, 2, 3][: gate.num_qubits])
    return _spread(circuit)


def fixed(name: str) -> QuantumCircuit:
    """Return a 4-qubit circuit of fixed gates between parametrised ones."""
    circuit = _spread(QuantumCircuit(4))
    turn = ParameterVector("turn", len(FIXED[name]))
    for k, gate in enumerate(FIXED[name]):
        circuit.append(
            gate,
            [
                (k + 2 * j) % 4 if gate.num_qubits < 3 else (k + j) % 4
                for j in range(gate.num_qubits)
            ]
            if gate.num_qubits != 2
            else [k % 4, (k + 1 + k // 4 % 3) % 4],
        )
        circuit.ry(turn[k], k % 4)
    return circuit


def _spread(circuit: QuantumCircuit) -> QuantumCircuit:
    """Add fixed gates after which all amplitudes of a state differ."""
    for qubit in range(circuit.num_qubits):
        circuit.u(0.3 + qubit, 0.7 - qubit, 0.2 * qubit, qubit)
    for qubit in range(circuit.num_qubits - 1):
        circuit.cx(qubit, qubit + 1)
    return circuit


def random_point(circuit: QuantumCircuit, seed: int = 0) -> np.ndarray:
    """Return a parameter point of the circuit."""
    return np.random.default_rng(seed).uniform(-1.5, 1.5, circuit.num_parameters)


def random_observable(num_qubits: int, num_terms: int = 12, seed: int = 0) -> SparsePauliOp:
    """Return a sum of random Pauli strings."""
    random = np.random.default_rng(seed)
    labels = ["".join(random.choice(list("IXYZ"), num_qubits)) for _ in range(num_terms)]
    return SparsePauliOp(labels, random.normal(size=num_terms))
