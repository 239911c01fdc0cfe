"""Bad calls raise ValueError with a clear message; none crashes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hybrid import _kernels

from .arrays import pauli_sum, program, program_arrays
from .dense import Circuit, Evolution, Matrix, Terms

X = np.array([[0, 1], [1, 0]])
CIRCUIT = Circuit(
    3,
    2,
    [
        Matrix([0], X, 2, 2),
        Matrix([1, 2], np.eye(4)),
        Evolution(1, [0], [0.5], 0),
        Evolution(0, [3, 6], [1.0, 1.0], 1),
    ],
)
OBSERVABLE = Terms([0, 5], [7, 1], [1.0, 0.5])


def changed(name: str, index: int, value: Any) -> dict[str, Any]:
    arrays = program_arrays(CIRCUIT)
    arrays[name] = arrays[name].copy()
    arrays[name][index] = value
    return arrays


@pytest.mark.parametrize(
    ("name", "index", "value", "text"),
    [
        ("kind", 0, 3, "kind is 3"),
        ("targets", 0, 3, "target 3"),
        ("targets", 0, -2, "target -2"),
        ("targets", 1, 1, "same qubit"),
        ("control_mask", 0, 3, "control is also a target"),
        ("control_mask", 0, 8, "beyond"),
        ("control_mask", 2, 1, "control is also in x_mask"),
        ("control_value", 0, 4, "control_value"),
        ("matrix_offset", 0, -1, "matrix_offset -1"),
        ("matrix_offset", 1, 5, "matrix_offset 5"),
        ("matrix_offset", 1, 2**62, "matrix_offset"),
        ("matrices", 0, np.nan, "not finite"),
        ("x_mask", 2, 8, "beyond"),
        ("z_masks", 0, 2**63, "beyond"),
        ("coefficients", 1, np.inf, "not finite"),
        ("string_offset", 3, 2, "string_offset 2"),
        ("string_offset", 3, 2**62, "string_offset"),
        ("string_offset", 3, -1, "string_offset -1"),
        ("string_count", 3, -1, "string_count -1"),
        ("slot", 2, 2, "slot 2"),
        ("slot", 2, -1, "slot -1"),
        ("slot", 0, 0, "slot must be -1"),
    ],
)
def test_programs_with_a_bad_entry(name: str, index: int, value: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        _kernels.Program(**changed(name, index, value))


def test_strings_that_do_not_commute() -> None:
    circuit = Circuit(2, 1, [Evolution(1, [0, 1], [1.0, 1.0], 0)])
    with pytest.raises(ValueError, match="do not commute"):
        program(circuit)


@pytest.mark.parametrize("num_qubits", [0, -1, 49, 2**40])
def test_widths(num_qubits: int) -> None:
    arrays = program_arrays(CIRCUIT) | {"num_qubits": num_qubits}
    with pytest.raises(ValueError, match="num_qubits"):
        _kernels.Program(**arrays)
    with pytest.raises(ValueError, match="num_qubits"):
        pauli_sum(num_qubits, OBSERVABLE)
    with pytest.raises(ValueError, match="num_qubits"):
        _kernels.memory_bytes(num_qubits, True, False)


@pytest.mark.parametrize(
    "name",
    [
        "kind",
        "targets",
        "control_mask",
        "control_value",
        "matrix_offset",
        "matrices",
        "x_mask",
        "string_offset",
        "string_count",
        "z_masks",
        "coefficients",
        "slot",
    ],
)
def test_arrays_of_the_wrong_kind(name: str) -> None:
    good = program_arrays(CIRCUIT)
    length = len(good[name])
    other = {
        "dtype": good[name].astype(np.int16 if name != "matrices" else np.complex64),
        "strided": np.repeat(good[name], 2, axis=0)[::2],
        "list": good[name].tolist(),
        "dimensions": good[name].reshape(-1, 1, 1),
    }
    if name not in ("matrices", "z_masks", "kind"):
        other["length"] = good[name][: length - 1]
    for bad in other.values():
        with pytest.raises(ValueError, match=r"expected|not an array|leave|length"):
            _kernels.Program(**good | {name: bad})


@pytest.mark.parametrize(
    "angles",
    [
        np.zeros((0, 2)),
        np.zeros(2),
        np.zeros((1, 3)),
        np.zeros((1, 2), np.float32),
        np.zeros((2, 2))[:, ::-1],
        np.full((1, 2), np.nan),
        [[0.0, 0.0]],
    ],
)
def test_angles_to_evaluate(angles: Any) -> None:
    with pytest.raises(ValueError, match="angles"):
        program(CIRCUIT).evaluate(pauli_sum(3, OBSERVABLE), angles, True)


def test_other_bad_calls() -> None:
    loaded, observable = program(CIRCUIT), pauli_sum(3, OBSERVABLE)
    angles = np.zeros((1, 2))
    with pytest.raises(ValueError, match="observable has 4 qubits, the program 3"):
        loaded.evaluate(pauli_sum(4, OBSERVABLE), angles, True)
    with pytest.raises(ValueError, match="threads is -1"):
        loaded.evaluate(observable, angles, True, threads=-1)
    with pytest.raises(ValueError, match="angles has shape"):
        loaded.state(angles)
    with pytest.raises(ValueError, match="shots is -1"):
        loaded.sample(angles[0], -1, 0)
    with pytest.raises(ValueError, match="beyond"):
        pauli_sum(2, OBSERVABLE)
    with pytest.raises(ValueError, match="not finite"):
        pauli_sum(3, Terms([0], [0], [np.nan]))
    with pytest.raises(ValueError, match="z_masks has shape"):
        pauli_sum(3, Terms([0], [0, 1], [1.0]))
