"""States, amplitudes, probabilities and metrics of circuits, distributed over the ranks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit

from hybrid.collective.call import Prepared, answer
from hybrid.core.arrays import ComplexArray, FloatArray
from hybrid.core.ask import Ask
from hybrid.core.checks import checked_points, checked_threads
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.core.memory import check_memory
from hybrid.core.resources import Auto, Resources
from hybrid.programs import Program
from hybrid.runtime import elsewhere, free_bytes
from hybrid.simulators.native.kernel import state_bytes
from hybrid.simulators.native.per_point import Amplitudes, Metric, PerPoint, Probabilities
from hybrid.workloads.compiled import compiled_program


def probabilities(
    circuit: QuantumCircuit,
    points: ArrayLike = (),
    qubits: Sequence[int] | None = None,
    *,
    threads: int | None = None,
    shards: int | Auto = "auto",
    groups: int | Auto = "auto",
) -> FloatArray:
    """Return the exact probabilities of measurement outcomes.

    Collective: every rank makes the same call and gets the same bits, for any number of ranks.
    Points are split over the ranks.

    Args:
        circuit: unitary, from \\|0...0>; without measurements.
        points: shape (B, P), or (P,) for a single point; columns in the order of
            ``circuit.parameters``; ``[]`` for a circuit without parameters.
        qubits: qubits to measure; bit k of an outcome is ``qubits[k]``. If None, all, in Qiskit's
            order. The others are summed over.
        threads: threads of each rank. If None, ranks share the cores of their host.
        shards: number of ranks that share one state, a power of two. With "auto", the fewest whose
            memory suffices, or more where that is faster.
        groups: number of such groups that run concurrently.

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

    if (ranks := elsewhere()) is not None:
        sent: FloatArray = ranks.call("probabilities", locals())
        return sent

    def make(program: Program) -> PerPoint:
        return Probabilities(program, _checked_qubits(qubits, program.num_qubits))

    split = (threads, shards, groups)
    return _at_points(
        "probabilities()", circuit, points, make, split, lambda: {"qubits": str(qubits)}
    )


def metric(
    circuit: QuantumCircuit,
    points: ArrayLike,
    *,
    threads: int | None = None,
    shards: int | Auto = "auto",
    groups: int | Auto = "auto",
) -> FloatArray:
    """Return the Fubini-Study metric tensor of a circuit's states, exactly.

    ``g[i, j] = Re(<d_i psi|d_j psi> - <d_i psi|psi><psi|d_j psi>)``, a quarter of the quantum
    Fisher information. It is the matrix of the linear systems that the quantum natural gradient
    (Stokes et al., Quantum 4, 269 (2020)) and variational time evolution (McLachlan's principle)
    solve. One forward and one backward pass of a tangent state per angle give a row (after T.
    Jones, arXiv:2011.02991); no auxiliary circuits are run.

    Collective: every rank makes the same call and gets the same bits, for any number of ranks.
    Points are split over the ranks.

    Args:
        circuit: unitary, from \\|0...0>; parameters in any expression.
        points: shape (B, P), or (P,) for a single point; columns in the order of
            ``circuit.parameters``.
        threads: threads of each rank. If None, ranks share the cores of their host.
        shards: number of ranks that share one state, a power of two; or "auto".
        groups: number of such groups that run concurrently.

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
    if (ranks := elsewhere()) is not None:
        sent: FloatArray = ranks.call("metric", locals())
        return sent
    return _at_points("metric()", circuit, points, Metric, (threads, shards, groups))


def amplitudes(
    circuit: QuantumCircuit,
    points: ArrayLike = (),
    states: Sequence[int | str] | None = None,
    *,
    threads: int | None = None,
    shards: int | Auto = "auto",
    groups: int | Auto = "auto",
) -> ComplexArray:
    """Return the amplitudes of chosen basis states.

    Collective: every rank makes the same call and gets the same bits, for any number of ranks.
    Points are split over the ranks. A state distributed over ranks is not gathered.

    Args:
        circuit: unitary, from \\|0...0>; without measurements.
        points: shape (B, P), or (P,) for a single point; columns in the order of
            ``circuit.parameters``; not needed for a circuit without parameters.
        states: basis states, required; as integers (qubit 0 is the lowest bit) or as strings of 0
            and 1 (qubit 0 is the last character).
        threads: threads of each rank. If None, ranks share the cores of their host.
        shards: number of ranks that share one state, a power of two; or "auto".
        groups: number of such groups that run concurrently.

    Returns:
        shape (B, S) for S states, or (S,) for a single point; complex128.

    Raises:
        InputError: an argument is not usable; raised before anything runs.
        MismatchError: the ranks were given different things.
        RankError: another rank failed.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0)
        >>> _ = bell.cx(0, 1)
        >>> amplitudes(bell, states=["00", "01", 3]).real.round(4).tolist()
        [0.7071, 0.0, 0.7071]
    """

    if (ranks := elsewhere()) is not None:
        sent: ComplexArray = ranks.call("amplitudes", locals())
        return sent

    def make(program: Program) -> PerPoint:
        return Amplitudes(program, _checked_states(states, program.num_qubits))

    split = (threads, shards, groups)
    parts = _at_points(
        "amplitudes()",
        circuit,
        points,
        make,
        split,
        lambda: {"states": str([] if states is None else list(states))},
    )
    found = np.empty(parts.shape[:-2] + parts.shape[-1:], dtype=np.complex128)
    found.real, found.imag = parts[..., 0, :], parts[..., 1, :]
    return found


def state(
    circuit: QuantumCircuit, point: ArrayLike = (), *, threads: int | None = None
) -> ComplexArray:
    """Return the state vector of a circuit, in Qiskit's order, without copying it.

    Not collective: each rank that makes the call computes the state itself.

    Args:
        circuit: unitary, from \\|0...0>; without measurements.
        point: shape (P,), in the order of ``circuit.parameters``; ``[]`` for none.
        threads: number of threads. If None, ``OMP_NUM_THREADS``, or all allowed cores.

    Returns:
        shape (2^n,), complex128.

    Raises:
        InputError: an argument is not usable, or the state does not fit in memory.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> plus = QuantumCircuit(1)
        >>> _ = plus.h(0)
        >>> state(plus, []).round(4).real.tolist()
        [0.7071, 0.7071]
    """
    program = compiled_program(circuit)
    checked = checked_points(point, program.angles.num_parameters)
    if len(checked) != 1:
        raise InputError("point", got=f"{len(checked)} points", expected="one point, of shape (P,)")
    needed = state_bytes(program.num_qubits, gradient=False, single=False)
    check_memory(needed, free_bytes(), ranks_on_host=1, num_qubits=program.num_qubits, halves=False)
    angles = program.angles.angles(checked)
    amplitudes = program.kernel.state(angles[0], threads=checked_threads(threads) or 0)
    found: ComplexArray = np.asarray(amplitudes, dtype=np.complex128)
    factor = program.phase_factors(checked, angles)[0]
    if factor != 1.0:
        found *= factor
    return found


def _at_points(
    name: str,
    circuit: QuantumCircuit,
    points: ArrayLike,
    make: Callable[[Program], PerPoint],
    split: tuple[object, object, object],
    contents: Callable[[], Mapping[str, str]] = dict,
) -> FloatArray:
    def prepare() -> Prepared:
        program = compiled_program(circuit)
        checked = checked_points(points, program.angles.num_parameters)
        return Prepared(
            evaluation=make(program),
            first_ask=Ask(checked),
            num_qubits=program.num_qubits,
            contents=lambda: {
                "circuit": program.content(),
                "global phase of the circuit": program.phase_content(),
                "set of points": digest(checked),
                **contents(),
            },
            resources=Resources.checked(*split),
        )

    stacked = np.asarray(answer(name, prepare), dtype=np.float64)
    return stacked[0] if np.ndim(points) == 1 else stacked


def _checked_qubits(qubits: Sequence[int] | None, num_qubits: int) -> tuple[int, ...]:
    if qubits is None:
        return tuple(range(num_qubits))
    expected = f"a list of different integers from 0 to {num_qubits - 1}"
    chosen = [_index(each, num_qubits) for each in _listed(qubits, "qubits", expected)]
    if None in chosen or len(set(chosen)) < len(chosen):
        raise InputError("qubits", got=str(list(qubits))[:200], expected=expected)
    return tuple(each for each in chosen if each is not None)


def _checked_states(states: object, num_qubits: int) -> tuple[int, ...]:
    expected = (
        f"a list of integers from 0 to {2**num_qubits - 1}, or of strings of {num_qubits} zeros "
        "and ones"
    )
    checked = []
    for state in _listed(states, "states", expected):
        number = state
        if isinstance(state, str) and len(state) == num_qubits and set(state) <= {"0", "1"}:
            number = int(state, 2)
        index = _index(number, 2**num_qubits)
        if index is None:
            raise InputError("states", got=repr(state)[:200], expected=expected)
        checked.append(index)
    return tuple(checked)


def _listed(values: object, what: str, expected: str) -> Sequence[Any]:
    """Return an ordered list; refuse sets and generators."""
    if isinstance(values, np.ndarray) and values.ndim == 1:
        listed: Sequence[Any] = values.tolist()
        return listed
    if isinstance(values, Sequence) and not isinstance(values, str | bytes):
        return values
    if isinstance(values, int | np.integer) and not isinstance(values, bool):
        advice = f"write [{values}] for a single one"
        raise InputError(what, got=str(values), expected=expected, advice=advice)
    got = repr(values) if isinstance(values, str) else type(values).__name__
    raise InputError(what, got=got[:200], expected=expected)


def _index(value: object, end: int) -> int | None:
    """Return a Python or NumPy integer in ``range(end)`` as int, or None for any other value."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        return None
    return int(value) if 0 <= value < end else None
