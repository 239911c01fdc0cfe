"""From counts of work and measured rates to seconds and bytes."""

from __future__ import annotations

import math

from hybrid.core.work import Sharding, Work
from hybrid.machine import rates
from hybrid.machine.machine import Machine

_SINGLE_GAIN = 0.6
"""Time of complex64 over that of complex128, for states beyond the caches."""
_CACHED = 14
_NOISE_FACTOR = 4.0
"""A gate on a density matrix multiplies from both sides, and channels sum over more terms."""


def seconds_of(load: Work | None, machine: Machine, threads: int) -> float | None:
    """Return the predicted seconds of a piece, or None where its work is not known.

    Args:
        load: the work, in counts.
        machine: where it runs.
        threads: that it may use.
    """
    if load is None:
        return None
    return _scaled(load, _one_thread(load, machine), machine, threads)


def spread_seconds(
    load: Work | None, machine: Machine, threads: int, sharding: Sharding, ranks_on_host: int
) -> float:
    """Return the predicted seconds of a piece on a group of ranks that share its state.

    Args:
        load: the work, in counts.
        machine: of the group's hosts.
        threads: of each rank.
        sharding: what spreading the state takes of each rank.
        ranks_on_host: how many of the group's ranks are neighbours on a host; they share its
            bandwidth, and memory where they are all of the group.
    """
    assert load is not None
    near = min(ranks_on_host, sharding.shards)
    gain = machine.gain(threads * near, load.num_qubits) * sharding.shards / near
    alone = near == sharding.shards
    bandwidth = machine.copy_bandwidth / (2 * near) if alone else machine.bandwidth / near
    exchanged = sharding.sent_bytes / bandwidth + sharding.exchanges * 2 * machine.latency
    work = _one_thread(load, machine) / gain / machine.speed
    return work + load.circuits * exchanged + machine.piece_seconds


def bytes_of(load: Work | None) -> int:
    """Return the bytes of the states and the answer that a piece holds, or 0 where not known."""
    if load is None or load.engine == "python":
        return 0
    amplitude = 8 if load.single else 16
    return (amplitude << load.num_qubits) * (2 if load.gradient else 1) + load.answered


def _scaled(load: Work, seconds: float, machine: Machine, threads: int) -> float:
    if load.engine != "native":
        gain = 1.0
    elif load.circuits > 1:
        units = -(-load.circuits // rates.LANES) if rates.in_lanes(load) else load.circuits
        gain = units / math.ceil(units / threads)
    else:
        gain = machine.gain(threads, load.num_qubits)
    return seconds / gain / machine.speed + machine.piece_seconds


def _one_thread(load: Work, machine: Machine) -> float:
    if load.engine == "python":
        return load.seconds
    return load.seconds + (_native if load.engine == "native" else _aer)(load, machine)


def _native(load: Work, machine: Machine) -> float:
    def rate(kind: str) -> float:
        name = rates.native(kind, gradient=load.gradient)
        return machine.rates[name].at(load.num_qubits)

    operations = sum(count * rate(kind) for kind, count in load.operations)
    if rates.in_lanes(load):
        each = rate("lane") + rate("batch") * operations
        return rate("call") + rates.side_by_side(load.circuits) * each
    each = rate("point") + operations
    if load.single and load.num_qubits > _CACHED:
        each *= _SINGLE_GAIN
    return rate("call") + load.circuits * each


def _aer(load: Work, machine: Machine) -> float:
    def rate(kind: str) -> float:
        return machine.rates[f"aer.{kind}"].at(load.num_qubits)

    gates = sum(count for kind, count in load.operations if kind == "gate")
    start = rate("sampling" if load.shots else "job") + gates * rate("assembly")
    factor = _NOISE_FACTOR if load.engine == "aer density_matrix" else 1.0
    operations = factor * sum(count * rate(kind) for kind, count in load.operations)
    once = rate("circuit") + load.shots * rate("shot") + operations
    return start + load.circuits * once
