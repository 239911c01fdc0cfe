"""Observables of other libraries: Qiskit gets the matrix that their own library computes."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparseObservable, SparsePauliOp

import hybrid
from hybrid.core.errors import InputError
from hybrid.operators import as_pauli_sum
from tests import oracle
from tests.operators.dense import matrix, other_end_first, random_terms

TERMS = random_terms(4, 10, seed=8)
DENSE = matrix(TERMS, 4)
CIRCUIT = real_amplitudes(4, reps=2)
POINT = np.random.default_rng(2).uniform(-1.5, 1.5, CIRCUIT.num_parameters)


def of_openfermion() -> Any:
    openfermion = pytest.importorskip("openfermion")
    total = openfermion.QubitOperator()
    for coefficient, word in TERMS:
        total += openfermion.QubitOperator(tuple(word.items()), coefficient)
    return total


def of_pennylane() -> Any:
    qml = pytest.importorskip("pennylane")
    letters = {"X": qml.X, "Y": qml.Y, "Z": qml.Z}
    words = [
        qml.prod(*(letters[p](q) for q, p in word.items())) if word else qml.Identity(0)
        for _, word in TERMS
    ]
    return qml.Hamiltonian([coefficient for coefficient, _ in TERMS], words)


def as_sentence() -> Any:
    return of_pennylane().pauli_rep


def of_qiskit() -> Any:
    return SparseObservable.from_sparse_list(
        [("".join(w.values()), list(w), c) for c, w in TERMS], num_qubits=4
    )


KINDS = {
    "OpenFermion": of_openfermion,
    "PennyLane": of_pennylane,
    "PennyLane's sentence": as_sentence,
    "SparseObservable": of_qiskit,
}


@pytest.mark.parametrize("kind", KINDS)
def test_matrices(kind: str) -> None:
    found = as_pauli_sum(KINDS[kind](), 4)
    assert isinstance(found, SparsePauliOp)
    np.testing.assert_allclose(found.to_matrix(), DENSE, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_every_call_takes_them(kind: str) -> None:
    given, operator = KINDS[kind](), SparsePauliOp.from_operator(DENSE)
    right = oracle.value(CIRCUIT, operator, POINT)
    assert hybrid.expectation(CIRCUIT, given, POINT)[0] == pytest.approx(right, abs=1e-10)
    both = hybrid.expectation(CIRCUIT, [given, given], POINT)
    assert both[0] == pytest.approx([right, right], abs=1e-10)
    assert hybrid.estimate(CIRCUIT, given, POINT).values[0] == pytest.approx(right, abs=1e-10)
    pulled = hybrid.pull_back(CIRCUIT, given, [POINT], [1.0])
    assert pulled[0][0] == pytest.approx(right, abs=1e-10)
    assert hybrid.VQE(CIRCUIT, given).observable.num_terms == 11
    assert hybrid.VQD(CIRCUIT, given, 2).observable.num_terms == 11
    with hybrid.Session() as session:
        assert session.expectation(CIRCUIT, given, POINT)[0] == pytest.approx(right, abs=1e-10)
    pool = [given]
    grown = hybrid.AdaptVQE(QuantumCircuit(4), pool, given)
    assert isinstance(grown.pool["0"], SparsePauliOp)
    task = hybrid.Supervised(CIRCUIT, given, [[0.1]], [1.0], [CIRCUIT.parameters[0]])
    assert task.num_parameters == CIRCUIT.num_parameters - 1


def test_openfermion_agrees_with_its_own_matrix() -> None:
    openfermion = pytest.importorskip("openfermion")
    theirs = openfermion.get_sparse_operator(of_openfermion(), n_qubits=4).toarray()
    np.testing.assert_allclose(other_end_first(theirs), DENSE, atol=1e-12)
    printed = str(of_openfermion())
    path_terms = hybrid.operators.parse_terms("printed", printed)
    np.testing.assert_allclose(matrix(path_terms, 4), DENSE, atol=1e-12)


def test_a_molecule_of_openfermion_has_its_ground_energy() -> None:
    openfermion = pytest.importorskip("openfermion")
    hopping = openfermion.hermitian_conjugated(openfermion.FermionOperator("0^ 2", -1.0))
    fermions = openfermion.FermionOperator("0^ 2", -1.0) + hopping
    fermions += openfermion.FermionOperator("0^ 0 1^ 1", 2.0)
    operator = openfermion.jordan_wigner(fermions)
    lowest = openfermion.eigenspectrum(operator)[0]
    found = as_pauli_sum(operator)
    assert np.linalg.eigvalsh(found.to_matrix())[0] == pytest.approx(lowest, abs=1e-10)


def test_pennylane_agrees_with_its_own_matrix() -> None:
    qml = pytest.importorskip("pennylane")
    theirs = qml.matrix(of_pennylane(), wire_order=range(4))
    np.testing.assert_allclose(other_end_first(theirs), DENSE, atol=1e-12)


def test_pennylanes_operators_that_are_no_sums_of_words() -> None:
    qml = pytest.importorskip("pennylane")
    rng = np.random.default_rng(4)
    any_matrix = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    hermitian = any_matrix + any_matrix.conj().T
    for operator in (
        qml.Hermitian(hermitian, wires=[2, 0]),
        qml.Projector([1, 0], wires=[1, 3]),
        2.0 * qml.Hermitian(hermitian, wires=[3, 1]) + qml.Z(0) @ qml.X(2),
        qml.Hadamard(1),
    ):
        right = other_end_first(qml.matrix(operator, wire_order=range(4)))
        np.testing.assert_allclose(as_pauli_sum(operator, 4).to_matrix(), right, atol=1e-12)


def test_pennylanes_operators_that_are_refused() -> None:
    qml = pytest.importorskip("pennylane")
    for operator, message in (
        (qml.Z("a"), "got a term on 'a'"),
        (qml.RX(0.3, 0), "real coefficients"),
        (qml.fermi.FermiC(0) * qml.fermi.FermiA(0), r"qml\.jordan_wigner\(operator\)"),
        (qml.Z(7), "got a term on qubit 7, expected qubits 0 to 3, like the circuit"),
        (qml.Hermitian(np.eye(2**9), wires=range(9)), "at most 8 wires"),
    ):
        with pytest.raises(InputError, match=message):
            hybrid.expectation(CIRCUIT, operator, POINT)


def test_openfermions_operators_that_are_refused() -> None:
    openfermion = pytest.importorskip("openfermion")
    sympy = pytest.importorskip("sympy")
    for operator, message in (
        (openfermion.FermionOperator("0^ 1"), r"openfermion\.jordan_wigner\(operator\)"),
        (openfermion.QubitOperator("X0", 1j), "real coefficients"),
        (openfermion.QubitOperator("X0", sympy.Symbol("a")), "numbers as coefficients"),
        (openfermion.QubitOperator("X5"), "qubit 5, expected qubits 0 to 3"),
    ):
        with pytest.raises(InputError, match=message):
            hybrid.expectation(CIRCUIT, operator, POINT)


@pytest.mark.parametrize("kind", KINDS)
def test_a_diagonal_cost_takes_its_own_width(kind: str) -> None:
    if kind == "OpenFermion":
        cost = pytest.importorskip("openfermion").QubitOperator("Z0 Z2", 0.5)
    elif kind == "SparseObservable":
        cost = SparseObservable.from_list([("ZIZ", 0.5)])
    else:
        qml = pytest.importorskip("pennylane")
        cost = 0.5 * qml.Z(0) @ qml.Z(2)
        cost = cost.pauli_rep if "sentence" in kind else cost
    assert hybrid.QAOA(cost, 1).observable.operator == SparsePauliOp("ZIZ", 0.5)


def test_projectors_of_qiskit() -> None:
    observable = SparseObservable.from_list([("0+I", 0.5), ("lZr", -1.0)])
    plus, one = np.full((2, 2), 0.5), np.eye(2)
    zero, right = np.diag([1.0, 0.0]), np.array([[1, -1j], [1j, 1]]) / 2
    dense = 0.5 * np.kron(np.kron(zero, plus), one)
    dense = dense - np.kron(np.kron(right.conj(), np.diag([1.0, -1.0])), right)
    np.testing.assert_allclose(as_pauli_sum(observable).to_matrix(), dense, atol=1e-12)


def test_no_library_is_imported() -> None:
    code = (
        "import sys; from hybrid.operators import as_pauli_sum; as_pauli_sum('x');"
        "print('openfermion' in sys.modules, 'pennylane' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
