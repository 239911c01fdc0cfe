"""What an optimizer asks for and what it is told: the only two messages of the loop."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hybrid.core.arrays import FloatArray


class Want(Enum):
    """A kind of answer that an :class:`Ask` can want; each value is its name in messages."""

    VALUES = "values"
    GRADIENTS = "gradients"
    METRIC = "metric"
    VARIANCES = "variances"
    OVERLAPS = "overlaps"


VALUES = frozenset({Want.VALUES})
VALUES_AND_GRADIENTS = frozenset({Want.VALUES, Want.GRADIENTS})


@dataclass(frozen=True, slots=True)
class Ask:
    """A batch of parameter points and what is wanted of them. Values are always wanted.

    Attributes:
        points: shape (B, P), float64; one parameter point a row.
        gradient: whether the gradients of the values are wanted, and of the overlaps, with respect
            to all P parameters.
        iteration: the optimizer's own count of its steps, for progress and history.
        metric: whether the Fubini-Study metric of the state is wanted.
        variance: whether the variances of the observables are wanted.
        others: shape (K, P), float64, points with whose states the overlaps
            ``|<psi(other)|psi(point)>|^2`` are wanted; None for none.

    Example:
        >>> import numpy as np
        >>> ask = Ask(np.zeros((1, 3)), gradient=True, metric=True)
        >>> sorted(want.value for want in ask.wants)
        ['gradients', 'metric', 'values']
    """

    points: FloatArray
    gradient: bool = False
    iteration: int = 0
    metric: bool = False
    variance: bool = False
    others: FloatArray | None = None

    @property
    def components(self) -> int:
        """Numbers in a value and, with gradient, its P derivatives."""
        return 1 + self.points.shape[1] if self.gradient else 1

    @property
    def wants(self) -> frozenset[Want]:
        """The kinds of answer that are wanted."""
        if not (self.metric or self.variance) and self.others is None:
            return VALUES_AND_GRADIENTS if self.gradient else VALUES
        wanted = {
            Want.VALUES: True,
            Want.GRADIENTS: self.gradient,
            Want.METRIC: self.metric,
            Want.VARIANCES: self.variance,
            Want.OVERLAPS: self.others is not None,
        }
        return frozenset(want for want, is_wanted in wanted.items() if is_wanted)

    def asks_the_same(self, other: Ask) -> bool:
        """Return whether both have the same points, to the bit, and want the same of them."""
        return (
            _same_bits(self.points, other.points)
            and self.wants == other.wants
            and (self.others is None or _same_bits(self.others, other.others))
        )


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to an :class:`Ask`; float64, and None for what was not asked for.

    Where an evaluation has M observables, M > 1, there is an axis of length M after that of the
    points in values, gradients, standard errors and variances.

    Attributes:
        values: shape (B,), or (B, M).
        gradients: shape (B, P), or (B, M, P).
        standard_errors: shape (B,), or (B, M), of the values where they were sampled.
        metric: shape (B, P, P), symmetric.
        variances: shape (B,), or (B, M).
        overlaps: shape (B, K).
        overlap_gradients: shape (B, K, P), where overlaps and gradients were asked for.
    """

    values: FloatArray
    gradients: FloatArray | None = None
    standard_errors: FloatArray | None = None
    metric: FloatArray | None = None
    variances: FloatArray | None = None
    overlaps: FloatArray | None = None
    overlap_gradients: FloatArray | None = None


def _same_bits(one: FloatArray, other: FloatArray | None) -> bool:
    return other is not None and one.shape == other.shape and one.tobytes() == other.tobytes()
