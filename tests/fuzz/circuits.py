"""Random circuits: native values, gradients and states against Qiskit's own arithmetic.

``python -m tests.fuzz.circuits --count 20000 --seed 1`` prints each circuit that differs and their
count. ``--only SEED`` takes one of them again.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections import Counter
from collections.abc import Iterable

import numpy as np
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.errors import InputError
from tests.fuzz.draws import Drawn, circuits, drawn, state_of

__all__ = ["circuits", "compare", "main"]

_STEP = 1e-4
_TOLERANCE = {"value": 1e-9, "slope": 1e-7, "state": 1e-9}


def compare(one: Drawn) -> tuple[str, str]:
    """Return ``("same", "")``, or ``"refused"``, ``"different"`` or ``"raised"`` and in what."""
    try:
        found = _found(one)
    except InputError as refusal:
        return "refused", str(refusal)
    except Exception as error:
        return "raised", f"{type(error).__name__}: {error}"
    for (what, most), ours, theirs in zip(_TOLERANCE.items(), found, _right(one), strict=True):
        if not np.max(np.abs(ours - theirs)) < most * max(1.0, float(np.max(np.abs(theirs)))):
            return "different", f"{what}: {ours}, right {theirs}"
    return "same", ""


def main(arguments: list[str] | None = None) -> int:
    """Compare many circuits and return 1 if any differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int)
    chosen = parser.parse_args(arguments)
    seeds: Iterable[int] = range(chosen.seed * 10**7, chosen.seed * 10**7 + chosen.count)
    warnings.simplefilter("ignore")
    outcomes: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    for number, seed in enumerate(seeds if chosen.only is None else [chosen.only]):
        if number and number % 1000 == 0:
            print(f"... {number} circuits: {dict(outcomes)}", flush=True)
        one = drawn(seed)
        outcome, why = compare(one)
        outcomes[outcome] += 1
        if outcome == "refused":
            refusals[why] += 1
        if outcome in ("different", "raised"):
            print(f"circuit {seed}: {why}\n{one.circuit.draw('text')}", flush=True)
    wrong = outcomes["different"] + outcomes["raised"]
    print(f"{sum(outcomes.values())} circuits: {wrong} differences; {dict(outcomes)}")
    for why, often in refusals.most_common(12):
        print(f"  refused {often}: {why[:300]}")
    return int(wrong > 0)


def _operator(one: Drawn) -> SparsePauliOp:
    random = np.random.default_rng(one.seed)
    width = one.circuit.num_qubits
    labels = ["".join(random.choice(list("IXYZ"), width)) for _ in range(4)]
    return SparsePauliOp(labels, random.normal(size=4))


def _direction(one: Drawn) -> np.ndarray:
    return np.random.default_rng(one.seed + 1).normal(size=len(one.point))


def _found(one: Drawn) -> tuple[np.ndarray, ...]:
    """Return the package's value, its slope along a random direction, and its state."""
    operator = _operator(one)
    values, gradients = hybrid.expectation(one.circuit, operator, one.point[None], gradient=True)
    slope = gradients[0] @ _direction(one)
    return values[0], slope, hybrid.state(one.circuit, one.point)


def _right(one: Drawn) -> tuple[np.ndarray, ...]:
    """Return the same by Qiskit's matrices and by differences of fourth order."""
    matrix = _operator(one).to_matrix()
    direction = _direction(one)

    def value(state: np.ndarray) -> float:
        return float(np.real(state.conj() @ matrix @ state))

    slope = 0.0
    if len(one.point):
        for weight, reach in ((8, 1), (-8, -1), (-1, 2), (1, -2)):
            moved = one.at(one.point + reach * _STEP * direction)
            slope += weight * value(state_of(moved)) / (12 * _STEP)
    state = state_of(one.numeric)
    return np.array(value(state)), np.array(slope), state


if __name__ == "__main__":
    sys.exit(main())
