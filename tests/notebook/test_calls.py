"""Calls on the ranks of ``hybrid.ranks`` give the bits that the same calls give in this process."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import (
    AnnotatedOperation,
    ClassicalRegister,
    Parameter,
    ParameterVector,
    PowerModifier,
    QuantumRegister,
)
from qiskit.circuit.library import RXGate, real_amplitudes, zz_feature_map
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.noise import (
    NoiseModel,
    ReadoutError,
    amplitude_damping_error,
    depolarizing_error,
)

import hybrid
from hybrid import learn
from hybrid.calls.differentiable import Differentiable
from hybrid.core.errors import NoExactGradientError
from hybrid.notebook import calls
from hybrid.notebook.ranks import Ranks
from hybrid.optimizers import SPSA, Adam
from hybrid.problems import Molecule
from hybrid.simulators import Aer

pytestmark = pytest.mark.launches


@pytest.fixture(scope="module")
def job() -> Iterator[Ranks]:
    with hybrid.ranks(2) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _seen(job: Ranks) -> None:
    """Every test of this module has the ranks open."""


CIRCUIT = real_amplitudes(3, reps=1)
OBSERVABLE = SparsePauliOp(["ZZI", "IXX", "YIY"], [0.5, -1.25, 0.3])
BOTH = [OBSERVABLE, SparsePauliOp("ZII")]
POINTS = np.linspace(-1.0, 2.0, 5 * 6).reshape(5, 6)
NOISE = NoiseModel(basis_gates=["rx", "ry", "rz", "cx"])
NOISE.add_all_qubit_quantum_error(depolarizing_error(0.01, 2), ["cx"])
NOISE.add_all_qubit_readout_error(ReadoutError([[0.9, 0.1], [0.2, 0.8]]))
NOISE.add_quantum_error(amplitude_damping_error(0.1), ["rx"], [0])
NOISY = Aer(noise_model=NOISE)
ADAM = Adam(learning_rate=0.1, max_iterations=3)
HYDROGEN = Molecule.from_fcidump("examples/data/h2.fcidump")
VQE = hybrid.VQE(CIRCUIT, OBSERVABLE)


def of_words() -> QuantumCircuit:
    first, second = ParameterVector("x", 2), Parameter("w")
    circuit = QuantumCircuit(2)
    circuit.rx(first[0], 0)
    circuit.ry(2.0 * first[1] + second, 1)
    circuit.cx(0, 1)
    circuit.rz(second**2, 1)
    return circuit


WORDS = of_words()


def measured() -> QuantumCircuit:
    circuit = QuantumCircuit(
        QuantumRegister(2, "q"), ClassicalRegister(1, "a"), ClassicalRegister(2, "b")
    )
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(1)
    circuit.measure([0, 1], [1, 2])
    return circuit


def final() -> QuantumCircuit:
    circuit = CIRCUIT.copy()
    circuit.measure_all()
    return circuit


def estimated(**settings: Any) -> list[Any]:
    pubs = [(CIRCUIT, [["ZZI"], [{"XIX": 0.5, "III": 1.0}]], POINTS[:3]), (QuantumCircuit(1), "Z")]
    result = hybrid.Estimator(**settings).run(pubs).result()
    return [[each.data.evs, each.data.stds, each.metadata["target_precision"]] for each in result]


def sampled(**settings: Any) -> list[Any]:
    pubs = [(final(), POINTS[:2]), (measured(),)]
    result = hybrid.Sampler(**settings).run(pubs, shots=50).result()
    return [{name: bits.get_bitstrings() for name, bits in each.data.items()} for each in result]


def supervised() -> Any:
    data = np.random.default_rng(1).normal(size=(12, 2))
    features = [each for each in WORDS.parameters if each.name.startswith("x")]
    labels = np.where(data[:, 0] > 0, "up", "down")
    task = hybrid.Supervised(WORDS, SparsePauliOp("ZI"), data, labels, features, loss="logistic")
    return hybrid.minimize(task, ADAM, seed=3)


def classified() -> Any:
    data = np.random.default_rng(1).normal(size=(10, 2))
    made = learn.Classifier(layers=1, max_iterations=2, random_state=1)
    return made.fit(data, data[:, 0] > 0).predict_proba(data)


def adapted() -> Any:
    problem = hybrid.AdaptVQE(HYDROGEN.hartree_fock(), HYDROGEN.pool(), HYDROGEN.hamiltonian())
    return hybrid.minimize(problem, seed=1)


def in_session() -> list[Any]:
    with hybrid.Session(seed=7, shots=30) as session:
        values = session.expectation(CIRCUIT, OBSERVABLE, POINTS)
        return [values, session.sample(CIRCUIT, POINTS[0])]


def gradients() -> list[Any]:
    gradient = hybrid.EstimatorGradient()
    some = [CIRCUIT.parameters[2], CIRCUIT.parameters[0]]
    observables, points = [OBSERVABLE, SparsePauliOp("ZZ")], [POINTS[0], [0.1, 0.2, 0.3]]
    found = gradient.run([CIRCUIT, WORDS], observables, points, [some, None]).result()
    return found.gradients


CASES: dict[str, Callable[[], Any]] = {
    "values": lambda: hybrid.expectation(CIRCUIT, OBSERVABLE, POINTS),
    "gradients": lambda: hybrid.expectation(CIRCUIT, BOTH, POINTS, gradient=True),
    "lists": lambda: hybrid.expectation(WORDS, SparsePauliOp("ZZ"), [[0, 0.5, 1]], gradient=True),
    "shots": lambda: hybrid.estimate(CIRCUIT, OBSERVABLE, POINTS, shots=100, seed=np.int64(7)),
    "aer": lambda: hybrid.estimate(CIRCUIT, OBSERVABLE, POINTS, simulator=NOISY, shots=50, seed=7),
    "variance": lambda: hybrid.estimate(CIRCUIT, BOTH, POINTS, variance=True),
    "one point": lambda: hybrid.sample(CIRCUIT, POINTS[0], 100, seed=3),
    "counts": lambda: hybrid.sample(CIRCUIT, POINTS, shots=100, simulator="aer", seed=3),
    "overlaps": lambda: hybrid.overlaps(CIRCUIT, POINTS, POINTS[:2], gradient=True),
    "other": lambda: hybrid.overlaps(CIRCUIT, POINTS, [[0.1] * 3], other_circuit=zz_feature_map(3)),
    "metric": lambda: hybrid.metric(WORDS, [[0.1, 0.2, 0.3]]),
    "probabilities": lambda: hybrid.probabilities(CIRCUIT, POINTS, range(2)),
    "amplitudes": lambda: hybrid.amplitudes(CIRCUIT, POINTS, ["000", 3]),
    "pull back": lambda: hybrid.pull_back(
        WORDS, [SparsePauliOp("ZZ")], [[0.1, 0.2, 0.3]], [[2.0]], inputs=[WORDS.parameters[2], 0]
    ),
    "state": lambda: hybrid.state(CIRCUIT, POINTS[0]),
    "minimize": lambda: hybrid.minimize(VQE, seed=7, max_iterations=4),
    "sampled run": lambda: hybrid.minimize(VQE, SPSA(max_iterations=3), shots=20, seed=7),
    "options": lambda: hybrid.minimize(
        VQE, "COBYLA", options={"rhobeg": 0.3}, x0=POINTS[0], seed=1
    ),
    "vqd": lambda: hybrid.minimize(
        hybrid.VQD(WORDS, SparsePauliOp(["ZZ", "XI"]), 2, starts=1), seed=7
    ),
    "qaoa": lambda: hybrid.minimize(hybrid.QAOA(SparsePauliOp(["ZZ", "ZI"]), depth=1), seed=7),
    "adapt": adapted,
    "supervised": supervised,
    "classifier": classified,
    "kernel": lambda: learn.kernel("zz", POINTS[:, :2]),
    "session": in_session,
    "estimator": estimated,
    "noisy estimator": lambda: estimated(default_precision=0.1, seed=5),
    "sampling estimator": lambda: estimated(default_precision=0.1, seed=5, simulator=NOISY),
    "sampler": lambda: sampled(seed=5),
    "derivatives": gradients,
    "tensors": lambda: hybrid.QGT().run([WORDS], [[0.1, 0.2, 0.3]]).result().qgts,
}


@pytest.mark.parametrize("name", CASES)
def test_the_bits_are_those_of_this_process(name: str, job: Ranks) -> None:
    sent = CASES[name]()
    assert _same(sent, _here(CASES[name]))
    assert _same(CASES[name](), sent)  # with circuits that the ranks hold


def test_unseeded_calls_draw_fresh_seeds() -> None:
    first, second = (hybrid.minimize(VQE, max_iterations=1) for _ in range(2))
    assert first.seed != second.seed


def test_changed_circuits_are_sent_again() -> None:
    circuit = CIRCUIT.copy()
    before = hybrid.expectation(circuit, OBSERVABLE, POINTS)
    circuit.x(0)
    after = hybrid.expectation(circuit, OBSERVABLE, POINTS)
    assert not np.array_equal(before, after)
    assert _same(after, _here(lambda: hybrid.expectation(circuit, OBSERVABLE, POINTS)))


def test_many_circuits() -> None:
    """More than the ranks hold, then the first again."""
    for turn in (*range(70), 0, 69):
        circuit = QuantumCircuit(1)
        circuit.ry(0.01 * turn, 0)
        assert hybrid.expectation(circuit, SparsePauliOp("Z"))[0] == pytest.approx(
            np.cos(0.01 * turn)
        )


def test_errors_are_those_of_this_process() -> None:
    for call, kind in (
        (lambda: hybrid.expectation(CIRCUIT, OBSERVABLE, [[1.0]]), ValueError),
        (lambda: hybrid.sample(CIRCUIT, POINTS), ValueError),
        (lambda: hybrid.minimize(VQE, "L-BFGS", options={"no": 1}), ValueError),
        (lambda: _of_the_root(), NoExactGradientError),
    ):
        with pytest.raises(kind) as sent:
            call()
        with pytest.raises(kind) as here:
            _here(call)
        assert type(sent.value) is type(here.value)
        assert str(sent.value) == str(here.value)
        assert sent.value.__cause__ is None
    assert hybrid.expectation(CIRCUIT, OBSERVABLE, POINTS).shape == (5,)  # the ranks go on


def _of_the_root() -> Any:
    circuit = QuantumCircuit(1)
    circuit.append(AnnotatedOperation(RXGate(Parameter("a")), PowerModifier(0.5)), [0])
    return hybrid.expectation(circuit, SparsePauliOp("Z"), [0.1])


class Seen:
    """An observer that makes calls of its own, and keeps what it sees."""

    def __init__(self, most: int = 1000) -> None:
        self.most = most
        self.seen: list[Any] = []

    def started(self, description: Any) -> None:
        self.seen.append((description.seed, hybrid.sample(CIRCUIT, POINTS[0], 40)))

    def progressed(self, progress: Any) -> str | None:
        drawn = hybrid.sample(CIRCUIT, POINTS[0], 40)
        self.seen.append((progress.value, progress.point, progress.gradient, drawn))
        return "seen enough" if len(self.seen) > self.most else None

    def finished(self, result: Any) -> None:
        self.seen.append((result.value, hybrid.sample(CIRCUIT, POINTS[0], 40)))


@pytest.mark.parametrize("most", [3, 1000])
def test_observers_run_here_and_see_the_same(most: int) -> None:
    sent, here = Seen(most), Seen(most)
    results = [hybrid.minimize(VQE, ADAM, seed=7, observer=sent)]
    results.append(_here(lambda: hybrid.minimize(VQE, ADAM, seed=7, observer=here)))
    assert _same(*results)
    assert _same(sent.seen, here.seen)
    assert len(sent.seen) > 3


def test_an_observer_that_raises() -> None:
    class Bad(Seen):
        def progressed(self, progress: Any) -> str | None:
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        hybrid.minimize(VQE, seed=7, observer=Bad())
    assert hybrid.minimize(VQE, ADAM, seed=7).iterations == 3


def test_journals_are_files_of_this_folder(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first = hybrid.minimize(VQE, ADAM, seed=7, journal="run.db")
    again = hybrid.minimize(VQE, ADAM, seed=7, journal="run.db")
    assert np.array_equal(first.x, again.x)
    assert hybrid.open_journal("run.db") is not None


class Mine(hybrid.Workload):
    num_parameters = 1

    def run(self, piece: Any, simulator: Any) -> float:
        return 0.0


class Uses(hybrid.VQE):
    """A workload that is almost one of ours."""


def with_a_loss() -> hybrid.Supervised:
    loss = lambda outputs, labels: (outputs, labels)  # noqa: E731
    return hybrid.Supervised(
        WORDS, SparsePauliOp("ZZ"), [0.1], [1.0], WORDS.parameters[1], loss=loss
    )


def of_a_generator() -> Any:
    sampler = hybrid.Sampler(seed=np.random.default_rng(1))
    return sampler.run([final().assign_parameters(POINTS[0])]).result()


def at(circuit: QuantumCircuit, points: Any, **settings: Any) -> Any:
    return hybrid.expectation(circuit, OBSERVABLE, points, **settings)


def pulled(cotangents: Any, **settings: Any) -> Any:
    return hybrid.pull_back(WORDS, SparsePauliOp("ZZ"), [[0.1, 0.2, 0.3]], cotangents, **settings)


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "map": (
        lambda: hybrid.map(abs, [1]),
        r"^map\(\): got a call while hybrid.ranks\(\) is open; its function is code",
    ),
    "two passes": (
        lambda: Differentiable(WORDS, features=["w"]).at(POINTS[:, :1], POINTS[0, :2]),
        r"^Differentiable\(\): got a call while hybrid.ranks\(\) is open; the states between",
    ),
    "function": (
        lambda: pulled(lambda values, which: values),
        r"^cotangents of pull_back\(\): got the function <lambda>, expected .* write a script",
    ),
    "workload": (
        lambda: hybrid.minimize(Mine()),
        r"^workload of minimize\(\): got an object of class tests\.notebook\.test_calls\.Mine",
    ),
    "subclass": (lambda: hybrid.minimize(Uses(CIRCUIT, OBSERVABLE)), r"class tests.*\.Uses"),
    "class": (lambda: hybrid.minimize(hybrid.VQE), "got the class VQE"),
    "loss": (lambda: hybrid.minimize(with_a_loss()), r"\['loss'\]: got the function <lambda>"),
    "estimator": (lambda: at(CIRCUIT, POINTS, simulator=hybrid.Estimator()), "^simulator of expec"),
    "generator": (of_a_generator, "^seed of Sampler.run"),
    "set": (lambda: hybrid.probabilities(CIRCUIT, POINTS, {0, 1}), "an object of class set"),
    "masked": (lambda: at(CIRCUIT, np.ma.masked_less(POINTS, 0)), "masked"),
    "foreign": (lambda: pulled([1.0], inputs=[Parameter("y")]), r"^inputs of .*\[0\]: got 'y'"),
    "long": (lambda: at(CIRCUIT, POINTS.astype(np.longdouble)), "an array of float128"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_travel_is_refused(name: str) -> None:
    call, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        call()
    assert hybrid.expectation(QuantumCircuit(1), SparsePauliOp("Z")).tolist() == [1.0]


def test_a_workload_whose_circuit_was_changed_afterwards_is_refused() -> None:
    circuit = CIRCUIT.copy()
    problem = hybrid.VQE(circuit, OBSERVABLE)
    circuit.x(0)
    with pytest.raises(ValueError, match="whose circuit has changed since it was made"):
        hybrid.minimize(problem, seed=1)
    assert hybrid.minimize(VQE, ADAM, seed=7).iterations == 3


def test_the_table_of_calls_is_whole() -> None:
    """Every public function is sent, refused with a reason, or runs here for a reason."""
    functions = {name for name in hybrid.__all__ if inspect.isfunction(getattr(hybrid, name))}
    tables = [set(calls.NAMES), set(calls.REFUSED), set(calls.HERE)]
    assert functions <= set.union(*tables)
    assert set(calls.NAMES) <= functions
    assert sum(map(len, tables)) == len(set.union(*tables))
    runs = {
        f"{name}.run"
        for name in hybrid.__all__
        if callable(getattr(getattr(hybrid, name), "run", None))
    }
    assert set(calls.METHODS) == runs - {"Workload.run", "Supervised.run"}


@pytest.mark.parametrize("name", [*calls.NAMES, *calls.METHODS])
def test_every_row_of_the_table_was_called(
    name: str, job: Ranks, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []
    monkeypatch.setattr(job, "call", lambda name, arguments: called.append(name) or 1 / 0)
    for case in CASES.values():
        with suppress(ZeroDivisionError):
            case()
        if name in called:
            return
    pytest.fail(f"no case calls {name}")


def _here(call: Callable[[], Any]) -> Any:
    """Make a call in this process while the ranks are open."""
    from hybrid.runtime.elsewhere import elsewhere, send_calls_to

    ranks = elsewhere()
    send_calls_to(None)
    try:
        return call()
    finally:
        send_calls_to(ranks)


_TIMES = ("wall_time", "core_seconds", "wall_times")


def _same(one: Any, other: Any) -> bool:
    """Return whether two results have the same types, shapes and bits, apart from times."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return (
            one.dtype == other.dtype
            and one.shape == other.shape
            and one.tobytes() == other.tobytes()
        )
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(_same(one[key], other[key]) for key in one)
    if hasattr(one, "__dataclass_fields__"):
        names = [name for name in one.__dataclass_fields__ if name not in _TIMES]
        return all(_same(getattr(one, name), getattr(other, name)) for name in names)
    return bool(one == other or (one != one and other != other))
