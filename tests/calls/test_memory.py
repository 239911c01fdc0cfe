"""What is said of a state that does not fit in memory, by each call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.errors import InputError
from hybrid.simulators import Aer, Native

WIDE = QuantumCircuit(44)
WIDE.ry(Parameter("t"), range(44))  # a qubit that is always 0 would take no memory
Z = SparsePauliOp(44 * "Z")
SAVES = "complex64 halves the memory"

CAN_CHOOSE: dict[str, Callable[[], Any]] = {
    "expectation": lambda: hybrid.expectation(WIDE, Z, [[0.1]], simulator="native"),
    "gradient": lambda: hybrid.expectation(WIDE, Z, [[0.1]], gradient=True, simulator="native"),
    "pull_back": lambda: hybrid.pull_back(WIDE, Z, [[0.1]], [1.0]),
    "minimize": lambda: hybrid.minimize(hybrid.VQE(WIDE, Z), "COBYLA", simulator="native"),
}
CANNOT_CHOOSE: dict[str, Callable[[], Any]] = {
    "probabilities": lambda: hybrid.probabilities(WIDE, [[0.1]], qubits=[0]),
    "amplitudes": lambda: hybrid.amplitudes(WIDE, [[0.1]], [0]),
    "overlaps": lambda: hybrid.overlaps(WIDE, [[0.1]], [[0.2]]),
    "metric": lambda: hybrid.metric(WIDE, [[0.1]]),
    "sample": lambda: hybrid.sample(WIDE, [[0.1]], 10),
    "state": lambda: hybrid.state(WIDE, [0.1]),
    "natural gradient": lambda: hybrid.minimize(hybrid.VQE(WIDE, Z), "QNG", simulator="native"),
    "complex64": lambda: hybrid.expectation(WIDE, Z, [[0.1]], simulator=Native("complex64")),
    "aer": lambda: hybrid.expectation(WIDE, Z, [[0.1]], simulator=Aer()),
}


@pytest.mark.ranks
@pytest.mark.parametrize("name", [*CAN_CHOOSE, *CANNOT_CHOOSE])
def test_complex64_is_advised_only_where_it_can_be_chosen(name: str) -> None:
    call = (CAN_CHOOSE | CANNOT_CHOOSE)[name]
    with pytest.raises(InputError, match="memory: got a state of 44 qubits") as refused:
        call()
    assert (SAVES in str(refused.value)) == (name in CAN_CHOOSE)
