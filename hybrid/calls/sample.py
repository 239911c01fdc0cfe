"""Counts of measured bit strings, distributed over the ranks."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit

from hybrid.collective.call import Prepared, answer
from hybrid.core.ask import Ask
from hybrid.core.checks import (
    checked_points,
    checked_seed,
    checked_shots,
)
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.core.resources import Auto, Resources
from hybrid.runtime import elsewhere
from hybrid.simulators import Choice, content_of
from hybrid.simulators.base import Counts
from hybrid.simulators.native.sampling import check_shots
from hybrid.workloads.compiled import compiled_circuit, compiled_sampler


def sample(
    circuit: QuantumCircuit,
    points: ArrayLike = (),
    shots: int | None = None,
    *,
    simulator: Choice = "auto",
    seed: int | None = None,
    threads: int | None = None,
    shards: int | Auto = "auto",
    groups: int | Auto = "auto",
) -> Counts | list[Counts]:
    """Return the count of each bit string when all qubits are measured.

    Collective: every rank makes the same call and gets the same counts, for any number of ranks.
    Points and shots are split over the ranks.

    Args:
        circuit: unitary, from \\|0...0>; without measurements.
        points: shape (B, P), or (P,) for a single point; columns in the order of
            ``circuit.parameters``; not needed for a circuit without parameters.
        shots: shots per point, required; at most 2^36 over all points, and 2^30 per point on Aer.
        simulator: ``"native"`` or ``"auto"`` draws from the exact state by inverse transform
            sampling; ``"aer"`` or :class:`hybrid.simulators.Aer` uses Aer's method, with gate and
            readout noise.
        seed: seed of the shots. If None, a fresh one is drawn.
        threads: threads of each rank. If None, ranks share the cores of their host.
        shards: number of ranks that share one state, a power of two. With "auto", the fewest whose
            memory suffices, or more where that is faster.
        groups: number of such groups that run concurrently. With "auto", as many as fit.

    Returns:
        a dictionary from bit string (qubit 0 is the last character) to count; for points of shape
        (B, P), a list of B of them.

    Raises:
        InputError: an argument is not usable; raised before anything runs.
        MismatchError: the ranks were given different things.
        RankError: another rank failed.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0)
        >>> _ = bell.cx(0, 1)
        >>> sorted(sample(bell, shots=100, seed=7))
        ['00', '11']
    """

    if (ranks := elsewhere()) is not None:
        sent: Counts | list[Counts] = ranks.call("sample", locals())
        return sent

    def prepare() -> Prepared:
        wanted = checked_shots(shots)
        if wanted is None:
            raise InputError("shots", got="None", expected="a positive integer")
        flat = compiled_circuit(circuit)
        checked = checked_points(points, flat.angles.num_parameters)
        check_shots(wanted, len(checked))
        return Prepared(
            evaluation=compiled_sampler(circuit, simulator, wanted),
            first_ask=Ask(checked),
            num_qubits=flat.num_qubits,
            contents=lambda: {
                "circuit": flat.program.content(),
                "simulator": content_of(simulator),
                "set of points": digest(checked),
                "number of shots": str(shots),
            },
            seed=checked_seed(seed),
            resources=Resources.checked(threads, shards, groups),
        )

    counts = answer("sample()", prepare)
    return counts[0] if np.ndim(points) == 1 else list(counts)
