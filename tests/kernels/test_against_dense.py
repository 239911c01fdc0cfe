"""States, values and gradients of any program against dense matrices."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from . import dense
from .arrays import pauli_sum, program
from .strategies import angles, circuits, terms

few = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@few
@given(st.data())
def test_states_values_and_gradients_agree_with_dense_matrices(data: st.DataObject) -> None:
    circuit = data.draw(circuits())
    observable = data.draw(terms(circuit.num_qubits))
    points = angles(data.draw(st.integers(1, 11)), circuit.num_slots, data.draw(st.integers(0, 9)))
    loaded, summed = program(circuit), pauli_sum(circuit.num_qubits, observable)
    values, gradients = loaded.evaluate(summed, points, True)
    assert gradients is not None
    for k in {0, len(points) - 1}:
        psi = dense.state(circuit, points[k])
        np.testing.assert_allclose(loaded.state(points[k]), psi, atol=1e-12)
        value, gradient = dense.value_and_gradient(circuit, observable, points[k])
        np.testing.assert_allclose(values[k], value, atol=1e-12)
        np.testing.assert_allclose(gradients[k], gradient, atol=3e-12)
    alone, none = loaded.evaluate(summed, points, False)
    assert none is None
    np.testing.assert_allclose(alone, values, atol=1e-13)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_single_precision_agrees_to_its_rounding(data: st.DataObject) -> None:
    circuit = data.draw(circuits())
    observable = data.draw(terms(circuit.num_qubits))
    points = angles(data.draw(st.integers(1, 18)), circuit.num_slots, 3)
    loaded, summed = program(circuit), pauli_sum(circuit.num_qubits, observable)
    values, gradients = loaded.evaluate(summed, points, True)
    rough, rough_gradients = loaded.evaluate(summed, points, True, single=True)
    np.testing.assert_allclose(rough, values, atol=2e-5)
    np.testing.assert_allclose(rough_gradients, gradients, atol=1e-4)
    psi = loaded.state(points[0], single=True)
    assert psi.dtype == np.complex64
    np.testing.assert_allclose(psi, loaded.state(points[0]), atol=5e-6)
