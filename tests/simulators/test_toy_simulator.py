"""A class and a registry row suffice to choose, run, plan, price and calibrate a simulator."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp, Statevector

import hybrid
from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told, Want
from hybrid.core.errors import InputError
from hybrid.core.piece import Piece, slices
from hybrid.core.work import Work
from hybrid.machine import Curve, Machine, reference
from hybrid.scheduler import Topology, plan
from hybrid.settings import load
from hybrid.simulators import SIMULATORS, Estimation, Estimator, Simulator, names
from hybrid.simulators.counted import counted

SECONDS = 0.25


@dataclass(frozen=True)
class Toy(Simulator):
    """Values of dense state vectors from Qiskit."""

    shift: float = 0.0
    name: ClassVar[str] = "toy"
    exact_only: ClassVar[bool] = True
    rates: ClassVar[frozenset[str]] = frozenset({"toy.state"})

    def refusal(self, estimation: Estimation) -> str | None:
        return None if estimation.shots is None else "it takes no shots"

    def content(self) -> str:
        return repr(self.shift)

    def prepare(self, estimation: Estimation) -> ToyEvaluation:
        return ToyEvaluation(estimation, self.shift)

    @classmethod
    def seconds(cls, work: Work, machine: Machine) -> float:
        return work.circuits * machine.rates["toy.state"].at(work.num_qubits)

    @classmethod
    def measured(cls) -> Mapping[str, Curve]:
        return {"toy.state": Curve(widths=(1,), seconds=(SECONDS,))}


@dataclass(frozen=True)
class ToyEvaluation(Estimator):
    estimation: Estimation
    shift: float
    answers: ClassVar[frozenset[Want]] = frozenset({Want.VALUES})

    @property
    def description(self) -> str:
        return "toy"

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        return slices(len(ask.points), 1, "points")

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        circuit, observable = self.estimation.circuit, self.estimation.observable.operator
        angles = circuit.angles.angles(ask.points[piece.start : piece.stop])
        return np.array(
            [
                Statevector(circuit.to_circuit(list(row))).expectation_value(observable).real
                + self.shift
                for row in angles
            ]
        )

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Told:
        return Told(np.concatenate(partials))

    def work(self, ask: Ask, piece: Piece) -> Work:
        return Work("toy", self.estimation.circuit.num_qubits, len(piece))


@pytest.fixture(autouse=True)
def row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SIMULATORS, "toy", Toy)  # type: ignore[arg-type]


def _problem() -> tuple[QuantumCircuit, SparsePauliOp, FloatArray]:
    circuit = QuantumCircuit(2)
    circuit.ry(Parameter("a"), 0)
    circuit.cx(0, 1)
    circuit.rx(Parameter("b"), 1)
    points = np.random.default_rng(3).normal(size=(3, 2))
    return circuit, SparsePauliOp(["ZZ", "XI", "IZ"], [1.0, 0.3, -0.7]), points


def test_it_is_chosen_by_name_and_gives_the_values_of_the_kernels() -> None:
    circuit, observable, points = _problem()
    assert "toy" in names()
    values = hybrid.expectation(circuit, observable, points, simulator="toy")
    np.testing.assert_allclose(values, hybrid.expectation(circuit, observable, points), atol=1e-12)


def test_it_drives_a_minimization() -> None:
    circuit, observable, _ = _problem()
    found = hybrid.minimize(
        hybrid.VQE(circuit, observable), "COBYLA", x0=[0.3, 0.1], simulator="toy", seed=1
    )
    exact = np.linalg.eigvalsh(observable.to_matrix())[0]
    assert found.value >= exact - 1e-9
    assert found.evaluations > 5


def test_what_it_cannot_answer_is_refused_before_anything_runs(monkeypatch) -> None:
    def nothing_runs(*_: object, **__: object) -> None:
        pytest.fail("a piece ran")

    monkeypatch.setattr(ToyEvaluation, "run", nothing_runs)
    circuit, observable, points = _problem()
    with pytest.raises(InputError, match="got gradients, expected at most values"):
        hybrid.expectation(circuit, observable, points, gradient=True, simulator="toy")


def test_it_is_priced_where_it_was_measured_and_drawn_where_not() -> None:
    circuit, observable, points = _problem()
    evaluation = hybrid.VQE(circuit, observable).prepare(hybrid.workloads.Sampling("toy"))
    pieces = counted(evaluation, Ask(points))
    machine = reference()
    unknown = plan(pieces, Topology.uniform(machine, 3))
    assert unknown.dynamic
    assert unknown.prediction is None
    measured = machine.model_copy(update={"rates": {**machine.rates, **Toy.measured()}})
    known = plan(pieces, Topology.uniform(measured, 1))
    assert known.prediction is not None
    per_state = 2.0 * SECONDS / measured.speed  # of two qubits, beyond the widest measured
    assert known.prediction.wall == pytest.approx(3 * per_state, rel=1e-3)


def test_calibration_measures_it() -> None:
    from hybrid.calibration.calibrate import rates_of

    assert rates_of([Toy]) == dict(Toy.measured())


def test_a_run_file_names_it(tmp_path) -> None:
    from hybrid.settings.build import minimize_arguments

    path = tmp_path / "run.toml"
    terms = json.dumps([["ZZ", 1.0], ["XI", 0.5]])
    text = f"""
[problem]
kind = "pauli"
terms = {terms}
[ansatz]
kind = "hardware_efficient"
[simulator]
name = "toy"
[simulator.options]
shift = 2.0
"""
    path.write_text(text)
    assert minimize_arguments(load(path))["simulator"] == Toy(shift=2.0)
    path.write_text(text.replace("shift =", "shfit ="))
    with pytest.raises(InputError, match="did you mean 'shift'"):
        load(path)
    path.write_text(text.replace('name = "toy"', 'name = "toy"\nprecision = "complex64"'))
    with pytest.raises(InputError, match="with simulator 'native' only"):
        load(path)
