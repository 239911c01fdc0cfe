"""How fast messages between ranks are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hybrid.cli.doctor.findings import Finding
from hybrid.cli.report import Row
from hybrid.core.arrays import FloatArray
from hybrid.core.units import size
from hybrid.runtime import World
from hybrid.runtime.messages import pack, unpack

_SLOW = {True: (2e-4, 2e8), False: (1e-3, 5e7)}
"""Latency and bandwidth that are slow, within a host and between hosts."""


@dataclass(frozen=True)
class Pace:
    """Messages between rank 0 and another rank.

    Attributes:
        peer: the other rank.
        near: whether it is on the host of rank 0.
        latency: seconds of a small message.
        bandwidth: bytes per second of large ones.
    """

    peer: int
    near: bool
    latency: float
    bandwidth: float


def measured(job: World) -> list[Pace]:
    """Measure messages with one rank on the host of rank 0, and one on another; collective.

    Takes a tenth of a second.
    """
    found = []
    for near in (True, False):
        peers = [r for r in range(1, job.size) if (job.rank_hosts[r] == job.rank_hosts[0]) == near]
        if peers:
            found.append(between(job, peers[0], near))
    return found


def between(
    job: World, peer: int, near: bool, times: tuple[int, int] = (100, 10), rounds: int = 3
) -> Pace:
    """Measure messages between rank 0 and another rank; the others do nothing.

    Args:
        job: the ranks.
        peer: the other rank.
        near: whether it is on the host of rank 0.
        times: small and large messages in a round.
        rounds: number of rounds; the shortest counts.
    """
    messages = (np.zeros(1), np.zeros(1 << 17))
    seconds = [
        _round_trip(job, message, peer, count, rounds) / 2
        for message, count in zip(messages, times, strict=True)
    ]
    return Pace(peer, near, seconds[0], messages[1].nbytes / max(seconds[1] - seconds[0], 1e-9))


def rows(found: list[Pace]) -> Iterator[Row]:
    """Yield the speed of messages."""
    for each in found:
        where = "on a host" if each.near else "between hosts"
        speed = f"{1e6 * each.latency:.1f} µs, {size(each.bandwidth)}/s"
        yield "messages", f"{speed} {where} (ranks 0 and {each.peer})"


def findings(found: list[Pace]) -> Iterator[Finding]:
    """Yield messages that are slow."""
    for each in found:
        latency, bandwidth = _SLOW[each.near]
        if each.latency > latency or each.bandwidth < bandwidth:
            where = "ranks of one host" if each.near else "hosts"
            remedy = (
                "give each rank a core of its own, on an idle host"
                if each.near
                else "let the MPI library use the fast network: see its documentation for UCX or "
                "libfabric, and 'ibstat' for the adapter"
            )
            yield Finding(
                f"messages between {where} are slow: {1e6 * each.latency:.0f} µs, "
                f"{size(each.bandwidth)}/s",
                remedy,
                is_problem=False,
            )


def _round_trip(job: World, message: FloatArray, peer: int, times: int, rounds: int) -> float:
    """Return the shortest mean round-trip time of a message of the runtime, in seconds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(times):
            if job.rank == 0:
                job.communicator.send(pack(message), peer)
                unpack(job.communicator.receive(peer))
            elif job.rank == peer:
                job.communicator.send(pack(unpack(job.communicator.receive(0))), 0)
        best = min(best, (time.perf_counter() - start) / times)
    return best
