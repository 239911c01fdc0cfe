"""Starting points spread over a box."""

from __future__ import annotations

import numpy as np
from scipy.stats import qmc

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError
from hybrid.optimizers.checks import check_count, check_real


def starts(
    count: int,
    num_parameters: int,
    seed: int,
    kind: str = "sobol",
    *,
    low: float = -np.pi,
    high: float = np.pi,
) -> FloatArray:
    """Return starting points, shape (count, num_parameters), float64, in [low, high).

    Args:
        count: number of points.
        num_parameters: P.
        seed: not negative; equal seeds give equal points, and the first points do not depend on the
            count for kind "sobol".
        kind: "sobol" for a scrambled Sobol sequence (A. B. Owen, J. Complexity 14, 466 (1998)),
            which covers the box evenly, or "random" for uniform random points.
        low: lower end of each parameter, in radians for angles.
        high: upper end.

    Raises:
        InputError: an argument is out of range.

    Example:
        >>> starts(4, 2, seed=1).shape
        (4, 2)
    """
    size = check_count("count of starts", count), check_count("num_parameters", num_parameters)
    bottom = check_real("low", low)
    top = check_real("high", high, above=bottom)
    if kind == "random":
        shares = np.random.default_rng(seed).random(size)
    elif kind == "sobol":
        if size[1] > qmc.Sobol.MAXDIM:
            raise InputError(
                "starts",
                got=f"'sobol' for {size[1]} parameters",
                expected=f"at most {qmc.Sobol.MAXDIM}",
                advice="use 'random'",
            )
        sequence = qmc.Sobol(size[1], rng=np.random.default_rng(seed))
        shares = sequence.random_base2((size[0] - 1).bit_length())[: size[0]]
    else:
        raise InputError("starts", got=repr(kind)[:60], expected="'sobol' or 'random'")
    points: FloatArray = bottom + (top - bottom) * shares
    return points
