"""A short selection of random circuits; ``make fuzz`` takes many."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import Statevector

from hybrid.core.errors import InputError
from hybrid.programs import flatten
from tests.fuzz.circuits import compare
from tests.fuzz.draws import drawn, state_of


@pytest.mark.parametrize("start", range(0, 60, 15))
def test_native_values_slopes_and_states(start: int) -> None:
    outcomes = {seed: compare(drawn(seed)) for seed in range(start, start + 15)}
    wrong = {seed: why for seed, (outcome, why) in outcomes.items() if outcome != "same"}
    assert all(outcomes[seed][0] == "refused" for seed in wrong), wrong
    assert len(wrong) <= 4


def test_steps_as_a_circuit_of_qiskit() -> None:
    """Simulators other than the kernels run this circuit; its global phase is left open."""
    compared = 0
    for seed in range(200, 240):
        one = drawn(seed)
        try:
            flat = flatten(one.circuit)
        except InputError:
            continue
        angles = flat.angles.angles(one.point[None])[0]
        state = Statevector(flat.to_circuit([float(angle) for angle in angles])).data
        overlap = abs(np.vdot(state, state_of(one.numeric)))
        assert overlap == pytest.approx(1.0, abs=1e-9), seed
        compared += 1
    assert compared > 30
