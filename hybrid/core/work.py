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


@dataclass(frozen=True, slots=True)
class Work:
    """The work of one piece, in counts that depend on the problem alone.

    Attributes:
        engine: what does it: ``native``, an Aer method, or ``python`` for seconds of its own.
        num_qubits: width of the state (index bits for a density matrix).
        circuits: evaluations in the piece.
        operations: of one evaluation, by kind (see ``machine/rates.py``).
        gradient: whether each evaluation comes with an adjoint gradient.
        shots: of each evaluation.
        seconds: known seconds beside the counts, on a machine of speed 1.
        single: whether amplitudes are complex64.
        asked: bytes of the Ask that the piece belongs to.
        answered: bytes of its partial answer; 0 where only the scheduler can tell.
        shardings: how one state may be spread over ranks, by ascending shards; empty if it may not.
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
