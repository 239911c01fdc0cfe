"""Values, gradients and standard errors of every simulator against dense linear algebra."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.circuit.library import CRYGate, PauliEvolutionGate, RXXGate
from qiskit.primitives import BackendEstimatorV2, StatevectorEstimator, StatevectorSampler
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, amplitude_damping_error, depolarizing_error

import hybrid
from hybrid.core.ask import Ask
from hybrid.core.errors import InputError, NoExactGradientError
from hybrid.programs import compile_observable, flatten
from hybrid.simulators import Aer, Native, Primitive
from hybrid.simulators.base import Estimation
from tests import oracle

NOISE = NoiseModel(basis_gates=["rx", "ry", "rz", "h", "sdg", "cx", "rxx", "cry"])
NOISE.add_all_qubit_quantum_error(amplitude_damping_error(0.08), ["rx", "ry", "rz"])
NOISE.add_all_qubit_quantum_error(depolarizing_error(0.05, 2), ["cx", "rxx", "cry"])


@dataclass(frozen=True)
class Case:
    """A simulator and its expected precision; noise is that of :data:`NOISE` or none."""

    make: Callable[[], Any]
    shots: int | None = None
    tolerance: float = 1e-10
    noisy: bool = False

    def right(self, circuit: QuantumCircuit, observable: SparsePauliOp, point: np.ndarray) -> float:
        if not self.noisy:
            return oracle.value(circuit, observable, point)
        bound = circuit.assign_parameters(point)
        return oracle.noisy_value(bound, observable, NOISE, "density_matrix")


CASES = {
    "native": Case(Native),
    "native, single": Case(lambda: Native("complex64"), tolerance=1e-5),
    "aer": Case(Aer),
    "aer, single": Case(lambda: Aer(precision="single"), tolerance=1e-5),
    "aer, density matrix": Case(lambda: Aer(method="density_matrix")),
    "aer, matrix product state": Case(lambda: Aer(method="matrix_product_state"), tolerance=1e-8),
    "aer, noise": Case(lambda: Aer(noise_model=NOISE), noisy=True),
    "aer, shots": Case(Aer, shots=3000),
    "aer, matrix product state, shots": Case(lambda: Aer(method="matrix_product_state"), shots=500),
    "aer, noise, shots": Case(lambda: Aer(noise_model=NOISE), shots=3000, noisy=True),
    "aer, trajectories": Case(
        lambda: Aer(method="statevector", noise_model=NOISE), shots=1000, noisy=True
    ),
    "estimator": Case(lambda: Primitive(StatevectorEstimator())),
    "estimator, backend": Case(
        lambda: Primitive(BackendEstimatorV2(backend=AerSimulator(seed_simulator=2))), shots=3000
    ),
    "device, aer": Case(AerSimulator, shots=3000),
    "device, routed": Case(
        lambda: GenericBackendV2(4, coupling_map=[[0, 1], [1, 2], [2, 3]], noise_info=False),
        shots=3000,
    ),
    "sampler": Case(StatevectorSampler, shots=3000),
}
EXACT = [name for name, case in CASES.items() if case.shots is None]
SEEDED = [name for name, case in CASES.items() if case.shots and "estimator" not in name]


def _circuit() -> QuantumCircuit:
    t = ParameterVector("t", 4)
    circuit = QuantumCircuit(3)
    circuit.ry(t[0], 0)
    circuit.rx(2 * t[1] - t[0], 1)
    circuit.cx(0, 1)
    circuit.append(RXXGate(t[2]), [1, 2])
    circuit.append(CRYGate(t[3], ctrl_state=1), [2, 0])
    circuit.rz(t[1], 0)
    circuit.ry(t[2] * t[3], 1)
    return circuit


CIRCUIT = _circuit()
# Diagonal, so that no noisy rotation precedes the measurements.
DIAGONAL = SparsePauliOp(["ZII", "IZZ", "IIZ", "III"], [1.0, -0.7, 0.4, 0.3])
MIXED = SparsePauliOp(["ZXI", "IYZ", "XXX", "IIZ", "III"], [1.0, -0.7, 0.4, 0.9, 0.3])
POINTS = np.random.default_rng(7).uniform(-1.5, 1.5, (3, 4))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("observable", [DIAGONAL, MIXED], ids=["diagonal", "mixed"])
def test_values(name: str, observable: SparsePauliOp) -> None:
    case = CASES[name]
    if case.noisy and case.shots and observable is MIXED:
        pytest.skip("rotations before measurements have noise: tests/fuzz/noise.py")
    told = hybrid.estimate(
        CIRCUIT, observable, POINTS, simulator=case.make(), shots=case.shots, seed=11
    )
    right = [case.right(CIRCUIT, observable, point) for point in POINTS]
    if case.shots is None:
        assert told.standard_errors is None
        assert told.values == pytest.approx(right, abs=case.tolerance)
    else:
        assert np.all(np.abs(told.values - right) < 6 * told.standard_errors)
        assert np.all(told.standard_errors < 2.5 * 3.3 / np.sqrt(case.shots))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("rule", ["exact", "finite-difference"])
def test_gradients(name: str, rule: str) -> None:
    case = CASES[name]
    _, found = hybrid.expectation(
        CIRCUIT,
        DIAGONAL,
        POINTS[:1],
        gradient=rule,
        simulator=case.make(),
        shots=case.shots,
        seed=3,
    )
    step = 1e-4
    right = [
        (
            case.right(CIRCUIT, DIAGONAL, POINTS[0] + step * unit)
            - case.right(CIRCUIT, DIAGONAL, POINTS[0] - step * unit)
        )
        / (2 * step)
        for unit in np.eye(4)
    ]
    if case.shots is not None:
        wide = 12 * 2.4 / np.sqrt(case.shots) * (5 if rule == "finite-difference" else 1)
    elif "single" in name:
        wide = 1e-4 if rule == "exact" else 0.2
    else:
        wide = 1e-6
    assert found[0] == pytest.approx(right, abs=wide)


@pytest.mark.parametrize("name", SEEDED)
def test_standard_errors_are_the_scatter_of_repeated_runs(name: str) -> None:
    case = CASES[name]
    repeats = 120
    points = np.repeat(POINTS[:1], repeats, axis=0)
    shots = 20 if "trajectories" in name else 100
    told = hybrid.estimate(
        CIRCUIT, DIAGONAL + MIXED, points, simulator=case.make(), shots=shots, seed=21
    )
    assert len(set(told.values.tolist())) > 10  # shots differ between evaluations
    scatter = np.std(told.values, ddof=1)
    typical = np.sqrt(np.mean(told.standard_errors**2))
    # The scatter of 120 runs is known to 1 / sqrt(2 * 120), or 6.5 %.
    assert scatter == pytest.approx(typical, rel=0.3)


def test_the_same_seed_gives_the_same_shots() -> None:
    first, again, other = (
        hybrid.expectation(CIRCUIT, MIXED, POINTS, shots=50, seed=seed) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("flips", [(0.1, 0.1), (0.05, 0.3)])
def test_errors_of_the_readout(flips: tuple[float, float]) -> None:
    up, down = flips
    model = NoiseModel()
    model.add_all_qubit_readout_error(ReadoutError([[1 - up, up], [down, 1 - down]]))
    circuit = QuantumCircuit(2)
    circuit.ry(Parameter("t"), 0)
    observable = SparsePauliOp("IZ")
    aer = Aer(noise_model=model)
    with pytest.raises(InputError, match="shots"):
        hybrid.expectation(circuit, observable, [[0.8]], simulator=aer)
    found = hybrid.expectation(circuit, observable, [[0.8]], simulator=aer, shots=40_000, seed=6)
    mean = np.cos(0.8)
    right = (1 + mean) / 2 * (1 - 2 * up) - (1 - mean) / 2 * (1 - 2 * down)
    assert found[0] == pytest.approx(right, abs=6 / np.sqrt(40_000))


def test_errors_of_the_readout_of_one_qubit() -> None:
    model = NoiseModel()
    model.add_readout_error(ReadoutError([[0.8, 0.2], [0.2, 0.8]]), [1])
    found = hybrid.expectation(
        QuantumCircuit(2),
        SparsePauliOp(["IZ", "ZI"], [1.0, 10.0]),
        [[]],
        simulator=Aer(noise_model=model),
        shots=20_000,
        seed=6,
    )
    assert found[0] == pytest.approx(1.0 + 6.0, abs=60 / np.sqrt(20_000))


@pytest.mark.parametrize("name", EXACT)
def test_gradients_of_evolutions(name: str) -> None:
    case = CASES[name]
    if case.noisy:
        pytest.skip("the oracle with noise takes no evolutions apart")
    t = ParameterVector("t", 2)
    circuit = QuantumCircuit(3)
    circuit.h(range(3))
    # Spectra with incommensurate frequencies, and more of them than a single rule has.
    weights = [0.3, 0.71, 1.13, 0.27, 0.59, 0.83, 0.37]
    strings = ["ZII", "IZI", "IIZ", "ZZI", "IZZ", "ZIZ", "ZZZ"]
    circuit.append(PauliEvolutionGate(SparsePauliOp(strings, weights), t[0]), range(3))
    circuit.append(PauliEvolutionGate(SparsePauliOp(["XXI", "YYI"], [0.5, 0.5]), t[1]), range(3))
    observable = SparsePauliOp(["XII", "YZI", "IXX"], [1.0, 0.5, -0.3])
    point = np.array([0.4, -0.9])
    _, found = hybrid.expectation(circuit, observable, point, gradient=True, simulator=case.make())
    right = oracle.gradient(circuit, observable, point)
    assert found[0] == pytest.approx(right, abs=1e-4 if "single" in name else 1e-7)


@pytest.mark.parametrize("name", CASES)
def test_gradients_without_parameters_are_empty(name: str) -> None:
    case = CASES[name]
    circuit = QuantumCircuit(1)
    circuit.h(0)
    values, gradients = hybrid.expectation(
        circuit,
        SparsePauliOp("X"),
        [[]],
        gradient=True,
        simulator=case.make(),
        shots=case.shots,
        seed=1,
    )
    assert values[0] == pytest.approx(1.0, abs=1e-6)
    assert gradients.shape == (1, 0)


@pytest.mark.parametrize("name", ["aer", "aer, shots", "aer, noise", "estimator"])
def test_gradients_without_an_exact_rule_are_refused(name: str) -> None:
    case = CASES[name]
    circuit = QuantumCircuit(1)
    circuit.ry(Parameter("t").sign() * 0.3, 0)
    arguments = {"simulator": case.make(), "shots": case.shots, "seed": 1}
    hybrid.expectation(circuit, SparsePauliOp("Z"), [[0.5]], **arguments)
    with pytest.raises(NoExactGradientError):
        hybrid.expectation(circuit, SparsePauliOp("Z"), [[0.5]], gradient=True, **arguments)


@pytest.mark.parametrize("name", EXACT)
def test_pieces_together_are_the_answer_whatever_their_order(name: str) -> None:
    case = CASES[name]
    estimation = Estimation(flatten(CIRCUIT), (compile_observable(MIXED, 3),))
    evaluation = case.make().prepare(estimation)
    ask = Ask(POINTS, gradient=True)
    pieces = evaluation.pieces(ask)
    partials = {
        piece.index: evaluation.run(ask, piece, seed=piece.index, threads=1)
        for piece in reversed(pieces)
    }
    told = evaluation.combine(ask, [partials[piece.index] for piece in pieces])
    whole = evaluation.answer(ask, seed=0, threads=1)
    assert np.array_equal(told.values, whole.values)
    assert np.array_equal(told.gradients, whole.gradients)
    assert evaluation.memory_bytes(ask) >= 0
