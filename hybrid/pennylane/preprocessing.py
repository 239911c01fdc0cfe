"""PennyLane's transforms that make tapes of native operations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pennylane as qml
from pennylane.decomposition import enabled_graph
from pennylane.devices.preprocess import (
    decompose,
    device_resolve_dynamic_wires,
    null_postprocessing,
    validate_device_wires,
    validate_measurements,
)
from pennylane.measurements import (
    CountsMP,
    ExpectationMP,
    SampleMeasurement,
    SampleMP,
    StateMeasurement,
    StateMP,
)
from pennylane.transforms import broadcast_expand, defer_measurements, split_non_commuting

from hybrid.pennylane.gates import ROTATIONS, SAME
from hybrid.pennylane.reading import has_angles, is_native
from hybrid.pennylane.reads import is_shadow

NAME = "hybrid.qubit"
_PLAIN = frozenset({qml.CNOT, qml.CZ, *SAME})


@lru_cache(maxsize=64)
def pipeline(wires: Any, *, deferred: bool, adjoint: bool, broadcast: bool) -> qml.CompilePipeline:
    """Return the transforms that tapes go through before the device sees them.

    Args:
        wires: wires of the device, or None.
        deferred: whether measurements in the middle are deferred.
        adjoint: whether the tapes are differentiated by the device.
        broadcast: whether a batch of parameters may stay in one tape.
    """
    every = qml.CompilePipeline()
    # Before measurements are deferred to further wires, which are no wires of the device.
    every.add_transform(validate_device_wires, wires, name=NAME)
    if deferred:
        every.add_transform(defer_measurements, allow_postselect=False)
    every.add_transform(
        decompose,
        stopping_condition=_is_differentiable if adjoint else is_native,
        skip_initial_state_prep=False,
        name=NAME,
    )
    every.add_transform(device_resolve_dynamic_wires, wires=wires, allow_resets=False)
    every.add_transform(
        validate_measurements,
        analytic_measurements=_is_exact,
        sample_measurements=_is_sampled,
        name=NAME,
    )
    every.add_transform(_one_by_one if broadcast else broadcast_expand)
    every.add_transform(_split_with_shots)
    found = qml.CompilePipeline()
    quick = _Quick(None if wires is None else frozenset(wires), adjoint, broadcast)
    found.add_transform(_unless_simple, every=every, quick=quick)
    return found


@qml.transform  # type: ignore[untyped-decorator]
def _unless_simple(tape: Any, every: Any, quick: _Quick) -> Any:
    """Apply all transforms, unless decomposing the operations is all that they would do.

    Each of them takes its time, and PennyLane's ``decompose`` copies the observables: for those of
    molecules, this takes longer than all gradients.
    """
    simple = quick.tape_of(tape)
    if simple is not None:
        return (simple,), null_postprocessing
    tapes, processed = every((tape,))
    return tapes, lambda results: processed(results)[0]


@dataclass(frozen=True)
class _Quick:
    """Decomposes tapes without shots, of plain gates, templates and expectation values.

    Attributes:
        wires: wires of the device, or None.
        adjoint: whether the tapes are differentiated by the device.
        broadcast: whether a batch of parameters may stay in one tape.
    """

    wires: frozenset[Any] | None
    adjoint: bool
    broadcast: bool

    def tape_of(self, tape: Any) -> Any:
        """Return the tape of native operations, or None if it needs more than decomposition."""
        if tape.shots or not all(map(self._is_value, tape.measurements)):
            return None
        found = []
        changed = False
        for op in tape.operations:
            if self._is_plain(op):
                found.append(op)
                continue
            parts = None if enabled_graph() else self._parts(op)
            if parts is None:
                return None
            found.extend(parts)
            changed = True
        return qml.tape.QuantumScript(found, tape.measurements) if changed else tape

    def _parts(self, op: Any) -> list[Any] | None:
        """Return the plain gates of a template, or None if it contains anything else."""
        if self._is_plain(op):
            return [op]
        if type(op) is qml.BasisState:
            fixed = not any(qml.math.requires_grad(each) for each in op.data)
            return [op] if fixed and self._has_wires(op) else None
        if is_native(op) or not isinstance(op, qml.operation.Operation) or not op.has_decomposition:
            return None
        found: list[Any] = []
        with qml.QueuingManager.stop_recording():
            for part in op.decomposition():
                plain = self._parts(part)
                if plain is None:
                    return None
                found.extend(plain)
        return found

    def _is_plain(self, op: Any) -> bool:
        if type(op) not in _PLAIN and type(op) not in ROTATIONS:
            return False
        if not self.broadcast and any(getattr(number, "ndim", 0) for number in op.data):
            return False
        return self._has_wires(op)

    def _is_value(self, measured: Any) -> bool:
        if type(measured) is not ExpectationMP or measured.obs is None:
            return False
        return self._has_wires(measured)

    def _has_wires(self, of: Any) -> bool:
        return self.wires is None or self.wires.issuperset(of.wires.labels)


def _is_differentiable(op: Any) -> bool:
    """Return whether an operation is native, with an angle for each trainable argument."""
    if not is_native(op):
        return False
    return has_angles(op) or not any(qml.math.requires_grad(each) for each in op.data)


def _is_exact(measured: Any) -> bool:
    return isinstance(measured, StateMeasurement) and not isinstance(measured, SampleMP | CountsMP)


def _is_sampled(measured: Any) -> bool:
    sampled = isinstance(measured, SampleMeasurement) or is_shadow(measured)
    return sampled and not isinstance(measured, StateMP)


@qml.transform  # type: ignore[untyped-decorator]
def _one_by_one(tape: Any) -> Any:
    """Split a batch of parameters into tapes if some are not angles."""
    if tape.batch_size is not None and not all(
        has_angles(op) for op in tape.operations if op.batch_size is not None
    ):
        return broadcast_expand(tape)
    return (tape,), null_postprocessing


@qml.transform  # type: ignore[untyped-decorator]
def _split_with_shots(tape: Any) -> Any:
    """Split sums and observables that do not commute into tapes, if there are shots."""
    if not tape.shots or any(map(is_shadow, tape.measurements)):
        return (tape,), null_postprocessing
    return split_non_commuting(tape)
