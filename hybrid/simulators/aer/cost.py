"""Cost model of Qiskit Aer, from measured rates.

======================== ====================================================================
aer.job                  one run of Aer for exact values
aer.sampling             one run of Aer for shots
aer.assembly             assembling one gate, once for all circuits of a run
aer.circuit              binding one circuit and reading its result
aer.gate                 one gate on a state vector, by index bits
aer.term                 one string of an exact expectation value, by index bits
aer.shot                 one shot of a state vector, by index bits
======================== ====================================================================

All are seconds, on one thread.
"""

from __future__ import annotations

from hybrid.core.work import Work
from hybrid.machine import Machine
from hybrid.simulators.aer.job import AerJob

KINDS = ("job", "sampling", "assembly", "circuit", "gate", "term", "shot")
NAMES = frozenset(f"aer.{kind}" for kind in KINDS)
"""All rates of Aer."""

_PREDICTABLE = ("statevector", "density_matrix")
"""Methods whose cost does not depend on the state; the cost of others is unknown."""
_NOISE_FACTOR = 4.0
"""A gate on a density matrix multiplies from both sides, and channels sum over more terms."""


def counted(
    job: AerJob, circuits: int, gates: int, *, terms: int = 0, shots: int = 0
) -> Work | None:
    """Return the work of circuits in one run of Aer, or None if it depends on their states.

    Args:
        job: the Aer settings.
        circuits: number of circuits.
        gates: gates per circuit.
        terms: strings of the observable whose exact values are saved.
        shots: shots per circuit.
    """
    if job.method not in _PREDICTABLE or job.draws_trajectories or job.device != "CPU":
        return None
    factor = _NOISE_FACTOR if job.method == "density_matrix" else 1.0
    operations = [("assembly", float(gates)), ("gate", factor * gates)]
    if not shots:
        operations.append(("term", factor * terms))
    single = job.precision == "single"
    return Work("aer", job.index_bits, circuits, tuple(operations), shots=shots, single=single)


def seconds(work: Work, machine: Machine) -> float:
    """Return the predicted seconds of one run of Aer on one thread."""

    def rate(kind: str) -> float:
        return machine.rates[f"aer.{kind}"].at(work.num_qubits)

    counts = dict(work.operations)
    assembly = counts.pop("assembly", 0.0)
    start = rate("sampling" if work.shots else "job") + assembly * rate("assembly")
    operations = sum(count * rate(kind) for kind, count in counts.items())
    once = rate("circuit") + work.shots * rate("shot") + operations
    return start + work.circuits * once
