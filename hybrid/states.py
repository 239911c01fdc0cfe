"""What can be known of a circuit's state beyond expectation values, split over the ranks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit

from hybrid.arrays import ComplexArray, FloatArray
from hybrid.ask import Ask
from hybrid.collective import Prepared, call_together
from hybrid.content import digest
from hybrid.errors import InputError
from hybrid.inputs import checked_points, checked_threads
from hybrid.programs import Program, compile_program, flatten
from hybrid.simulators.native import load
from hybrid.simulators.per_point import Metric, PerPoint, Probabilities


def probabilities(
    circuit: QuantumCircuit,
    points: ArrayLike,
    qubits: Sequence[int] | None = None,
    *,
    threads: int | None = None,
) -> FloatArray:
    """Return the probabilities of what qubits read, exactly.

    Collective: every rank makes the same call, the points are split over the ranks, and all ranks
    get the same bits, for any number of them.

    Args:
        circuit: unitary, from \\|0...0>; without measurements.
        points: shape (B, P), or (P,) for a single point; columns in the order of
            ``circuit.parameters``; ``[]`` for a circuit without parameters.
        qubits: which qubits are read; bit k of an outcome is ``qubits[k]``. By default all, in
            Qiskit's order. The others are summed over.
        threads: for each rank.

    Returns:
        shape (B, 2^k) for k qubits, or (2^k,) for a single point; float64, rows sum to 1.

    Raises:
        InputError: an argument is not usable; raised before anything runs.
        MismatchError: the ranks were given different things.
        RankError: another rank failed.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0)
        >>> _ = bell.cx(0, 1)
        >>> probabilities(bell, []).round(3).tolist()
        [0.5, 0.0, 0.0, 0.5]
        >>> probabilities(bell, [], [1]).round(3).tolist()
        [0.5, 0.5]
    """

    def make(program: Program) -> PerPoint:
        return Probabilities(program, _checked_qubits(qubits, program.num_qubits))

    return _at_points("probabilities()", circuit, points, make, threads, qubits=str(qubits))


def metric(circuit: QuantumCircuit, points: ArrayLike, *, threads: int | None = None) -> FloatArray:
    """Return the Fubini-Study metric tensor of a circuit's states, exactly.

    ``g[i, j] = Re(<d_i psi|d_j psi> - <d_i psi|psi><psi|d_j psi>)``: what the quantum natural
    gradient (Stokes et al., Quantum 4, 269 (2020)) and variational time evolution (McLachlan's
    principle) divide by; a quarter of the quantum Fisher information. For each angle a tangent
    state is taken forward once and back once, which gives a row (after T. Jones,
    arXiv:2011.02991); no circuits are made.

    Collective: every rank makes the same call, the points are split over the ranks, and all ranks
    get the same bits, for any number of them.

    Args:
        circuit: unitary, from \\|0...0>; with parameters in any expression.
        points: shape (B, P), or (P,) for a single point; columns in the order of
            ``circuit.parameters``.
        threads: for each rank.

    Returns:
        shape (B, P, P), or (P, P) for a single point; float64, symmetric, positive semidefinite
        up to rounding.

    Raises:
        InputError: an argument is not usable; raised before anything runs.
        MismatchError: the ranks were given different things.
        RankError: another rank failed.

    Example:
        >>> import math
        >>> from qiskit.circuit import Parameter, QuantumCircuit
        >>> circuit = QuantumCircuit(1)
        >>> _ = circuit.ry(Parameter("a"), 0)
        >>> _ = circuit.rz(Parameter("b"), 0)
        >>> abs(metric(circuit, [math.pi / 2, 0.3])).round(6).tolist()
        [[0.25, 0.0], [0.0, 0.25]]
    """
    return _at_points("metric()", circuit, points, Metric, threads)


def state(circuit: QuantumCircuit, point: ArrayLike, *, threads: int | None = None) -> ComplexArray:
    """Return the state of a circuit, in Qiskit's order, as the memory in which it was computed.

    Not collective: each rank that calls computes the state for itself.

    Args:
        circuit: unitary, from \\|0...0>; without measurements.
        point: shape (P,), in the order of ``circuit.parameters``; ``[]`` for none.
        threads: by default ``OMP_NUM_THREADS``, or all cores allowed.

    Returns:
        shape (2^n,), complex128.

    Raises:
        InputError: an argument is not usable.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> plus = QuantumCircuit(1)
        >>> _ = plus.h(0)
        >>> state(plus, []).round(4).real.tolist()
        [0.7071, 0.7071]
    """
    program = compile_program(flatten(circuit))
    checked = checked_points(point, program.angles.num_parameters)
    if len(checked) != 1:
        raise InputError("point", got=f"{len(checked)} points", expected="one, of shape (P,)")
    angles = program.angles.angles(checked)[0]
    amplitudes = load(program).state(angles, threads=checked_threads(threads) or 0)
    return np.asarray(amplitudes, dtype=np.complex128)


def _at_points(
    name: str,
    circuit: QuantumCircuit,
    points: ArrayLike,
    make: Callable[[Program], PerPoint],
    threads: int | None,
    **contents: str,
) -> FloatArray:
    def prepare() -> Prepared:
        program = compile_program(flatten(circuit))
        checked = checked_points(points, program.angles.num_parameters)
        return Prepared(
            evaluation=make(program),
            first_ask=Ask(checked),
            num_qubits=program.num_qubits,
            contents=lambda: {
                "circuit": program.content(),
                "set of points": digest(checked),
                **contents,
            },
            seed=0,
            threads=checked_threads(threads),
        )

    call = call_together(name, prepare)
    found, _ = call.team.run(lambda team: team.ask(call.prepared.first_ask))
    stacked = np.asarray(found, dtype=np.float64)
    return stacked[0] if np.ndim(points) == 1 else stacked


def _checked_qubits(qubits: Sequence[int] | None, num_qubits: int) -> tuple[int, ...]:
    if qubits is None:
        return tuple(range(num_qubits))
    chosen = tuple(qubits)
    if not all(isinstance(q, int) and 0 <= q < num_qubits for q in chosen) or len(
        set(chosen)
    ) < len(chosen):
        raise InputError(
            "qubits",
            got=str(chosen),
            expected=f"different integers from 0 to {num_qubits - 1}",
        )
    return chosen
