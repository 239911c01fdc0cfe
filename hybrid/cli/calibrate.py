"""``hybrid calibrate``: measure this kind of host, once."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from rich.text import Text

from hybrid.calibration import calibrate
from hybrid.cli import quantities
from hybrid.cli.data import print_json
from hybrid.cli.report import Row, panel
from hybrid.cli.terminal import output_console
from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError
from hybrid.machine import Machine, may_save, path_of, save
from hybrid.runtime import World, agree, world
from hybrid.runtime.messages import pack, unpack

_ROUNDS = 5


def measure(output: Path | None, *, as_json: bool = False) -> None:
    """Measure the host of rank 0 and write its Machine file; collective.

    With two ranks or more, messages between ranks 0 and 1 are measured too.

    Raises:
        InputError: the file cannot be written.
    """
    job = world()
    agree(job.communicator, "hybrid calibrate", lambda: _check_output(output, job.rank), _none)
    latency, bandwidth = _messages(job)
    if job.rank == 0:
        start = time.perf_counter()
        machine = calibrate(latency, bandwidth)
        path = path_of(machine.kind) if output is None else output
        saved = save(machine, path)
        spent = time.perf_counter() - start
        if as_json:
            about = {"file": path if saved else None, "seconds": spent}
            print_json({**about, "machine": machine.model_dump()})
        else:
            console = output_console()
            rows = [
                *_rows(machine, job.size > 1),
                ("written to", str(path) if saved else "no file"),
            ]
            console.print(panel("hybrid calibrate", rows))
            console.print(Text(f"measured in {spent:.1f} s"))
        if not saved:
            raise _unwritable(path)
    job.communicator.all_gather(b"measured")


def _rows(machine: Machine, several: bool) -> list[Row]:
    gate = 1e9 * machine.rates["native.gradient.gate"].at(16)
    return [
        ("host", machine.kind),
        ("gradient", f"{gate:.0f} ns per gate at 16 qubits"),
        ("threads", f"{machine.thread_gain.at(19):.2f} times faster on all cores at 19 qubits"),
        ("Aer", f"{1e3 * machine.rates['aer.job'].at(0):.2f} ms per start"),
        ("contention", f"calls take {machine.contention:.2f} times as long as at best"),
        ("copies", f"{quantities.size(int(machine.copy_bandwidth))}/s"),
        ("messages", _message_row(machine.latency, machine.bandwidth, several)),
    ]


def _check_output(output: Path | None, rank: int) -> None:
    """Refuse a path that cannot be written before anything is measured; on rank 0."""
    if rank == 0 and output is not None and not may_save(output):
        raise _unwritable(output)


def _unwritable(path: Path) -> InputError:
    return InputError("output", got=str(path), expected="the path of a file that can be written")


def _none(_: object) -> dict[str, str]:
    """Return no contents, because nothing must be equal on all ranks."""
    return {}


def _messages(job: World) -> tuple[float | None, float | None]:
    """Return latency and bandwidth between ranks 0 and 1; None for one rank."""
    if job.size == 1:
        return None, None
    small, large = np.zeros(1), np.zeros(1 << 17)
    seconds = [
        _round_trip(job, message, count) / 2 for message, count in ((small, 500), (large, 50))
    ]
    return seconds[0], large.nbytes / max(seconds[1] - seconds[0], 1e-9)


def _round_trip(job: World, message: FloatArray, count: int) -> float:
    """Return the shortest mean round-trip time of a message of the runtime, in seconds."""
    best = float("inf")
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        for _ in range(count):
            if job.rank == 0:
                job.communicator.send(pack(message), 1)
                unpack(job.communicator.receive(1))
            elif job.rank == 1:
                job.communicator.send(pack(unpack(job.communicator.receive(0))), 0)
        best = min(best, (time.perf_counter() - start) / count)
    return best


def _message_row(latency: float, bandwidth: float, measured: bool) -> str:
    how = "" if measured else " (assumed; start on two ranks to measure)"
    return f"{1e6 * latency:.1f} µs, {quantities.size(int(bandwidth))}/s{how}"
