"""What a user's optimizer yields and returns is refused with a sentence where it is not usable."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.ask import Ask
from hybrid.core.errors import InputError
from hybrid.optimizers import Solution

ANSATZ = real_amplitudes(2, reps=1)
ENERGY = SparsePauliOp(["ZZ", "XX"], [1.0, 0.5])
PROBLEM = hybrid.VQE(ANSATZ, ENERGY)
START = np.full(4, 0.3)


@dataclass(frozen=True)
class Own:
    """An optimizer that yields some Asks, and returns what it is given."""

    asks: tuple[Any, ...]
    end: Any = None
    name: str = "own"

    def steps(self, x0: np.ndarray, seed: int) -> Generator[Any, Any, Any]:
        for ask in self.asks:  # noqa: UP028, an iterator of a tuple receives no answers
            yield ask
        return self.end


def ended(x: Any = START, value: Any = 0.5) -> Solution:
    return Solution(x, value, True, "Done.", 1)


GOOD = Ask(START[np.newaxis])


@pytest.mark.ranks
@pytest.mark.parametrize("before", [(), (GOOD,)], ids=["first", "later"])
@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (3, "got int, expected an Ask"),
        (Ask(START), r"points of the optimizer's Ask: got shape \(4,\), expected shape \(B, 4\)"),
        (Ask(np.zeros((1, 3))), r"points of the optimizer's Ask: got shape \(1, 3\)"),
        (Ask(np.zeros((0, 4))), r"points of the optimizer's Ask: got shape \(0, 4\)"),
        (Ask(np.zeros((1, 4)) * 1j), "points of the optimizer's Ask: got complex numbers"),
        (Ask(START[None], others=np.zeros((2, 3))), r"others of the optimizer's Ask: got shape"),
    ],
)
def test_asks_that_are_not_usable(before: tuple[Ask, ...], ask: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        hybrid.minimize(PROBLEM, Own((*before, ask), ended()), x0=START)


@pytest.mark.ranks
@pytest.mark.parametrize(
    ("end", "message"),
    [
        (None, "result of steps.. of the optimizer: got NoneType, expected a Solution"),
        (ended(x=np.zeros(3)), "got 3 parameters and 1 values, expected 4 parameters and one"),
        (ended(x="abc"), "x of the optimizer's Solution: got 'abc'"),
        (ended(value=[1.0, 2.0]), "got 4 parameters and 2 values"),
        (ended(value=None), "value of the optimizer's Solution: got None"),
    ],
)
def test_solutions_that_are_not_usable(end: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        hybrid.minimize(PROBLEM, Own((GOOD,), end), x0=START)


def test_steps_that_are_none() -> None:
    with pytest.raises(InputError, match="got no Ask, expected at least one before the Solution"):
        hybrid.minimize(PROBLEM, Own((), ended()), x0=START)

    class List(Own):
        steps: Callable[..., Any] = lambda self, x0, seed: [GOOD]

    with pytest.raises(InputError, match="got list, expected a generator that yields Asks"):
        hybrid.minimize(PROBLEM, List(()), x0=START)


def test_other_number_types_are_converted() -> None:
    wide = np.array([START, START + 1.0], dtype=np.float32)
    ask = Ask(wide, gradient=np.bool_(True), iteration=np.int64(2), others=wide.tolist())
    found = hybrid.minimize(PROBLEM, Own((ask,), ended(x=START.tolist(), value=9)), x0=START)
    values = hybrid.expectation(ANSATZ, ENERGY, wide)
    assert found.value == values.min()
    assert found.x.tolist() == wide[np.argmin(values)].astype(np.float64).tolist()
    assert found.history.iterations.tolist() == [2]
