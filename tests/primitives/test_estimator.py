"""The estimator answers as Qiskit's own does, with the same shapes, noise and errors."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import real_amplitudes
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparseObservable, SparsePauliOp, Statevector

import hybrid
from hybrid.core.errors import HybridError, InputError
from hybrid.runtime import World
from hybrid.runtime.world import use
from hybrid.simulators import Aer, Native

CIRCUIT = real_amplitudes(3, reps=1)
RNG = np.random.default_rng(5)
MANY = SparsePauliOp(["ZZI", "IXY", "III"], [0.5, -1.5, 0.25])
PUBS = {
    "one": (CIRCUIT, "ZIZ", RNG.normal(size=6)),
    "observables": (CIRCUIT, ["ZIZ", MANY, {"XXX": 2.0, "ZII": -1.0}], RNG.normal(size=6)),
    "points": (CIRCUIT, MANY, RNG.normal(size=(2, 3, 6))),
    "outer": (CIRCUIT, [["ZIZ"], [MANY]], RNG.normal(size=(4, 6))),
    "elementwise": (CIRCUIT, ["ZII", "IZI", "ZII"], RNG.normal(size=(3, 6))),
    "by name": (CIRCUIT, "ZIZ", {p.name: RNG.normal() for p in CIRCUIT.parameters}),
    "bound": (CIRCUIT.assign_parameters(RNG.normal(size=6)), ["ZIZ", MANY]),
}


@pytest.mark.parametrize("name", PUBS)
@pytest.mark.parametrize("precision", [0.0, 0.05])
def test_values_are_those_of_qiskit(name: str, precision: float) -> None:
    theirs = StatevectorEstimator(seed=3).run([PUBS[name]], precision=precision).result()[0]
    ours = hybrid.Estimator(seed=3).run([PUBS[name]], precision=precision).result()[0]
    np.testing.assert_allclose(ours.data.evs, theirs.data.evs, atol=1e-12)
    assert ours.data.evs.shape == theirs.data.evs.shape == ours.data.stds.shape
    assert ours.metadata == theirs.metadata


def test_all_pubs_in_one_run_and_a_generator_that_goes_on() -> None:
    pubs = list(PUBS.values())
    theirs = StatevectorEstimator(seed=np.random.default_rng(1)).run(pubs, precision=0.1).result()
    ours = hybrid.Estimator(seed=np.random.default_rng(1)).run(pubs, precision=0.1).result()
    for a, b in zip(theirs, ours, strict=True):
        np.testing.assert_allclose(a.data.evs, b.data.evs, atol=1e-12)
    assert ours.metadata == theirs.metadata


def test_projectors_are_observables_too() -> None:
    circuit = QuantumCircuit(2)
    circuit.ry(0.7, 0)
    circuit.cx(0, 1)
    projector = SparseObservable.from_list([("1I", 1.0), ("+-", 0.5)])
    value = hybrid.Estimator().run([(circuit, projector)]).result()[0].data.evs
    state = np.asarray(Statevector(circuit))
    one, plus = np.diag([0.0, 1.0]), np.full((2, 2), 0.5)
    minus = np.array([[0.5, -0.5], [-0.5, 0.5]])
    matrix = np.kron(one, np.eye(2)) + 0.5 * np.kron(plus, minus)
    assert value == pytest.approx(np.real(state.conj() @ matrix @ state))


def test_shots_scatter_as_their_standard_errors_say() -> None:
    circuit = QuantumCircuit(1)
    circuit.ry(1.1, 0)
    runs = [
        hybrid.Estimator(simulator=Aer(), seed=seed).run([(circuit, "Z")], precision=0.05).result()
        for seed in range(60)
    ]
    values = np.array([float(run[0].data.evs) for run in runs])
    errors = np.array([float(run[0].data.stds) for run in runs])
    assert abs(values.mean() - np.cos(1.1)) < 5 * errors.mean() / np.sqrt(60)
    assert 0.6 < values.std() / errors.mean() < 1.5


def test_a_subclass_may_call_run_of_its_parent() -> None:
    class Noted(hybrid.Estimator):
        seen = 0

        def _run(self, pubs):
            self.seen += len(pubs)
            return super()._run(pubs)

    estimator = Noted(default_precision=0.0)
    job = estimator.run([(CIRCUIT.assign_parameters(np.zeros(6)), "ZZZ")])
    assert job.result()[0].data.evs == pytest.approx(1.0)
    assert job.done()
    assert not job.cancel()
    assert estimator.seen == 1


def test_nothing_asked_is_nothing_answered() -> None:
    assert len(hybrid.Estimator().run([]).result()) == 0


@pytest.mark.parametrize(
    "pub",
    [
        (CIRCUIT, "ZZ", np.zeros(6)),
        (CIRCUIT, "ZZZ", np.zeros(5)),
        (CIRCUIT, "ZZZ"),
        (CIRCUIT, ["ZZZ", "XXX"], np.zeros((3, 6))),
    ],
    ids=["width", "count", "unbound", "shapes"],
)
def test_pubs_that_do_not_fit_are_refused_at_once(pub) -> None:
    with pytest.raises(ValueError, match=r"."):
        hybrid.Estimator().run([pub])


def test_bad_settings_are_refused() -> None:
    with pytest.raises(InputError, match="precision"):
        hybrid.Estimator(default_precision=-1.0)
    with pytest.raises(InputError, match="shards"):
        hybrid.Estimator(shards=3)
    with pytest.raises(InputError, match="seed"):
        hybrid.Estimator(seed=-4).run([PUBS["bound"]], precision=0.1).result()


def test_observables_at_the_same_points_share_their_states(monkeypatch) -> None:
    asked = []
    prepare = Native.prepare
    monkeypatch.setattr(
        Native, "prepare", lambda self, e: asked.append(len(e.observables)) or prepare(self, e)
    )
    circuit = real_amplitudes(2, reps=2)  # compiled nowhere else
    pub = (circuit, [["ZI"], ["XX"], ["ZI"]], RNG.normal(size=(3, 6)))
    shared = hybrid.Estimator().run([pub]).result()[0].data.evs
    assert asked == [2]
    apart = [
        hybrid.Estimator().run([(circuit, name, pub[2])]).result()[0].data.evs
        for name in ("ZI", "XX", "ZI")
    ]
    assert shared.tobytes() == np.array(apart).tobytes()


@pytest.mark.ranks
def test_states_may_be_shared_by_ranks(job: World, alone: World) -> None:
    circuit = real_amplitudes(14, reps=1)
    pubs = [(circuit, ["Z" * 14, "X" * 14], np.ones((2, 1, 28)))]
    if job.size == 1:
        with pytest.raises(InputError, match="shards"):
            hybrid.Estimator(shards=2).run(pubs).result()
        return
    shared = hybrid.Estimator(shards=2).run(pubs).result()[0].data.evs
    with use(alone):
        assert hybrid.Estimator().run(pubs).result()[0].data.evs.tobytes() == shared.tobytes()


@pytest.mark.ranks
def test_what_one_rank_refuses_all_refuse(job: World) -> None:
    """Whether Qiskit refuses it at once, or this package when it compiles."""
    last = job.rank == job.size - 1
    observable = "ZZ" if last else "ZZZ"
    with pytest.raises((ValueError, HybridError)):
        hybrid.Estimator().run([(CIRCUIT, observable, np.zeros(6))])
    measured = QuantumCircuit(1, 1)
    measured.h(0)
    if last:
        measured.measure(0, 0)
    with pytest.raises(HybridError):
        hybrid.Estimator().run([(measured, "Z")]).result()


@pytest.mark.ranks
def test_all_ranks_get_the_bits_of_one(alone: World) -> None:
    def everything() -> list[bytes]:
        pubs = list(PUBS.values())
        exact = hybrid.Estimator(seed=2).run(pubs, precision=0.01).result()
        shots = hybrid.Estimator(seed=2, simulator="aer").run(pubs[:2], precision=0.05).result()
        return [each.data.evs.tobytes() for each in [*exact, *shots]]

    together = everything()
    with use(alone):
        assert everything() == together
