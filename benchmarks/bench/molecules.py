"""UCCSD on molecules of ``examples/data``: from an FCIDUMP file to rotations and Pauli terms."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path

import numpy as np
from qiskit.quantum_info import SparsePauliOp

from bench.workload import Gate, String, Workload

DATA = Path(__file__).parents[2] / "examples" / "data"


def uccsd(molecule: str, turn: float = 0.0) -> Workload:
    """Return UCCSD from the Hartree-Fock state, each excitation one exponential of its strings.

    Jordan-Wigner with interleaved spins (even qubits up, odd down); weights are small and random.

    Args:
        molecule: a file of ``examples/data``, without suffix.
        turn: angle in radians by which pairs of degenerate orbitals are turned. Calculations
            without symmetry leave such pairs at an arbitrary angle, which costs more Pauli terms.
    """
    from qiskit_nature.second_q.circuit.library import UCCSD, HartreeFock
    from qiskit_nature.second_q.formats.fcidump import FCIDump
    from qiskit_nature.second_q.hamiltonians import ElectronicEnergy
    from qiskit_nature.second_q.mappers import InterleavedQubitMapper, JordanWignerMapper
    from qiskit_nature.second_q.operators.symmetric_two_body import unfold

    from hybrid.problems.nature import in_fixed_order

    dump = FCIDump.from_file(DATA / f"{molecule}.fcidump")
    pairs = dump.num_electrons // 2
    one, two = turned(dump.hij, unfold(dump.hijkl).array, pairs, turn)
    mapper = InterleavedQubitMapper(JordanWignerMapper())
    size = dump.num_orbitals, (pairs, pairs), mapper
    ansatz = UCCSD(*size, initial_state=HartreeFock(*size))
    energy = mapper.map(in_fixed_order(ElectronicEnergy.from_raw_integrals(one, two).second_q_op()))
    energy += SparsePauliOp("I" * energy.num_qubits, dump.constant_energy)
    return Workload(
        name=f"{molecule} UCCSD",
        num_qubits=energy.num_qubits,
        gates=tuple(_gates(ansatz.decompose())),
        observable=tuple(_strings(energy.simplify(atol=1e-10))),
        weights=_small_weights(ansatz.num_parameters),
    )


def active_space(num_orbitals: int, pairs: int) -> Workload:
    """Return UCCSD of given numbers of orbitals and electron pairs, for counting, not running.

    The observable has the X masks of a molecule's Hamiltonian, each with one string.
    """
    from qiskit_nature.second_q.circuit.library import UCCSD, HartreeFock
    from qiskit_nature.second_q.mappers import InterleavedQubitMapper, JordanWignerMapper

    mapper = InterleavedQubitMapper(JordanWignerMapper())
    size = num_orbitals, (pairs, pairs), mapper
    ansatz = UCCSD(*size, initial_state=HartreeFock(*size))
    width = 2 * num_orbitals
    doubles = [tuple(sorted(w)) for w in combinations(range(width), 4) if sum(w) % 2 == 0]
    singles = [w for w in combinations(range(width), 2) if sum(w) % 2 == 0]
    return Workload(
        name=f"UCCSD, {num_orbitals} orbitals, {2 * pairs} electrons",
        num_qubits=width,
        gates=tuple(_gates(ansatz.decompose())),
        observable=tuple(String(1.0, "X" * len(w), w) for w in [*singles, *doubles]),
        weights=_small_weights(ansatz.num_parameters),
    )


def turned(
    one: np.ndarray, two: np.ndarray, pairs: int, angle: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the integrals, ``two`` in chemists' order, with degenerate neighbours rotated.

    Degeneracy is that of the Fock operator with ``pairs`` doubly occupied orbitals.
    """
    occupied = slice(pairs)
    fock = one + 2 * np.einsum("pqii->pq", two[:, :, occupied, occupied])
    fock -= np.einsum("piiq->pq", two[:, occupied, occupied, :])
    levels = np.diag(fock)
    rotation = np.eye(len(levels))
    for p in np.flatnonzero(np.abs(np.diff(levels)) < 1e-6):
        c, s = np.cos(angle), np.sin(angle)
        rotation[p : p + 2, p : p + 2] = [[c, -s], [s, c]]
    one = rotation.T @ one @ rotation
    return one, np.einsum("pqrs,pi,qj,rk,sl->ijkl", two, *[rotation] * 4, optimize=True)


def qubit_excitations(like: Workload) -> Workload:
    """Return the same molecule with excitations without Z strings, as in PennyLane's qchem.

    A different, cheaper ansatz: energies differ from UCCSD's.
    """
    occupied = [gate.qubits[0] for gate in like.gates if gate.name == "x"]
    empty = [qubit for qubit in range(like.num_qubits) if qubit not in occupied]
    gates = [Gate("x", (qubit,)) for qubit in occupied]
    for wires in _doubles(occupied, empty):
        gates.append(Gate("double_excitation", wires, weight=len(gates) - len(occupied)))
    for i, a in product(occupied, empty):
        if i % 2 == a % 2:
            gates.append(Gate("single_excitation", (i, a), weight=len(gates) - len(occupied)))
    weights = _small_weights(len(gates) - len(occupied))
    name = f"{like.name}, qubit excitations"
    return Workload(name, like.num_qubits, tuple(gates), like.observable, weights)


def _doubles(occupied: list[int], empty: list[int]) -> Iterator[tuple[int, ...]]:
    for pair, target in product(combinations(occupied, 2), combinations(empty, 2)):
        if sorted(q % 2 for q in pair) == sorted(q % 2 for q in target):
            yield (*pair, *target)


def _small_weights(count: int) -> tuple[float, ...]:
    return tuple(np.random.default_rng(1).normal(0, 0.05, count).tolist())


def _gates(circuit) -> Iterator[Gate]:
    weight_of = {parameter: k for k, parameter in enumerate(circuit.parameters)}
    for instruction in circuit.data:
        qubits = tuple(circuit.find_bit(bit).index for bit in instruction.qubits)
        operation = instruction.operation
        if operation.name == "x":
            yield Gate("x", qubits)
            continue
        strings = tuple(
            String(string.coefficient, string.letters, tuple(qubits[q] for q in string.qubits))
            for string in _strings(operation.operator)
        )
        yield Gate("evolution", qubits, weight=weight_of[operation.time], strings=strings)


def _strings(operator) -> Iterator[String]:
    for letters, qubits, coefficient in operator.to_sparse_list():
        yield String(float(coefficient.real), letters, tuple(int(q) for q in qubits))
