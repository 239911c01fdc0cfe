"""Shift rules are exact for their frequencies, or refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.circuit.library import CRXGate, PauliEvolutionGate
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.ask import Ask
from hybrid.core.errors import NoExactGradientError
from hybrid.programs import flatten
from hybrid.simulators import Aer
from hybrid.simulators.circuits.expansion import Expansion
from hybrid.simulators.circuits.lowering import lower, lower_source
from hybrid.simulators.circuits.shift_rule import shift_rule


def _derivative(frequencies: np.ndarray, cosines: np.ndarray, sines: np.ndarray) -> float:
    """Return the derivative of the Fourier series at 0, by the rule for its frequencies."""
    rule = shift_rule(frequencies, "a gate")
    shifts = np.array(rule.shifts)
    angles = np.outer(shifts, frequencies)
    values = 0.7 + np.cos(angles) @ cosines + np.sin(angles) @ sines
    return float(np.array(rule.coefficients) @ values)


@given(
    st.integers(1, 8),
    st.floats(0.1, 10.0),
    st.integers(0, 10**6),
)
def test_equidistant_frequencies(count: int, unit: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    frequencies = unit * np.arange(1, count + 1)
    cosines, sines = rng.normal(size=(2, count))
    found = _derivative(frequencies, cosines, sines)
    assert found == pytest.approx(sines @ frequencies, abs=1e-9 * unit * count**2)
    assert len(shift_rule(frequencies, "a gate")) == 2 * count


@given(st.lists(st.integers(1, 60), min_size=1, max_size=6, unique=True), st.integers(0, 10**6))
def test_other_frequencies(multiples: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    frequencies = 0.37 * np.sort(np.array(multiples, dtype=float)) + 0.01
    cosines, sines = rng.normal(size=(2, len(frequencies)))
    try:
        found = _derivative(frequencies, cosines, sines)
    except NoExactGradientError:
        return
    assert found == pytest.approx(sines @ frequencies, abs=1e-7)


@pytest.mark.parametrize(
    "frequencies", [None, [1.0, 1.0 + 1e-6], [1e-5, 1.0], np.arange(1, 90) ** 1.1]
)
def test_frequencies_without_a_rule_are_refused(frequencies: list[float] | None) -> None:
    given = None if frequencies is None else np.array(frequencies)
    with pytest.raises(NoExactGradientError, match="'mine'"):
        shift_rule(given, "mine")


def test_a_gate_whose_angle_moves_nothing_has_an_empty_rule() -> None:
    assert len(shift_rule(np.array([]), "id")) == 0


def test_evaluations_of_a_gradient() -> None:
    t = ParameterVector("t", 3)
    circuit = QuantumCircuit(2)
    circuit.rx(t[0], 0)
    circuit.append(CRXGate(t[1]), [0, 1])
    circuit.append(PauliEvolutionGate(SparsePauliOp(["XX", "YY"], [0.5, 0.5]), t[2]), [0, 1])
    flat = flatten(circuit)
    compiler = Aer().job(2, sampled=False).compiled
    as_whole = Expansion(flat, lower(flat, compiler), noisy=False)
    ask = Ask(np.zeros((5, 3)), gradient=True)
    # A value, two shifts of RX, four of CRX, four of the evolution, whatever it is compiled to.
    assert as_whole.count(ask) == 5 * (1 + 2 + 4 + 4)
    assert as_whole.count(Ask(np.zeros((5, 3)))) == 5
    by_differences = Expansion(flat, lower(flat, compiler), False, 0.1)
    assert by_differences.count(ask) == 5 * (1 + 2 * 3)


@pytest.mark.parametrize("unit", [1.0, 2.0**-70, 2.0**70])
@pytest.mark.parametrize("frequencies", [[1.0, 2.0], [0.3, 1.1, 1.7]])
def test_rules_scale_with_the_frequencies(frequencies: list[float], unit: float) -> None:
    rule, scaled = (shift_rule(factor * np.array(frequencies), "g") for factor in (1.0, unit))
    assert scaled.shifts == tuple(shift / unit for shift in rule.shifts)
    assert scaled.coefficients == tuple(unit * each for each in rule.coefficients)


@pytest.mark.parametrize("scale", [1.0, 1e-10])
@pytest.mark.parametrize("labels", [["XX", "YY"], ["IZ", "ZI", "ZZ"], ["XI", "IX"]])
def test_gradients_by_the_times_of_small_operators(labels: list[str], scale: float) -> None:
    t = Parameter("t")
    weights = np.array([1.0, 0.3, 0.7])[: len(labels)]
    circuit = QuantumCircuit(2)
    circuit.ry(0.4, 0)
    circuit.ry(1.1, 1)
    circuit.append(PauliEvolutionGate(SparsePauliOp(labels, scale * weights), t), [0, 1])
    observable = SparsePauliOp(["XY", "ZI", "XI"], [1.0, 0.5, 0.3])
    point = [[0.3 / scale]]
    _, exact = hybrid.expectation(circuit, observable, point, gradient=True)
    _, by_shifts = hybrid.expectation(circuit, observable, point, gradient=True, simulator="aer")
    assert abs(exact[0, 0]) > 0.05 * scale
    np.testing.assert_allclose(by_shifts, exact, rtol=1e-7)


def test_what_is_written_is_differentiated_gate_by_gate() -> None:
    t = ParameterVector("t", 1)
    circuit = QuantumCircuit(2)
    circuit.u(t[0], 2 * t[0], 0.1, 0)
    circuit.crx(t[0], 0, 1)
    flat, lowered = lower_source(circuit, Aer().job(2, sampled=False).compiled)
    assert lowered.gates == ("u", "u", "crx")
    assert lowered.frequencies == ((1.0,), (1.0,), (0.5, 1.0))
    expansion = Expansion(flat, lowered, noisy=True)
    ask = Ask(np.array([[0.3]]), gradient=True)
    assert expansion.count(ask) == 1 + 2 + 2 + 4
    first = expansion.arguments(ask, np.array([0]))[0]
    assert first == pytest.approx([0.3, 0.6, 0.3])
