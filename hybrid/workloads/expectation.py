"""The expectation values of observables in the state of one parametrised circuit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from qiskit.circuit.library import PauliEvolutionGate

from hybrid.core.arrays import FloatArray
from hybrid.core.digest import digest
from hybrid.programs import FlatCircuit, Observable, compile_program
from hybrid.simulators import Estimation, Estimator, choose
from hybrid.workloads.base import Sampling


@dataclass(frozen=True)
class Expectation:
    """Expectation values as a function of the circuit's parameters.

    Attributes:
        circuit: compiled circuit.
        observables: compiled observables, as wide; one where it is to be minimised.
    """

    circuit: FlatCircuit
    observables: tuple[Observable, ...]

    @property
    def observable(self) -> Observable:
        """The first of the observables."""
        return self.observables[0]

    @property
    def description(self) -> str:
        """One line: width, parameters and terms."""
        return (
            f"{self.num_qubits} qubits, {self.num_parameters} parameters, "
            f"{sum(each.num_terms for each in self.observables)} terms"
        )

    @property
    def num_parameters(self) -> int:
        """P, the number of the circuit's parameters."""
        return self.circuit.angles.num_parameters

    @property
    def num_qubits(self) -> int:
        """Width of the circuit."""
        return self.circuit.num_qubits

    def initial_point(self, seed: int) -> FloatArray:
        """Return shape (P,): zeros, or random angles where zeros would be a poor start.

        An ansatz that consists of Pauli evolutions (unitary coupled cluster, Hamiltonian
        variational) is the identity on its reference state at zero, which is where such
        calculations start. Others start at angles drawn uniformly from [-pi, pi), seeded.
        """
        driven = [step.gate for step in self.circuit.steps if step.slot is not None]
        if all(isinstance(gate, PauliEvolutionGate) for gate in driven):
            return np.zeros(self.num_parameters)
        return np.random.default_rng(seed).uniform(-np.pi, np.pi, self.num_parameters)

    def contents(self) -> Mapping[str, str]:
        """Return digests of circuit and observable."""
        return self._digests

    def prepare(self, sampling: Sampling) -> Estimator:
        """Return the expectation compiled for a simulator.

        Raises:
            InputError: the simulator does not exist or does not suit.
            NoExactGradientError: later, when a gradient is asked for that has no exact rule.
        """
        for known, evaluation in self._prepared:
            if known == sampling:
                return evaluation
        estimation = Estimation(
            self.circuit, self.observables, sampling.shots, sampling.finite_difference
        )
        evaluation = choose(sampling.simulator, estimation).prepare(estimation)
        self._prepared.append((sampling, evaluation))
        return evaluation

    @cached_property
    def _prepared(self) -> list[tuple[Sampling, Estimator]]:
        """What has been compiled already, so that a repeated call compiles nothing."""
        return []

    @cached_property
    def _digests(self) -> Mapping[str, str]:
        each = [observable.content() for observable in self.observables]
        content = each[0] if len(each) == 1 else digest(each)
        return {
            "circuit": compile_program(self.circuit).content(),
            "observable": content,
        }
