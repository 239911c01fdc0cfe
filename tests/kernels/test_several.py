"""Several readings of one state: observables, overlaps, variances, forces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid import _kernels

from . import vectors
from .arrays import pauli_sum, program
from .strategies import angles, circuits, terms


@settings(max_examples=25)
@given(st.data())
@pytest.mark.parametrize("shape", ["auto", "batched", "blocked"])
def test_each_observable_has_the_bits_that_it_has_alone(shape: str, data: st.DataObject) -> None:
    circuit = data.draw(circuits(max_qubits=8, max_operations=25))
    drawn = data.draw(st.lists(terms(circuit.num_qubits), min_size=1, max_size=4))
    observables = [pauli_sum(circuit.num_qubits, each) for each in drawn]
    points = angles(data.draw(st.integers(1, 11)), circuit.num_slots, data.draw(st.integers(0, 9)))
    loaded = program(circuit)
    for gradient in (False, True):
        for single in (False, True):
            how = {"single": single, "shape": shape}
            values, rows = loaded.evaluate(observables, points, gradient, threads=2, **how)
            assert values.shape == (len(points), len(observables))
            for k, observable in enumerate(observables):
                alone, gradients = loaded.evaluate(observable, points, gradient, threads=1, **how)
                assert values[:, k].tobytes() == alone.tobytes()
                if gradient:
                    assert rows[:, k].tobytes() == gradients.tobytes()


@settings(max_examples=25)
@given(st.data())
def test_variances_are_those_of_dense_algebra(data: st.DataObject) -> None:
    circuit = data.draw(circuits(max_qubits=6, max_operations=20))
    drawn = data.draw(st.lists(terms(circuit.num_qubits), min_size=1, max_size=3))
    points = angles(data.draw(st.integers(1, 5)), circuit.num_slots, data.draw(st.integers(0, 9)))
    loaded = program(circuit)
    found = loaded.variances(
        [pauli_sum(circuit.num_qubits, each) for each in drawn], points, threads=2
    )
    for p, point in enumerate(points):
        state = loaded.state(point)
        for o, observable in enumerate(drawn):
            image = vectors.apply_sum(state, observable)
            mean = np.vdot(state, image).real
            expected = np.vdot(image, image).real - mean**2
            assert found[p, o] == pytest.approx(expected, abs=1e-10)


@settings(max_examples=25)
@given(st.data())
def test_overlaps_and_their_gradients(data: st.DataObject) -> None:
    circuit = data.draw(circuits(max_qubits=7, max_operations=20))
    count, others = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 3))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    points = angles(count, circuit.num_slots, 3)
    size = 1 << circuit.num_qubits
    states = rng.normal(size=(others, size)) + 1j * rng.normal(size=(others, size))
    states /= np.linalg.norm(states, axis=1)[:, None]
    loaded = program(circuit)
    found = [loaded.overlaps(states, points, True, threads=threads) for threads in (1, 3)]
    (values, gradients), (again, gradients_again) = found
    assert values.tobytes() == again.tobytes()
    assert gradients.tobytes() == gradients_again.tobytes()
    alone, nothing = loaded.overlaps(states, points, False)
    assert nothing is None
    np.testing.assert_allclose(alone, values, atol=1e-12)

    def overlaps(point: np.ndarray) -> np.ndarray:
        return np.abs(states.conj() @ loaded.state(point)) ** 2

    step = 1e-4
    for p, point in enumerate(points):
        np.testing.assert_allclose(values[p], overlaps(point), atol=1e-12)
        for k in range(circuit.num_slots):
            unit = step * np.eye(circuit.num_slots)[k]
            near = overlaps(point + unit) - overlaps(point - unit)
            far = overlaps(point + 2 * unit) - overlaps(point - 2 * unit)
            np.testing.assert_allclose(
                gradients[p, :, k], (8 * near - far) / (12 * step), atol=1e-9
            )


@pytest.mark.parametrize("num_qubits", [13, 15])
def test_wide_states_too(num_qubits: int) -> None:
    from .dense import Circuit, Evolution

    circuit = Circuit(
        num_qubits,
        num_qubits,
        [Evolution(1 << q, [1 << q], [0.5], q) for q in range(num_qubits)]
        + [Evolution(0, [3], [0.3], 0)],
    )
    loaded = program(circuit)
    points = angles(2, num_qubits, 4)
    states = np.stack([loaded.state(each) for each in points])
    values, gradients = loaded.overlaps(states, points, True, threads=2)
    np.testing.assert_allclose(values, np.abs(states.conj() @ states.T) ** 2, atol=1e-12)
    # An overlap is maximal for equal states, and its square is symmetric.
    np.testing.assert_allclose(gradients[0, 0], 0.0, atol=1e-12)


def test_limits_are_those_that_the_shapes_show() -> None:
    facts = _kernels.limits()
    assert facts == {"lanes": 8, "batched_qubits": 11, "qubits": 48}


def test_bad_calls_are_refused() -> None:
    from .dense import Circuit, Evolution

    loaded = program(Circuit(2, 1, [Evolution(1, [1], [0.5], 0)]))
    points = np.zeros((1, 1))
    with pytest.raises(ValueError, match="observables is empty"):
        loaded.evaluate([], points, False)
    with pytest.raises(ValueError, match="others"):
        loaded.overlaps(np.zeros((1, 3), complex), points, False)
    with pytest.raises(ValueError, match="no rows"):
        loaded.overlaps(np.zeros((1, 4), complex), np.zeros((0, 1)), False)
    with pytest.raises(ValueError, match="observables is empty"):
        loaded.variances([], points)


@settings(max_examples=25)
@given(st.data())
def test_forces_are_those_of_dense_algebra(data: st.DataObject) -> None:
    circuit = data.draw(circuits(max_qubits=8, max_operations=20))
    each = [data.draw(terms(circuit.num_qubits)) for _ in range(2)]
    points = angles(2, circuit.num_slots, data.draw(st.integers(0, 9)))
    sums = [pauli_sum(circuit.num_qubits, one) for one in each]
    loaded = program(circuit, block_rows=data.draw(st.integers(1, 6)))
    found = loaded.forces(sums, points, threads=2)
    assert found.tobytes() == loaded.forces(sums, points, threads=1).tobytes()
    for p, point in enumerate(points):
        psi, slopes = vectors.state(circuit, point), vectors.derivatives(circuit, point)
        for o, one in enumerate(each):
            image = vectors.apply_sum(psi, one)
            image = image - np.vdot(psi, image).real * psi
            np.testing.assert_allclose(found[p, o], (slopes.conj() @ image).imag, atol=1e-10)
