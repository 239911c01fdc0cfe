"""Every call honours its simulator, shots and noise, or refuses them.

For each pair of call and setting, the value or distribution of the result shows that the setting
was honoured, or the call raises an InputError.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

import hybrid
import hybrid.collective.call
from hybrid.core.ask import Ask
from hybrid.core.errors import InputError, PieceError
from hybrid.programs import flatten
from hybrid.runtime import World
from hybrid.simulators import Aer, Native, Primitive

T = Parameter("t")
FLIP = QuantumCircuit(1)
FLIP.rx(T, 0)
POINT = [np.pi]
Z = SparsePauliOp("Z")
SHOTS = 4000

GATES = NoiseModel()
GATES.add_all_qubit_quantum_error(depolarizing_error(0.5, 1), ["rx"])
EVERYTHING = NoiseModel()
EVERYTHING.add_all_qubit_quantum_error(depolarizing_error(0.5, 1), ["rx"])
EVERYTHING.add_all_qubit_readout_error(ReadoutError([[0.7, 0.3], [0.3, 0.7]]))


@dataclass(frozen=True)
class Setting:
    """A simulator with or without shots, and <Z> of a flipped qubit under it."""

    simulator: Any
    shots: int | None
    mean: float

    def matches(self, found: float, shots: int | None) -> bool:
        wide = 1e-9 if shots is None else 6.0 / np.sqrt(shots)
        return abs(found - self.mean) < wide


SETTINGS = {
    "auto": Setting("auto", None, -1.0),
    "auto, shots": Setting("auto", SHOTS, -1.0),
    "native": Setting("native", None, -1.0),
    "native, shots": Setting(Native(), SHOTS, -1.0),
    "aer": Setting("aer", None, -1.0),
    "aer, shots": Setting("aer", SHOTS, -1.0),
    "noisy gates": Setting(Aer(noise_model=GATES), None, -0.5),
    "noisy gates, shots": Setting(Aer(noise_model=GATES), SHOTS, -0.5),
    "all noise": Setting(Aer(noise_model=EVERYTHING), None, -0.2),
    "all noise, shots": Setting(Aer(noise_model=EVERYTHING), SHOTS, -0.2),
    "stabilizer": Setting(Aer(method="stabilizer"), SHOTS, -1.0),
    "estimator": Setting(StatevectorEstimator(), None, -1.0),
    "estimator, shots": Setting(Primitive(StatevectorEstimator(seed=1)), SHOTS, -1.0),
}


def _mean(counts: dict[str, int]) -> float:
    return (counts.get("0", 0) - counts.get("1", 0)) / sum(counts.values())


def _session(setting: Setting) -> hybrid.Session:
    return hybrid.Session(simulator=setting.simulator, shots=setting.shots, seed=5)


def _minimum(setting: Setting) -> float:
    result = hybrid.minimize(
        hybrid.VQE(FLIP, Z),
        "spsa",
        x0=POINT,
        max_iterations=1,
        simulator=setting.simulator,
        shots=setting.shots,
        seed=5,
        options={"learning_rate": 1e-9, "perturbation": 1e-9},
    )
    return result.value


def _mapped(setting: Setting, function: Callable) -> Any:
    return hybrid.map(function, [0], simulator=setting.simulator, shots=setting.shots, seed=5)[0]


class _Own(hybrid.Workload):
    """Values by samples, or by overlaps of states."""

    def __init__(self, by: str) -> None:
        self.by = by
        self.num_parameters = 1

    def run(self, piece: Any, simulator: Any) -> np.ndarray:
        if self.by == "samples":
            return np.array([_mean(simulator.sample(FLIP, piece.point, SHOTS)[0])])
        state = simulator.states(FLIP, piece.point)[0]
        return np.array([abs(state[0]) ** 2 - abs(state[1]) ** 2])


def _own(setting: Setting, by: str) -> float:
    return hybrid.minimize(
        _Own(by),
        "spsa",
        x0=POINT,
        max_iterations=1,
        simulator=setting.simulator,
        shots=setting.shots,
        seed=5,
        options={"learning_rate": 1e-9, "perturbation": 1e-9},
    ).value


def _states(setting: Setting) -> float:
    def mean(item: int, simulator: Any) -> float:
        state = simulator.states(FLIP, POINT)[0]
        return float(abs(state[0]) ** 2 - abs(state[1]) ** 2)

    return _mapped(setting, mean)


CALLS: dict[str, tuple[Callable[[Setting], float], str]] = {
    # what it returns, and whether it draws: "always", "never", or as the setting says
    "expectation": (lambda s: _session(s).expectation(FLIP, Z, POINT)[0], "as set"),
    "sample": (
        lambda s: _mean(hybrid.sample(FLIP, POINT, SHOTS, simulator=s.simulator, seed=5)),
        "always",
    ),
    "Session.sample": (lambda s: _mean(_session(s).sample(FLIP, POINT, SHOTS)), "always"),
    "map, sample": (
        lambda s: _mapped(s, lambda _, simulator: _mean(simulator.sample(FLIP, POINT, SHOTS)[0])),
        "always",
    ),
    "map, expectation": (
        lambda s: _mapped(s, lambda _, simulator: float(simulator.expectation(FLIP, Z, POINT)[0])),
        "as set",
    ),
    "map, states": (_states, "never"),
    "Session.overlaps": (
        lambda s: 2.0 * float(_session(s).overlaps(FLIP, [POINT], [[0.0]])[0, 0]) - 1.0,
        "never",
    ),
    "minimize": (_minimum, "as set"),
    "Workload.run, sample": (lambda s: _own(s, "samples"), "always"),
    "Workload.run, states": (lambda s: _own(s, "states"), "never"),
}

REFUSED = {
    "expectation": {"native, shots", "all noise"},
    "minimize": {"native, shots", "all noise", "stabilizer"},  # all angles are multiples of pi/2
    "minimize by samples": {"estimator", "estimator, shots", "stabilizer"},
    "sample": {"estimator", "estimator, shots"},
    "states": {
        "auto, shots", "native, shots", "aer, shots", "noisy gates", "noisy gates, shots",
        "all noise", "all noise, shots", "stabilizer", "estimator, shots",
    },
}  # fmt: skip
KIND = {
    "expectation": "expectation",
    "map, expectation": "expectation",
    "minimize": "minimize",
    "sample": "sample",
    "Session.sample": "sample",
    "map, sample": "sample",
    "Workload.run, sample": "minimize by samples",
    "map, states": "states",
    "Session.overlaps": "states",
    "Workload.run, states": "states",
}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("call", CALLS)
def test_every_call_honours_its_settings_or_refuses(call: str, setting: str) -> None:
    ask, draws = CALLS[call]
    given = SETTINGS[setting]
    if setting in REFUSED[KIND[call]]:
        with pytest.raises((InputError, PieceError)):
            ask(given)
        return
    shots = {"always": SHOTS, "never": None, "as set": given.shots}[draws]
    assert given.matches(ask(given), shots)


def test_samples_have_the_noise_of_gates_and_readout() -> None:
    session = hybrid.Session(simulator=Aer(noise_model=EVERYTHING), seed=3)
    counts = session.sample(FLIP, POINT, 10_000)
    assert _mean(counts) == pytest.approx(-0.2, abs=0.06)


@pytest.mark.ranks
def test_noisy_samples_are_the_same_on_any_number_of_ranks(
    alone: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    circuit = QuantumCircuit(2)
    circuit.rx(T, 0)
    circuit.cx(0, 1)
    simulator = Aer(noise_model=EVERYTHING)
    points = [[0.3], [1.2]]
    together = hybrid.sample(circuit, points, 150_000, simulator=simulator, seed=9)
    assert [sum(counts.values()) for counts in together] == [150_000, 150_000]
    flat = flatten(circuit)
    pieces = simulator.sampler(flat, 150_000).pieces(Ask(np.array(points)))
    assert len(pieces) > 1
    monkeypatch.setattr(hybrid.collective.call, "world", lambda: alone)
    assert together == hybrid.sample(circuit, points, 150_000, simulator=simulator, seed=9)
