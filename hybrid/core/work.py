"""The work of a piece, in counts that no machine enters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sharding:
    """The cost to each rank of distributing one state over several.

    Attributes:
        shards: ranks that share the state, a power of two.
        memory_bytes: held by each rank, message buffers included.
        sent_bytes: sent by each rank in one evaluation.
        exchanges: number of exchanges in one evaluation.
    """

    shards: int
    memory_bytes: int
    sent_bytes: int
    exchanges: int


CPU = "cpu"
"""The device of all engines today."""

OWN_SECONDS = "python"
"""The engine of work whose seconds the user supplies."""


@dataclass(frozen=True, slots=True)
class Work:
    """The work of one piece, in counts that depend on the problem alone.

    Attributes:
        engine: the simulator that prices it, by its name in ``simulators/registry.py``, or
            ``python`` for work whose seconds the user supplies.
        num_qubits: width of the state (index bits for a density matrix).
        circuits: evaluations in the piece.
        operations: counts per evaluation, by kind; each engine defines its kinds.
        gradient: whether each evaluation comes with an adjoint gradient.
        shots: shots per evaluation.
        seconds: known seconds in addition to the counts, on a machine of speed 1.
        single: whether amplitudes are complex64.
        complex64_halves: whether the user could halve the memory by choosing complex64.
        asked: bytes of the Ask.
        answered: bytes of the partial answer; 0 to use the evaluation's default.
        shardings: the ways to distribute one state over ranks, by ascending shards; or empty.
        device: device that runs the piece.
        amplitudes: number of amplitudes of a state, or 0 for all of 2^num_qubits.
    """

    engine: str
    num_qubits: int = 0
    circuits: int = 1
    operations: tuple[tuple[str, float], ...] = ()
    gradient: bool = False
    shots: int = 0
    seconds: float = 0.0
    single: bool = False
    complex64_halves: bool = False
    asked: int = 0
    answered: int = 0
    shardings: tuple[Sharding, ...] = ()
    device: str = CPU
    amplitudes: int = 0

    @property
    def memory_bytes(self) -> int:
        """Bytes of the states and of the partial answer; 0 if unknown."""
        if self.engine == OWN_SECONDS:
            return 0
        state = (8 if self.single else 16) * (self.amplitudes or 1 << self.num_qubits)
        return state * (2 if self.gradient else 1) + self.answered
