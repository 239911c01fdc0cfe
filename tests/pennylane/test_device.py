"""The device: entry point, choices, what it keeps, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

qml = pytest.importorskip("pennylane", reason="needs PennyLane")

from pennylane.devices import ExecutionConfig, MCMConfig  # noqa: E402
from pennylane.exceptions import DeviceError, WireError  # noqa: E402
from qiskit_aer.noise import NoiseModel, depolarizing_error  # noqa: E402

import hybrid  # noqa: E402
from hybrid.core.errors import InputError  # noqa: E402
from hybrid.pennylane import HybridQubit  # noqa: E402
from hybrid.pennylane import plans as plans_module  # noqa: E402

Script = qml.tape.QuantumScript
WITHOUT = """
import sys

sys.modules["pennylane"] = None
import hybrid.pennylane
try:
    hybrid.pennylane.HybridQubit
except hybrid.core.errors.InputError as error:
    print(error)
"""


def test_the_entry_point() -> None:
    project = tomllib.loads(Path(__file__).parents[2].joinpath("pyproject.toml").read_text())
    (target,) = project["project"]["entry-points"]["pennylane.plugins"].values()
    module, _, name = target.partition(":")
    assert getattr(sys.modules[module], name) is HybridQubit
    assert HybridQubit().name in project["project"]["entry-points"]["pennylane.plugins"]


@pytest.mark.launches
def test_without_pennylane() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "expected PennyLane 0.45; pip install 'hybrid-hpc-quantum[pennylane]'" in ended.stdout


def test_one_structure_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    compiled = plans_module.compiled
    monkeypatch.setattr(plans_module, "compiled", lambda *a: made.append(a) or compiled(*a))
    operator = qml.Hamiltonian([0.5, 1.0], [qml.Z(0), qml.X(1)])

    @qml.qnode(HybridQubit(2))
    def energy(angle: Any, wire: int) -> Any:
        qml.RX(angle, wire)
        qml.CNOT([0, 1])
        return qml.expval(operator)

    for angle in np.linspace(0.1, 0.5, 5):
        energy(angle, 0)
        qml.grad(energy)(qml.numpy.array(angle), 0)
    assert len(made) == 1
    energy(0.1, 1)
    assert len(made) == 2


def test_an_equal_observable_is_found_and_a_changed_one_is_not_taken_for_it() -> None:
    device = HybridQubit(1)
    matrix = np.diag([1.0, 2.0])
    tape = Script([], [qml.expval(qml.Hermitian(matrix, 0))])
    assert device.execute(tape) == pytest.approx(1.0)
    matrix[0, 0] = 5.0
    expected = tape.measurements[0].obs.matrix()[0, 0].real
    assert device.execute(tape) == pytest.approx(expected)
    for size in (0.5, 0.7, 0.5):
        tape = Script([], [qml.expval(size * qml.Z(0))])
        assert device.execute(tape) == pytest.approx(size)


def test_tapes_of_a_batch() -> None:
    tapes = [
        Script([qml.RX(0.1 * k, k % 2)], [qml.expval(qml.Z(k % 2))] * (1 + k // 4))
        for k in range(6)
    ]
    found = HybridQubit(2).execute(tapes)
    for k, each in enumerate(found):
        expected = np.cos(0.1 * k)
        np.testing.assert_allclose(each, [expected] * 2 if k > 3 else expected, atol=1e-12)
    assert HybridQubit(2).execute([]) == ()
    assert HybridQubit(2).execute(tapes[0]) == found[0]


def test_derivatives_of_tapes() -> None:
    device = HybridQubit(2)
    gates = [qml.RX(0.4, 0), qml.RY(0.9, 1), qml.CNOT([0, 1])]
    two = Script(gates, [qml.expval(qml.Z(0)), qml.expval(qml.Z(1))])
    one = Script(gates, [qml.expval(qml.Z(1))], trainable_params=[1])
    dx, dy = -np.sin(0.4), -np.cos(0.4) * np.sin(0.9)
    dxz = -np.sin(0.4) * np.cos(0.9)
    values, jacobians = device.execute_and_compute_derivatives((two, one))
    np.testing.assert_allclose(values[0], [np.cos(0.4), np.cos(0.4) * np.cos(0.9)], atol=1e-12)
    np.testing.assert_allclose(jacobians[0], [[dx, 0.0], [dxz, dy]], atol=1e-12)
    assert jacobians[1].shape == ()
    np.testing.assert_allclose(device.compute_derivatives((two, one))[1], dy, atol=1e-12)
    np.testing.assert_allclose(
        device.compute_vjp((two,), ((2.0, 3.0),))[0], [2 * dx + 3 * dxz, 3 * dy], atol=1e-12
    )
    many = device.compute_vjp((two,), ((np.eye(2)[0], np.eye(2)[1]),))[0]
    np.testing.assert_allclose(np.transpose(many), jacobians[0], atol=1e-12)
    values, products = device.execute_and_compute_vjp((two, one), ((0.0, 0.0), 1.0))
    np.testing.assert_allclose(products[0], [0.0, 0.0])
    np.testing.assert_allclose([values[1], products[1][0]], [np.cos(0.4) * np.cos(0.9), dy])
    _, pushed = device.execute_and_compute_jvp((two,), ((2.0, 3.0),))
    np.testing.assert_allclose(pushed[0], [2 * dx, 2 * dxz + 3 * dy], atol=1e-12)
    np.testing.assert_allclose(device.compute_jvp((one,), ((2.0,),))[0], 2 * dy, atol=1e-12)


def test_points_without_cotangents_are_not_run() -> None:
    device = HybridQubit(1)
    tape = Script([qml.RX(np.array([0.1, 0.2, 0.3]), 0), qml.RY(0.2, 0)], [qml.expval(qml.Z(0))])
    by_point, summed = device.compute_vjp((tape,), (np.array([0.0, 2.0, 0.0]),))[0]
    np.testing.assert_allclose(by_point, [0.0, -2 * np.sin(0.2) * np.cos(0.2), 0.0], atol=1e-12)
    np.testing.assert_allclose(summed, -2 * np.cos(0.2) * np.sin(0.2), atol=1e-12)
    assert [np.shape(each) for each in device.compute_vjp((tape,), (np.zeros(3),))[0]] == [(3,), ()]


@pytest.mark.parametrize("coefficients", [[0.5, 1.5], None])
def test_coefficients_of_observables_have_derivatives(coefficients: Any) -> None:
    @qml.qnode(HybridQubit(2))
    def energy(angle: Any, weights: Any) -> Any:
        qml.RX(angle, 0)
        return qml.expval(qml.Hamiltonian(weights, [qml.Z(0), qml.X(1)]))

    weights = qml.numpy.array(coefficients or [1.0, 2.0])
    by_angle, by_weight = qml.grad(energy)(qml.numpy.array(0.3), weights)
    np.testing.assert_allclose(by_angle, -weights[0] * np.sin(0.3), atol=1e-9)
    np.testing.assert_allclose(by_weight, [np.cos(0.3), 0.0], atol=1e-9)


def test_second_derivatives_are_parameter_shifts() -> None:
    @qml.qnode(HybridQubit(1), max_diff=2)
    def value(angle: Any) -> Any:
        qml.RX(angle, 0)
        return qml.expval(qml.Z(0))

    second = qml.grad(qml.grad(value))(qml.numpy.array(0.3))
    np.testing.assert_allclose(second, -np.cos(0.3), atol=1e-9)


def test_a_trainable_matrix() -> None:
    @qml.qnode(HybridQubit(1))
    def value(angle: Any) -> Any:
        qml.QubitUnitary(qml.RX.compute_matrix(angle), wires=0)
        return qml.expval(qml.Z(0))

    slope = qml.grad(value)(qml.numpy.array(0.3))
    np.testing.assert_allclose(slope, -np.sin(0.3), atol=1e-9)


def test_every_setting_counts() -> None:
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.1, 1), ["x"])
    noisy = HybridQubit(1, simulator=hybrid.simulators.Aer(noise_model=noise), seed=1)
    tape = Script([qml.X(0)], [qml.expval(qml.Z(0))])
    assert noisy.execute(tape) == pytest.approx(-0.9)
    sampled = noisy.execute(Script([qml.X(0)], [qml.expval(qml.Z(0))], shots=20000))
    assert sampled == pytest.approx(-0.9, abs=0.02)
    with pytest.raises(InputError, match="probabilities are computed from exact states only"):
        noisy.execute(Script([qml.X(0)], [qml.probs(wires=0)]))
    driven = Script([qml.RX(0.3, 0)], [qml.expval(qml.Z(0))])
    assert noisy.compute_derivatives(driven) == pytest.approx(-np.sin(0.3))
    with pytest.raises(InputError, match="shards: got 1 group of 2 ranks"):
        HybridQubit(1, shards=2).execute(tape)
    assert HybridQubit(1, threads=1).execute(tape) == -1.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seed": -1}, "seed: got -1"),
        ({"seed": "mine"}, "seed: got 'mine'"),
        ({"threads": 0}, "threads: got 0"),
        ({"shards": 3}, "shards: got 3, expected a power of two"),
    ],
)
def test_settings_that_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        HybridQubit(1, **settings)


def test_a_simulator_that_does_not_exist() -> None:
    with pytest.raises(InputError, match="did you mean 'native'"):
        HybridQubit(1, simulator="nativ").execute(Script([], [qml.expval(qml.Z(0))]))


def test_input_that_is_refused() -> None:
    device = HybridQubit(2)

    @qml.qnode(device)
    def outside() -> Any:
        return qml.expval(qml.Z(2))

    with pytest.raises(WireError, match="not found on the device"):
        outside()
    with pytest.raises(InputError, match="angle 0 of the circuit: got NaN"):
        device.execute(Script([qml.RX(np.nan, 0)], [qml.expval(qml.Z(0))]))
    with pytest.raises(InputError, match="at most 63"):
        HybridQubit().execute(Script([qml.X(k) for k in range(64)], [qml.expval(qml.Z(0))]))
    matrix = qml.QubitUnitary(np.eye(2), wires=0)
    with pytest.raises(InputError, match="trainable parameter 0 of the tape"):
        device.compute_derivatives(Script([matrix], [qml.expval(qml.Z(0))], trainable_params=[0]))
    batch = Script([qml.RX(np.array([0.1, 0.2]), 0)], [qml.expval(qml.Z(0))])
    with pytest.raises(InputError, match="a batch of 2 parameters, expected no batch"):
        device.compute_derivatives(batch)
    with pytest.raises(InputError, match=r"cotangents: got shape \(1, 3\)"):
        device.compute_vjp((batch,), (np.zeros(3),))
    with pytest.raises(InputError, match="cotangents: got NaN"):
        device.compute_vjp((batch,), (np.array([0.0, np.nan]),))


@pytest.mark.parametrize("method", ["one-shot", "tree-traversal"])
def test_measurements_in_the_middle_that_cannot_be_deferred(method: str) -> None:
    config = ExecutionConfig(mcm_config=MCMConfig(mcm_method=method))
    with pytest.raises(DeviceError, match="runs no measurements in the middle of a circuit"):
        HybridQubit(1).setup_execution_config(config)


def test_device_options_are_refused() -> None:
    with pytest.raises(DeviceError, match="no device options; got rng"):
        HybridQubit(1).setup_execution_config(ExecutionConfig(device_options={"rng": 1}))
