"""Expectation values and gradients at given points, distributed over the ranks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal, overload

from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from hybrid.collective.call import Prepared, answer
from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.checks import (
    WhetherSector,
    checked_points,
    checked_sector,
    checked_seed,
    checked_shots,
    checked_step,
)
from hybrid.core.digest import digest
from hybrid.core.resources import Auto, Resources
from hybrid.runtime import elsewhere
from hybrid.simulators import Choice
from hybrid.workloads import Sampling
from hybrid.workloads.compiled import compiled_expectation, is_sequence, with_axis

Gradient = Literal["exact", "finite-difference"]


def estimate(
    circuit: QuantumCircuit,
    observable: SparsePauliOp | Sequence[SparsePauliOp],
    points: ArrayLike = (),
    *,
    gradient: bool | Gradient = False,
    variance: bool = False,
    force: bool = False,
    simulator: Choice = "auto",
    shots: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    shards: int | Auto = "auto",
    groups: int | Auto = "auto",
    sector: WhetherSector = "auto",
) -> Told:
    """Return expectation values, gradients, variances and standard errors at parameter points.

    Collective: every rank makes the same call and gets the same answer. The other arguments are
    those of :func:`hybrid.expectation`.

    Args:
        variance: whether to return ``<H^2> - <H>^2`` of each observable; needs simulator "native".
        force: whether to return ``Im <d_k psi|(O - <O>) psi>`` for each parameter and observable,
            the force of real-time evolution (see :class:`hybrid.TimeEvolution`); needs "native".

    Returns:
        values of shape (B,); gradients of shape (B, P) or None; standard_errors of shape (B,)
        where values were sampled, else None; variances of shape (B,) or None; forces of shape
        (B, P) or None. For a list of M observables, shapes (B, M) and (B, M, P).

    Raises:
        InputError: an argument is not usable; raised before anything runs.
        NoExactGradientError: a gradient was asked for that has no exact rule.
        MismatchError: the ranks were given different things.
        RankError: another rank failed.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> plus = QuantumCircuit(1)
        >>> _ = plus.h(0)
        >>> told = estimate(plus, SparsePauliOp("Z"), shots=400, seed=1)
        >>> bool(abs(told.values[0]) < 5 * told.standard_errors[0])
        True
    """

    if (ranks := elsewhere()) is not None:
        sent: Told = ranks.call("estimate", locals())
        return sent

    def prepare() -> Prepared:
        resources = Resources.checked(threads, shards, groups)
        found = _prepared(
            circuit, observable, points, gradient, simulator, shots, seed, resources, sector
        )
        if not (variance or force):
            return found
        ask = replace(found.first_ask, variance=variance, force=force)
        wanted = {"variance": str(variance), "force": str(force)}
        return replace(found, first_ask=ask, contents=lambda: {**found.contents(), **wanted})

    return _told("estimate()", observable, prepare)


@overload
def expectation(
    circuit: QuantumCircuit,
    observable: SparsePauliOp | Sequence[SparsePauliOp],
    points: ArrayLike = (),
    *,
    gradient: Literal[False] = False,
    simulator: Choice = "auto",
    shots: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    shards: int | Auto = "auto",
    groups: int | Auto = "auto",
    sector: WhetherSector = "auto",
) -> FloatArray: ...


@overload
def expectation(
    circuit: QuantumCircuit,
    observable: SparsePauliOp | Sequence[SparsePauliOp],
    points: ArrayLike = (),
    *,
    gradient: Literal[True] | Gradient,
    simulator: Choice = "auto",
    shots: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    shards: int | Auto = "auto",
    groups: int | Auto = "auto",
    sector: WhetherSector = "auto",
) -> tuple[FloatArray, FloatArray]: ...


def expectation(
    circuit: QuantumCircuit,
    observable: SparsePauliOp | Sequence[SparsePauliOp],
    points: ArrayLike = (),
    *,
    gradient: bool | Gradient = False,
    simulator: Choice = "auto",
    shots: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    shards: int | Auto = "auto",
    groups: int | Auto = "auto",
    sector: WhetherSector = "auto",
) -> Any:
    """Return expectation values, and gradients if asked for, at parameter points.

    Collective: every rank makes the same call and gets the same bits, for any number of ranks.
    Points are split over the ranks; with shots, or with gradients other than adjoint ones, circuits
    and shots are split too.

    Args:
        circuit: unitary, from \\|0...0>; parameters in any expression.
        observable: Hermitian, with the circuit's width; or a list of M observables, which share the
            states and, with shots, the measurements of compatible terms.
        points: shape (B, P), or (P,) for B = 1; columns in the order of ``circuit.parameters``;
            in radians where the circuit's angles are. Omit it for a circuit without parameters.
        gradient: whether to return gradients; "finite-difference" for circuits without an exact
            rule.
        simulator: "auto", a name (``hybrid.simulators.names()``), a simulator, or an
            estimator, sampler or backend of Qiskit.
        shots: measurements of each group of compatible terms. If None, values are exact.
        seed: seed of the shots. If None, a fresh one is drawn.
        threads: threads of each rank. If None, ranks share the cores of their host.
        shards: number of ranks that share one state, a power of two. With "auto", the fewest whose
            memory suffices, or more where that is faster. The bits do not depend on it.
        groups: number of such groups that run concurrently.
        sector: "auto" holds exact states in a symmetry sector, such as a fixed number of
            particles, where the circuit conserves one and that pays; False never does.

    Returns:
        values, shape (B,), float64; with ``gradient`` also gradients, shape (B, P), float64. For a
        list of M observables, shapes (B, M) and (B, M, P).

    Raises:
        InputError: an argument is not usable; raised before anything runs.
        NoExactGradientError: a gradient was asked for that has no exact rule.
        MismatchError: the ranks were given different things.
        RankError: another rank failed.

    Example:
        >>> from qiskit.circuit import Parameter, QuantumCircuit
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> circuit = QuantumCircuit(1)
        >>> _ = circuit.ry(Parameter("a"), 0)
        >>> values, gradients = expectation(circuit, SparsePauliOp("Z"), [[0.0]], gradient=True)
        >>> float(values[0]), abs(float(gradients[0, 0]))
        (1.0, 0.0)
        >>> both = [SparsePauliOp("Z"), SparsePauliOp("X")]
        >>> values, gradients = expectation(circuit, both, [[0.0]], gradient=True)
        >>> values.round(6).tolist(), gradients.shape
        ([[1.0, 0.0]], (1, 2, 1))
    """

    if (ranks := elsewhere()) is not None:
        return ranks.call("expectation", locals())

    def prepare() -> Prepared:
        resources = Resources.checked(threads, shards, groups)
        return _prepared(
            circuit, observable, points, gradient, simulator, shots, seed, resources, sector
        )

    told = _told("expectation()", observable, prepare)
    return told.values if told.gradients is None else (told.values, told.gradients)


def _told(
    name: str,
    observable: SparsePauliOp | Sequence[SparsePauliOp],
    prepare: Callable[[], Prepared],
) -> Told:
    """Return the answer, with an axis for observables if a list of them was given."""
    told: Told = answer(name, prepare)
    return with_axis(told) if is_sequence(observable) and len(observable) == 1 else told


def _prepared(
    circuit: QuantumCircuit,
    observable: SparsePauliOp | Sequence[SparsePauliOp],
    points: ArrayLike,
    gradient: bool | Gradient,
    simulator: Choice,
    shots: int | None,
    seed: int | None,
    resources: Resources,
    sector: WhetherSector,
) -> Prepared:
    """Check the input and compile it, on this rank."""
    rule = "exact" if isinstance(gradient, bool) else gradient
    sampling = Sampling(
        simulator, checked_shots(shots), checked_step(rule, shots), checked_sector(sector)
    )
    workload = compiled_expectation(circuit, observable)
    checked = checked_points(points, workload.num_parameters)
    return Prepared(
        evaluation=workload.prepare(sampling),
        first_ask=Ask(checked, gradient=bool(gradient)),
        num_qubits=workload.num_qubits,
        contents=lambda: {
            **workload.contents(),
            **sampling.contents(),
            "set of points": digest(checked),
        },
        seed=checked_seed(seed),
        resources=resources,
    )
