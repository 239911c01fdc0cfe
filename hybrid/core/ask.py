"""Ask and Told: the two messages between an optimizer and the loop."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hybrid.core.arrays import FloatArray


class Want(Enum):
    """A kind of answer that an :class:`Ask` can want; values are names in messages."""

    VALUES = "values"
    GRADIENTS = "gradients"
    METRIC = "metric"
    VARIANCES = "variances"
    OVERLAPS = "overlaps"
    FORCES = "forces"


VALUES = frozenset({Want.VALUES})
VALUES_AND_GRADIENTS = frozenset({Want.VALUES, Want.GRADIENTS})


@dataclass(frozen=True, slots=True)
class Ask:
    """A batch of parameter points, and the answers wanted in addition to the values.

    Attributes:
        points: shape (B, P), float64; one parameter point per row.
        gradient: whether to compute gradients of values and overlaps by all P parameters.
        iteration: the optimizer's step counter, for progress and history.
        metric: whether to compute the Fubini-Study metric.
        variance: whether to compute the variances of the observables.
        others: shape (K, P), float64; points of the other states in the overlaps
            ``|<psi(other)|psi(point)>|^2``. None for no overlaps.
        force: whether to compute the forces of real-time evolution.

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
    force: bool = False

    @property
    def components(self) -> int:
        """Number of components of an answer: 1, or 1 + P with gradient."""
        return 1 + self.points.shape[1] if self.gradient else 1

    @property
    def wants(self) -> frozenset[Want]:
        """The kinds of answer that are wanted."""
        if not (self.metric or self.variance or self.force) and self.others is None:
            return VALUES_AND_GRADIENTS if self.gradient else VALUES
        wanted = {
            Want.VALUES: True,
            Want.GRADIENTS: self.gradient,
            Want.METRIC: self.metric,
            Want.VARIANCES: self.variance,
            Want.OVERLAPS: self.others is not None,
            Want.FORCES: self.force,
        }
        return frozenset(want for want, is_wanted in wanted.items() if is_wanted)

    def asks_the_same(self, other: Ask) -> bool:
        """Return whether both have bitwise equal points and want the same answers."""
        return (
            _same_bits(self.points, other.points)
            and self.wants == other.wants
            and (self.others is None or _same_bits(self.others, other.others))
        )


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to an :class:`Ask`; float64 arrays, or None for answers not wanted.

    With M > 1 observables, values, gradients, standard errors, variances and forces have a second
    axis of length M.

    Attributes:
        values: shape (B,), or (B, M).
        gradients: shape (B, P), or (B, M, P).
        standard_errors: shape (B,), or (B, M); of sampled values.
        metric: shape (B, P, P), symmetric.
        variances: shape (B,), or (B, M).
        overlaps: shape (B, K).
        overlap_gradients: shape (B, K, P); with ``others`` and ``gradient``.
        forces: shape (B, P), or (B, M, P); ``Im <d_k psi|(O - <O>) psi>`` for parameter k and
            observable O.
    """

    values: FloatArray
    gradients: FloatArray | None = None
    standard_errors: FloatArray | None = None
    metric: FloatArray | None = None
    variances: FloatArray | None = None
    overlaps: FloatArray | None = None
    overlap_gradients: FloatArray | None = None
    forces: FloatArray | None = None


def _same_bits(one: FloatArray, other: FloatArray | None) -> bool:
    return other is not None and one.shape == other.shape and one.tobytes() == other.tobytes()
