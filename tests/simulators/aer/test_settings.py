"""Unsupported Aer settings are refused with a clear message before anything runs."""

from __future__ import annotations

import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator

import hybrid
from hybrid.core.errors import HybridError, InputError
from hybrid.simulators import Aer

PLUS = QuantumCircuit(1)
PLUS.h(0)
Z = SparsePauliOp("Z")


@pytest.mark.parametrize("bond", [0, -1, 1.5, True, "8"])
def test_bond_dimensions(bond: object) -> None:
    with pytest.raises(InputError, match="max_bond_dimension"):
        Aer(method="matrix_product_state", max_bond_dimension=bond)


@pytest.mark.skipif("GPU" in AerSimulator().available_devices(), reason="there is a GPU")
@pytest.mark.parametrize("shots", [None, 10])
def test_a_device_that_is_not_there(shots: int | None) -> None:
    with pytest.raises(InputError, match="no GPU on this host"):
        hybrid.expectation(PLUS, Z, [[]], simulator=Aer(device="GPU"), shots=shots)
    with pytest.raises(InputError, match="no GPU on this host"):
        hybrid.sample(PLUS, [], 10, simulator=Aer(device="GPU"))


def test_more_shots_than_can_be_taken() -> None:
    with pytest.raises(InputError, match="at most"):
        hybrid.expectation(PLUS, Z, [[]], shots=2**40)
    with pytest.raises(InputError, match="at most"):
        hybrid.sample(PLUS, [], 2**40)
    with pytest.raises(InputError, match="at most"):
        hybrid.sample(PLUS, [], 2**40, simulator="aer")


def test_many_shots_are_cut_into_what_fits_in_memory() -> None:
    from hybrid.core.ask import Ask
    from hybrid.core.checks import checked_points
    from hybrid.programs import flatten

    evaluation = Aer().sampler(flatten(PLUS), 2**30)
    ask = Ask(checked_points([], 0))
    assert evaluation.memory_bytes(ask) < 2**28
    assert sum(evaluation._slices(ask)) == 2**30


def test_a_failure_inside_of_aer_is_told_in_a_sentence(monkeypatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("heevx failed")

    monkeypatch.setattr("qiskit_aer.backends.aer_simulator.cpp_execute_circuits", fail)
    with pytest.raises(HybridError, match="Aer failed: heevx failed"):
        hybrid.expectation(QuantumCircuit(1), SparsePauliOp("Z"), simulator="aer")
