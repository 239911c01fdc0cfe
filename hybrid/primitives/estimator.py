"""Qiskit's estimator primitive: expectation values of many circuits in one collective call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from qiskit.primitives import (
    BaseEstimatorV2,
    DataBin,
    PrimitiveJob,
    PrimitiveResult,
    PubResult,
)
from qiskit.primitives.containers import EstimatorPubLike
from qiskit.primitives.containers.estimator_pub import EstimatorPub

from hybrid.collective.call import checked_together
from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Told
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.core.resources import Auto, Resources
from hybrid.primitives.job import FinishedJob
from hybrid.primitives.questions import Asked, Question, answer_parts
from hybrid.primitives.seeding import Seed, noise_source, run_seed
from hybrid.runtime import elsewhere
from hybrid.simulators import Choice, Native
from hybrid.workloads import Sampling


class Estimator(BaseEstimatorV2):
    """Qiskit's ``BaseEstimatorV2``, computed by this package.

    Drop-in replacement for ``qiskit.primitives.StatevectorEstimator``. :meth:`run` evaluates all
    pubs together and splits their points, circuits and shots over the ranks of the job. Every rank
    makes the same call and gets the same result.

    Values are exact if the precision is 0. Otherwise the native simulator adds normal noise with
    that standard deviation, which for the same seed is the noise of ``StatevectorEstimator``; other
    simulators take ``1 / precision**2`` shots.

    Args:
        default_precision: target precision if neither :meth:`run` nor the pub specifies one.
        seed: seed of noise and shots, an integer or a generator. If None, a fresh one is drawn
            for each run.
        simulator: "auto", a name (``hybrid.simulators.names()``), a simulator, or an
            estimator, sampler or backend of Qiskit.
        threads: threads of each rank. If None, ranks share the cores of their host.
        shards: number of ranks that share one state, a power of two.
        groups: number of such groups that run concurrently.

    Raises:
        InputError: an argument is not usable.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0)
        >>> _ = bell.cx(0, 1)
        >>> result = Estimator().run([(bell, ["ZZ", "XX", "ZI"])]).result()
        >>> result[0].data.evs.round(6).tolist()
        [1.0, 1.0, 0.0]
    """

    def __init__(
        self,
        *,
        default_precision: float = 0.0,
        seed: Seed = None,
        simulator: Choice = "auto",
        threads: int | None = None,
        shards: int | Auto = "auto",
        groups: int | Auto = "auto",
    ) -> None:
        self._default_precision = _checked_precision(default_precision)
        self._seed = seed
        self._simulator = simulator
        self._resources = Resources.checked(threads, shards, groups)

    @property
    def default_precision(self) -> float:
        """Default target precision."""
        return self._default_precision

    @property
    def seed(self) -> Seed:
        """Seed of noise and shots."""
        return self._seed

    def run(
        self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None
    ) -> PrimitiveJob[PrimitiveResult[PubResult]]:
        """Estimate the expectation values of all pubs.

        Args:
            pubs: tuples ``(circuit, observables, parameter values, precision)``, the last two
                optional; observables and parameter values broadcast like NumPy arrays.
            precision: target precision of pubs that specify none.

        Returns:
            a finished job. Its result holds for each pub ``data.evs`` and ``data.stds``, float64
            arrays of the broadcast shape. ``stds`` are standard errors if shots were taken, else 0.

        Raises:
            ValueError: a pub is inconsistent; raised by Qiskit's own validation.
        """

        def coerce() -> list[EstimatorPub]:
            chosen = self._default_precision if precision is None else precision
            target = _checked_precision(chosen)
            return [EstimatorPub.coerce(pub, target) for pub in pubs]

        coerced = checked_together("Estimator.run()", coerce)
        job: PrimitiveJob[PrimitiveResult[PubResult]] = FinishedJob(self._run, coerced)
        job._submit()
        return job

    def _run(self, pubs: Sequence[EstimatorPub]) -> PrimitiveResult[PubResult]:
        if (ranks := elsewhere()) is not None:
            found = ranks.call("Estimator.run", {"pubs": list(pubs), **self.settings})
        else:
            found = self.values_of(pubs)
        results = [
            PubResult(
                DataBin(evs=values, stds=errors, shape=values.shape),
                metadata={
                    "target_precision": pub.precision,
                    "circuit_metadata": pub.circuit.metadata,
                },
            )
            for pub, (values, errors) in zip(pubs, found, strict=True)
        ]
        return PrimitiveResult(results, metadata={"version": 2})

    def values_of(self, pubs: Sequence[EstimatorPub]) -> list[tuple[FloatArray, FloatArray]]:
        """Return values and standard errors of each pub, in its shape; collective."""
        questions: list[Question] = []

        def ask() -> Asked:
            questions[:] = [Question.of_pub(pub, self.sampling(pub.precision)) for pub in pubs]
            return Asked(
                [part for question in questions for part in question.parts()],
                lambda: digest([question.contents() for question in questions]),
                self.run_seed([question.sampling for question in questions]),
            )

        told, seed = answer_parts("Estimator.run()", ask, self._resources)
        answers = iter(told)
        return [
            self._noisy(pub, question, [next(answers) for _ in question.values], seed)
            for pub, question in zip(pubs, questions, strict=True)
        ]

    def _noisy(
        self, pub: EstimatorPub, question: Question, told: Sequence[Told], seed: int
    ) -> tuple[FloatArray, FloatArray]:
        values, errors = question.arranged(told)
        if pub.precision and self._shots(pub.precision) is None:
            rng = noise_source(self._seed, seed)
            for index in np.ndindex(*values.shape):  # Qiskit's order of draws
                values[index] = rng.normal(values[index], pub.precision)
        return values, errors

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments that make an equal estimator."""
        return {
            "default_precision": self._default_precision,
            "seed": self._seed,
            "simulator": self._simulator,
            **asdict(self._resources),
        }

    @property
    def resources(self) -> Resources:
        """Threads, shards and groups."""
        return self._resources

    def sampling(self, precision: float) -> Sampling:
        """Return the simulator and shots for a target precision."""
        return Sampling(self._simulator, self._shots(precision))

    def run_seed(self, samplings: Sequence[Sampling]) -> int | None:
        """Return the seed of one run; a generator advances only if there are shots."""
        return run_seed(self._seed, is_used=any(each.shots for each in samplings))

    def _shots(self, precision: float) -> int | None:
        """Return the shots for a target precision, or None for exact values."""
        exact = self._simulator in ("auto", "native") or isinstance(self._simulator, Native)
        return None if exact or precision == 0.0 else max(1, round(1.0 / precision**2))


def _checked_precision(precision: float) -> float:
    number = isinstance(precision, int | float | np.integer | np.floating)
    if isinstance(precision, bool) or not number or not 0.0 <= precision < np.inf:
        raise InputError("precision", got=repr(precision), expected="a number of at least 0")
    return float(precision)
