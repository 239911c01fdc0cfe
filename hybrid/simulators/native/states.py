"""State vectors of a program at many points, by the native kernels."""

from __future__ import annotations

import numpy as np

from hybrid.core.arrays import ComplexArray, FloatArray
from hybrid.programs import Program


def states_of(
    program: Program, points: FloatArray, *, threads: int, phase: bool = False
) -> ComplexArray:
    """Return the states at points, shape (B, 2^n), complex128.

    Args:
        program: the compiled circuit.
        points: shape (B, P).
        threads: threads for each state.
        phase: whether to include the circuit's global phase.
    """
    angles = program.angles.angles(points)
    states = np.empty((len(points), 1 << program.num_qubits), dtype=np.complex128)
    for row, driven in enumerate(angles):
        states[row] = program.kernel.state(driven, threads=threads)
    if phase and program.phase is not None:
        states *= program.phase_factors(points, angles)[:, None]
    return states
