"""Every engine computes what a workload says, against dense matrices."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.util import find_spec

import numpy as np
import pytest
from bench.data_batch import data_batch
from bench.hardware_efficient import hardware_efficient
from bench.molecules import qubit_excitations, turned, uccsd
from bench.qaoa import maxcut_qaoa
from bench.workload import Workload, from_json
from dense_workload import value_and_gradient

CIRCUITS = [hardware_efficient(4, 2), maxcut_qaoa(4, 2), uccsd("h2")]
BATCH = data_batch(3, 2, 5)
NEEDS = {
    "ours": "hybrid._kernels",
    "aer": "qiskit_aer",
    "lightning": "pennylane",
    "tensorcircuit": "tensorcircuit",
}


def engine(name: str):
    package = NEEDS.get(name, name)
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed here; the harness compares answers in each run")
    return import_module(f"bench.engines.{name}")


def titles(workload: Workload) -> str:
    return workload.name


@pytest.mark.parametrize("workload", [*CIRCUITS, BATCH], ids=titles)
@pytest.mark.parametrize("name", ["ours", "qulacs", "lightning"])
def test_value_and_gradient(name, workload):
    task = engine(name).prepare(workload, gradient=True)
    answer = task.answer(task.run())
    value, gradient = value_and_gradient(workload)
    assert answer.value == pytest.approx(value, abs=1e-11)
    np.testing.assert_allclose(answer.gradient, gradient, atol=1e-11)


def test_tensorcircuit_batch():
    task = engine("tensorcircuit").prepare(BATCH, gradient=True)
    answer = task.answer(task.run())
    value, gradient = value_and_gradient(BATCH)
    assert answer.value == pytest.approx(value, abs=1e-11)
    np.testing.assert_allclose(answer.gradient, gradient, atol=1e-11)


@pytest.mark.parametrize("workload", CIRCUITS, ids=titles)
@pytest.mark.parametrize("name", ["ours", "qulacs", "lightning", "aer"])
def test_energy_alone(name, workload):
    task = engine(name).prepare(workload, gradient=False)
    answer = task.answer(task.run())
    assert answer.value == pytest.approx(value_and_gradient(workload)[0], abs=1e-11)
    assert answer.gradient is None


def test_single_precision_is_close_and_not_equal():
    workload = CIRCUITS[0]
    task = engine("ours").prepare(workload, gradient=True, precision="complex64")
    answer = task.answer(task.run())
    value, gradient = value_and_gradient(workload)
    assert 0 < abs(answer.value - value) < 1e-5
    np.testing.assert_allclose(answer.gradient, gradient, atol=1e-5)


@pytest.mark.parametrize("workload", [*CIRCUITS, BATCH], ids=titles)
def test_a_workload_survives_json(workload):
    assert from_json(json.loads(json.dumps(workload.to_json()))) == workload


def counts(workload: Workload) -> tuple[int, ...]:
    rotations = sum(len(gate.strings) for gate in workload.gates)
    flips = {
        tuple(q for p, q in zip(s.letters, s.qubits, strict=True) if p in "XY")
        for s in workload.observable
    }
    terms = len(workload.observable)
    return workload.num_qubits, len(workload.weights), rotations, terms, len(flips)


def test_molecules_are_those_of_the_table():
    water = uccsd("water")
    assert counts(water) == (14, 140, 1000, 1086, 162)
    native = qubit_excitations(water)
    assert len(native.weights) == 140
    assert sum(gate.name == "double_excitation" for gate in native.gates) == 120


def test_turning_degenerate_orbitals_changes_no_energy():
    random = np.random.default_rng(5)
    one, factors = np.diag([-2.0, -1.0, -1.0, 0.5]), random.normal(size=(3, 4))
    # Nothing but the diagonal, and equal for orbitals 1 and 2, so that these are degenerate.
    factors[:, 2] = factors[:, 1]
    two = np.zeros((4,) * 4)
    for p in range(4):
        for q in range(4):
            two[p, p, q, q] = factors[:, p] @ factors[:, q]
    two[1, 1, 1, 1] = two[2, 2, 2, 2] = two[1, 1, 2, 2]
    once = turned(one, two, 1, 0.4)
    assert np.abs(once[1] - two).max() < 1e-12  # this interaction looks the same from all sides
    two[3, 1, 1, 3] = two[1, 3, 3, 1] = 0.25
    once = turned(one, two, 1, 0.4)
    assert np.abs(once[1] - two).max() > 0.01
    back = turned(*once, 1, -0.4)
    np.testing.assert_allclose(back[1], two, atol=1e-12)
