"""Random circuits: several observables, cotangents, inputs, overlaps, variances, against Qiskit.

``python -m tests.fuzz.answers --count 2000 --seed 1`` prints each circuit that differs.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections import Counter

import numpy as np
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.errors import InputError
from tests.fuzz.draws import Drawn, drawn, state_of

_STEP = 5e-4


def compare(one: Drawn) -> tuple[str, str]:
    """Return ``("same", "")``, or ``"refused"``, ``"different"`` or ``"raised"`` and in what."""
    try:
        found = _found(one)
    except InputError as refusal:
        return "refused", str(refusal)
    except Exception as error:
        return "raised", f"{type(error).__name__}: {error}"
    for (what, ours), theirs in zip(found.items(), _right(one), strict=True):
        most = 1e-6 if "slope" in what else 1e-9
        if not np.max(np.abs(ours - theirs)) < most * max(1.0, float(np.max(np.abs(theirs)))):
            return "different", f"{what}: {ours}, right {theirs}"
    return "same", ""


def main(arguments: list[str] | None = None) -> int:
    """Compare many circuits and return 1 if any differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    outcomes: Counter[str] = Counter()
    for seed in range(chosen.seed * 10**7, chosen.seed * 10**7 + chosen.count):
        outcome, why = compare(drawn(seed))
        outcomes[outcome] += 1
        if outcome in ("different", "raised"):
            print(f"circuit {seed}: {why}", flush=True)
    print(dict(outcomes))
    return int(outcomes["different"] + outcomes["raised"] > 0)


def _draws(one: Drawn) -> tuple[list[SparsePauliOp], np.ndarray, np.ndarray, np.ndarray]:
    """Return observables, cotangents, a direction, and another point."""
    random = np.random.default_rng(one.seed)
    width = one.circuit.num_qubits
    observables = [
        SparsePauliOp(
            ["".join(random.choice(list("IXYZ"), width)) for _ in range(3)], random.normal(size=3)
        )
        for _ in range(int(random.integers(1, 4)))
    ]
    weights = random.normal(size=(2, len(observables)))
    direction = random.normal(size=len(one.point))
    return observables, weights, direction, one.point + 0.1 * direction


def _found(one: Drawn) -> dict[str, np.ndarray]:
    observables, weights, direction, other = _draws(one)
    points = np.stack([one.point, other])
    told = hybrid.estimate(one.circuit, observables, points, gradient=True, variance=True)
    inputs = list(range(len(one.point)))[::-1]
    values, summed, by_input = hybrid.pull_back(
        one.circuit, observables, points, weights, inputs=inputs
    )
    overlaps, slopes = hybrid.overlaps(one.circuit, points[:1], points[1:], gradient=True)
    return {
        "values": told.values,
        "variances": told.variances,
        "values pulled back": values,
        "slopes": told.gradients @ direction,
        "slope summed": summed @ direction,
        "slopes by input": by_input @ direction[inputs],
        "overlap": overlaps[0, 0],
        "slope of the overlap": slopes[0, 0] @ direction,
    }


def _right(one: Drawn) -> list[np.ndarray]:
    observables, weights, direction, other = _draws(one)
    matrices = [each.to_matrix() for each in observables]
    away = state_of(one.at(other))

    def numbers(point: np.ndarray) -> np.ndarray:
        state = state_of(one.at(point))
        values = [float(np.real(np.vdot(state, matrix @ state))) for matrix in matrices]
        return np.array([*values, abs(np.vdot(away, state)) ** 2])

    def slope(point: np.ndarray) -> np.ndarray:
        if not len(point):
            return np.zeros(len(matrices) + 1)
        reaches = ((8, 1), (-8, -1), (-1, 2), (1, -2))
        terms = [weight * numbers(point + k * _STEP * direction) for weight, k in reaches]
        return np.sum(terms, axis=0) / (12 * _STEP)

    points = (one.point, other)
    values = np.array([numbers(point)[:-1] for point in points])
    slopes = [slope(point) for point in points]
    by_point = np.array([each[:-1] for each in slopes])
    variances = []
    for point in points:
        state = state_of(one.at(point))
        images = [matrix @ state for matrix in matrices]
        variances.append([np.vdot(i, i).real - np.vdot(state, i).real ** 2 for i in images])
    each = (weights * by_point).sum(axis=1)
    overlap, its_slope = numbers(one.point)[-1], slopes[0][-1]
    return [values, np.array(variances), values, by_point, each.sum(), each, overlap, its_slope]


if __name__ == "__main__":
    sys.exit(main())
