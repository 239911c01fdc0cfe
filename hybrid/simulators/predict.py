"""Predict seconds from counts of work and measured rates."""

from __future__ import annotations

from hybrid.core.work import OWN_SECONDS, Sharding, Work
from hybrid.machine import Machine
from hybrid.simulators.registry import SIMULATORS


def seconds_of(work: Work | None, machine: Machine, threads: int) -> float | None:
    """Return the predicted seconds of a piece, or None if unknown.

    They are unknown if the work is not counted, or the machine lacks the rates of its engine.

    Args:
        work: in counts.
        machine: rates of the host.
        threads: number of threads.
    """
    if work is None:
        return None
    alone = _one_thread(work, machine)
    if alone is None:
        return None
    engine = SIMULATORS.get(work.engine)
    gain = 1.0 if engine is None else engine.gain(work, machine, threads)
    return alone / gain / machine.speed + machine.piece_seconds


def distributed_seconds(
    work: Work | None, machine: Machine, threads: int, sharding: Sharding, ranks_on_host: int
) -> float:
    """Return the predicted seconds of a piece on a group of ranks that share its state.

    Args:
        work: in counts, of an engine whose rates the machine has.
        machine: of the group's hosts.
        threads: of each rank.
        sharding: what the distributed state costs each rank.
        ranks_on_host: number of the group's ranks on one host. They share its bandwidth, and its
            memory if the whole group is on it.
    """
    assert work is not None
    near = min(ranks_on_host, sharding.shards)
    gain = machine.gain(threads * near, work.num_qubits) * sharding.shards / near
    alone = near == sharding.shards
    bandwidth = machine.copy_bandwidth / (2 * near) if alone else machine.bandwidth / near
    exchanged = sharding.sent_bytes / bandwidth + sharding.exchanges * 2 * machine.latency
    on_one = (_one_thread(work, machine) or 0.0) / gain / machine.speed
    return on_one + work.circuits * exchanged + machine.piece_seconds


def _one_thread(work: Work, machine: Machine) -> float | None:
    if work.engine == OWN_SECONDS:
        return work.seconds
    engine = SIMULATORS.get(work.engine)
    if engine is None or not engine.rates <= machine.rates.keys():
        return None
    counted = engine.seconds(work, machine)
    return None if counted is None else work.seconds + counted
