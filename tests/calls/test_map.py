"""Arguments and results of mapped functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.errors import InputError, PieceError


def nested_in_itself(_: int) -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda item: {1: item}, "a dictionary with the key 1"),
        (lambda item: [{"a": {(0, 1): item}}], r"a dictionary with the key \(0, 1\)"),
        (lambda item: {item}, "a set"),
        (lambda item: 1j * item, "a complex"),
        (lambda item: "\udcff", "surrogates"),
        (nested_in_itself, "recursion"),
    ],
)
def test_results_that_cannot_be_sent(function: Callable[[int], Any], reason: str) -> None:
    with pytest.raises(PieceError, match=f"item 0 of map.*cannot be sent.*{reason}"):
        hybrid.map(function, [1, 2])


def test_results_that_come_back() -> None:
    found = hybrid.map(lambda item: {"a": [np.float64(item), None, (1, "b")]}, [1, 2])
    assert found == [{"a": [1.0, None, [1, "b"]]}, {"a": [2.0, None, [1, "b"]]}]


def test_items_that_are_none() -> None:
    with pytest.raises(InputError, match="items: got int, expected a list"):
        hybrid.map(lambda item: item, 5)  # type: ignore[arg-type]


@pytest.mark.parametrize("items", ["abc", "", b"abc"])
def test_a_string_is_not_a_list_of_items(items: str | bytes) -> None:
    with pytest.raises(InputError) as refused:
        hybrid.map(lambda item: item, items)
    assert f"items: got {items!r}, expected a list of items" in str(refused.value)
    assert f"list({items!r})" in str(refused.value)
    assert hybrid.map(lambda item: item, list(items)) == list(items)


@pytest.mark.parametrize("call", ["states", "expectation", "sample"])
def test_a_state_that_does_not_fit_within_a_piece(call: str) -> None:
    wide = QuantumCircuit(40)
    wide.h(range(40))
    arguments = {
        "states": (wide, []),
        "expectation": (wide, SparsePauliOp(40 * "Z"), []),
        "sample": (wide, [], 10),
    }[call]
    with pytest.raises(PieceError, match="memory: got a state of 40 qubits that needs"):
        hybrid.map(lambda item, simulator: getattr(simulator, call)(*arguments), [0])
