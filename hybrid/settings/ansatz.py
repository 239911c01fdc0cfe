"""Circuits of a run file's ansatz that do not depend on the problem."""

from __future__ import annotations

from pathlib import Path

from qiskit import QuantumCircuit
from qiskit.circuit.library import efficient_su2, real_amplitudes

from hybrid.core.errors import InputError
from hybrid.problems import read_circuit
from hybrid.settings import tables
from hybrid.settings.tables import RunFile


def circuit_of(run_file: RunFile, num_qubits: int) -> tuple[QuantumCircuit, tuple[str, ...]]:
    """Return the circuit of an ansatz that does not depend on the problem, and notes on it.

    Raises:
        InputError: the circuit's file cannot be read, or holds a circuit of another width or
            without parameters.
    """
    ansatz = run_file.ansatz
    if isinstance(ansatz, tables.CircuitFile):
        return from_file(run_file.beside(ansatz.path), ansatz.index, num_qubits)
    assert isinstance(ansatz, tables.HardwareEfficient)
    return hardware_efficient(ansatz, num_qubits), ()


def hardware_efficient(ansatz: tables.HardwareEfficient, num_qubits: int) -> QuantumCircuit:
    """Return layers of rotations and CNOTs (Kandala et al., Nature 549, 242 (2017))."""
    make = {"efficient_su2": efficient_su2, "real_amplitudes": real_amplitudes}[ansatz.circuit]
    circuit: QuantumCircuit = make(num_qubits, reps=ansatz.layers, entanglement=ansatz.entanglement)
    return circuit


def from_file(
    path: Path, index: int | None, num_qubits: int
) -> tuple[QuantumCircuit, tuple[str, ...]]:
    """Return the circuit of a file without its final measurements, and notes on it."""
    circuit, notes = read_circuit(path, index), list[str]()
    if circuit.num_qubits != num_qubits:
        raise InputError(
            "ansatz.path",
            got=f"{path}, a circuit on {circuit.num_qubits} qubits",
            expected=f"one on {num_qubits} qubits, like the problem",
        )
    if circuit.num_parameters == 0:
        raise InputError(
            "ansatz.path",
            got=f"{path}, a circuit without parameters",
            expected="at least one parameter to vary",
            advice="OpenQASM 2 has none: write 'input float[64] theta;' in OpenQASM 3, or QPY",
        )
    if any(instruction.operation.name == "measure" for instruction in circuit.data):
        circuit = circuit.remove_final_measurements(inplace=False)
        notes.append(
            f"the final measurements of {path.name} are left out: the problem says what to measure"
        )
    return circuit, tuple(notes)
