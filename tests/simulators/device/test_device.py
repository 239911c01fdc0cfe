"""Qiskit backends and samplers as simulators: layouts, noise, seeds, and what is refused."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import ParameterVector
from qiskit.exceptions import QiskitError
from qiskit.primitives import BackendEstimatorV2, BackendSamplerV2, StatevectorSampler
from qiskit.providers import BackendV2, Options
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import SparsePauliOp, Statevector
from qiskit.transpiler import Target
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error
from qiskit_aer.primitives import SamplerV2 as AerSampler

import hybrid
from hybrid.core.ask import Ask
from hybrid.core.errors import HybridError, InputError
from hybrid.programs import compile_observable, flatten
from hybrid.settings import build, load, minimize_arguments
from hybrid.simulators import Device, Estimation, content_of
from hybrid.simulators.device.compiled import Compiler
from hybrid.simulators.device.sources import BackendSource
from tests import oracle

T = ParameterVector("t", 3)
CIRCUIT = QuantumCircuit(3)
CIRCUIT.ry(T[0], 0)
CIRCUIT.rx(T[1], 1)
CIRCUIT.cx(0, 2)
CIRCUIT.cry(T[2], 2, 1)
CIRCUIT.ry(0.4, 2)
OBSERVABLE = SparsePauliOp(["ZXI", "IYZ", "XXX", "IIZ", "III"], [1.0, -0.7, 0.4, 0.9, 0.3])
POINTS = np.random.default_rng(7).uniform(-1.5, 1.5, (3, 3))
LINE = [[a, b] for k in range(4) for a, b in ((k, k + 1), (k + 1, k))]


def line(**settings: Any) -> GenericBackendV2:
    """Five qubits in a row, so circuits are routed and their qubits permuted."""
    return GenericBackendV2(5, coupling_map=LINE, seed=1, **settings)


class Few(GenericBackendV2):
    """Takes two circuits at a time."""

    @property
    def max_circuits(self) -> int:
        return 2


class Wide(AerSimulator):
    """Does not look at the memory of the machine."""

    @property
    def num_qubits(self) -> int:
        return 60


class Foreign(BackendV2):
    """A device without a seed and without options; it fails where it is told to."""

    def __init__(self, failure: Exception | None = None) -> None:
        super().__init__(name="foreign")
        self._target = Target.from_configuration(["rz", "sx", "cz"], num_qubits=3)
        self.failure = failure

    @property
    def target(self) -> Target:
        return self._target

    @property
    def max_circuits(self) -> None:
        return None

    @classmethod
    def _default_options(cls) -> Options:
        return Options()

    def run(self, run_input: list[QuantumCircuit], **options: Any) -> Any:
        assert set(options) == {"shots"}
        if self.failure is not None:
            raise self.failure
        for circuit in run_input:
            assert {each.name for each in circuit.data} <= {"rz", "sx", "cz", "measure"}
        return AerSimulator().run(run_input, **options)


KINDS = {
    "aer": AerSimulator,
    "line": lambda: line(noise_info=False),
    "few circuits": lambda: Few(5, coupling_map=LINE, seed=1, noise_info=False),
    "foreign": Foreign,
    "state vector sampler": StatevectorSampler,
    "aer's sampler": lambda: AerSampler(seed=4),
    "backend sampler": lambda: BackendSamplerV2(backend=line(noise_info=False)),
}
SEEDED = ["aer", "line", "few circuits", "state vector sampler", "backend sampler"]


@pytest.mark.parametrize("kind", KINDS)
def test_values_and_gradients(kind: str) -> None:
    told = hybrid.estimate(
        CIRCUIT, OBSERVABLE, POINTS, gradient=True, simulator=KINDS[kind](), shots=2000, seed=5
    )
    right = [oracle.value(CIRCUIT, OBSERVABLE, point) for point in POINTS]
    assert np.all(np.abs(told.values - right) < 5 * told.standard_errors)
    assert np.all(told.standard_errors < 3.3 / np.sqrt(2000))
    slopes = [oracle.gradient(CIRCUIT, OBSERVABLE, point) for point in POINTS]
    assert told.gradients == pytest.approx(np.array(slopes), abs=0.3)


@pytest.mark.parametrize("kind", KINDS)
def test_counts_have_qubit_0_last(kind: str) -> None:
    counts = hybrid.sample(CIRCUIT, POINTS[:2], shots=3000, simulator=KINDS[kind](), seed=5)
    for point, found in zip(POINTS, counts, strict=False):
        chances = Statevector(CIRCUIT.assign_parameters(point)).probabilities_dict()
        assert sum(found.values()) == 3000
        for label, chance in chances.items():
            spread = np.sqrt(3000 * chance * (1 - chance)) + 1
            assert abs(found.get(label, 0) - 3000 * chance) < 5 * spread


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_gives_the_same_bits_where_the_source_takes_one(kind: str) -> None:
    def values(seed: int, threads: int) -> list[float]:
        return hybrid.expectation(
            CIRCUIT, OBSERVABLE, POINTS, simulator=KINDS[kind](), shots=200, seed=seed,
            threads=threads,
        ).tolist()  # fmt: skip

    evaluation = _evaluation(KINDS[kind]())
    assert evaluation.reproducible == (kind in SEEDED)
    if kind in SEEDED:
        assert values(3, 1) == values(3, 2) != values(4, 1)


@pytest.mark.parametrize("kind", SEEDED)
def test_evaluations_of_one_piece_draw_independently(kind: str) -> None:
    points = np.repeat(POINTS[:1], 60, axis=0)
    told = hybrid.estimate(CIRCUIT, OBSERVABLE, points, simulator=KINDS[kind](), shots=100, seed=2)
    scatter, typical = np.std(told.values, ddof=1), np.sqrt(np.mean(told.standard_errors**2))
    assert scatter == pytest.approx(typical, rel=0.45)  # known to 9 %


def test_noise_is_that_of_the_device() -> None:
    noise = NoiseModel(basis_gates=["rz", "sx", "cx"])
    noise.add_all_qubit_quantum_error(depolarizing_error(0.1, 2), ["cx"])
    noise.add_all_qubit_quantum_error(depolarizing_error(0.02, 1), ["sx"])
    noise.add_all_qubit_readout_error(ReadoutError([[0.95, 0.05], [0.1, 0.9]]))
    device = AerSimulator(noise_model=noise, coupling_map=LINE, seed_simulator=9)
    told = hybrid.estimate(CIRCUIT, OBSERVABLE, POINTS, simulator=device, shots=20_000, seed=5)
    compiled = transpile(CIRCUIT, device, optimization_level=1, seed_transpiler=0)
    mapped = OBSERVABLE.apply_layout(compiled.layout)
    theirs = BackendEstimatorV2(backend=device).run(
        [(compiled, mapped, POINTS)], precision=1 / np.sqrt(20_000)
    )
    values, errors = theirs.result()[0].data.evs, theirs.result()[0].data.stds
    ideal = [oracle.value(CIRCUIT, OBSERVABLE, point) for point in POINTS]
    both = np.hypot(told.standard_errors, errors)
    assert np.all(np.abs(told.values - values) < 6 * both)
    assert np.max(np.abs(told.values - ideal)) > 10 * np.max(both)


def test_a_circuit_that_was_transpiled_for_the_device_stays_where_it_is() -> None:
    device = line(noise_info=False)
    circuit = transpile(CIRCUIT, device, initial_layout=[4, 2, 3], seed_transpiler=3)
    mapped = OBSERVABLE.apply_layout(circuit.layout)
    told = hybrid.estimate(circuit, mapped, POINTS, simulator=device, shots=3000, seed=1)
    right = [oracle.value(CIRCUIT, OBSERVABLE, point) for point in POINTS]
    assert np.all(np.abs(told.values - right) < 5 * told.standard_errors)


def test_a_circuit_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    compiled = Compiler.compiled
    monkeypatch.setattr(Compiler, "compiled", lambda *given: seen.append(1) or compiled(*given))
    device = line(noise_info=False)
    problem = hybrid.VQE(CIRCUIT, OBSERVABLE)
    hybrid.minimize(problem, "SPSA", simulator=device, shots=50, seed=1, max_iterations=3)
    hybrid.expectation(CIRCUIT, OBSERVABLE, POINTS, simulator=device, shots=50)
    assert 1 <= len(seen) <= 2  # the call and the workload are compiled apart


def test_a_recorded_run_resumes_to_the_same_bits(tmp_path: Path) -> None:
    problem = hybrid.VQE(CIRCUIT, OBSERVABLE)
    settings = {"simulator": line(), "shots": 100, "seed": 3, "max_iterations": 4}
    whole = hybrid.minimize(problem, "SPSA", **settings)
    path = tmp_path / "run.db"

    class Cut:
        def started(self, description: object) -> None: ...

        def progressed(self, progress: Any) -> str | None:
            return "enough" if progress.evaluations > 4 else None

        def finished(self, result: object) -> None: ...

    hybrid.minimize(problem, "SPSA", journal=path, observer=Cut(), **settings)
    resumed = hybrid.minimize(problem, "SPSA", journal=path, **settings)
    assert resumed.x.tolist() == whole.x.tolist()
    other = {**settings, "simulator": line(noise_info=False)}
    with pytest.raises(InputError, match="records another run"):
        hybrid.minimize(problem, "SPSA", journal=path, **other)


def test_devices_are_compared_by_their_errors_and_settings() -> None:
    assert content_of(line()) == content_of(line())
    different = [
        line(), line(noise_info=False), GenericBackendV2(5, seed=2), GenericBackendV2(4, seed=1),
        AerSimulator(), AerSimulator(method="density_matrix"), StatevectorSampler(),
        AerSimulator(noise_model=NoiseModel.from_backend(line())),
        BackendSamplerV2(backend=line(), options={"run_options": {"method": "statevector"}}),
        Device(line(), optimization_level=2), Device(line(), batch=3),
    ]  # fmt: skip
    assert len({content_of(each) for each in different}) == len(different)


def _evaluation(source: Any, **settings: Any) -> Any:
    observable = compile_observable(OBSERVABLE, 3)
    device = Device(source, **settings)
    return device.prepare(Estimation(flatten(CIRCUIT), (observable,), shots=100))


def test_pieces() -> None:
    ask = Ask(POINTS, gradient=True)
    chosen, batched = _evaluation(line()), _evaluation(line(), batch=7)
    groups = len(chosen.groups)
    circuits = chosen.expansion.count(ask) * groups
    assert sum(len(piece) for piece in chosen.pieces(ask)) == circuits
    assert [len(piece) for piece in batched.pieces(ask)][:-1] == [7] * (-(-circuits // 7) - 1)
    assert chosen.work(ask, chosen.pieces(ask)[0]) is None


REFUSED = [
    ({}, "pass shots, such as shots=4096"),
    ({"simulator": GenericBackendV2(2, seed=1), "shots": 10}, "2 qubits, the circuit 3"),
    ({"simulator": Device(), "shots": 10}, "it needs a backend: 'generic_5'"),
]


@pytest.mark.parametrize(("changes", "message"), REFUSED, ids=[m for _, m in REFUSED])
def test_what_a_device_does_not_support(changes: dict[str, Any], message: str) -> None:
    arguments = {"simulator": line(), **changes}
    with pytest.raises(InputError) as caught:
        hybrid.expectation(CIRCUIT, OBSERVABLE, POINTS, **arguments)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"backend": 3}, "got int, expected a qiskit BackendV2 or BaseSamplerV2, or a name"),
        ({"backend": "manila"}, "got 'manila', expected 'generic_5'"),
        ({"backend": line(), "optimization_level": 4}, "optimization_level: got 4"),
        ({"backend": line(), "batch": 0}, "batch: got 0, expected a positive integer"),
    ],
)
def test_settings_that_are_not_valid(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Device(**settings)


@pytest.mark.parametrize("make", [StatevectorSampler, lambda: Wide(method="density_matrix")])
def test_states_that_do_not_fit_are_refused_before_anything_runs(make: Any) -> None:
    circuit = QuantumCircuit(45)
    with pytest.raises(InputError, match="45 qubits that needs"):
        hybrid.expectation(circuit, SparsePauliOp("Z" * 45), [], simulator=make(), shots=10)
    with pytest.raises(InputError, match="45 qubits that needs"):
        hybrid.sample(circuit, shots=10, simulator=make())


def test_variances_and_states_are_refused() -> None:
    with pytest.raises(InputError, match="got variances"):
        hybrid.estimate(CIRCUIT, OBSERVABLE, POINTS, variance=True, simulator=line(), shots=9)
    with hybrid.Session(simulator=line()) as session, pytest.raises(InputError, match="samples"):
        session.overlaps(CIRCUIT, POINTS)


@pytest.mark.parametrize("failure", [QiskitError("queue closed"), RuntimeError("queue closed")])
def test_a_device_that_fails_is_named(failure: Exception) -> None:
    with pytest.raises(HybridError, match=r"foreign failed: .*queue closed"):
        hybrid.expectation(CIRCUIT, OBSERVABLE, POINTS, simulator=Foreign(failure), shots=10)


def test_options_of_a_run_go_to_the_backend() -> None:
    class Told(AerSimulator):
        def run(self, circuits: Any, **options: Any) -> Any:
            seen.append(options)
            return super().run(circuits, **options)

    seen: list[dict[str, Any]] = []
    options = {"fusion_enable": False, "seed_simulator": 5, "shots": 3}
    sampler = BackendSamplerV2(backend=Told(), options={"run_options": options})
    hybrid.expectation(CIRCUIT, OBSERVABLE, POINTS[0], simulator=sampler, shots=10, threads=1)
    assert seen[0]["fusion_enable"] is False
    assert seen[0]["shots"] == 10
    assert 0 <= seen[0]["seed_simulator"] < 2**31
    assert seen[0]["seed_simulator"] != 5


def test_a_run_file_names_a_device(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    terms = json.dumps([["ZZ", 1.0], ["XI", 0.5]])
    text = f"""
[problem]
kind = "pauli"
terms = {terms}
[ansatz]
kind = "hardware_efficient"
layers = 1
[optimizer]
name = "SPSA"
max_iterations = 2
[simulator]
name = "device"
shots = 100
[simulator.options]
backend = "generic_3"
"""
    path.write_text(text)
    run_file = load(path)
    chosen = minimize_arguments(run_file)["simulator"]
    assert content_of(chosen) == content_of(Device(GenericBackendV2(3, seed=0)))
    result = hybrid.minimize(build(run_file).workload, **minimize_arguments(run_file))
    assert result.evaluations > 0
    path.write_text(text.replace("generic_3", "manila"))
    with pytest.raises(InputError, match="got 'manila', expected 'generic_5'"):
        load(path)


def test_fake_devices_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("qiskit_ibm_runtime")
    told = hybrid.estimate(
        CIRCUIT, OBSERVABLE, POINTS, simulator=Device("fake_manila"), shots=2000, seed=1
    )
    right = [oracle.value(CIRCUIT, OBSERVABLE, point) for point in POINTS]
    assert told.values == pytest.approx(right, abs=0.4)
    assert np.max(np.abs(told.values - right)) > 3 * np.max(told.standard_errors)  # it has noise
    with pytest.raises(InputError, match=r"got 'fake_manilla'.*did you mean 'fake_manila'"):
        Device("fake_manilla")


@pytest.mark.parametrize("kind", ["SamplerV2", "EstimatorV2"])
def test_primitives_whose_backend_is_a_method(kind: str) -> None:
    runtime = pytest.importorskip("qiskit_ibm_runtime")
    primitive = getattr(runtime, kind)(mode=Device("fake_manila").backend)
    told = hybrid.estimate(CIRCUIT, OBSERVABLE, POINTS, simulator=primitive, shots=2000, seed=1)
    right = [oracle.value(CIRCUIT, OBSERVABLE, point) for point in POINTS]
    assert told.values == pytest.approx(right, abs=0.4)


def test_fake_devices_that_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "qiskit_ibm_runtime.fake_provider", None)
    monkeypatch.setitem(sys.modules, "qiskit_ibm_runtime", None)
    with pytest.raises(InputError, match=r"pip install 'hybrid-hpc-quantum\[ibm\]'"):
        Device("fake_manila")


def test_auto_never_chooses_a_device() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert hybrid.expectation(CIRCUIT, OBSERVABLE, POINTS, shots=10).shape == (3,)
    assert isinstance(BackendSource(line()).title, str)
