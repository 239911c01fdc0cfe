"""Cost model of the native kernels, from measured rates.

Each rate exists for values (``native.value.*``) and for values with adjoint gradients
(``native.gradient.*``). All but ``batch`` are seconds on one thread.

======================== ====================================================================
call                     one kernel call, with its Python overhead
point                    a single point, besides its operations: initialize and read a state
gate                     a rotation or fixed matrix of a layered circuit, CNOTs included
string                   the exponential of one Pauli string
excitation               the exponential of several strings with one X mask
diagonal                 the exponential of a string of I and Z, or of a few
phase                    the exponential of many strings of I and Z, a cost layer
mask                     the strings of the observable with one X mask
lane                     one of several points of a narrow circuit, besides its operations
batch                    not seconds: time of an operation on such a point, relative to a single one
======================== ====================================================================
"""

from __future__ import annotations

import math

from hybrid import _kernels
from hybrid.core.work import Work
from hybrid.machine import Machine

ALONE = ("call", "point", "gate", "string", "excitation", "diagonal", "phase", "mask")
TOGETHER = ("lane", "batch")

LANES = _kernels.limits()["lanes"]
"""Number of points of a narrow circuit that are simulated in parallel lanes."""
NARROW = _kernels.limits()["batched_qubits"]
"""Maximum width of circuits whose points are simulated in lanes."""
_SINGLE_GAIN = 0.6
"""Time of complex64 relative to complex128, for states larger than the caches."""
_CACHED = 14
_PAIR = 4.0
"""Time of a pair of a sector relative to one of an excitation of a dense state in the caches."""


def name_of(kind: str, *, gradient: bool) -> str:
    """Return the name of a rate.

    Example:
        >>> name_of("gate", gradient=True)
        'native.gradient.gate'
    """
    return f"native.{'gradient' if gradient else 'value'}.{kind}"


NAMES = frozenset(
    name_of(kind, gradient=gradient) for kind in (*ALONE, *TOGETHER) for gradient in (False, True)
)
"""All rates of the kernels."""


def seconds(work: Work, machine: Machine) -> float:
    """Return the predicted seconds of counted operations on one thread."""

    def rate(kind: str) -> float:
        return machine.rates[name_of(kind, gradient=work.gradient)].at(work.num_qubits)

    if work.amplitudes:
        # A pair of a sector is one of those that an excitation turns in a dense state, one by one
        # instead of eight at once.
        name = name_of("excitation", gradient=work.gradient)
        pair = _PAIR * machine.rates[name].at(_CACHED) / (1 << (_CACHED - 4))
        return rate("call") + work.circuits * pair * dict(work.operations)["pair"]
    operations = sum(count * rate(kind) for kind, count in work.operations)
    if in_lanes(work):
        each = rate("lane") + rate("batch") * operations
        return rate("call") + side_by_side(work.circuits) * each
    each = rate("point") + operations
    if work.single and work.num_qubits > _CACHED:
        each *= _SINGLE_GAIN
    return rate("call") + work.circuits * each


def gain(work: Work, machine: Machine, threads: int) -> float:
    """Return the predicted speedup of several threads over one.

    Threads share the points of a piece if it has several, else the work on one state.
    """
    if work.circuits > 1:
        units = -(-work.circuits // LANES) if in_lanes(work) else work.circuits
        return units / math.ceil(units / threads)
    if work.amplitudes:
        return 1.0
    return machine.gain(threads, work.num_qubits)


def in_lanes(work: Work) -> bool:
    """Return whether the kernels simulate the points of a piece in lanes."""
    return work.circuits > 1 and work.num_qubits <= NARROW and not work.amplitudes


def side_by_side(points: int) -> int:
    """Return a number of points, rounded up to full lanes.

    Example:
        >>> side_by_side(3), side_by_side(16)
        (8, 16)
    """
    return -(-points // LANES) * LANES
