"""Values, gradients, metrics, shots and amplitudes of a state distributed over a group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hybrid import _kernels
from hybrid.core.arrays import ComplexArray, FloatArray
from hybrid.sharding.group import Group
from hybrid.sharding.image import DistributedState
from hybrid.sharding.layout import Layout
from hybrid.sharding.passes import Passes, TwoStates


def value_and_gradient(
    passes: TwoStates, observable: _kernels.PauliSum, x_masks: Sequence[int], *, gradient: bool
) -> tuple[float, FloatArray | None]:
    """Return <H> and, on request, its derivatives; the same bits as on one rank.

    Args:
        passes: a program at a point; its last layout must allow expectation values.
        observable: H, in the kernels.
        x_masks: the distinct X masks of H.
        gradient: whether to compute derivatives.

    Returns:
        the value, and the derivatives by all K angles, shape (K,), or None.
    """
    group = passes.group
    passes.forward()
    state = DistributedState(group, passes.layout, passes.threads)
    differences = sorted({mask & passes.layout.distributed_mask for mask in x_masks})
    state.image(observable, differences, ("psi", passes.psi), passes.other)
    value = _kernels.sum_of_strips(group.sum(state.product(passes.psi, passes.other)))
    if not gradient:
        return value, None
    return value, _kernels.gradient_of(passes.program, group.sum(passes.backward()))


def metric(passes: TwoStates, num_angles: int) -> FloatArray:
    """Return the Fubini-Study metric with respect to the angles, shape (K, K)."""
    group = passes.group

    def row() -> FloatArray:
        return _kernels.gradient_of(passes.program, group.sum(passes.backward())) / 2

    passes.forward()
    np.negative(passes.psi.imag, out=passes.other.real)  # lambda = i psi
    passes.other.imag = passes.psi.real
    phases = row()
    rows = np.zeros((num_angles, num_angles))
    for slot in range(num_angles):
        passes.forward_with_tangent(slot)
        rows[slot] = row()
    _kernels.finish_metric(rows, phases)
    return rows


def shots(passes: Passes, count: int, seed: int) -> np.ndarray:
    """Return sampled basis states, shape (count,), uint64, on all members."""
    passes.forward()
    group, at = passes.group, passes.layout.placement(passes.group.rank)
    strips = _kernels.outcome_strips(passes.layout.num_qubits)
    weights = np.zeros(1 << strips.bit_count())
    _kernels.strip_weights(at, passes.psi, weights, passes.threads)
    weights = group.sum(weights)
    drawn = _kernels.draw(at, passes.psi, weights, count, seed, passes.threads)
    # A basis state is exact in float64, and 0 on all members but one.
    elsewhere = drawn == np.uint64(_kernels.ELSEWHERE)
    return group.sum(np.where(elsewhere, 0, drawn).astype(np.float64)).astype(np.uint64)


def probabilities(passes: Passes, qubits: int) -> FloatArray:
    """Return the probabilities of the outcomes of some qubits, ascending; zeros off the leader.

    Args:
        passes: a program at a point; its last layout must distribute the highest qubits.
        qubits: mask of the k measured qubits.

    Returns:
        shape (2^k,).
    """
    passes.forward()
    layout, group = passes.layout, passes.group
    part = _kernels.probabilities(layout.placement(group.rank), passes.psi, qubits, passes.threads)
    group.agree()
    part = _summed(group, layout, part, layout.distributed_mask & ~qubits)
    out = np.zeros(1 << qubits.bit_count())
    shared = layout.distributed_mask & qubits
    if group.rank & ~_slots(layout, shared) == 0:
        _gather(group, layout, part, shared, qubits, out)
    return out


def amplitudes(passes: Passes, states: Sequence[int]) -> ComplexArray:
    """Return the amplitudes of basis states, shape (len(states),), complex128."""
    passes.forward()
    layout, group = passes.layout, passes.group
    at = layout.placement(group.rank)
    found = np.zeros((2, len(states)))
    for place, basis in enumerate(states):
        if layout.rank(basis) == group.rank:
            amplitude = passes.psi[at.offset(basis)]
            found[:, place] = amplitude.real, amplitude.imag
    out = np.empty(len(states), dtype=np.complex128)
    # Adding 0.0 turns -0.0 into 0.0, as a sum over members does.
    out.real, out.imag = group.sum(found.ravel()).reshape(found.shape) + 0.0
    return out


def _slots(layout: Layout, qubits: int) -> int:
    """Return the bits of a rank's number that belong to some distributed qubits."""
    return sum(1 << slot for slot, qubit in enumerate(layout.distributed) if qubits >> qubit & 1)


def _summed(group: Group, layout: Layout, part: FloatArray, qubits: int) -> FloatArray:
    """Return the pairwise sum over distributed qubits, lowest first; valid where they are 0."""
    for qubit in sorted(layout.distributed):
        if not qubits >> qubit & 1:
            continue
        bit = _slots(layout, 1 << qubit)
        if group.rank & bit:
            _finish(group, [(group.rank ^ bit, part)], [])
            break
        other = np.empty_like(part)
        _finish(group, [], [(group.rank ^ bit, other)])
        part = part + other
    return part


def _gather(
    group: Group, layout: Layout, part: FloatArray, shared: int, qubits: int, out: FloatArray
) -> None:
    """Gather on the leader the parts for all values of the measured distributed qubits."""
    if group.rank != 0:
        _finish(group, [(0, part)], [])
        return
    for rank in range(group.size):
        if rank & ~_slots(layout, shared):
            continue
        values = part
        if rank:
            values = np.empty_like(part)
            _finish(group, [], [(rank, values)])
        # Distributed qubits are the highest, so the outcomes of each rank are consecutive.
        first = _extract(layout.value(rank), qubits)
        out[first : first + len(values)] = values


def _extract(basis: int, qubits: int) -> int:
    """Return the bits of a basis state under a mask, packed."""
    out, place = 0, 0
    for qubit in range(qubits.bit_length()):
        if qubits >> qubit & 1:
            out |= (basis >> qubit & 1) << place
            place += 1
    return out


def _finish(
    group: Group, sends: list[tuple[int, FloatArray]], receives: list[tuple[int, FloatArray]]
) -> None:
    transfer = group.start(sends, receives)
    group.wait_until(transfer.is_done)
