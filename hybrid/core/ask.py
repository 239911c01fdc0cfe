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


VALUES_AND_GRADIENTS = frozenset({Want.VALUES, Want.GRADIENTS})


@dataclass(frozen=True, slots=True)
class Ask:
    """A batch of parameter points and what is wanted of them.

    Values are always wanted.

    Attributes:
        points: shape (B, P), float64; one parameter point a row.
        gradient: whether the gradient with respect to all P parameters is wanted too.
        iteration: the optimizer's own count of its steps, for progress and history.
    """

    points: FloatArray
    gradient: bool = False
    iteration: int = 0

    @property
    def components(self) -> int:
        """Numbers wanted of each point: the value and, with gradient, P derivatives."""
        return 1 + self.points.shape[1] if self.gradient else 1

    @property
    def wants(self) -> frozenset[Want]:
        """The kinds of answer that are wanted."""
        return VALUES_AND_GRADIENTS if self.gradient else _VALUES


_VALUES = frozenset({Want.VALUES})


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to an :class:`Ask`.

    Attributes:
        values: shape (B,), float64.
        gradients: shape (B, P), float64, or None where none was asked for.
        standard_errors: shape (B,), float64, of the values where they were sampled, else None.
    """

    values: FloatArray
    gradients: FloatArray | None = None
    standard_errors: FloatArray | None = None
