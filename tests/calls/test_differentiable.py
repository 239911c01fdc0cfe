"""Values first and a vector-Jacobian product later, against ``expectation`` and ``pull_back``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qiskit.circuit import ParameterVector, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.calls.differentiable import Differentiable
from hybrid.core.errors import InputError
from hybrid.runtime.world import World, use
from hybrid.simulators import passes


def circuit(width: int = 9) -> QuantumCircuit:
    x, w = ParameterVector("x", 2), ParameterVector("w", width)
    made = QuantumCircuit(width)
    for qubit in range(width):
        made.ry(w[qubit], qubit)
        made.rx(x[qubit % 2] * w[qubit], qubit)
    for qubit in range(width - 1):
        made.cx(qubit, qubit + 1)
    return made


OBSERVABLES = [SparsePauliOp("Z" * 9), SparsePauliOp("IIIIIIXXI")]


def numbers(size: int = 80) -> tuple[Any, Any, Any]:
    random = np.random.default_rng(2)
    return random.normal(size=(size, 2)), random.normal(size=9), random.normal(size=(size, 2))


def points(inputs: Any, weights: Any) -> Any:
    """Columns in the order of ``circuit.parameters``: w before x."""
    return np.concatenate([np.broadcast_to(weights, (len(inputs), 9)), inputs], axis=1)


@pytest.mark.parametrize("room", [passes.MOST_BYTES, 0, 2**20])
def test_the_same_whether_states_are_kept(room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "MOST_BYTES", room)
    inputs, weights, cotangents = numbers()
    made = Differentiable(circuit(), OBSERVABLES, features=["x[0]", "x[1]"]).at(inputs, weights)
    every = (made.values, *made.pull_back(cotangents))
    exact = hybrid.pull_back(
        circuit(), OBSERVABLES, points(inputs, weights), cotangents, inputs=[9, 10]
    )
    for one, other in zip(every, (exact[0], exact[1][:9], exact[2]), strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(made.pull_back(cotangents), every[1:], strict=True):
        np.testing.assert_array_equal(one, other)
    assert made.pull_back(cotangents, by_inputs=False)[1].shape == (80, 0)


@pytest.mark.ranks
@pytest.mark.parametrize("settings", [{}, {"shots": 64}, {"simulator": "aer"}])
def test_the_same_bits_on_all_ranks(settings: dict[str, Any], alone: World) -> None:
    size = 3 if settings else 80
    inputs, weights, cotangents = numbers(size)

    def every() -> tuple[Any, ...]:
        function = Differentiable(
            circuit(), OBSERVABLES, weights=[f"w[{k}]" for k in range(9)], **settings
        )
        made = function.at(inputs, weights, seed=5)
        return made.values, *made.pull_back(cotangents)

    together = every()
    with use(alone):
        by_itself = every()
    for one, other in zip(together, by_itself, strict=True):
        np.testing.assert_array_equal(one, other)


def test_bad_numbers() -> None:
    inputs, weights, cotangents = numbers(3)
    function = Differentiable(circuit(), OBSERVABLES, features=["x[0]", "x[1]"])
    inputs[1, 0] = np.nan
    with pytest.raises(InputError, match="nan for feature 0 of sample 1"):
        function.at(inputs, weights)
    inputs[1, 0] = 0.0
    made = function.at(inputs, weights)
    cotangents[0, 0] = np.inf
    with pytest.raises(InputError, match="NaN or infinity"):
        made.pull_back(cotangents)


def test_a_parameter_of_another_circuit() -> None:
    with pytest.raises(InputError, match=r"'w\[0\]', which is a namesake .* pass names"):
        Differentiable(circuit(), OBSERVABLES, weights=circuit().parameters[:9])


def test_states_are_let_go() -> None:
    inputs, weights, cotangents = numbers()
    made = Differentiable(circuit(), OBSERVABLES, features=["x[0]", "x[1]"]).at(inputs, weights)
    assert made.records in passes._kept
    assert len(made.records.of_piece) == 3
    made.pull_back(cotangents)
    assert made.records.of_piece == {}
    before = len(passes._kept)
    del made
    assert len(passes._kept) == before - 1
