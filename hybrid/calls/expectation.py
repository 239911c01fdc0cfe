"""Expectation values, gradients and samples without a loop, split over the ranks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from hybrid.collective.call import Prepared, call_together
from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.checks import (
    checked_groups,
    checked_points,
    checked_seed,
    checked_shards,
    checked_shots,
    checked_step,
    checked_threads,
)
from hybrid.core.digest import digest
from hybrid.runtime import on_survivors
from hybrid.scheduler import Wish
from hybrid.simulators import Choice
from hybrid.workloads import Sampling
from hybrid.workloads.compiled import compiled_expectation

Gradient = Literal["exact", "finite-difference"]


def estimate(
    circuit: QuantumCircuit,
    observable: SparsePauliOp,
    points: ArrayLike,
    *,
    gradient: bool | Gradient = False,
    simulator: Choice = "auto",
    shots: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    shards: int | Literal["auto"] = "auto",
    groups: int | Literal["auto"] = "auto",
) -> Told:
    """Return expectation values with all that is known of them.

    Collective: every rank makes the same call and gets the same answer. The arguments are those
    of :func:`expectation`.

    Returns:
        values of shape (B,); gradients of shape (B, P) or None; standard_errors of shape (B,)
        where values were sampled, else None.

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
        >>> told = estimate(plus, SparsePauliOp("Z"), [[]], shots=400, seed=1)
        >>> bool(abs(told.values[0]) < 5 * told.standard_errors[0])
        True
    """
    rule = "exact" if isinstance(gradient, bool) else gradient

    def prepare() -> Prepared:
        sampling = Sampling(simulator, checked_shots(shots), checked_step(rule, shots))
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
                "seed": str(seed),
            },
            seed=checked_seed(seed),
            threads=checked_threads(threads),
            wish=Wish(checked_shards(shards), checked_groups(groups)),
        )

    def attempt() -> Any:
        call = call_together("expectation()", prepare)
        return call.team.run(lambda team: _as_message(team.ask(call.prepared.first_ask)))

    message, _ = on_survivors(attempt)
    return Told(message["values"], message["gradients"], message["standard_errors"])


@overload
def expectation(
    circuit: QuantumCircuit,
    observable: SparsePauliOp,
    points: ArrayLike,
    *,
    gradient: Literal[False] = False,
    **settings: Any,
) -> FloatArray: ...


@overload
def expectation(
    circuit: QuantumCircuit,
    observable: SparsePauliOp,
    points: ArrayLike,
    *,
    gradient: Literal[True] | Gradient,
    **settings: Any,
) -> tuple[FloatArray, FloatArray]: ...


def expectation(
    circuit: QuantumCircuit,
    observable: SparsePauliOp,
    points: ArrayLike,
    *,
    gradient: bool | Gradient = False,
    **settings: Any,
) -> FloatArray | tuple[FloatArray, FloatArray]:
    """Return expectation values, and gradients if asked for, at parameter points.

    Collective: every rank makes the same call, the points (and with shots or without adjoint
    gradients also their circuits and shots) are split over the ranks, and all ranks get the same
    bits, for any number of them.

    Args:
        circuit: unitary, from \\|0...0>; parameters in any expression.
        observable: Hermitian, on as many qubits.
        points: shape (B, P), or (P,) for B = 1; columns in the order of ``circuit.parameters``;
            in radians where the circuit's angles are.
        gradient: whether gradients are wanted; "finite-difference" where no exact rule exists.
        settings: ``simulator="auto"`` (a name, a simulator, a Qiskit estimator), ``shots=None``
            (measurements of each group of compatible terms), ``seed=None``, ``threads=None``
            (for each rank), ``shards="auto"`` (ranks that share one state, a power of two: a state
            that does not fit on one rank is spread over several, and gives the same bits),
            ``groups="auto"`` (how many such groups work side by side).

    Returns:
        values, shape (B,), float64; with ``gradient`` also gradients, shape (B, P), float64.

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
    """
    told = estimate(circuit, observable, points, gradient=gradient, **settings)
    if told.gradients is None:
        return told.values
    return told.values, told.gradients


def _as_message(told: Told) -> Mapping[str, Any]:
    return {
        "values": np.asarray(told.values),
        "gradients": told.gradients,
        "standard_errors": told.standard_errors,
    }
