"""Training does not depend on how the labels of two classes are written."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.errors import InputError
from hybrid.workloads import Supervised

FEATURE, WEIGHT = Parameter("x"), Parameter("w")
DATA = np.array([0.1, 0.3, 2.8, 3.0, 0.2])
LABELS = [1, 1, -1, -1, 1]


def circuit() -> QuantumCircuit:
    made = QuantumCircuit(1)
    made.ry(FEATURE, 0)
    made.ry(WEIGHT, 0)
    return made


def task(labels: object, loss: str = "logistic", data: object = DATA) -> Supervised:
    return Supervised(circuit(), SparsePauliOp("Z"), data, labels, FEATURE, loss)


ENCODINGS = {
    "floats": (np.array(LABELS, dtype=float), (-1, 1)),
    "zero and one": ([1, 1, 0, 0, 1], (0, 1)),
    "zero and one, small integers": (np.array([1, 1, 0, 0, 1], dtype=np.uint8), (0, 1)),
    "zero and one, floats": ([1.0, 1.0, 0.0, 0.0, 1.0], (0, 1)),
    "one and two": ([2, 2, 1, 1, 2], (1, 2)),
    "booleans": ([True, True, False, False, True], (False, True)),
    "boolean array": (np.array(LABELS) > 0, (False, True)),
    "strings": (["spam", "spam", "ham", "ham", "spam"], ("ham", "spam")),
    "string array": (np.array(["b", "b", "a", "a", "b"]), ("a", "b")),
    "objects": (np.array(["b", "b", "a", "a", "b"], dtype=object), ("a", "b")),
}


@pytest.mark.ranks
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_two_classes_are_the_same_in_every_encoding(encoding: str) -> None:
    labels, classes = ENCODINGS[encoding]
    plain, other = task(LABELS), task(labels)
    assert other.classes == classes
    assert other.labels.tolist() == LABELS
    assert f"+1 is {classes[1]!r}" in other.description
    runs = [hybrid.minimize(each, x0=[0.5], max_iterations=3) for each in (plain, other)]
    assert runs[0].value == runs[1].value
    outputs = np.cos(DATA + runs[0].x[0])
    expected = np.mean(np.log(1.0 + np.exp(-np.array(LABELS) * outputs)))
    assert runs[0].value == pytest.approx(expected, abs=1e-12)


def test_one_class_that_is_told_by_its_sign() -> None:
    assert task([1] * 5).labels.tolist() == [1.0] * 5
    assert task([-1.0] * 5).labels.tolist() == [-1.0] * 5


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([0] * 5, "got 1 class: 0, expected two classes"),
        ([0, 1, 2, 0, 1], "got 3 classes: 0, 1, 2"),
        (["a"] * 5, "got 1 class: 'a'"),
        ([0.2, 0.8, 0.2, 0.8, 0.2], "got 0.2 for sample 0"),
        ([0, 1, np.nan, 0, 1], "got nan for sample 2"),
        ([0, 1, np.inf, 0, 1], "got inf for sample 2"),
        ([0, 1, 1j, 0, 1], "got 1j for sample 2"),
        ([0, 1, None, 0, 1], "got None for sample 2"),
        ([0, "a", 0, "a", 0], "got a mixture"),
        ([0, 1], r"got shape \(2,\), expected shape \(5,\)"),
        ([[0, 1]] * 5, r"got shape \(5, 2\)"),
        ([[0], [1, 2]], "expected shape"),
        (None, "labels: got"),
    ],
)
def test_other_labels_are_refused(labels: object, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        task(labels)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([1.0, np.nan, 0.0, 0.0, 0.0], "got nan for sample 1"),
        ([1.0, 1j, 0.0, 0.0, 0.0], "labels: got"),
        (["a", "b", "a", "b", "a"], "labels: got"),
        ([1.0, 2.0], r"got shape \(2,\), expected shape \(5,\)"),
    ],
)
def test_labels_of_the_squared_loss(labels: object, expected: str) -> None:
    assert task([0, 1, 0.5, True, 2], "squared").classes is None
    with pytest.raises(InputError, match=expected):
        task(labels, "squared")


def test_a_single_feature_needs_no_rows() -> None:
    rows = task(LABELS, data=DATA.reshape(-1, 1))
    assert task(LABELS).data.tolist() == task(LABELS, data=DATA.tolist()).data.tolist()
    assert task(LABELS).data.tolist() == rows.data.tolist()


@pytest.mark.parametrize("features", ["x", ["x"], None, [WEIGHT, "x"], 3])
def test_features_are_parameters(features: object) -> None:
    with pytest.raises(InputError, match=r"features: got .*, expected Parameter objects"):
        Supervised(circuit(), SparsePauliOp("Z"), DATA, LABELS, features)
