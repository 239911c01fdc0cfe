"""The random circuits on Aer: exact values, gradients and shots against Qiskit's own arithmetic.

``python -m tests.fuzz.aer --count 1000 --seed 1`` prints each circuit that differs and their count.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections import Counter

import numpy as np

import hybrid
from hybrid.core.errors import InputError, NoExactGradientError
from tests.fuzz.circuits import _direction, _operator, _right
from tests.fuzz.draws import Drawn, drawn

_TOLERANCE = 1e-8
_SHOTS = 500
_TOO_FAR = 6.0
"""Standard errors; a right answer is farther off once in 5e8."""


def compare(one: Drawn) -> tuple[str, str]:
    """Return ``("same", "")``, or ``"refused"``, ``"different"`` or ``"raised"`` and in what."""
    observable = _operator(one)
    value, slope, _ = _right(one)
    try:
        found = hybrid.expectation(one.circuit, observable, one.point[None], simulator="aer")
        if abs(found[0] - value) > _TOLERANCE:
            return "different", f"value {found[0]}, right {value}"
        told = hybrid.estimate(
            one.circuit, observable, one.point[None], shots=_SHOTS, seed=one.seed
        )
        error = max(told.standard_errors[0], np.abs(observable.coeffs).sum() / _SHOTS)
        if abs(told.values[0] - value) > _TOO_FAR * error:
            return "different", f"shots {told.values[0]} +- {error}, right {value}"
        _, gradients = hybrid.expectation(
            one.circuit, observable, one.point[None], gradient=True, simulator="aer"
        )
        found = gradients[0] @ _direction(one)
        if abs(found - slope) > _TOLERANCE:
            return "different", f"slope {found}, right {slope}"
    except NoExactGradientError as refusal:
        return "no gradient", str(refusal)
    except InputError as refusal:
        return "refused", str(refusal)
    except Exception as error:
        return "raised", f"{type(error).__name__}: {error}"
    return "same", ""


def run(seeds: range) -> int:
    """Compare circuits, print what differs, and return how many do."""
    outcomes: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for seed in seeds:
        one = drawn(seed)
        outcome, why = compare(one)
        outcomes[outcome] += 1
        if outcome in ("different", "raised"):
            print(f"circuit {seed}: {why}\n{one.circuit.draw('text')}", flush=True)
        elif outcome != "same":
            reasons[why[:200]] += 1
    wrong = outcomes["different"] + outcomes["raised"]
    print(f"{len(seeds)} circuits on Aer: {wrong} differences; {dict(outcomes)}")
    for why, often in reasons.most_common(8):
        print(f"  {often}: {why}")
    return wrong


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    first = chosen.seed * 10**7
    return int(run(range(first, first + chosen.count)) > 0)


if __name__ == "__main__":
    sys.exit(main())
