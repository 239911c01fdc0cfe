"""Objectives of a diagonal cost other than its mean: functions of the distribution of energies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Real

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError
from hybrid.workloads.numbers import checked_positive


class Objective(ABC):
    """A function of the probabilities of a measured cost; subclasses are frozen dataclasses."""

    @abstractmethod
    def of(self, energies: FloatArray, probabilities: FloatArray) -> tuple[float, FloatArray]:
        """Return the objective of a distribution, and its derivatives.

        Args:
            energies: shape (L,), ascending, distinct.
            probabilities: shape (L,).

        Returns:
            the value, and its derivative with respect to each probability, shape (L,), up to a
            common constant: probabilities sum to 1.
        """

    def error(self, energies: FloatArray, probabilities: FloatArray, shots: int) -> float:
        """Return the standard error where the probabilities are frequencies of ``shots``.

        The delta method: the derivatives are the influence of one shot.
        """
        _, slopes = self.of(energies, probabilities)
        centred = slopes - np.sum(probabilities * slopes)
        return float(np.sqrt(np.sum(probabilities * centred**2) / shots))


@dataclass(frozen=True)
class CVaR(Objective):
    """Conditional value at risk: the mean of the lowest energies, up to a total probability.

    ``alpha = 1`` is the mean; as ``alpha`` tends to 0, the lowest energy that can be measured. An
    energy at the edge counts in part, so the objective is continuous.

    Source: P. K. Barkoutsos, G. Nannicini, A. Robert, I. Tavernelli, S. Woerner, Quantum 4, 256
    (2020); the formula is that of R. T. Rockafellar and S. Uryasev, J. Risk 2, 21 (2000).

    Attributes:
        alpha: the probability of the tail, above 0 and at most 1.

    Raises:
        InputError: ``alpha`` is out of range.

    Example:
        >>> value, _ = CVaR(0.5).of(np.array([0.0, 1.0, 2.0]), np.array([0.25, 0.5, 0.25]))
        >>> value
        0.5
    """

    alpha: float = 0.1

    def __post_init__(self) -> None:
        given: object = self.alpha
        if isinstance(given, bool) or not isinstance(given, Real) or not 0.0 < float(given) <= 1.0:
            raise InputError(
                "alpha of CVaR", got=repr(given)[:60], expected="a number above 0, at most 1"
            )
        object.__setattr__(self, "alpha", float(given))

    def of(self, energies: FloatArray, probabilities: FloatArray) -> tuple[float, FloatArray]:
        """Return the mean of the tail, and its derivatives."""
        reached = np.searchsorted(np.cumsum(probabilities), self.alpha)
        edge = energies[min(int(reached), len(energies) - 1)]
        slopes = np.minimum(energies - edge, 0.0) / self.alpha
        return float(edge + np.sum(probabilities * slopes)), slopes


@dataclass(frozen=True)
class Gibbs(Objective):
    """``-ln <exp(-eta E)> / eta``: the free energy of the measured energies.

    It rewards low energies more than the mean does. As ``eta`` tends to 0 it is the mean; for
    large ``eta`` the lowest energy that can be measured. The division by ``eta`` gives it the
    unit of the cost.

    Source: L. Li, M. Fan, M. Coram, P. Riley, S. Leichenauer, Phys. Rev. Research 2, 023074
    (2020).

    Attributes:
        eta: inverse temperature, positive, in the inverse unit of the cost.

    Raises:
        InputError: ``eta`` is not positive.

    Example:
        >>> value, _ = Gibbs(1e-6).of(np.array([0.0, 1.0, 2.0]), np.array([0.25, 0.5, 0.25]))
        >>> round(value, 4)
        1.0
    """

    eta: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "eta", checked_positive(self.eta, "eta of Gibbs"))

    def of(self, energies: FloatArray, probabilities: FloatArray) -> tuple[float, FloatArray]:
        """Return the free energy, and its derivatives; zero where a probability is zero."""
        found = probabilities > 0.0
        with np.errstate(over="ignore"):
            logs = np.log(probabilities, where=found, out=np.full(len(energies), -np.inf))
            exponents = logs - self.eta * energies
            highest = np.max(exponents)
            log_sum = highest + np.log(np.sum(np.exp(exponents - highest)))
            slopes = np.where(found, -np.exp(-self.eta * energies - log_sum) / self.eta, 0.0)
        return float(-log_sum / self.eta), slopes


def checked_objective(objective: object) -> Objective | None:
    """Return an objective; None for the expectation value.

    Raises:
        InputError: neither "expectation" nor an objective.
    """
    if objective == "expectation":
        return None
    if isinstance(objective, Objective):
        return objective
    raise InputError(
        "objective",
        got=repr(objective)[:60],
        expected="'expectation', hybrid.CVaR(alpha) or hybrid.Gibbs(eta)",
    )
