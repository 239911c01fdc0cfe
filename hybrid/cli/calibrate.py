"""``hybrid calibrate``: measure this kind of host, once."""

from __future__ import annotations

import time
from pathlib import Path

from rich.text import Text

from hybrid.calibration import calibrate
from hybrid.cli import quantities
from hybrid.cli.data import print_json
from hybrid.cli.doctor import pace
from hybrid.cli.following import following
from hybrid.cli.report import Row, panel
from hybrid.cli.terminal import error_console, output_console
from hybrid.core.errors import InputError
from hybrid.machine import Machine, may_save, path_of, save
from hybrid.runtime import World, agree, world


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
        with following(error_console()):
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
    found = pace.between(job, 1, near=True, times=(500, 50), rounds=5)
    return found.latency, found.bandwidth


def _message_row(latency: float, bandwidth: float, measured: bool) -> str:
    how = "" if measured else " (assumed; start on two ranks to measure)"
    return f"{1e6 * latency:.1f} µs, {quantities.size(int(bandwidth))}/s{how}"
