"""The classifier: scikit-learn's checks, known data beside logistic regression, labels, bits."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qiskit.circuit import Parameter, ParameterVector, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris, make_moons
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import hybrid
from hybrid.core.ask import Ask
from hybrid.core.errors import InputError
from hybrid.learn import Classifier, Kernel, Regressor, kernel
from hybrid.learn.encodings import encoding_of
from hybrid.learn.readout import Readout
from hybrid.runtime import World, world
from hybrid.runtime.world import use
from hybrid.workloads import Sampling

RANDOM = np.random.default_rng(5)
X = RANDOM.uniform(-1.5, 1.5, (40, 2))
SIGNS = np.where(X[:, 0] * X[:, 1] > 0, 1, -1)
QUICK: dict[str, Any] = {"layers": 1, "max_iterations": 15, "random_state": 7}


@parametrize_with_checks([Classifier(max_iterations=20)])
def test_scikit_learns_checks(estimator: Any, check: Any) -> None:
    check(estimator)


def test_moons_beside_logistic_regression() -> None:
    data, labels = make_moons(200, noise=0.15, random_state=3)
    parts = train_test_split(data, labels, random_state=0)
    model = Classifier(layers=3, random_state=1).fit(parts[0], parts[2])
    straight = LogisticRegression().fit(parts[0], parts[2])
    assert model.score(parts[1], parts[3]) >= 0.96 > straight.score(parts[1], parts[3])


@pytest.mark.parametrize("encoding", ["angle", "reuploading"])
def test_digits_beside_logistic_regression(encoding: str) -> None:
    data, labels = load_digits(return_X_y=True)
    data, labels = data[np.isin(labels, (3, 8))], labels[np.isin(labels, (3, 8))]
    parts = train_test_split(data, labels, random_state=0)
    scores = []
    for last in (Classifier(encoding, max_iterations=40, random_state=1), LogisticRegression()):
        model = make_pipeline(PCA(4, random_state=0), StandardScaler(), last)
        scores.append(model.fit(parts[0], parts[2]).score(parts[1], parts[3]))
    assert scores[0] >= 0.97
    assert scores[0] >= scores[1]


def test_three_classes_are_told_apart_by_probabilities_of_sum_one() -> None:
    data, labels = load_iris(return_X_y=True)
    named = np.array(["setosa", "versicolor", "virginica"])[labels]
    model = make_pipeline(StandardScaler(), Classifier(random_state=1, max_iterations=40))
    chances = model.fit(data, named).predict_proba(data)
    assert model.score(data, named) > 0.95
    assert chances.shape == (150, 3)
    np.testing.assert_allclose(chances.sum(axis=1), 1.0, atol=1e-12)
    assert (model.classes_[chances.argmax(axis=1)] == model.predict(data)).all()
    assert (model.decision_function(data).argmax(axis=1) == chances.argmax(axis=1)).all()


LABELS = {
    "signs": SIGNS,
    "zero and one": (SIGNS + 1) // 2,
    "floats": SIGNS.astype(float),
    "booleans": SIGNS > 0,
    "strings": np.where(SIGNS > 0, "up", "down"),
    "objects": np.where(SIGNS > 0, "up", "down").astype(object),
    "other numbers": np.where(SIGNS > 0, 8, 3),
}


@pytest.mark.parametrize("written", LABELS)
def test_labels_in_every_form(written: str) -> None:
    labels = LABELS[written]
    model = Classifier(**QUICK).fit(X, labels)
    plain = Classifier(**QUICK).fit(X, SIGNS)
    assert model.result_.value == plain.result_.value
    assert model.classes_.tolist() == np.unique(labels).tolist()
    predicted = model.predict(X)
    assert predicted.dtype == labels.dtype
    assert ((predicted == labels) == (plain.predict(X) == SIGNS)).all()


@pytest.mark.parametrize("count", [2, 3])
def test_one_hot_labels_are_predicted_as_one_hot(count: int) -> None:
    numbers = np.arange(len(X)) % count
    rows = np.eye(count, dtype=int)[numbers]
    model = Classifier(**QUICK).fit(X, rows)
    by_number = Classifier(**QUICK).fit(X, numbers)
    assert model.result_.value == by_number.result_.value
    assert (model.predict(X).argmax(axis=1) == by_number.predict(X)).all()
    assert model.predict(X).sum(axis=1).tolist() == [1] * len(X)
    assert model.score(X, rows) == by_number.score(X, numbers)


@pytest.mark.parametrize("loss", ["logistic", "squared", "hinge"])
@pytest.mark.parametrize("outputs", [1, 3])
def test_the_cost_and_its_gradient(loss: str, outputs: int) -> None:
    """Against NumPy, from values of the circuit, and central differences."""
    made = encoding_of("reuploading", 2, layers=1)
    signs = np.where(RANDOM.uniform(size=(40, outputs)) < 0.5, -1.0, 1.0)
    paulis = [SparsePauliOp("IZ"), SparsePauliOp(["ZI", "XX"], [0.5, 1.0])]
    labels = signs[:, 0] if outputs == 1 else signs
    task = Readout(made.circuit, paulis, X, labels, made.features, loss, 0.3)
    point = task.initial_point(3)
    weights, table, shift = task.split(point)
    assert (table.shape, shift.shape) == ((outputs, 2), (outputs,))
    values = hybrid.expectation(made.circuit, paulis, made.points(X, weights))
    margin = signs * (values @ table.T + shift)
    each = {
        "logistic": np.log1p(np.exp(-margin)),
        "squared": (1 - margin) ** 2,
        "hinge": np.maximum(0, 1 - margin),
    }[loss]
    expected = each.sum() / len(X) + 0.15 * np.sum(table**2)

    evaluation = task.prepare(Sampling())

    def cost(at: np.ndarray) -> float:
        return float(evaluation.answer(Ask(at[None]), seed=0, threads=1).values[0])

    assert cost(point) == pytest.approx(expected, abs=1e-12)
    told = evaluation.answer(Ask(point[None], gradient=True), seed=0, threads=1)
    assert told.values[0] == cost(point)
    for k, step in enumerate(1e-6 * np.eye(len(point))):
        slope = (cost(point + step) - cost(point - step)) / 2e-6
        assert told.gradients[0, k] == pytest.approx(slope, abs=1e-6)


def test_a_loss_of_ones_own() -> None:
    def logistic(outputs: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        margin = labels * outputs
        return np.logaddexp(0.0, -margin), -labels / (1.0 + np.exp(margin))

    own, named = Classifier(loss=logistic, **QUICK), Classifier(loss="logistic", **QUICK)
    assert own.fit(X, SIGNS).result_.value == named.fit(X, SIGNS).result_.value
    assert hasattr(named, "predict_proba")
    assert not hasattr(own, "predict_proba")
    assert not hasattr(Classifier(loss="hinge"), "predict_proba")


def own_circuit() -> QuantumCircuit:
    a, b, turns = Parameter("speed"), Parameter("age"), ParameterVector("turn", 3)
    circuit = QuantumCircuit(2)
    circuit.ry(a, 0)
    circuit.ry(b, 1)
    circuit.ry(turns[0], 0)
    circuit.cx(0, 1)
    circuit.rx(turns[1], 1)
    circuit.ry(turns[2], 1)
    return circuit


def test_a_circuit_of_ones_own() -> None:
    circuit = own_circuit()
    model = Classifier(circuit, features=["speed", "age"], random_state=2).fit(X, SIGNS)
    weights = dict(zip(["turn[0]", "turn[1]", "turn[2]"], model.weights_, strict=True))
    bound = circuit.assign_parameters({"speed": X[3, 0], "age": X[3, 1], **weights})
    state = Statevector(bound)
    values = np.array([state.expectation_value(SparsePauliOp(p)).real for p in ("IZ", "ZI")])
    expected = model.coef_ @ values + model.intercept_
    assert model.decision_function(X[3:4]) == pytest.approx(expected, abs=1e-12)
    swapped = Classifier(circuit, features=["age", "speed"], random_state=2).fit(X[:, ::-1], SIGNS)
    assert swapped.result_.value == pytest.approx(model.result_.value, abs=1e-9)


@pytest.mark.ranks
def test_the_same_bits_on_any_number_of_ranks(alone: World) -> None:
    def bits() -> list[bytes]:
        model = Classifier(**QUICK).fit(X, SIGNS)
        return [part.tobytes() for part in (model.result_.x, model.decision_function(X))]

    together = bits()
    with use(alone):
        assert bits() == together


@pytest.mark.ranks
def test_data_that_one_rank_alone_refuses_are_refused_by_all() -> None:
    data = X.copy()
    if world().rank == world().size - 1:
        data[0, 0] = np.nan
    fitted, matrix = Classifier(**QUICK).fit(X, SIGNS), Kernel("angle").fit(X)
    for call in (
        lambda: Classifier(**QUICK).fit(data, SIGNS),
        lambda: Regressor(**QUICK).fit(data, SIGNS),
        lambda: fitted.predict(data),
        lambda: kernel("angle", data),
        lambda: matrix.transform(data),
    ):
        with pytest.raises(InputError, match=r"NaN|nan in sample 0"):
            call()
    assert fitted.score(X, SIGNS) > 0.5


@pytest.mark.ranks
def test_shots_are_seeded(alone: World) -> None:
    def scores() -> Any:
        model = Classifier(
            layers=1, optimizer="SPSA", max_iterations=3, simulator="aer", shots=50, random_state=4
        )
        return model.fit(X[:12], SIGNS[:12]).decision_function(X[:5]).tolist()

    together = scores()
    with use(alone):
        assert scores() == together


def test_mini_batches() -> None:
    data, labels = make_moons(300, noise=0.15, random_state=3)
    adam = hybrid.optimizers.Adam(learning_rate=0.1)
    model = Classifier(layers=3, optimizer=adam, batch_size=32, max_iterations=150, random_state=3)
    assert model.fit(data, labels).score(data, labels) > 0.95
    assert model.result_.standard_error is not None


def test_a_fit_goes_on_from_its_journal(tmp_path: Path) -> None:
    path = str(tmp_path / "fit.db")
    first = Classifier(journal=path, **QUICK).fit(X, SIGNS)
    again = Classifier(journal=path, **QUICK).fit(X, SIGNS)
    assert again.result_.x.tobytes() == first.result_.x.tobytes()
    assert again.result_.value == Classifier(**QUICK).fit(X, SIGNS).result_.value
    with pytest.raises(InputError, match="penalty"):
        Classifier(journal=path, alpha=0.5, **QUICK).fit(X, SIGNS)


def test_it_is_an_estimator_like_others() -> None:
    model = Classifier(own_circuit(), features=["speed", "age"], **QUICK)
    fitted = clone(model).fit(X, SIGNS)
    assert pickle.loads(pickle.dumps(fitted)).predict(X).tolist() == fitted.predict(X).tolist()
    search = GridSearchCV(Classifier(**QUICK), {"encoding": ["angle", "reuploading"]}, cv=2)
    assert search.fit(X, SIGNS).best_params_["encoding"] in ("angle", "reuploading")


@pytest.mark.parametrize(
    ("data", "labels", "settings", "expected"),
    [
        (X[:, 0], SIGNS, {}, "Reshape your data"),
        (np.where(X > 1.4, np.nan, X), SIGNS, {}, "contains NaN"),
        (X, np.ones(40), {}, r"got labels of one class, \[1.0\], expected two classes or more"),
        (X, np.eye(2)[[0] * 40], {}, "got labels of one class"),
        (X, np.ones((40, 2)), {}, r"got \[1.0, 1.0\] for sample 0, expected .* one-hot"),
        (X, SIGNS[:7], {}, "inconsistent numbers of samples"),
        (X, X[:, 0], {}, "Unknown label type: continuous"),
        (np.zeros((40, 31)), SIGNS, {}, "got 31 features, expected at most 30.*PCA"),
        (X, SIGNS, {"encoding": "angel"}, "did you mean 'angle'"),
        (X, SIGNS, {"encoding": 3}, "encoding: got 3"),
        (X, SIGNS, {"features": ["x"]}, "features: got .* beside an encoding by name"),
        (X, SIGNS, {"layers": 0}, "got a circuit without weights"),
        (X, SIGNS, {"layers": 1.5}, "layers: got 1.5"),
        (X, SIGNS, {"loss": "log"}, "loss: got 'log', expected one of 'hinge', 'logistic'"),
        (X, SIGNS, {"alpha": -1}, "alpha: got -1"),
        (X, SIGNS, {"batch_size": 8}, "got 8 with optimizer L-BFGS-B, .* optimizer='Adam'"),
        (X, SIGNS, {"batch_size": 41}, "batch_size: got 41"),
        (X, SIGNS, {"alpha": "a"}, "alpha: got"),
        (X, SIGNS, {"random_state": "x"}, "'x' cannot be used to seed"),
        (X, SIGNS, {"x0": [0.0]}, r"x0: got shape \(1,\)"),
        (X, SIGNS, {"observables": SparsePauliOp("ZZZ")}, "observable"),
        (X, SIGNS, {"encoding": own_circuit()}, "features: got None"),
        (X, SIGNS, {"encoding": own_circuit(), "features": "speed"}, "features: got 'speed'"),
        (X, SIGNS, {"encoding": own_circuit(), "features": ["speed", "x"]}, "x that the circuit"),
        (X, SIGNS, {"encoding": own_circuit(), "features": ["age", "age"]}, "one of them twice"),
        (X[:, [0, 0, 1]], SIGNS, {"encoding": own_circuit(), "features": ["speed", "age"]},
         "X: got 3 features, expected 2, as many as the circuit takes"),
        (np.zeros((40, 2)), SIGNS, {"encoding": "amplitude"}, "got zeros alone in sample 0"),
    ],
)  # fmt: skip
def test_bad_input(data: Any, labels: Any, settings: dict[str, Any], expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        Classifier(**{**QUICK, **settings}).fit(data, labels)
