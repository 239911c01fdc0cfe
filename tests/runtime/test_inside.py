"""Calls made inside a piece run on its rank alone, with the bits that they have outside."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest
from qiskit.circuit import ParameterVector, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.errors import InputError, PieceError
from hybrid.runtime import World
from hybrid.runtime.stops import Stops
from hybrid.runtime.world import use

A = ParameterVector("a", 2)
PAIR = SparsePauliOp(["ZZ", "XI"], [1.0, 0.5])


def circuit() -> QuantumCircuit:
    made = QuantumCircuit(2)
    made.ry(A[0], 0)
    made.cx(0, 1)
    made.rx(A[1], 1)
    return made


ANSATZ = circuit()


def energy(x: float) -> float:
    return float(hybrid.expectation(ANSATZ, PAIR, [[x, 0.2]])[0])


def minimum(x: float) -> float:
    return hybrid.minimize(hybrid.VQE(ANSATZ, PAIR), x0=[x, 0.2], max_iterations=4).value


def shots(x: float) -> list[float]:
    """Nested calls without seeds: two samplings and a map that draws."""
    first = hybrid.expectation(ANSATZ, PAIR, [[x, 0.2], [0.2, x]], shots=50)
    second = hybrid.expectation(ANSATZ, PAIR, [[x, 0.2]], shots=50)
    drawn = hybrid.map(lambda item, simulator: float(simulator.rng().normal()), [1, 2])
    return [*first.tolist(), *second.tolist(), *drawn]


@pytest.mark.ranks
@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("function", [energy, minimum])
def test_a_mapped_function_makes_calls(function, count: int, alone: World) -> None:
    items = np.linspace(0.1, 0.7, count).tolist()
    found = hybrid.map(function, items)
    with use(alone):
        assert found == [function(item) for item in items]


@pytest.mark.ranks
def test_calls_without_a_seed_are_seeded_by_the_piece(alone: World) -> None:
    found = hybrid.map(shots, [0.1, 0.2, 0.3], seed=5)
    with use(alone):
        assert hybrid.map(shots, [0.1, 0.2, 0.3], seed=5) == found
        assert hybrid.map(shots, [0.1, 0.2, 0.3], seed=6) != found
    assert len({number for row in found for number in row[3:]}) == 6


@pytest.mark.ranks
def test_a_workload_makes_calls() -> None:
    @hybrid.workload(num_parameters=2, axis="samples", size=3, x0=[0.1, 0.2])
    def nested(piece, simulator):
        values, gradients = hybrid.expectation(ANSATZ, PAIR, [piece.point], gradient=True)
        return values[0] / 3, gradients[0] / 3

    direct = hybrid.minimize(hybrid.VQE(ANSATZ, PAIR), x0=[0.1, 0.2])
    assert hybrid.minimize(nested).value == pytest.approx(direct.value, abs=1e-9)


@pytest.mark.ranks
def test_a_loss_makes_calls(alone: World) -> None:
    x, w = ParameterVector("x", 1), ParameterVector("w", 1)
    model = QuantumCircuit(1)
    model.ry(x[0], 0)
    model.ry(w[0], 0)

    def loss(outputs, labels):
        return (outputs - labels) ** 2 + energy(0.3), 2 * (outputs - labels)

    data = np.linspace(0.0, 1.0, 40)[:, None]
    task = hybrid.Supervised(model, SparsePauliOp("Z"), data, np.ones(40), list(x), loss=loss)
    found = hybrid.minimize(task, x0=[0.4], max_iterations=3).value
    with use(alone):
        assert hybrid.minimize(task, x0=[0.4], max_iterations=3).value == found


@pytest.mark.ranks
def test_cotangents_make_calls(alone: World) -> None:
    points = np.linspace(0.0, 1.0, 60).reshape(30, 2)

    def slopes(values, which):
        return 2 * values + energy(0.3)

    found = hybrid.pull_back(ANSATZ, PAIR, points, slopes)[1].tolist()
    with use(alone):
        assert hybrid.pull_back(ANSATZ, PAIR, points, slopes)[1].tolist() == found


class Looking:
    """An observer that evaluates something of its own."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def started(self, description) -> None:
        self.seen.append(energy(0.0))

    def progressed(self, progress) -> None:
        self.seen.append(energy(progress.value))

    def finished(self, result) -> None:
        self.seen.append(energy(result.value))
        self.drawn = shots(0.1)


@pytest.mark.ranks
def test_an_observer_makes_calls_on_rank_0(job: World) -> None:
    looking, again = Looking(), Looking()
    task = hybrid.VQE(ANSATZ, PAIR)
    for observer in (looking, again):
        found = hybrid.minimize(task, x0=[0.1, 0.2], seed=4, observer=observer, max_iterations=2)
    if job.rank == 0:
        assert len(looking.seen) == 2 + len(found.history)
        assert looking.drawn == again.drawn
    else:
        assert not looking.seen
    assert energy(0.1) == energy(0.1)  # all ranks are in step


@pytest.mark.ranks
def test_bad_input_of_a_call_inside_is_told_on_every_rank() -> None:
    def nested(item):
        return hybrid.expectation(ANSATZ, PAIR, [[item]])

    with pytest.raises(PieceError, match=r"item . of map\(nested\) failed: InputError: points"):
        hybrid.map(nested, [0.1, 0.2, 0.3])

    class Bad(Looking):
        def progressed(self, progress) -> None:
            nested(0.0)

    with pytest.raises(InputError, match="points"):
        hybrid.minimize(hybrid.VQE(ANSATZ, PAIR), x0=[0.1, 0.2], observer=Bad())
    assert energy(0.1) == energy(0.1)  # all ranks are in step


def test_control_c_in_a_run_inside_another_stops_both() -> None:
    with Stops() as outer, Stops() as inner:
        os.kill(os.getpid(), signal.SIGINT)
        assert (outer.reason, inner.reason) == ("SIGINT", "SIGINT")
