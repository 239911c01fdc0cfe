"""Measure a host: fully in 10 to 15 s, or roughly in less than one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np

from hybrid import _kernels
from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.phases import phase
from hybrid.core.piece import Piece, slices
from hybrid.core.plan import Plan
from hybrid.machine import Curve, Machine
from hybrid.machine.timer import seconds_of_call, timings_of_calls
from hybrid.runtime import Team, World, usable_cores
from hybrid.runtime.communicator import SerialCommunicator
from hybrid.simulators.base import Evaluation, Simulator
from hybrid.simulators.native.rates import (
    chain,
    contention,
    evaluation_of,
    layered,
    native_rates,
    native_timings,
    probe_of,
    thread_gain,
)
from hybrid.simulators.native.simulator import Native
from hybrid.simulators.predict import seconds_of
from hybrid.simulators.registry import SIMULATORS

_COPY_BYTES = 1 << 26
_TYPICAL = (2, 6, 6)
"""Seconds that threads, kernels and the rest typically take."""
_SHARED_MEMORY_LATENCY = 1e-5
_SHARED_MEMORY_BANDWIDTH = 2e9
"""Assumed between ranks unless a job of several ranks measured them."""


def calibrate(latency: float | None = None, bandwidth: float | None = None) -> Machine:
    """Measure this host; takes 10 to 15 s.

    Args:
        latency: measured seconds of a message between ranks, or None for a default.
        bandwidth: measured bytes per second between ranks, or None for a default.
    """
    cores = len(usable_cores())
    with phase("calibrating", sum(_TYPICAL), lambda: float(sum(_TYPICAL))) as step:
        around_ask, around_piece = _runtime_seconds()
        gain = thread_gain(cores) if cores > 1 else Curve(widths=(1,), seconds=(1.0,))
        step.advance(_TYPICAL[0])
        kernels = native_timings()  # used for the rates and for contention
        step.advance(_TYPICAL[1])
        others = [each for each in SIMULATORS.values() if each is not Native]
        return Machine(
            kind=kind_of_host(),
            cores=cores,
            memory_bytes=_memory(),
            contention=contention(kernels),
            rates={**native_rates(kernels), **rates_of(others)},
            thread_gain=gain,
            ask_seconds=around_ask,
            piece_seconds=around_piece,
            latency=latency or _SHARED_MEMORY_LATENCY,
            bandwidth=bandwidth or _SHARED_MEMORY_BANDWIDTH,
            copy_bandwidth=_copy_bandwidth(),
        )


def rates_of(simulators: Iterable[type[Simulator]]) -> dict[str, Curve]:
    """Measure the rates of simulators on this host."""
    return {name: curve for each in simulators for name, curve in each.measured().items()}


def quick(reference: Machine) -> Machine:
    """Return a model of this host in less than a second: the reference, scaled by three probes.

    Args:
        reference: a fully measured machine.
    """
    probes = [
        probe_of(evaluation_of(layered(width, 2), chain(width)), True) for width in (6, 12, 16)
    ]
    timings = dict(zip(probes, timings_of_calls(probes, 0.005), strict=True))
    ratios = [
        (seconds_of(probe.work, reference, 1) or timing.usual) / timing.usual
        for probe, timing in timings.items()
    ]
    return reference.model_copy(
        update={
            "kind": kind_of_host(),
            "cores": len(usable_cores()),
            "memory_bytes": _memory(),
            "speed": float(np.exp(np.mean(np.log(ratios)))),
            "contention": contention(timings),
            "quick": True,
        }
    )


@cache
def kind_of_host() -> str:
    """Return the name of this kind of host: processor, cores, build of the kernels.

    It includes the size of the kernels' file: a changed build needs new measurements.
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


class _Nothing(Evaluation[FloatArray]):
    """Pieces without work, to time the runtime itself."""

    @property
    def description(self) -> str:
        return "nothing"

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        return _PIECES[len(ask.points)]

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        return np.asarray(ask.points[0])

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> FloatArray:
        return partials[0]


_PIECES = {count: slices(count, 1, "points") for count in (1, 65)}
_PLANS = {count: Plan(_PIECES[count], (tuple(range(count)),)) for count in _PIECES}


def _runtime_seconds() -> tuple[float, float]:
    """Return seconds of the runtime per Ask and per piece, on one rank."""
    alone = World(SerialCommunicator(), ("here",), (frozenset({0}),))
    team: Team[FloatArray] = Team(
        alone, _Nothing(), lambda pieces, _: _PLANS[len(pieces)], seed=7, threads=1
    )
    asks = {count: Ask(np.zeros((count, 1))) for count in _PIECES}
    one, many = (
        seconds_of_call(lambda ask=asks[count]: team.ask(ask), 0.01)  # type: ignore[misc]
        for count in _PIECES
    )
    piece = max(many - one, 1e-9) / (len(_PIECES[65]) - 1)
    return max(one - piece, 1e-9), piece
