"""On many ranks a device gives the bits of one, and splits tapes and points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

qml = pytest.importorskip("pennylane", reason="needs PennyLane")

from hybrid.core.errors import MismatchError  # noqa: E402
from hybrid.pennylane import HybridQubit  # noqa: E402
from hybrid.runtime import World  # noqa: E402
from hybrid.runtime.world import use  # noqa: E402

Script = qml.tape.QuantumScript


def _everything(device: Any) -> list[Any]:
    """Return results of all kinds, derivatives and shots."""
    batch = np.linspace(0.1, 0.9, 7)
    gates = [qml.RX(batch, 0), qml.CNOT([0, 1]), qml.RY(0.4, 1), qml.IsingXY(0.3, [1, 2])]
    plain = [qml.RX(0.2, 0), qml.SingleExcitation(0.3, [0, 2])]
    two = [qml.expval(qml.Z(0) @ qml.X(1)), qml.expval(qml.Y(2))]
    tapes = [
        Script(gates, [*two, qml.probs(wires=[2, 0]), qml.state(), qml.var(qml.X(1))]),
        Script(plain, two),
        Script(plain, [qml.sample(wires=[0, 2]), qml.expval(qml.X(1))], shots=30),
        Script(gates, [qml.counts(wires=[1])], shots=[4, 5]),
    ]
    product = device.compute_vjp(
        (Script(gates, two), Script(plain, two)), (np.ones((2, 7)), (1.0, 2.0))
    )
    return [device.execute(tapes), device.compute_derivatives((Script(plain, two),)), product]


@pytest.mark.ranks
def test_the_same_bits(job: World, alone: World) -> None:
    found = _everything(HybridQubit(3, seed=7))
    with use(alone):
        expected = _everything(HybridQubit(3, seed=7))
    assert repr(found) == repr(expected)
    np.testing.assert_equal(found, expected)


@pytest.mark.ranks
def test_an_error_is_raised_on_all_ranks(job: World) -> None:
    tape = Script([qml.RX(np.nan, 0)], [qml.expval(qml.Z(0))])
    with pytest.raises(ValueError, match="angle 0 of the circuit"):
        HybridQubit(1).execute(tape)


@pytest.mark.ranks
def test_ranks_with_different_tapes(job: World) -> None:
    tape = Script([qml.RX(0.1 * (job.rank + 1), 0)], [qml.expval(qml.Z(0))])
    if job.size == 1:
        assert HybridQubit(1).execute(tape) == pytest.approx(np.cos(0.1))
        return
    with pytest.raises(MismatchError, match="list of tapes"):
        HybridQubit(1).execute(tape)
