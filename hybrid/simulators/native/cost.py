"""What work in the native kernels costs, from measured rates.

Rates come twice, for values (``native.value.*``) and for values with adjoint gradients
(``native.gradient.*``). All but ``batch`` are seconds, on one thread.

======================== ====================================================================
call                     one call of the kernels, with what Python does around it
point                    a point on its own, beside its operations: a state made and read
gate                     a rotation or fixed matrix of a layered circuit, CNOTs included
string                   the exponential of one Pauli string
excitation               the exponential of several strings with one X mask
diagonal                 the exponential of a string of I and Z, or of a few
phase                    the exponential of many strings of I and Z, a cost layer
mask                     the strings of the observable with one X mask
lane                     a point among several of a narrow circuit, beside its operations
batch                    no seconds: an operation on such a point over one on a point alone
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
"""So many points of a narrow circuit are simulated side by side; fewer take as long."""
NARROW = _kernels.limits()["batched_qubits"]
"""Several points of circuits up to this width are."""
_SINGLE_GAIN = 0.6
"""Time of complex64 over that of complex128, for states beyond the caches."""
_CACHED = 14


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
    """Return the seconds of counted operations on one thread."""

    def rate(kind: str) -> float:
        return machine.rates[name_of(kind, gradient=work.gradient)].at(work.num_qubits)

    operations = sum(count * rate(kind) for kind, count in work.operations)
    if in_lanes(work):
        each = rate("lane") + rate("batch") * operations
        return rate("call") + side_by_side(work.circuits) * each
    each = rate("point") + operations
    if work.single and work.num_qubits > _CACHED:
        each *= _SINGLE_GAIN
    return rate("call") + work.circuits * each


def gain(work: Work, machine: Machine, threads: int) -> float:
    """Return how many times faster several threads are than one.

    They share the points of a piece where there are several, else the work on one state.
    """
    if work.circuits > 1:
        units = -(-work.circuits // LANES) if in_lanes(work) else work.circuits
        return units / math.ceil(units / threads)
    return machine.gain(threads, work.num_qubits)


def in_lanes(work: Work) -> bool:
    """Return whether the kernels simulate the points of a piece side by side."""
    return work.circuits > 1 and work.num_qubits <= NARROW


def side_by_side(points: int) -> int:
    """Return how many points of a narrow circuit are simulated where ``points`` are asked for.

    Example:
        >>> side_by_side(3), side_by_side(16)
        (8, 16)
    """
    return -(-points // LANES) * LANES
