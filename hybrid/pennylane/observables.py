"""Convert PennyLane's observables to sums of Pauli strings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pennylane as qml
from qiskit.quantum_info import Operator, SparsePauliOp

_MATRIX_WIRES = 6
"""Maximum width of a matrix that is expanded in Pauli strings, at most 4096 of them."""
_PROJECTOR_WIRES = 10
"""Maximum width of a projector on a basis state, which has 2^k strings."""


def is_pauli_sum(obs: Any) -> bool:
    """Return whether :func:`pauli_sum` can convert an observable."""
    if obs.pauli_rep is not None:
        return True
    if isinstance(obs, qml.ops.SProd):
        return is_pauli_sum(obs.base)
    if isinstance(obs, qml.ops.Sum | qml.ops.Prod):
        return all(is_pauli_sum(each) for each in obs.operands)
    if _is_basis_projector(obs):
        return len(obs.wires) <= _PROJECTOR_WIRES
    # a sparse one has its matrix only if it is asked for
    return len(obs.wires) <= _MATRIX_WIRES and (obs.has_matrix or obs.has_sparse_matrix)


def pauli_sum(obs: Any, where: Mapping[Any, int], num_qubits: int) -> SparsePauliOp:
    """Return an observable as a sum of Pauli strings.

    Args:
        obs: an observable for which :func:`is_pauli_sum` is true.
        where: the qubit of each wire.
        num_qubits: width of the result.
    """
    sentence = obs.pauli_rep
    if sentence is not None:
        return _of_sentence(sentence, where, num_qubits)
    if isinstance(obs, qml.ops.SProd):
        return pauli_sum(obs.base, where, num_qubits) * complex(obs.scalar)
    if isinstance(obs, qml.ops.Sum):
        return SparsePauliOp.sum([pauli_sum(each, where, num_qubits) for each in obs.operands])
    if isinstance(obs, qml.ops.Prod):
        whole, *others = [pauli_sum(each, where, num_qubits) for each in obs.operands]
        for each in others:
            whole = whole @ each
        return whole
    if _is_basis_projector(obs):
        return _projector(obs, where, num_qubits)
    return _of_matrix(obs, where, num_qubits)


def _of_sentence(sentence: Any, where: Mapping[Any, int], num_qubits: int) -> SparsePauliOp:
    terms = [
        ("".join(word.values()), [where[wire] for wire in word], complex(coefficient))
        for word, coefficient in sentence.items()
    ]
    return SparsePauliOp.from_sparse_list(terms or [("", [], 0.0)], num_qubits)


def _projector(obs: Any, where: Mapping[Any, int], num_qubits: int) -> SparsePauliOp:
    """Return the projector on a basis state of some wires: the product of (1 +- Z) / 2."""
    whole = SparsePauliOp.from_sparse_list([("", [], 1.0)], num_qubits)
    for bit, wire in zip(np.asarray(obs.data[0]).ravel(), obs.wires, strict=True):
        half = [("", [], 0.5), ("Z", [where[wire]], -0.5 if bit else 0.5)]
        whole = whole @ SparsePauliOp.from_sparse_list(half, num_qubits)
    return whole


def _of_matrix(obs: Any, where: Mapping[Any, int], num_qubits: int) -> SparsePauliOp:
    matrix = obs.matrix() if obs.has_matrix else obs.sparse_matrix().toarray()
    local = SparsePauliOp.from_operator(Operator(np.asarray(qml.math.unwrap([matrix])[0])))
    whole = SparsePauliOp.from_sparse_list([("", [], 1.0)], num_qubits)
    return whole.compose(local, qargs=[where[wire] for wire in reversed(obs.wires)])


def _is_basis_projector(obs: Any) -> bool:
    return isinstance(obs, qml.Projector) and obs.name == "BasisStateProjector"
