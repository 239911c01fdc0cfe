"""Arrays that a user passes are real and finite, or refused with what was wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.checks import checked_points, checked_row, checked_start, real_array
from hybrid.core.errors import InputError, PieceError
from hybrid.simulators import Aer

T = Parameter("t")
Z = SparsePauliOp("Z")


def rotated() -> QuantumCircuit:
    circuit = QuantumCircuit(1)
    circuit.ry(T, 0)
    return circuit


COMPLEX = [
    np.array([[0.3 + 1j]]),
    np.array([[0.3 + 0j]]),  # whatever the imaginary parts are
    [[0.3 + 1j]],
    np.array([[0.3 + 1j]], dtype=object),
    [[np.complex64(0.3)]],
]


@pytest.mark.parametrize("numbers", [*COMPLEX, [["0.3"]], np.array([["0.3"]]), [[b"0.3"]]])
def test_what_is_not_real_is_refused_by_every_call(numbers: Any) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: hybrid.expectation(rotated(), Z, numbers),
        lambda: hybrid.sample(rotated(), numbers, 10),
        lambda: hybrid.state(rotated(), numbers),
        lambda: hybrid.probabilities(rotated(), numbers),
        lambda: hybrid.overlaps(rotated(), [[0.1]], numbers),
        lambda: hybrid.pull_back(rotated(), Z, [[0.1]], np.ravel(np.array(numbers))),
        lambda: hybrid.Supervised(rotated(), Z, numbers, [1.0], [T]),
        lambda: hybrid.Supervised(rotated(), Z, [[0.1]], np.ravel(np.array(numbers)), [T]),
        lambda: hybrid.map(abs, [1], costs=np.ravel(np.array(numbers))),
        lambda: hybrid.minimize(hybrid.VQE(rotated(), Z), x0=np.ravel(np.array(numbers))),
    ]
    for call in calls:
        with pytest.raises(InputError, match="expected real numbers"):
            call()


@pytest.mark.parametrize("made", [1j, np.array([1j]), (1.0, np.array([1j])), ["1.0"], [None]])
def test_complex_results_of_a_workload_are_refused(made: Any) -> None:
    @hybrid.workload(num_parameters=1)
    def energy(piece: Any, simulator: Any) -> Any:
        return made

    with pytest.raises(PieceError, match=r"run\(\) returned .*expected real numbers"):
        hybrid.minimize(energy, x0=[0.0])


def test_a_complex_loss_is_refused() -> None:
    circuit = rotated()
    circuit.ry(Parameter("w"), 0)
    task = hybrid.Supervised(circuit, Z, [[0.1]], [1.0], [T], lambda out, lab: (out + 1j, out))
    with pytest.raises(PieceError, match="losses: got complex numbers"):
        hybrid.minimize(task, x0=[0.0], max_iterations=1)


def test_messages_say_what_is_wrong() -> None:
    with pytest.raises(InputError, match=r"labels: got nan for sample 1, expected finite"):
        checked_row([1.0, np.nan], 2, "labels", "sample")
    with pytest.raises(InputError, match=r"labels: got shape \(3,\), expected shape \(2,\)"):
        checked_row([1, 2, 3], 2, "labels", "sample")
    with pytest.raises(InputError, match=r"got \[\[1\], \[1, 2\]\], expected real numbers"):
        checked_points([[1], [1, 2]], 1)
    with pytest.raises(InputError, match=r"got \[1, \[2, 3\]\], expected real numbers"):
        checked_start([1, [2, 3]], 2)
    with pytest.raises(InputError, match=r"got inf for parameter 0"):
        checked_start([np.inf], 1)
    with pytest.raises(InputError, match=r"shape \(2, 3\), expected shape \(B, 2\)"):
        checked_points(np.zeros((2, 3)), 2)


@pytest.mark.parametrize(
    "numbers",
    [
        [1, 2],
        (1.0, np.float32(2)),
        np.array([1, 2], dtype=np.uint8),
        np.array([Fraction(1), Decimal(2)], dtype=object),
        range(1, 3),
    ],
)
def test_real_numbers_of_every_kind_are_taken(numbers: Any) -> None:
    np.testing.assert_array_equal(real_array(numbers, "x"), [1.0, 2.0])


@pytest.mark.parametrize("simulator", ["native", Aer()])
@pytest.mark.parametrize(
    ("angle", "at", "words"),
    [
        (1j * T, 0.7, r"got 0\.7j at t = 0\.7"),
        (T + 0.5j, 0.7, r"got \(0\.7\+0\.5j\) at t = 0\.7"),
        (T.log(), -0.7, r"angle log\(t\): got .*j\) at t = -0\.7"),
        (T**0.5, -0.7, r"got .*j\) at t = -0\.7"),
        (1 / T, 0.0, r"angle 1/t: got infinity at t = 0\.0"),
        (T.exp(), 1000.0, r"angle exp\(t\): got infinity at t = 1000\.0"),
        (T.arcsin(), 1.5, r"angle asin\(t\): got no number at t = 1\.5"),
        (T.log(), 0.0, r"angle log\(t\): got infinity at t = 0\.0"),
    ],
)
def test_an_angle_that_is_no_real_number_is_refused(
    simulator: Any, angle: Any, at: float, words: str
) -> None:
    circuit = QuantumCircuit(1)
    circuit.ry(angle, 0)
    with pytest.raises(InputError, match=words):
        hybrid.expectation(circuit, Z, [[at]], simulator=simulator)


def test_slopes_that_nobody_asked_for_are_not_taken() -> None:
    circuit = QuantumCircuit(1)
    circuit.ry(T.abs() + 0.3, 0)
    np.testing.assert_allclose(hybrid.expectation(circuit, Z, [[0.0]]), np.cos(0.3))
    with pytest.raises(InputError, match=r"derivative of angle .*abs\(t\).* by t: .* at t = 0\.0"):
        hybrid.expectation(circuit, Z, [[0.0]], gradient=True)


@pytest.mark.parametrize("simulator", ["native", Aer()])
def test_slopes_by_features_are_not_taken(simulator: Any) -> None:
    weight = Parameter("w")
    circuit = QuantumCircuit(1)
    circuit.ry(T.abs(), 0)
    circuit.ry(weight, 0)
    task = hybrid.Supervised(circuit, Z, [[0.0], [-0.5]], [1.0, 0.5], [T])
    result = hybrid.minimize(task, x0=[0.2], simulator=simulator)
    assert result.success
    # (cos w - 1)^2 + (cos(0.5 + w) - 0.5)^2 over 2
    w = result.x[0]
    loss = ((np.cos(w) - 1) ** 2 + (np.cos(0.5 + w) - 0.5) ** 2) / 2
    assert abs(result.value - loss) < 1e-12


def test_masked_and_huge_numbers_are_refused() -> None:
    circuit = QuantumCircuit(1)
    circuit.ry(T, 0)
    masked = np.ma.array([[0.3], [0.4]], mask=[[False], [True]])
    with pytest.raises(InputError, match="points: got a masked array, expected real numbers"):
        hybrid.expectation(circuit, Z, masked)
    with pytest.raises(InputError, match=r"points: got .* expected real numbers"):
        hybrid.expectation(circuit, Z, [[10**400]])
