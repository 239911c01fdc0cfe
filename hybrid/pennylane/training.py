"""What of a tape is differentiated, and whether the device can."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pennylane as qml
from autograd.tracer import isbox
from pennylane.math import Interface

from hybrid.pennylane.plans import differentiable
from hybrid.pennylane.reading import has_angles, is_native


def is_supported(tape: Any) -> bool:
    """Return whether the device has adjoint derivatives of a tape, before its decomposition.

    Coefficients of observables have none; where they are differentiated, PennyLane's parameter
    shifts are.
    """
    if tape.shots or not all(map(differentiable, tape.measurements)):
        return False
    if any(is_traced(each) for m in tape.measurements for each in _coefficients(m.obs)):
        return False
    return all(
        (is_native(op) and has_angles(op))
        or op.has_decomposition
        or not any(is_traced(each) for each in op.data)
        for op in tape.operations
    )


def _coefficients(obs: Any) -> Iterable[Any]:
    """Return the numbers in an observable; those of Pauli strings are at hand."""
    numbers: Iterable[Any] = obs.data if obs.pauli_rep is None else obs.pauli_rep.values()
    return numbers


def is_differentiated(interface: Any, tape: Any, *, several: bool = False) -> bool:
    """Return whether derivatives of a tape will be asked, as far as its parameters show.

    Args:
        interface: of the execution.
        tape: before its decomposition, or None.
        several: whether to count tapes only that have several values, in an interface that asks
            for vector-Jacobian products.
    """
    if tape is None or interface not in (Interface.AUTOGRAD, Interface.TORCH):
        return False
    if not any(is_traced(each) for op in tape.operations for each in op.data):
        return False
    return not several or len(tape.measurements) > 1 or tape.batch_size is not None


def is_traced(number: Any) -> bool:
    """Return whether a number is being differentiated by its framework."""
    if isinstance(number, float | int):
        return False
    if isbox(number):
        return True
    interface = qml.math.get_interface(number)
    if interface == "jax":
        return bool(qml.math.in_backprop(number))
    return interface == "torch" and bool(number.requires_grad)
