"""The expectation values of observables in the state of one parametrised circuit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from qiskit.circuit.library import PauliEvolutionGate

from hybrid.core.arrays import FloatArray
from hybrid.core.digest import digest
from hybrid.core.units import count
from hybrid.programs import FlatCircuit, Generator, Observable
from hybrid.simulators import Estimation, Estimator, choose
from hybrid.simulators.circuits.spelling import spelling
from hybrid.workloads.base import OneRun, Sampling

_KEPT = 4
"""Maximum number of prepared estimators that an expectation caches."""


@dataclass(frozen=True)
class Expectation(OneRun):
    """Expectation values as a function of the circuit's parameters.

    Attributes:
        flat: the circuit, flattened.
        observables: compiled observables of the same width; exactly one for minimization.
    """

    flat: FlatCircuit
    observables: tuple[Observable, ...]

    def __repr__(self) -> str:
        """Return the description, instead of every gate and term."""
        return f"<{self.description}>"

    @property
    def observable(self) -> Observable:
        """The first of the observables."""
        return self.observables[0]

    @property
    def description(self) -> str:
        """One line: width, parameters and terms."""
        terms = sum(each.num_terms for each in self.observables)
        return (
            f"{count(self.num_qubits, 'qubit')}, {count(self.num_parameters, 'parameter')}, "
            f"{count(terms, 'term')}"
        )

    @property
    def num_parameters(self) -> int:
        """P, the number of the circuit's parameters."""
        return self.flat.angles.num_parameters

    @property
    def num_qubits(self) -> int:
        """Width of the circuit."""
        return self.flat.num_qubits

    def initial_point(self, seed: int) -> FloatArray:
        """Return shape (P,): zeros for unitary coupled cluster, else seeded random angles.

        At zero an ansatz of Pauli evolutions is the identity on its reference state. Coupled
        cluster starts there: its generators are imaginary (each string has an odd number of Y), so
        the energy has a nonzero gradient. With real generators, as in Hamiltonian variational
        ansatzes, zero is a stationary point of a real observable. Such ansatzes, and all others,
        start at angles drawn uniformly from [-pi, pi).
        """
        driven = [step for step in self.flat.steps if step.slot is not None]
        if all(
            isinstance(step.gate, PauliEvolutionGate) and _is_imaginary(step.generator)
            for step in driven
        ):
            return np.zeros(self.num_parameters)
        return np.random.default_rng(seed).uniform(-np.pi, np.pi, self.num_parameters)

    def scale(self) -> float:
        """Return a bound on the derivative by a local rotation, in the unit of the observable.

        A rotation of one qubit changes the terms that act on it, so the bound is the sum of the
        magnitudes of their coefficients, for the qubit with the largest sum. The number of qubits
        and the identity term, which only shifts the value, do not matter.
        """
        masks = self.observable.x_masks | self.observable.z_masks
        weights = np.abs(self.observable.coefficients)
        met = [weights[masks >> np.uint64(q) & np.uint64(1) == 1] for q in range(self.num_qubits)]
        return max((float(each.sum()) for each in met), default=0.0)

    def contents(self) -> Mapping[str, str]:
        """Return digests of circuit and observable."""
        return self._digests

    def prepare(self, sampling: Sampling) -> Estimator:
        """Compile the expectation for a simulator.

        Raises:
            InputError: the simulator does not exist or does not support the evaluation.
            NoExactGradientError: raised later, on request of a gradient without an exact rule.
        """
        for known, evaluation in self._prepared:
            if known == sampling:
                return evaluation
        estimation = Estimation(
            self.flat,
            self.observables,
            sampling.shots,
            sampling.finite_difference,
            sampling.sector,
        )
        evaluation = choose(sampling.simulator, estimation).prepare(estimation)
        self._prepared.append((sampling, evaluation))
        del self._prepared[:-_KEPT]
        return evaluation

    @cached_property
    def _prepared(self) -> list[tuple[Sampling, Estimator]]:
        """Cache of compiled estimators, so that repeated calls compile nothing."""
        return []

    @cached_property
    def _digests(self) -> Mapping[str, str]:
        each = [observable.content() for observable in self.observables]
        content = each[0] if len(each) == 1 else digest(each)
        written = "" if self.flat.source is None else spelling(self.flat.source)
        return {
            "circuit": self.flat.program.content(),
            "observable": content,
            **({"identities, delays and labels of the circuit": written} if written else {}),
        }


def _is_imaginary(generator: Generator | None) -> bool:
    """Return whether each string of a generator has an odd number of Y."""
    return generator is not None and all(
        (generator.x_mask & z_mask).bit_count() % 2 for z_mask in generator.z_masks
    )
