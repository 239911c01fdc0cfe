"""Measure the electron numbers of the final state of a molecule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.text import Text

import hybrid
from hybrid.cli import report
from hybrid.core.ask import Told
from hybrid.core.seeds import derive
from hybrid.loop.result import Result
from hybrid.settings import Job, MinimizeArguments, Reference
from hybrid.settings.build import CHEMICAL_ACCURACY

_STREAM = 3
"""Key of the seeds of these measurements, distinct from those of minimize() and of cuts."""

_ADVICE = (
    "not a state of the molecule, so the value is not its energy; use ansatz 'uccsd', which "
    "conserves the electron numbers, more layers, or another seed"
)


@dataclass(frozen=True)
class Measured:
    """Expectation values in the final state, with standard errors (0 if exact).

    Attributes:
        energy: energy without penalty, in hartree.
        alpha, beta: electron numbers of each spin.
        deviation: mean squared deviation from the molecule's electron numbers.
        spin: S^2.
        weight: weight of the penalty, in hartree.
        expected: the molecule's electron numbers.
    """

    energy: tuple[float, float]
    alpha: tuple[float, float]
    beta: tuple[float, float]
    deviation: tuple[float, float]
    spin: tuple[float, float]
    weight: float
    expected: tuple[int, int]

    @property
    def is_the_molecules(self) -> bool:
        """Whether the penalty is below chemical accuracy.

        Sampled values may exceed it by three standard errors.
        """
        mean, error = self.deviation
        return self.weight * (mean - 3.0 * error) < CHEMICAL_ACCURACY

    def rows(self, result: Result, reference: Reference | None) -> list[report.Row]:
        """Return the rows of the energy (of the value, if not the molecule's) and the electrons."""
        spread = max(self.deviation[0], 0.0) ** 0.5
        counts = (
            f"{_number(self.alpha)} alpha, {_number(self.beta)} beta, "
            f"off by {spread:.4f} (root mean square); the molecule has "
            f"{self.expected[0]} and {self.expected[1]}"
        )
        if self.is_the_molecules:
            mean, error = self.energy
            energy = report.value_rows("energy", mean, error or None, reference)
            return [*energy, ("electrons", Text(counts, "green")), ("spin", self._spin())]
        return [
            *report.value_rows("value", result.value, result.standard_error, None),
            ("electrons", Text(counts, "yellow")),
            ("", Text(_ADVICE, "yellow")),
            ("spin", self._spin()),
        ]

    def data(self) -> dict[str, Any]:
        """Return these as plain data; values are pairs of a mean and its standard error."""
        names = ("energy", "alpha", "beta", "deviation", "spin", "expected")
        return {name: list(getattr(self, name)) for name in names} | {
            "penalty_weight": self.weight,
            "is_the_molecules": self.is_the_molecules,
        }

    def _spin(self) -> str:
        """Return S^2, and its minimum for the molecule's electron numbers."""
        least = abs(self.expected[0] - self.expected[1]) / 2
        return f"S^2 {_number(self.spin)}; at least {least * (least + 1):g} with its electrons"


def measured(job: Job, result: Result, arguments: MinimizeArguments) -> Measured:
    """Measure the energy and the electron numbers of the final state.

    Collective. For ansatzes that do not conserve the electron numbers.
    """
    assert job.electrons is not None
    sector = job.electrons.sector
    observables = (job.electrons.energy, *sector.numbers, sector.deviation, sector.spin)
    shared: dict[str, Any] = {
        name: arguments[name]
        for name in ("simulator", "shots", "threads", "shards", "groups", "sector")
    }
    energy, alpha, beta, deviation, spin = (
        _mean(
            hybrid.estimate(
                job.circuit, each, result.point, seed=derive(result.seed, _STREAM, number), **shared
            )
        )
        for number, each in enumerate(observables)
    )
    return Measured(energy, alpha, beta, deviation, spin, sector.weight, sector.num_electrons)


def _mean(told: Told) -> tuple[float, float]:
    """Return a value and its standard error, 0 if exact."""
    errors = told.standard_errors
    return float(told.values[0]), 0.0 if errors is None else float(errors[0])


def _number(measured: tuple[float, float]) -> str:
    mean, error = measured
    return f"{mean:z.4f}" + (f" +/- {error:.2g}" if error else "")
