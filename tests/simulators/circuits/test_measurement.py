"""Groups of strings that are measured together, and their values from measured bits."""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Pauli, SparsePauliOp

from hybrid.programs import Observable, compile_observable, flatten
from hybrid.simulators import Aer
from hybrid.simulators.base import Estimation
from hybrid.simulators.circuits.measurement import Group, measurement_groups


def _observable(terms: int, width: int, weight: int, seed: int = 0) -> Observable:
    rng = np.random.default_rng(seed)
    labels = []
    for _ in range(terms):
        label = ["I"] * width
        for qubit in rng.choice(width, int(rng.integers(weight + 1)), replace=False):
            label[qubit] = str(rng.choice(list("XYZ")))
        labels.append("".join(label))
    return compile_observable(SparsePauliOp(labels, rng.normal(size=terms)), width)


def _letters(group: Group, mask: int, width: int) -> str:
    """Return the string of a group with a given mask."""
    return "".join(
        "I" if not mask >> q & 1
        else "X" if group.x_basis >> q & 1
        else "Y" if group.y_basis >> q & 1
        else "Z"
        for q in reversed(range(width))
    )  # fmt: skip


@pytest.mark.parametrize(("width", "weight"), [(1, 1), (3, 3), (6, 4), (9, 2)])
@pytest.mark.parametrize("seed", [0, 1])
def test_groups_hold_every_string_once(width: int, weight: int, seed: int) -> None:
    observable = _observable(60, width, weight, seed)
    (constant,), groups = measurement_groups([observable])
    found = {
        _letters(group, int(mask), width): float(coefficient)
        for group in groups
        for mask, coefficient in zip(group.masks, group.coefficients[0], strict=True)
    }
    assert sum(len(group.masks) for group in groups) == len(found)
    right = {label: float(coefficient.real) for label, coefficient in observable.operator.to_list()}
    assert constant == right.pop("I" * width, 0.0)
    assert found == right
    for group in groups:
        assert group.x_basis & group.y_basis == 0
        assert (group.x_basis | group.y_basis) & group.z_basis == 0


def test_groups_are_about_as_few_as_by_colouring() -> None:
    observable = _observable(300, 6, 4)
    _, groups = measurement_groups([observable])
    measured = observable.operator[observable.x_masks | observable.z_masks != 0]
    assert len(groups) <= 1.2 * len(measured.group_commuting(qubit_wise=True))


def test_strings_without_a_coefficient_are_not_measured() -> None:
    observable = compile_observable(SparsePauliOp(["ZZ", "XI", "II"], [0.0, 1.0, 2.0]), 2)
    (constant,), groups = measurement_groups([observable])
    assert constant == 2.0
    assert [group.masks.tolist() for group in groups] == [[2]]


@pytest.mark.parametrize(("width", "weight"), [(12, 12), (24, 4)])
def test_grouping_many_strings_takes_little_memory(width: int, weight: int) -> None:
    observable = _observable(20_000, width, weight)
    tracemalloc.start()
    started = time.perf_counter()
    _, groups = measurement_groups([observable])
    seconds = time.perf_counter() - started
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(groups) > 1
    assert seconds < 20.0
    assert peak < 50e6


def test_groups_are_counted_in_the_memory_that_a_run_needs() -> None:
    from hybrid.core.ask import Ask

    circuit = QuantumCircuit(12)
    few, many = (
        Aer()
        .prepare(Estimation(flatten(circuit), (_observable(terms, 12, 12),), shots=10))
        .memory_bytes(Ask(np.empty((1, 0))))
        for terms in (10, 20_000)
    )
    assert many - few > 15 * 19_000


def test_mean_and_spread_of_counts() -> None:
    observable = compile_observable(SparsePauliOp(["ZZ", "ZI", "IZ"], [0.5, -1.0, 2.0]), 2)
    _, (group,) = measurement_groups([observable])
    counts = {"0x0": 3, "0x2": 1, "0x3": 2}
    outcomes = []
    for key, times in counts.items():
        bits = int(key, 16)
        signs = {"ZI": 1 - 2 * (bits >> 1), "IZ": 1 - 2 * (bits & 1)}
        value = 0.5 * signs["ZI"] * signs["IZ"] - signs["ZI"] + 2 * signs["IZ"]
        outcomes += [value] * times
    ((mean, spread),) = group.means_and_spreads(counts)
    assert mean == pytest.approx(np.mean(outcomes), abs=1e-12)
    assert spread == pytest.approx(np.var(outcomes) * len(outcomes), abs=1e-12)


def test_one_group_measures_in_the_bases_of_its_strings() -> None:
    observable = compile_observable(SparsePauliOp(["XIZ", "XYI", "IYZ"], [1.0, 2.0, 3.0]), 3)
    _, (group,) = measurement_groups([observable])
    assert (group.x_basis, group.y_basis, group.z_basis) == (0b100, 0b010, 0b001)
    assert group.support == 0b111
    assert Pauli("XYZ").commutes(Pauli(_letters(group, 0b101, 3)))
