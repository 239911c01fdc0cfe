"""Angles of QAOA for the maximum cut of regular graphs, optimal where there are no short cycles.

``regular_angles.json`` holds for each degree and depth the angles that maximise the expected cut of
an edge in an infinite tree, made by :func:`tree_angles`. On a regular graph they guarantee at
least the worst of its neighbourhoods; cycles shorter than twice the depth change the value little.

Source: J. Wurtz, D. Lykov, arXiv:2107.00677 (fixed angles); J. Basso, E. Farhi, K. Marwaha, B.
Villalonga, L. Zhou, arXiv:2110.14206, section 3 (the cut of a tree at any depth).
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError
from hybrid.programs import Observable

Values: TypeAlias = NDArray[np.inexact[Any]]
"""Real or complex values of a function of bits."""


def fixed_angles(cost: Observable, depth: int) -> FloatArray:
    """Return the betas and gammas of a maximum cut on a regular graph, shape (2 depth,).

    Args:
        cost: sum of ``c Z_u Z_v`` over the edges, with one positive c for all.
        depth: number of layers.

    Raises:
        InputError: another cost, or no angles for its degree and the depth.
    """
    degree, weight = _regular(cost)
    known = _table().get(degree)
    if known is None or depth > len(known):
        deepest = "" if known is None else f"; at most {len(known)} for it"
        raise InputError(
            "start",
            got=f"'fixed' for degree {degree} and depth {depth}",
            expected=f"degrees from {min(_table())} to {max(_table())}{deepest}",
            advice="use start='interp'",
        )
    betas, gammas = known[depth - 1]
    return np.concatenate([betas, np.array(gammas) / weight])


def tree_cut(degree: int, betas: FloatArray, gammas: FloatArray) -> float:
    """Return the expected share of cut edges in an infinite regular tree.

    A layer is ``exp(-i gamma sum Z Z)``, then ``exp(-i beta sum X)``. The cost grows as 4^depth.

    Args:
        degree: neighbours of each node, at least 2.
        betas: shape (p,).
        gammas: shape (p,).

    Example:
        >>> round(tree_cut(3, np.array([-np.pi / 8]), np.array([np.arctan(0.5**0.5) / 2])), 4)
        0.6925
    """
    depth = len(betas)
    bits = np.arange(1 << (2 * depth + 1))
    # Bits in order: the spins of layers 1 to p, that of the measurement, those of layers p to 1.
    spins = [1 - 2 * (bits >> place & 1) for place in range(2 * depth + 1)]
    turns = [*betas, *-betas[::-1]]
    weights = np.full(len(bits), 0.5, dtype=np.complex128)
    for (left, right), turn in zip(pairwise(spins), turns, strict=True):
        weights *= np.where(left == right, np.cos(turn), 1j * np.sin(turn))
    phases = [*gammas, 0.0, *-gammas[::-1]]
    angles = sum(phase * spin for phase, spin in zip(phases, spins, strict=True))
    cosines = _transformed(np.cos(angles))
    branch: Values = np.ones(len(bits), dtype=np.complex128)
    for _ in range(depth):
        branch = _convolved(cosines, weights * branch) ** (degree - 1)
    ends = spins[depth] * weights * branch
    met = _convolved(_transformed(np.sin(angles)), ends)
    return float((0.5 - 0.5j * np.sum(ends * met)).real)


def tree_angles(degree: int, depth: int) -> list[tuple[FloatArray, FloatArray]]:
    """Return the betas and gammas of depths 1 to ``depth`` that maximise the cut of a tree.

    Each depth starts from the angles of the one before, interpolated.
    """
    found: list[tuple[FloatArray, FloatArray]] = []
    start = np.array([-np.pi / 8, np.arctan(1.0 / np.sqrt(degree - 1.0)) / 2.0])
    for layers in range(1, depth + 1):
        best = minimize(
            lambda x, p: -tree_cut(degree, x[:p], x[p:]), start, args=(layers,), tol=1e-9
        )
        found.append((best.x[:layers], best.x[layers:]))
        start = np.concatenate([interpolated(each) for each in found[-1]])
    return found


def interpolated(angles: FloatArray) -> FloatArray:
    """Return the angles of one more layer, by linear interpolation.

    Source: L. Zhou, S.-T. Wang, S. Choi, H. Pichler, M. D. Lukin, Phys. Rev. X 10, 021067 (2020),
    appendix B.

    Example:
        >>> interpolated(np.array([2.0, 4.0])).tolist()
        [2.0, 3.0, 4.0]
    """
    depth = len(angles)
    share = np.arange(depth + 1) / depth
    padded = np.concatenate([[0.0], angles, [0.0]])
    between: FloatArray = share * padded[:-1] + (1.0 - share) * padded[1:]
    return between


def _regular(cost: Observable) -> tuple[int, float]:
    """Return the degree of the graph and the coefficient of its edges."""
    keep = cost.z_masks != 0
    masks, weights = cost.z_masks[keep], cost.coefficients[keep]
    place = np.arange(cost.num_qubits, dtype=np.uint64)
    degrees = np.sum(masks[:, None] >> place & np.uint64(1), axis=0)
    is_cut = len(masks) > 0 and np.all(np.bitwise_count(masks) == 2) and weights[0] > 0.0
    if not (is_cut and np.all(weights == weights[0]) and np.all(degrees == degrees[0])):
        raise InputError(
            "start",
            got="'fixed' for a cost that is not the maximum cut of a regular graph",
            expected="the same number of neighbours for each node, and equal positive weights",
            advice="use start='ramp' or start='interp'",
        )
    return int(degrees[0]), float(weights[0])


@cache
def _table() -> dict[int, list[tuple[list[float], list[float]]]]:
    """Return betas and gammas by degree, for depths 1, 2, ..."""
    text = files("hybrid.workloads").joinpath("regular_angles.json").read_text(encoding="utf-8")
    return {
        int(degree): [tuple(each) for each in rows] for degree, rows in json.loads(text).items()
    }


def _convolved(transformed: Values, function: Values) -> Values:
    """Return the XOR convolution of two functions, the first of them transformed."""
    return _transformed(transformed * _transformed(function)) / len(function)


def _transformed(function: Values) -> Values:
    """Return the Walsh-Hadamard transform of a function of bits."""
    values = function.copy()
    for place in range(len(values).bit_length() - 1):
        pairs = values.reshape(-1, 2, 1 << place)
        pairs[:, 0], pairs[:, 1] = pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]
    return values
