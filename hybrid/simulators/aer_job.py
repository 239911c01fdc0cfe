"""Batches of bound circuits, run by Aer so that their bits depend on nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Parameter

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import HybridError

if TYPE_CHECKING:
    from qiskit_aer import AerSimulator
    from qiskit_aer.noise import NoiseModel

_NEVER = 64
"""No state is as wide as this, so Aer never splits the work on one state over threads."""

_WIDE = 16
"""States of so many index bits or more are simulated one at a time."""

Bound = tuple[QuantumCircuit, FloatArray]
"""A circuit with parameters and the values to run it at, shape (n, parameters)."""


@dataclass(frozen=True)
class AerJob:
    """How circuits of one width are run.

    Threads run different circuits at the same time, never parts of one: sums inside a state, and
    the random streams of shots, would depend on how many threads share them.

    Attributes:
        method: of Aer; not automatic.
        num_qubits: width.
        noise_model: or None.
        device: ``CPU`` or ``GPU``.
        precision: ``double`` or ``single``.
        max_bond_dimension: of matrix product states, or None.
    """

    method: str
    num_qubits: int
    noise_model: NoiseModel | None
    device: str
    precision: str
    max_bond_dimension: int | None

    @cached_property
    def backend(self) -> AerSimulator:
        """Aer, set up."""
        from qiskit_aer import AerError, AerSimulator

        try:
            return AerSimulator(
                method=self.method,
                noise_model=self.noise_model,
                device=self.device,
                precision=self.precision,
                matrix_product_state_max_bond_dimension=self.max_bond_dimension,
                max_parallel_shots=1,
                statevector_parallel_threshold=_NEVER,
            )
        except AerError as cause:
            raise HybridError(f"Aer cannot be set up: {cause.message}") from cause

    def compiled(self, circuit: QuantumCircuit) -> QuantumCircuit:
        """Return the circuit in gates that can run; those that can already stay as they are."""
        # Of a backend, transpile() asks for its target a hundred times; Aer builds it each time.
        return transpile(circuit, target=self.backend.target, optimization_level=0)

    @property
    def draws_trajectories(self) -> bool:
        """Whether each shot is simulated anew, with noise drawn at random."""
        return self.noise_model is not None and self.method != "density_matrix"

    @property
    def is_wide(self) -> bool:
        """Whether one circuit is work enough for a piece."""
        return self.index_bits >= _WIDE

    @property
    def state_bytes(self) -> int:
        """Memory of one state; 0 where it depends on entanglement."""
        if self.method not in ("statevector", "density_matrix"):
            return 0
        return (16 if self.precision == "double" else 8) << self.index_bits

    @property
    def description(self) -> str:
        """Method, precision, device and noise, in a few words."""
        noise = "" if self.noise_model is None else ", noise"
        device = "" if self.device == "CPU" else f" on {self.device}"
        return f"Aer{device}, {self.method.replace('_', ' ')}, {self.precision} precision{noise}"

    def run(
        self,
        bound: Sequence[Bound],
        parameters: Sequence[Parameter],
        *,
        shots: int,
        seed: int,
        threads: int,
    ) -> list[Mapping[str, Any]]:
        """Return the data of every circuit at all of its values, in order.

        Args:
            bound: circuits with values.
            parameters: all parameters of every circuit, in the order of the columns of values.
            shots: of each.
            seed: Aer derives one for each circuit and row of values from it.
            threads: how many circuits may run at once.

        Raises:
            HybridError: Aer refused or failed, with its reason.
        """
        count = sum(len(values) for _, values in bound)
        if parameters:
            circuits = [circuit for circuit, _ in bound]
            binds = [dict(zip(parameters, values.T.tolist(), strict=True)) for _, values in bound]
        else:
            circuits = [circuit for circuit, values in bound for _ in range(len(values))]
            binds = None
        at_once = 1 if self.is_wide else max(1, min(threads, count))
        result = self.backend.run(
            circuits,
            parameter_binds=binds,
            shots=shots,
            seed_simulator=seed,
            max_parallel_threads=at_once,
            max_parallel_experiments=at_once,
        ).result()
        if not result.success:
            reasons = [each.status for each in result.results if not each.success]
            raise HybridError(f"Aer failed: {'; '.join(dict.fromkeys(reasons)) or result.status}")
        return [result.data(index) for index in range(count)]

    @property
    def index_bits(self) -> int:
        """Qubits of the state, or twice as many of a density matrix."""
        return self.num_qubits * (2 if self.method == "density_matrix" else 1)
