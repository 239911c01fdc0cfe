"""A circuit's outputs as a function of inputs and weights, differentiated in two calls.

Automatic differentiation asks for the values first, and for a vector-Jacobian product later. Both
are collective calls; the states of the first are kept for the second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from hybrid.collective.call import FREE_ANYWAY, Prepared, answer_with_seed, check_fits
from hybrid.core.arrays import FloatArray, is_finite
from hybrid.core.checks import checked_seed, checked_shots, checked_step
from hybrid.core.digest import digest
from hybrid.core.errors import InputError, nearest
from hybrid.core.resources import Resources
from hybrid.runtime import free_bytes, refuse_unsent, thread_bound, world
from hybrid.runtime.inside import count_circuits
from hybrid.runtime.world import shared_cores
from hybrid.simulators import Choice, content_of, names
from hybrid.simulators.passes import PassBack, Records, Values
from hybrid.workloads import Sampling
from hybrid.workloads.compiled import compiled_expectation, is_sequence

Observables: TypeAlias = SparsePauliOp | Sequence[SparsePauliOp] | None


class Differentiable:
    """Expectation values of M observables as a function of F inputs and P weights.

    Args:
        circuit: unitary; every parameter is an input or a weight.
        observables: one, or a list of M; if None, Z of each qubit.
        features: parameters that take the inputs, or their names, in order. If None, all that are
            not named as weights.
        weights: parameters that are weights, or their names, in order. If None, all that are no
            features, in the order of ``circuit.parameters``.
        simulator: see :func:`hybrid.expectation`.
        shots: see :func:`hybrid.expectation`.
        gradient: "finite-difference" replaces parameter-shift rules, for gates that have none.
        threads: threads of each rank.
        name: name of the call, for messages.

    Raises:
        InputError: an argument is not usable.

    Example:
        >>> from qiskit.circuit import Parameter
        >>> circuit = QuantumCircuit(1)
        >>> _ = circuit.ry(Parameter("x"), 0), circuit.ry(Parameter("w"), 0)
        >>> function = Differentiable(circuit, features=["x"])
        >>> made = function.at(np.array([[0.0], [0.5]]), np.array([0.0]))
        >>> made.values.round(6).tolist()
        [[1.0], [0.877583]]
        >>> by_weights, by_inputs = made.pull_back(np.array([[1.0], [1.0]]))
        >>> by_weights.round(6).tolist(), by_inputs.round(6).tolist()
        ([-0.479426], [[0.0], [-0.479426]])
    """

    def __init__(
        self,
        circuit: QuantumCircuit,
        observables: Observables = None,
        *,
        features: Iterable[Parameter | str] | None = None,
        weights: Iterable[Parameter | str] | None = None,
        simulator: Choice = "auto",
        shots: int | None = None,
        gradient: str = "exact",
        threads: int | None = None,
        name: str = "Differentiable()",
    ) -> None:
        self.name = name
        listed = _observables(observables, circuit)
        self.expectation = compiled_expectation(circuit, listed)
        self.sampling = Sampling(simulator, checked_shots(shots), checked_step(gradient, shots))
        self.resources = Resources.checked(threads)
        self.estimator = self.expectation.prepare(self.sampling)
        self.num_observables = len(listed)
        self.columns, self.weights = _split(circuit, features, weights)

    @cached_property
    def is_exact(self) -> bool:
        """Whether values need no seed."""
        engine = content_of(self.sampling.simulator).partition(" ")[0]
        return self.sampling.shots is None and engine in ("auto", *names())

    def initial_weights(self, seed: int) -> FloatArray:
        """Return the weights that the ansatz suggests, shape (P,)."""
        return self.expectation.initial_point(seed)[list(self.weights)]

    def contents(self) -> Mapping[str, str]:
        """Return what must be equal on all ranks, by name."""
        return {
            **self.expectation.contents(),
            **self.sampling.contents(),
            "order of features and weights": str((self.columns, self.weights)),
        }

    def at(
        self, inputs: FloatArray, weights: FloatArray, *, keep: bool = True, seed: int | None = None
    ) -> Pass:
        """Return the values at inputs, shape (B, F), for weights of shape (P,).

        Collective: every rank makes the same call and gets the same bits.

        Args:
            inputs: shape (B, F), float64; B may be 0.
            weights: shape (P,), float64.
            keep: whether to keep the states for :meth:`Pass.pull_back`.
            seed: seed of the shots; that of rank 0 counts. If None, a fresh one is drawn.

        Raises:
            InputError: NaN or infinity among the inputs or weights.
            MismatchError: the ranks were given different inputs or weights.
            RankError: another rank failed.
        """
        records = Records()
        made = _Contents(self, inputs, weights)
        held: list[FloatArray] = []

        def prepare() -> Prepared:
            points = self._points(inputs, weights)
            held[:] = [points]
            evaluation = Values(self.estimator, points, records, self.num_observables, keep)
            return Prepared(
                evaluation=evaluation,
                first_ask=evaluation.ask,
                num_qubits=self.expectation.num_qubits,
                contents=made,
                seed=0 if self.is_exact else None,
                recorded_seed=checked_seed(seed),
                resources=self.resources,
            )

        values, drawn = self._answered(self.name, prepare)
        return Pass(self, held[0], values, records, drawn, made)

    def _answered(self, name: str, prepare: Callable[[], Prepared]) -> tuple[Any, int]:
        """Return the answer and the seed; without a team where one rank has nothing to agree on.

        The team of a call takes longer than a small batch, and exact answers need no seed.
        """
        refuse_unsent(self.name, "the states between its two passes stay in this process")
        job = world()
        if job.size > 1 or not self.is_exact:
            return answer_with_seed(name, prepare)
        prepared = prepare()
        needed = prepared.evaluation.memory_bytes(prepared.first_ask)
        if needed > FREE_ANYWAY:
            check_fits(prepared, job.size, free_bytes())
        bounds = (self.resources.threads or shared_cores(job, (0,)), thread_bound())
        threads = min(bound for bound in bounds if bound is not None)
        start = time.perf_counter()
        found = prepared.evaluation.answer(prepared.first_ask, seed=0, threads=threads)
        count_circuits(time.perf_counter() - start)  # of a piece around this call
        return found, 0

    def _points(self, inputs: FloatArray, weights: FloatArray) -> FloatArray:
        """Return the circuit's parameter points, shape (B, F + P), validated."""
        points = np.empty((len(inputs), len(self.columns) + len(self.weights)))
        points[:, self.columns] = inputs
        points[:, self.weights] = weights
        if not is_finite(points):
            self._refuse(inputs, weights)
        return points

    def _refuse(self, inputs: FloatArray, weights: FloatArray) -> None:
        for what, array in (("input", inputs), ("weights", weights)):
            wrong = np.argwhere(~np.isfinite(array))
            if len(wrong):
                place = tuple(wrong[0].tolist())
                at = f"feature {place[1]} of sample {place[0]}" if len(place) > 1 else place[0]
                raise InputError(
                    f"{what} of {self.name}",
                    got=f"{array[place]} for {at if len(place) > 1 else f'weight {at}'}",
                    expected="finite numbers",
                )


@dataclass(frozen=True)
class _Contents:
    """What must be equal on all ranks in both calls; computed once, if there are several ranks."""

    function: Differentiable
    inputs: FloatArray
    weights: FloatArray

    def __call__(self) -> Mapping[str, str]:
        return self._found

    @cached_property
    def _found(self) -> Mapping[str, str]:
        return {
            **self.function.contents(),
            "batch of inputs": digest(self.inputs),
            "set of weights": digest(self.weights),
        }


@dataclass(frozen=True, eq=False)
class Pass:
    """Values, and what is kept to differentiate them.

    Attributes:
        function: the function.
        points: shape (B, F + P).
        values: shape (B, M).
        records: the states that this rank keeps.
        seed: seed of both calls.
        contents: what was equal on all ranks.
    """

    function: Differentiable
    points: FloatArray
    values: FloatArray
    records: Records
    seed: int
    contents: Callable[[], Mapping[str, str]]

    def pull_back(
        self, cotangents: FloatArray, *, by_inputs: bool = True
    ) -> tuple[FloatArray, FloatArray]:
        """Return the vector-Jacobian product for cotangents of shape (B, M).

        Collective, as :meth:`Differentiable.at` is. A second call computes the states again.

        Args:
            cotangents: shape (B, M), float64.
            by_inputs: whether derivatives by the inputs are wanted.

        Returns:
            derivatives by the weights, summed over the batch, shape (P,); and by the inputs of each
            sample, shape (B, F), or (B, 0) if they are not wanted.
        """
        function = self.function
        columns = function.columns if by_inputs else ()

        def prepare() -> Prepared:
            if not is_finite(cotangents):
                raise InputError(
                    f"gradient by the output of {function.name}",
                    got="NaN or infinity",
                    expected="finite numbers",
                    advice="look at the loss, and at the layers behind",
                )
            evaluation = PassBack(
                function.estimator, self.points, self.records, cotangents, columns
            )
            return Prepared(
                evaluation=evaluation,
                first_ask=evaluation.ask,
                num_qubits=function.expectation.num_qubits,
                contents=lambda: {**self.contents(), "gradient by the output": digest(cotangents)},
                seed=self.seed,
                resources=function.resources,
            )

        (summed, by_input), _ = function._answered(f"backward of {function.name}", prepare)
        return summed[list(function.weights)], by_input


def _observables(given: Observables, circuit: QuantumCircuit) -> list[SparsePauliOp]:
    """Return what is measured: Z of each qubit, if nothing is given."""
    if given is None:
        width = getattr(circuit, "num_qubits", 0)
        return [SparsePauliOp.from_sparse_list([("Z", [k], 1.0)], width) for k in range(width)]
    return list(given) if is_sequence(given) else [given]


def _split(
    circuit: QuantumCircuit,
    features: Iterable[Parameter | str] | None,
    weights: Iterable[Parameter | str] | None,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the columns of features and of weights among the circuit's parameters."""
    known = list(circuit.parameters)
    if features is None and weights is None:
        raise InputError(
            "features",
            got="None",
            expected="the parameters of the circuit that take the inputs, or their names",
            advice="the others are weights; features=[] is a layer without inputs",
        )
    found = [
        None if given is None else _columns(given, known, what)
        for what, given in (("features", features), ("weights", weights))
    ]
    every = range(len(known))
    first, second = (
        tuple(k for k in every if k not in (other or ())) if own is None else own
        for own, other in (found, found[::-1])
    )
    wrong = [k for k in every if (k in first) == (k in second)]
    if wrong:
        raise InputError(
            "features and weights",
            got=f"'{known[wrong[0]].name}' in {'both' if wrong[0] in first else 'neither'} of them",
            expected="every parameter of the circuit in either",
            advice="omit weights= to make weights of all that are no features",
        )
    return first, second


def _columns(given: object, known: Sequence[Parameter], what: str) -> tuple[int, ...]:
    """Return the columns of some parameters, given as such or by name."""
    if isinstance(given, Parameter):
        given = [given]
    if isinstance(given, str | bytes | AbstractSet) or not isinstance(given, Iterable):
        raise InputError(
            what,
            got=repr(given)[:60],
            expected="a list of parameters of the circuit, or of their names",
        )
    column_of = {parameter.name: column for column, parameter in enumerate(known)}
    columns = []
    for each in given:
        column = column_of.get(each if isinstance(each, str) else getattr(each, "name", ""))
        if column is None or (isinstance(each, Parameter) and known[column] != each):
            other = "a namesake of a" if column is not None else "no"
            raise InputError(
                what,
                got=f"'{each}', which is {other} parameter of the circuit"[:100],
                expected=f"some of {', '.join(list(column_of)[:8]) or 'no parameters'}",
                advice="pass names, or take them from circuit.parameters"
                if column is not None
                else nearest(str(each), column_of),
            )
        columns.append(column)
    if len(set(columns)) < len(columns):
        raise InputError(what, got="a duplicate", expected="each parameter once")
    return tuple(columns)
