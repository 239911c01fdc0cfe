"""The expectation value of one observable in the state of one parametrised circuit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from qiskit.circuit.library import PauliEvolutionGate

from hybrid.core.arrays import FloatArray
from hybrid.programs import FlatCircuit, Observable, compile_program
from hybrid.simulators import Estimation, Estimator, choose
from hybrid.workloads.base import Sampling


@dataclass(frozen=True)
class Expectation:
    """``<observable>`` as a function of the circuit's parameters.

    Attributes:
        circuit: compiled circuit.
        observable: compiled observable, as wide.
    """

    circuit: FlatCircuit
    observable: Observable

    @property
    def description(self) -> str:
        """One line: width, parameters and terms."""
        return (
            f"{self.num_qubits} qubits, {self.num_parameters} parameters, "
            f"{self.observable.num_terms} terms"
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
            self.circuit, self.observable, sampling.shots, sampling.finite_difference
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
        return {
            "circuit": compile_program(self.circuit).content(),
            "observable": self.observable.content(),
        }
