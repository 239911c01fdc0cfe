"""From counts of work and measured rates to seconds and bytes."""

from __future__ import annotations

import math

from hybrid.load import Load
from hybrid.machine import rates
from hybrid.machine.machine import Machine

_SINGLE_GAIN = 0.6
"""Time of complex64 over that of complex128, for states beyond the caches."""
_CACHED = 14
_LANES = 8
"""From so many points on, kernels take a small circuit at several points at once."""
_NOISE_FACTOR = 4.0
"""A gate on a density matrix multiplies from both sides, and channels sum over more terms."""


def seconds_of(load: Load | None, machine: Machine, threads: int) -> float | None:
    """Return the predicted seconds of a piece, or None where its work is not known.

    Args:
        load: the work, in counts.
        machine: where it runs.
        threads: that it may use.
    """
    if load is None:
        return None
    return _scaled(load, _one_thread(load, machine), machine, threads)


def bytes_of(load: Load | None) -> int:
    """Return the bytes of the states that a piece holds at once, or 0 where that is not known."""
    if load is None or load.engine == "python":
        return 0
    amplitude = 8 if load.single else 16
    return (amplitude << load.num_qubits) * (2 if load.gradient else 1)


def _scaled(load: Load, seconds: float, machine: Machine, threads: int) -> float:
    if load.engine != "native":
        gain = 1.0
    elif load.circuits > 1:
        gain = load.circuits / math.ceil(load.circuits / threads)
    else:
        gain = machine.gain(threads, load.num_qubits)
    return seconds / gain / machine.speed + machine.piece_seconds


def _one_thread(load: Load, machine: Machine) -> float:
    curves, width = machine.rates, load.num_qubits
    if load.engine == "native":
        once = sum(
            count * curves[rates.native(kind, gradient=load.gradient)].at(width)
            for kind, count in load.operations
        )
        if load.single and width > _CACHED:
            once *= _SINGLE_GAIN
        if load.circuits >= _LANES and width <= _CACHED:
            once *= curves[rates.native("batch", gradient=load.gradient)].at(width)
        call = curves[rates.native("call", gradient=load.gradient)].at(width)
        return load.seconds + call + load.circuits * once
    if load.engine == "python":
        return load.seconds
    once = curves["aer.circuit"].at(0) + load.shots * curves["aer.shot"].at(width)
    factor = _NOISE_FACTOR if load.engine == "aer density_matrix" else 1.0
    once += factor * sum(count * curves[f"aer.{kind}"].at(width) for kind, count in load.operations)
    return load.seconds + curves["aer.job"].at(0) + load.circuits * once
