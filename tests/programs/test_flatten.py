"""A flat circuit equals its source, up to a global phase."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Parameter
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.quantum_info import Operator, SparsePauliOp
from scipy.linalg import expm

from hybrid.core.errors import InputError, NoExactGradientError
from hybrid.programs import flatten
from hybrid.programs.program import EVOLUTION
from tests.oracle import unitary
from tests.programs.circuits import (
    FIXED,
    PARAMETRISED,
    PAULI_SUM,
    fixed,
    parametrised,
    random_point,
)


def same_up_to_phase(left: np.ndarray, right: np.ndarray) -> bool:
    overlap = abs(np.trace(left.conj().T @ right)) / len(left)
    return bool(abs(overlap - 1) < 1e-12)


def every_circuit() -> list[tuple[str, QuantumCircuit]]:
    return [(name, parametrised(name)) for name in PARAMETRISED] + [
        (name, fixed(name)) for name in FIXED
    ]


@pytest.mark.parametrize(("name", "circuit"), every_circuit())
def test_steps_are_the_circuit(name: str, circuit: QuantumCircuit) -> None:
    point = random_point(circuit)
    flat = flatten(circuit)
    angles = flat.angles.angles(point[None])[0]
    rebuilt = Operator(flat.to_circuit([float(angle) for angle in angles])).data
    assert same_up_to_phase(unitary(circuit, point), rebuilt)


@pytest.mark.parametrize(("name", "circuit"), every_circuit())
def test_programs_are_the_circuit(name: str, circuit: QuantumCircuit) -> None:
    point = random_point(circuit)
    program = flatten(circuit).program
    assert same_up_to_phase(unitary(circuit, point), run_dense(program, point))


def run_dense(program, point: np.ndarray) -> np.ndarray:
    """Run a program by the documented meaning of its arrays, basis state by basis state."""
    angles = program.angles.angles(point[None])[0]
    size = 1 << program.num_qubits
    total = np.eye(size, dtype=complex)
    for k in range(len(program.kind)):
        mask, value = int(program.control_mask[k]), int(program.control_value[k])
        held = [b for b in range(size) if b & mask == value]
        operation = np.eye(size, dtype=complex)
        if program.kind[k] == EVOLUTION:
            generator = np.zeros((size, size), dtype=complex)
            x, start = int(program.x_mask[k]), int(program.string_offset[k])
            for j in range(start, start + int(program.string_count[k])):
                z = int(program.z_masks[j])
                for b in held:
                    sign = (-1) ** (z & b).bit_count()
                    phase = 1j ** (x & z).bit_count()
                    generator[b ^ x, b] += program.coefficients[j] * phase * sign
            operation = expm(-1j * angles[program.slot[k]] * generator)
        else:
            targets = [int(q) for q in program.targets[k] if q >= 0]
            side = 1 << len(targets)
            start = int(program.matrix_offset[k])
            matrix = program.matrices[start : start + side * side].reshape(side, side)
            for b in held:
                column = sum((b >> q & 1) << j for j, q in enumerate(targets))
                rest = b & ~sum(1 << q for q in targets)
                operation[:, b] = 0
                for row in range(side):
                    image = rest | sum((row >> j & 1) << q for j, q in enumerate(targets))
                    operation[image, b] = matrix[row, column]
        total = operation @ total
    return total


def test_excitations_are_single_operations() -> None:
    circuit = QuantumCircuit(3)
    circuit.append(PauliEvolutionGate(PAULI_SUM, time=Parameter("t")), range(3))
    program = flatten(circuit).program
    assert program.kind.tolist() == [EVOLUTION]
    assert program.string_count.tolist() == [3]


def test_equal_angles_share_a_slot() -> None:
    circuit = QuantumCircuit(6)
    circuit.rx(2 * Parameter("beta"), range(6))
    program = flatten(circuit).program
    assert program.angles.num_angles == 1
    assert program.slot.tolist() == [0] * 6


def test_content_tells_circuits_apart() -> None:
    def digest(change: float) -> str:
        circuit = QuantumCircuit(2)
        circuit.ry(change * Parameter("a"), 0)
        circuit.cx(0, 1)
        return flatten(circuit).program.content()

    assert digest(1.0) == digest(1.0)
    assert digest(1.0) != digest(1.0 + 1e-9)


def measured(circuit: QuantumCircuit) -> QuantumCircuit:
    circuit.measure_all()
    return circuit


def test_measurements_are_refused_with_the_way_out() -> None:
    with pytest.raises(InputError, match=r"'measure' operation.*remove_final_measurements"):
        flatten(measured(QuantumCircuit(1)))


def test_resets_and_branches_are_refused() -> None:
    reset = QuantumCircuit(1)
    reset.h(0)
    reset.reset(0)
    with pytest.raises(InputError, match="'reset' operation"):
        flatten(reset)
    branch = QuantumCircuit(1, 1)
    with branch.if_test((0, 1)):
        branch.x(0)
    with pytest.raises(InputError, match="'if_else' operation"):
        flatten(branch)


def test_gates_without_a_definition_are_refused() -> None:
    circuit = QuantumCircuit(1)
    circuit.append(Gate("mystery", 1, [Parameter("a")]), [0])
    with pytest.raises(NoExactGradientError, match="gate 'mystery'"):
        flatten(circuit)


def test_evolution_under_what_is_not_hermitian_is_refused() -> None:
    circuit = QuantumCircuit(1)
    gate = PauliEvolutionGate(SparsePauliOp("X"), time=Parameter("a"))
    gate.operator = SparsePauliOp("X", [1j])
    circuit.append(gate, [0])
    with pytest.raises(InputError, match="the complex coefficient"):
        flatten(circuit)


@pytest.mark.parametrize("wrong", [None, "circuit", 3])
def test_what_is_no_circuit_is_refused(wrong: object) -> None:
    with pytest.raises(InputError, match="a qiskit QuantumCircuit"):
        flatten(wrong)
