"""The names of measured rates, and what is counted by each.

Native rates come twice, for values (``native.value.*``) and for values with adjoint gradients
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
aer.job                  starting Aer for exact values
aer.sampling             starting Aer for shots
aer.assembly             a gate on its way into Aer, once for all circuits of a start
aer.circuit              binding one circuit, and taking its result
aer.gate                 a gate on a state vector, by index bits
aer.term                 one string of an exact expectation value, by index bits
aer.shot                 one shot of a state vector, by index bits
======================== ====================================================================
"""

from __future__ import annotations

from hybrid.core.work import Work

ALONE = ("call", "point", "gate", "string", "excitation", "diagonal", "phase", "mask")
TOGETHER = ("lane", "batch")
AER = ("job", "sampling", "assembly", "circuit", "gate", "term", "shot")

LANES = 8
"""So many points of a narrow circuit are simulated side by side; fewer take as long."""
NARROW = 11
"""Several points of circuits up to this width are."""


def native(kind: str, *, gradient: bool) -> str:
    """Return the name of a native rate.

    Example:
        >>> native("gate", gradient=True)
        'native.gradient.gate'
    """
    return f"native.{'gradient' if gradient else 'value'}.{kind}"


def names() -> frozenset[str]:
    """Return the names of all rates that a machine has."""
    of_kernels = [
        native(kind, gradient=gradient)
        for kind in (*ALONE, *TOGETHER)
        for gradient in (False, True)
    ]
    return frozenset(of_kernels) | {f"aer.{kind}" for kind in AER}


def in_lanes(load: Work) -> bool:
    """Return whether the kernels simulate the points of a piece side by side."""
    return load.circuits > 1 and load.num_qubits <= NARROW


def side_by_side(points: int) -> int:
    """Return how many points of a narrow circuit are simulated where ``points`` are asked for.

    Example:
        >>> side_by_side(3), side_by_side(16)
        (8, 16)
    """
    return -(-points // LANES) * LANES
