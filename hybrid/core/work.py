"""How much work a piece is, without saying on which machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sharding:
    """What spreading one state over several ranks takes of each of them.

    Attributes:
        shards: ranks that share the state, a power of two.
        memory_bytes: that each holds, buffers for messages included.
        sent_bytes: that each sends in one evaluation.
        exchanges: how often they exchange.
    """

    shards: int
    memory_bytes: int
    sent_bytes: int
    exchanges: int


CPU = "cpu"
"""The device of all engines today."""

OWN_SECONDS = "python"
"""The engine of work that tells its own seconds."""


@dataclass(frozen=True, slots=True)
class Work:
    """The work of one piece, in counts that depend on the problem alone.

    Attributes:
        engine: the simulator that prices it, by its name in ``simulators/registry.py``, or
            ``python`` for work that tells its own seconds.
        num_qubits: width of the state (index bits for a density matrix).
        circuits: evaluations in the piece.
        operations: of one evaluation, by kind; the engine says which kinds there are.
        gradient: whether each evaluation comes with an adjoint gradient.
        shots: of each evaluation.
        seconds: known seconds beside the counts, on a machine of speed 1.
        single: whether amplitudes are complex64.
        asked: bytes of the Ask that the piece belongs to.
        answered: bytes of its partial answer; 0 where the evaluation's default holds.
        shardings: how one state may be spread over ranks, by ascending shards; empty if it may not.
        device: what the piece runs on.
    """

    engine: str
    num_qubits: int = 0
    circuits: int = 1
    operations: tuple[tuple[str, float], ...] = ()
    gradient: bool = False
    shots: int = 0
    seconds: float = 0.0
    single: bool = False
    asked: int = 0
    answered: int = 0
    shardings: tuple[Sharding, ...] = ()
    device: str = CPU

    @property
    def memory_bytes(self) -> int:
        """Bytes of the states and the answer that the piece holds; 0 where not known."""
        if self.engine == OWN_SECONDS:
            return 0
        amplitude = 8 if self.single else 16
        return (amplitude << self.num_qubits) * (2 if self.gradient else 1) + self.answered
