"""Pools of operators for ansatzes that grow: excitations of a molecule, and their strings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qiskit import QuantumCircuit
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.errors import InputError, nearest

POOLS = ("fermionic", "qubit")


def checked_pool(kind: str) -> str:
    """Return the kind of a pool.

    Raises:
        InputError: there is none of that name.
    """
    if kind in POOLS:
        return kind
    raise InputError(
        "pool",
        got=repr(kind)[:60],
        expected=f"one of {', '.join(map(repr, POOLS))}",
        advice=nearest(str(kind), POOLS),
    )


def excitations(
    ansatz: QuantumCircuit, modes: Sequence[tuple[tuple[int, ...], ...]], num_orbitals: int
) -> dict[str, SparsePauliOp]:
    """Return the generators of a coupled-cluster ansatz by names such as ``0a 0b -> 1a 1b``.

    Args:
        ansatz: one evolution for each excitation, in their order.
        modes: for each excitation the spin orbitals that electrons leave, and those they enter.
        num_orbitals: spatial orbitals; spin orbitals of spin beta are numbered on from there.
    """
    gates = [each.operation for each in ansatz.data]
    operators = [gate.operator for gate in gates if isinstance(gate, PauliEvolutionGate)]
    names = [
        " -> ".join(" ".join(_name(mode, num_orbitals) for mode in side) for side in sides)
        for sides in modes
    ]
    return dict(zip(names, operators, strict=True))


def strings(operators: Mapping[str, SparsePauliOp]) -> dict[str, SparsePauliOp]:
    """Return each Pauli string of some operators, without its Zs, once, by names such as ``X0 Y2``.

    Without Zs, whose chains keep the signs of fermions, strings act on at most four qubits; they
    still have odd numbers of Ys, so that their rotations keep states real.

    Source: H. L. Tang et al., PRX Quantum 2, 020310 (2021).
    """
    labels = [label for each in operators.values() for label in each.paulis.to_labels()]
    short = dict.fromkeys(label.replace("Z", "I") for label in labels)
    return {_written(label): SparsePauliOp(label) for label in short if set(label) != {"I"}}


def _name(mode: int, num_orbitals: int) -> str:
    return f"{mode % num_orbitals}{'ab'[mode // num_orbitals]}"


def _written(label: str) -> str:
    letters = enumerate(reversed(label))
    return " ".join(f"{letter}{qubit}" for qubit, letter in letters if letter != "I")
