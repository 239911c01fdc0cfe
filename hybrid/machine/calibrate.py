"""Measure a host: fully in some seconds, or roughly in less than one."""

from __future__ import annotations

import os
import sys
import time
from functools import cache

import numpy as np

from hybrid import _kernels
from hybrid.machine.aer_rates import aer_rates
from hybrid.machine.machine import Curve, Machine
from hybrid.machine.native_rates import (
    chain,
    evaluation_of,
    layered,
    native_rates,
    probe_of,
    thread_gain,
)
from hybrid.machine.predict import seconds_of
from hybrid.machine.timer import seconds_of_call, seconds_of_calls

_COPY_BYTES = 1 << 26
_SHARED_MEMORY_LATENCY = 3e-6
_SHARED_MEMORY_BANDWIDTH = 2e9
"""Assumed between ranks where no job of several ranks has measured them."""


def calibrate(latency: float | None = None, bandwidth: float | None = None) -> Machine:
    """Return this host, measured; takes 10 to 15 s.

    Args:
        latency: seconds of a message between ranks, as a job of several ranks has measured it.
        bandwidth: bytes a second between ranks, likewise.
    """
    cores = len(os.sched_getaffinity(0))
    gain = thread_gain(cores) if cores > 1 else Curve(widths=(1,), seconds=(1.0,))
    return Machine(
        kind=kind_of_host(),
        cores=cores,
        memory_bytes=_memory(),
        rates={**native_rates(), **aer_rates()},
        thread_gain=gain,
        piece_seconds=_piece_seconds(),
        latency=latency or _SHARED_MEMORY_LATENCY,
        bandwidth=bandwidth or _SHARED_MEMORY_BANDWIDTH,
        copy_bandwidth=_copy_bandwidth(),
    )


def quick(reference: Machine) -> Machine:
    """Return a guess at this host in less than a second: the reference, as fast as two probes say.

    Args:
        reference: a machine that was measured in full.
    """
    probes = [
        probe_of(evaluation_of(layered(width, 2), chain(width)), True) for width in (6, 12, 16)
    ]
    spent = seconds_of_calls(probes, 0.01)
    ratios = [
        (seconds_of(probe.load, reference, 1) or seconds) / seconds
        for probe, seconds in zip(probes, spent, strict=True)
    ]
    return reference.model_copy(
        update={
            "kind": kind_of_host(),
            "cores": len(os.sched_getaffinity(0)),
            "memory_bytes": _memory(),
            "speed": float(np.exp(np.mean(np.log(ratios)))),
            "quick": True,
        }
    )


@cache
def kind_of_host() -> str:
    """Return what hosts of one kind have in common: processor, cores, build of the kernels.

    Kernels of another size are other kernels, whose rates have to be measured anew.
    """
    model = "unknown processor"
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith("model name"):
                    model = line.partition(":")[2].strip()
                    break
    except OSError:
        pass
    build = sys.modules[_kernels.Program.__module__].__file__ or ""
    size = os.path.getsize(build) if os.path.exists(build) else 0
    about = _kernels.about()
    kernels = f"kernels {about['processor']} by compiler {about['compiler']}, {size} bytes"
    return f"{model}, {os.cpu_count()} cores, {kernels}"


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _copy_bandwidth() -> float:
    source = np.ones(_COPY_BYTES // 8)
    target = np.empty_like(source)
    return _COPY_BYTES / seconds_of_call(lambda: np.copyto(target, source), 0.05)


def _piece_seconds() -> float:
    """Return what the runtime does around a piece: its seed, its clock, its place."""
    from hybrid.seeds import derive

    kept: dict[int, float] = {}

    def around() -> None:
        kept[1] = derive(7, 3, 1) + time.perf_counter()

    return seconds_of_call(around, 0.01)
