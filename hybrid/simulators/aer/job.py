"""Run batches of bound circuits in Aer, with the same bits on any number of threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import HybridError, InputError
from hybrid.simulators.aer.gates import AerGates
from hybrid.simulators.circuits.grain import shot_slices

if TYPE_CHECKING:
    from qiskit_aer import AerSimulator
    from qiskit_aer.noise import NoiseModel

_NEVER = 64
"""Wider than any state, so Aer never splits the work on one state over threads."""

_WIDE = 16
"""States of this many index bits or more are simulated one at a time."""

_CHUNK_SAMPLED = 1 << 16
_CHUNK_TRAJECTORIES = 1 << 10
"""Shots that justify simulating the state again on another rank."""
_SHOTS_OF_A_START = 6000
"""This many shots, over all circuits, take about as long as starting Aer."""
_SHOT_BYTES = 128
"""Memory per shot: Aer holds all shots of a circuit until it counts them."""
MOST_SHOTS = 1 << 30
"""Maximum shots per circuit; the standard error is then 3e-5, and counting takes an hour."""

Bound = tuple[QuantumCircuit, FloatArray]
"""A circuit with parameters and the values to run it at, shape (n, parameters)."""


@dataclass(frozen=True)
class AerJob:
    """Settings of Aer for circuits of one width.

    Threads run different circuits concurrently, never parts of one: sums within a state, and the
    random streams of shots, would depend on the number of threads.

    Attributes:
        method: Aer's simulation method; not automatic.
        num_qubits: width of the circuits.
        noise_model: an Aer noise model, or None.
        device: ``CPU`` or ``GPU``.
        precision: ``double`` or ``single``.
        max_bond_dimension: truncates matrix product states; None for exact ones.
    """

    method: str
    num_qubits: int
    noise_model: NoiseModel | None
    device: str
    precision: str
    max_bond_dimension: int | None

    @cached_property
    def backend(self) -> AerSimulator:
        """The configured Aer simulator."""
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

    @cached_property
    def gates(self) -> AerGates:
        """The instructions to which circuits are compiled."""
        if self.noise_model is None:
            return AerGates(self.backend.target, self.backend.target)
        from qiskit_aer import AerSimulator

        ideal = AerSimulator(method=self.method).target
        named = frozenset(self.noise_model.noise_instructions)
        return AerGates(self.backend.target, ideal, named)

    def compiled(self, circuit: QuantumCircuit) -> QuantumCircuit:
        """Compile a circuit to instructions that can run; keep those that already can."""
        return self.gates.compiled(circuit)

    @property
    def draws_trajectories(self) -> bool:
        """Whether each shot simulates a trajectory with sampled noise."""
        return self.noise_model is not None and self.method != "density_matrix"

    @property
    def is_wide(self) -> bool:
        """Whether one circuit is enough work for a piece."""
        return self.index_bits >= _WIDE

    @property
    def is_slow(self) -> bool:
        """Whether a few shots of one circuit are enough work for a piece."""
        return self.is_wide or self.draws_trajectories

    def slices(self, circuits: int, shots: int) -> list[int]:
        """Return the sizes of the slices of each circuit's shots."""
        chunk = _CHUNK_TRAJECTORIES if self.draws_trajectories else _CHUNK_SAMPLED
        return shot_slices(circuits, shots, chunk)

    @staticmethod
    def circuits_of_a_start(shots: int) -> int:
        """Return the number of circuits that justifies a run of Aer."""
        return _SHOTS_OF_A_START // shots

    @staticmethod
    def shot_bytes(shots: int) -> int:
        """Return the bytes of the shots of one circuit."""
        return _SHOT_BYTES * shots

    @property
    def state_bytes(self) -> int:
        """Bytes of one state; 0 if it depends on entanglement."""
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
            bound: circuits with their parameter values.
            parameters: all parameters of every circuit, in the order of the columns of values.
            shots: shots per circuit and row of values.
            seed: master seed; Aer derives one for each circuit and row of values.
            threads: maximum number of concurrent circuits.

        Raises:
            HybridError: Aer failed; the message has its reason.
        """
        count = sum(len(values) for _, values in bound)
        if parameters:
            circuits = [circuit for circuit, _ in bound]
            binds = [dict(zip(parameters, values.T.tolist(), strict=True)) for _, values in bound]
        else:
            circuits = [circuit for circuit, values in bound for _ in range(len(values))]
            binds = None
        at_once = 1 if self.is_wide else max(1, min(threads, count))
        result = self.result_of(
            circuits,
            parameter_binds=binds,
            shots=shots,
            seed_simulator=seed,
            max_parallel_threads=at_once,
            max_parallel_experiments=at_once,
        )
        return [result.data(index) for index in range(count)]

    def result_of(self, circuits: QuantumCircuit | Sequence[QuantumCircuit], **options: Any) -> Any:
        """Return Aer's result for circuits.

        Args:
            circuits: compiled circuits.
            options: of ``AerSimulator.run``.

        Raises:
            HybridError: Aer failed; the message has its reason.
        """
        try:
            result = self.backend.run(circuits, **options).result()
        except RuntimeError as error:  # from Aer's C++, such as a failure of its LAPACK
            raise HybridError(f"Aer failed: {error}") from error
        if not result.success:
            reasons = [each.status for each in result.results if not each.success]
            if self.method == "stabilizer" and any("parameters" in reason for reason in reasons):
                raise InputError(
                    "circuit",
                    got="rotations that are not Clifford gates",
                    expected="multiples of pi/2 as angles for method 'stabilizer'",
                    advice="choose another method of Aer",
                )
            raise HybridError(f"Aer failed: {'; '.join(dict.fromkeys(reasons)) or result.status}")
        return result

    @property
    def index_bits(self) -> int:
        """Qubits of a state vector, or twice as many for a density matrix."""
        return self.num_qubits * (2 if self.method == "density_matrix" else 1)
