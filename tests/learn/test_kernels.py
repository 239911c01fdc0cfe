"""Kernel matrices against NumPy, Havlicek's data, bad input."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.quantum_info import DensityMatrix, SparsePauliOp, Statevector, partial_trace
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import parametrize_with_checks

import hybrid
from hybrid.core.errors import InputError
from hybrid.learn import Kernel, kernel
from hybrid.learn.encodings import encoding_of
from hybrid.programs import Program
from hybrid.runtime import World
from hybrid.runtime.world import use
from hybrid.simulators.native.overlap import OverlapEvaluation

RANDOM = np.random.default_rng(3)
X, Y = RANDOM.uniform(-2, 2, (7, 3)), RANDOM.uniform(-2, 2, (4, 3))
NAMES = ["zz", "angle", "reuploading", "amplitude"]


def states(name: str, rows: np.ndarray) -> list[Statevector]:
    made = encoding_of(name, rows.shape[1])
    points = made.points(rows, np.empty(0))
    return [Statevector(made.circuit.assign_parameters(point)) for point in points]


@pytest.mark.parametrize("name", NAMES)
def test_fidelity_against_statevectors(name: str) -> None:
    rows, columns = states(name, X), states(name, Y)
    expected = [[abs(np.vdot(a.data, b.data)) ** 2 for b in columns] for a in rows]
    np.testing.assert_allclose(kernel(name, X, Y), expected, atol=1e-12)
    same = kernel(name, X)
    np.testing.assert_allclose(same, kernel(name, X, X.copy()), atol=1e-12)
    assert (same == same.T).all()


@pytest.mark.parametrize("name", NAMES)
def test_projected_against_reduced_density_matrices(name: str) -> None:
    def reduced(state: Statevector) -> list[np.ndarray]:
        width = state.num_qubits
        whole = DensityMatrix(state)
        if width == 1:
            return [whole.data]
        return [
            partial_trace(whole, [k for k in range(width) if k != q]).data for q in range(width)
        ]

    rows, columns = ([reduced(s) for s in states(name, some)] for some in (X, Y))
    away = [
        [sum(np.linalg.norm(p - q) ** 2 for p, q in zip(a, b, strict=True)) for b in columns]
        for a in rows
    ]
    found = kernel(name, X, Y, kind="projected", gamma=0.7)
    np.testing.assert_allclose(found, np.exp(-0.7 * np.array(away)), atol=1e-12)
    same = kernel(name, X, kind="projected", gamma=0.7)
    np.testing.assert_allclose(same, kernel(name, X, X, kind="projected", gamma=0.7), atol=1e-12)
    assert (same == same.T).all()


def havlicek(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return samples and labels as in Nature 567, 209: parity in a rotated frame, gap 0.3."""
    random = np.random.default_rng(99)
    normal = random.normal(size=(4, 4)) + 1j * random.normal(size=(4, 4))
    frame = np.linalg.qr(normal)[0]
    parity = np.diag([1, -1, -1, 1])
    observable = SparsePauliOp.from_operator(frame.conj().T @ parity @ frame)
    observable = SparsePauliOp(observable.paulis, observable.coeffs.real)
    made = encoding_of("zz", 2)
    data = np.random.default_rng(seed).uniform(0, 2 * np.pi, (20 * count, 2))
    values = hybrid.expectation(made.circuit, observable, made.points(data, np.empty(0)))
    chosen = [np.flatnonzero(sign * values > 0.3)[:count] for sign in (1, -1)]
    assert [len(each) for each in chosen] == [count, count]
    return data[np.concatenate(chosen)], np.repeat([1, -1], count)


def test_havliceks_data() -> None:
    train, test = havlicek(40, 1), havlicek(20, 2)
    model = SVC(kernel=Kernel("zz"), C=1e6).fit(*train)
    assert model.score(*test) == 1.0
    ready = make_pipeline(Kernel("zz"), SVC(kernel="precomputed", C=1e6)).fit(*train)
    assert ready.score(*test) == 1.0
    assert clone(model).fit(*train).predict(test[0]).tolist() == model.predict(test[0]).tolist()


@parametrize_with_checks([Kernel("angle", kind="projected")])
def test_scikit_learns_checks(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.ranks
@pytest.mark.parametrize("kind", ["fidelity", "projected"])
def test_the_same_bits_on_any_number_of_ranks(kind: Any, alone: World) -> None:
    data = np.random.default_rng(1).normal(size=(150, 3))
    together = kernel("zz", data, kind=kind).tobytes(), kernel("zz", data, X, kind=kind).tobytes()
    with use(alone):
        assert kernel("zz", data, kind=kind).tobytes() == together[0]
        assert kernel("zz", data, X, kind=kind).tobytes() == together[1]


def test_each_state_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    module = sys.modules[OverlapEvaluation.__module__]
    states_of = module.states_of

    def counting(program: Program, points: np.ndarray, **settings: Any) -> Any:
        taken.append(len(points))
        return states_of(program, points, **settings)

    monkeypatch.setattr(module, "states_of", counting)
    data = np.random.default_rng(1).normal(size=(200, 3))
    whole = kernel("angle", data)
    assert sum(taken) == 200
    taken.clear()
    part = kernel("angle", data[:150], data[150:])
    assert sum(taken) == 200
    np.testing.assert_allclose(part, whole[:150, 150:], atol=1e-14)


def test_shots_of_the_projected_kernel() -> None:
    drawn = kernel("angle", X, kind="projected", shots=4000, seed=1, simulator="aer")
    assert (
        drawn == kernel("angle", X, kind="projected", shots=4000, seed=1, simulator="aer")
    ).all()
    np.testing.assert_allclose(drawn, kernel("angle", X, kind="projected"), atol=0.1)


def two_features() -> QuantumCircuit:
    circuit = QuantumCircuit(1)
    circuit.ry(Parameter("speed"), 0)
    circuit.rz(Parameter("age"), 0)
    return circuit


def test_features_of_a_circuit_in_the_order_of_the_columns() -> None:
    both = X[:, :2]
    first = kernel(two_features(), both, features=["speed", "age"])
    np.testing.assert_allclose(
        kernel(two_features(), both[:, ::-1], features=["age", "speed"]), first, atol=1e-14
    )
    np.testing.assert_allclose(kernel(two_features(), both[:, ::-1]), first, atol=1e-14)


class Frame:
    """A table with names, as far as NumPy and the kernel read one."""

    def __init__(self, table: np.ndarray, columns: list[str]) -> None:
        self.table, self.columns = table, columns

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.array(self.table, dtype=dtype)


@pytest.mark.parametrize(
    ("circuit", "data", "settings", "expected"),
    [
        ("zz", X[:, 0], {}, r"X: got shape \(7,\), expected shape \(N, F\).*reshape"),
        ("zz", np.where(X > 1.5, np.nan, X), {}, "X: got nan in sample"),
        ("zz", X, {"Y": Y[:, :2]}, "Y: got 2 features, expected 3, as many as X"),
        ("zz", X, {"Y": Y[0]}, r"Y: got shape \(3,\)"),
        ("zz", np.empty((0, 2)), {}, r"X: got shape \(0, 2\)"),
        ("zy", X, {}, "did you mean 'zz'"),
        ("zz", X, {"kind": "projective"}, "kind: got 'projective'"),
        ("zz", X, {"shots": 10}, "shots: got 10"),
        ("zz", X, {"simulator": "aer"}, "simulator: got 'aer'"),
        ("zz", X, {"kind": "projected", "gamma": 0}, "gamma: got 0"),
        ("zz", X, {"kind": "projected", "gamma": "scale"}, "gamma: got 'scale'"),
        (two_features(), X, {}, "X: got 3 features, expected 2, as many as the circuit takes"),
        (two_features(), X[:, :1], {"features": ["age"]}, "no features: speed.*assign_parameters"),
        (two_features(), Frame(X[:, :2], ["speed", "age"]), {},
         "got columns in the order speed, age, expected the order .* age, speed"),
    ],
)  # fmt: skip
def test_bad_input(circuit: Any, data: Any, settings: dict[str, Any], expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        kernel(circuit, data, **settings)
