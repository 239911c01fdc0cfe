"""ADAPT-VQE: an ansatz that grows by the operator along which the energy falls most steeply."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.errors import InputError, nearest
from hybrid.core.outcome import Outcome
from hybrid.core.seeds import derive
from hybrid.core.steps import CutShort, Drive, Solution, Steps
from hybrid.operators import as_pauli_sum
from hybrid.workloads.base import Sampling
from hybrid.workloads.compiled import compiled_circuit, compiled_observable
from hybrid.workloads.expectation import Expectation
from hybrid.workloads.growth import GrowingEstimator, Growth, point_of
from hybrid.workloads.numbers import checked_count, checked_positive

_FLAT = 1e-3
"""The default of ``gradient_tolerance``, in units of the observable's :meth:`scale`."""

_GROWTH = 3
"""Key of the seeds of optimizations, distinct from the keys that optimizers use."""


class AdaptVQE(Expectation):
    """Minimise an energy with an ansatz that grows, operator by operator.

    The ansatz is ``exp(-i t_n A_n) ... exp(-i t_1 A_1)`` on a reference state. Each growth step
    computes the gradient of the energy by the angle of every operator of the pool, appended to the
    ansatz at angle zero; one adjoint pass gives all of them. It adds the operator with the largest
    gradient and optimises all angles, starting from their previous values, and from zero for the
    new one.

    :func:`hybrid.minimize` returns ``operators``, the names of the n operators chosen, ``x``,
    shape (n,), their angles, ``values``, shape (n,), the energy after each growth, and ``value``,
    the last of them. ``max_iterations`` and ``tolerance`` apply to each optimization, and ``x0`` is
    not supported. :meth:`circuit` returns the ansatz. Observers receive points that hold the
    indices of the operators in the pool, then their angles.

    Growth ends when the norm of the gradients, or the energy gained by the last operator (which is
    kept), is at most its tolerance, or at ``max_operators`` ("limit"). If the gradients of the
    whole pool vanish at the reference, the run ends unsuccessfully with a "stationary start".

    Args:
        reference: circuit of the state to start from, without parameters.
        pool: Hermitian operators A as wide as the reference, by name, or in a sequence (their
            names are then "0", "1", ...); ``Molecule.pool()`` makes one. Operators whose strings
            do not commute are evolved by one first-order Trotter step.
        observable: Hermitian, with the width of the reference.
        gradient_tolerance: in the unit of the observable; if None, 0.001 of :meth:`scale`.
        energy_tolerance: in the unit of the observable. If None, 0.
        max_operators: maximum number of operators. If None, the size of the pool.

    Raises:
        InputError: the reference has parameters, the pool is empty, two of its names are spelled
            alike, an operator of it is not Hermitian, is zero or has another width, or a limit is
            not positive.

    Source: H. R. Grimsley, S. E. Economou, E. Barnes and N. J. Mayhall, Nat. Commun. 10, 3007
    (2019).

    Example:
        >>> import hybrid
        >>> from hybrid.problems import Molecule
        >>> hydrogen = Molecule.from_fcidump("examples/data/h2.fcidump")
        >>> reference, pool = hydrogen.hartree_fock(), hydrogen.pool()
        >>> problem = AdaptVQE(reference, pool, hydrogen.hamiltonian())
        >>> result = hybrid.minimize(problem, seed=1)
        >>> result.operators, round(result.value, 6)
        (('0a 0b -> 1a 1b',), -1.137306)
    """

    reference: QuantumCircuit
    pool: Mapping[str, SparsePauliOp]
    limits: _Limits

    def __init__(
        self,
        reference: QuantumCircuit,
        pool: Mapping[str, SparsePauliOp] | Sequence[SparsePauliOp],
        observable: SparsePauliOp,
        *,
        gradient_tolerance: float | None = None,
        energy_tolerance: float | None = None,
        max_operators: int | None = None,
    ) -> None:
        flat = compiled_circuit(reference)
        if flat.angles.num_parameters:
            raise InputError(
                "reference",
                got=f"a circuit with {flat.angles.num_parameters} parameters",
                expected="a circuit without parameters",
                advice="assign_parameters() gives them values",
            )
        named = _checked_pool(pool, reference)
        whole = _circuit(reference, list(named.values()))
        super().__init__(compiled_circuit(whole), (compiled_observable(observable, reference),))
        most = len(named) if max_operators is None else max_operators
        limits = _Limits(
            _FLAT * super().scale()
            if gradient_tolerance is None
            else checked_positive(gradient_tolerance, "gradient_tolerance"),
            0.0
            if energy_tolerance is None
            else checked_positive(energy_tolerance, "energy_tolerance"),
            checked_count(most, "max_operators"),
        )
        for name, value in (("reference", reference), ("pool", named), ("limits", limits)):
            object.__setattr__(self, name, value)

    @property
    def description(self) -> str:
        """One line: width, size of the pool and terms."""
        terms = self.observable.num_terms
        return f"AdaptVQE: {self.num_qubits} qubits, pool of {len(self.pool)}, {terms} terms"

    @property
    def num_parameters(self) -> int:
        """0: the ansatz has no parameters before it grows."""
        return 0

    def initial_point(self, seed: int) -> FloatArray:
        """Return shape (0,)."""
        return np.zeros(0)

    def contents(self) -> Mapping[str, str]:
        """Return digests of reference, pool and observable, the names and the limits."""
        named = {"names of operators": " | ".join(self.pool), "limits of growth": str(self.limits)}
        return {**super().contents(), **named}

    def circuit(self, operators: Sequence[str]) -> QuantumCircuit:
        """Return the ansatz with given operators, in order; its parameters are the angles ``x``.

        Args:
            operators: names, as in ``result.operators``.

        Raises:
            InputError: the pool has no operator of such a name.
        """
        unknown = [name for name in operators if name not in self.pool]
        if unknown:
            raise InputError(
                "operators",
                got=repr(unknown[0])[:60],
                expected=f"names of the pool, such as {next(iter(self.pool))!r}",
                advice=nearest(str(unknown[0]), self.pool),
            )
        return _circuit(self.reference, [self.pool[name] for name in operators])

    def prepare(self, sampling: Sampling) -> GrowingEstimator:
        """Return an estimator for ansatzes with any operators of the pool."""
        return GrowingEstimator(Growth(self.flat), self.observables, sampling)

    def largest_ask(self, ask_at: Callable[[FloatArray], Ask]) -> Ask:
        """Return the first Ask, for the gradients of the pool."""
        return self._about_pool(_Ansatz((), np.zeros(0)), 0)

    def most_iterations(self, of_one: int | None) -> int | None:
        """Return the limit over all growth steps."""
        return None if of_one is None else of_one * self.limits.operators

    def steps(self, drive: Drive, x0: FloatArray, seed: int) -> Steps:
        """Return the steps of all growth steps, in sequence."""
        ansatz, energies, iterations = _Ansatz((), x0), list[float](), 0
        energy = start = np.nan
        try:
            while True:
                told = yield self._about_pool(ansatz, iterations)
                assert told.gradients is not None
                slopes = np.abs(told.gradients[0, -len(self.pool) :])
                if not energies:
                    energy = start = float(told.values[0])
                end = self.limits.end(slopes, [start, *energies])
                if end is not None:
                    return self._solution(ansatz, energies, energy, iterations, *end)
                larger = _Ansatz(
                    (*ansatz.chosen, int(np.argmax(slopes))), np.append(ansatz.angles, 0.0)
                )
                own = derive(seed, _GROWTH, len(energies))
                found = yield from larger.optimised(drive(larger.angles, own), iterations)
                iterations += found.iterations
                ansatz = _Ansatz(larger.chosen, found.x)
                energy = found.value
                energies.append(energy)
                if found.outcome is Outcome.NOT_FINITE:
                    end = (Outcome.NOT_FINITE, found.message)
                    return self._solution(ansatz, energies, energy, iterations, *end)
        except CutShort as cut:
            said = f"{cut.verb} in growth {len(energies)}{cut.because}; the last whole one is kept."
            return self._solution(ansatz, energies, energy, iterations, cut.outcome, said)

    def _about_pool(self, ansatz: _Ansatz, iteration: int) -> Ask:
        """Return the Ask for the gradients of the pool's operators appended to an ansatz."""
        chosen = (*ansatz.chosen, *range(len(self.pool)))
        angles = np.append(ansatz.angles, np.zeros(len(self.pool)))
        return Ask(point_of(chosen, angles)[None], gradient=True, iteration=iteration)

    def _solution(
        self,
        ansatz: _Ansatz,
        energies: Sequence[float],
        energy: float,
        iterations: int,
        how: Outcome,
        message: str,
    ) -> Solution:
        names = list(self.pool)
        return Solution(
            ansatz.angles,
            energy,
            how is Outcome.CONVERGED,
            message,
            iterations,
            how,
            np.array(energies),
            tuple(names[number] for number in ansatz.chosen),
            point_of(ansatz.chosen, ansatz.angles),
        )


@dataclass(frozen=True)
class _Limits:
    """When the growth ends.

    Attributes:
        gradient: tolerance for the norm of the pool's gradients.
        energy: tolerance for the gain of an operator.
        operators: maximum number of operators.
    """

    gradient: float
    energy: float
    operators: int

    def end(self, slopes: FloatArray, energies: Sequence[float]) -> tuple[Outcome, str] | None:
        """Return the outcome and its reason if growth ends here, else None.

        Args:
            slopes: shape (M,), magnitudes of the pool's gradients.
            energies: that of the reference, then those after each growth.
        """
        count, norm = len(energies) - 1, float(np.linalg.norm(slopes))
        if not np.isfinite(norm):
            return Outcome.NOT_FINITE, "A gradient of the pool is not finite."
        if norm <= self.gradient and count == 0:
            said = "No operator of the pool has a gradient at the reference; take another of them."
            return Outcome.STATIONARY_START, said
        if norm <= self.gradient:
            said = f"{count} operators; the norm of the pool's gradients is {norm:.2g}."
            return Outcome.CONVERGED, said
        if count and energies[-2] - energies[-1] <= self.energy:
            gain = energies[-2] - energies[-1]
            return Outcome.CONVERGED, f"{count} operators; the last has gained {gain:.2g}."
        if count >= self.operators:
            said = f"The limit of {count} operators; the norm of the gradients is {norm:.2g}."
            return Outcome.LIMIT, said
        return None


@dataclass(frozen=True)
class _Ansatz:
    """Operators with their angles.

    Attributes:
        chosen: their indices in the pool.
        angles: shape (n,).
    """

    chosen: tuple[int, ...]
    angles: FloatArray

    def optimised(self, steps: Steps, iteration: int) -> Generator[Ask, Told, Solution]:
        """Turn an optimizer's steps over angles into steps over points with the operators."""
        half = len(self.chosen)
        try:
            ask = next(steps)
            while True:
                points = point_of(self.chosen, np.asarray(ask.points))
                told = yield replace(ask, points=points, iteration=iteration + ask.iteration)
                gradients, metric = told.gradients, told.metric
                told = replace(
                    told,
                    gradients=None if gradients is None else gradients[:, half:].copy(),
                    metric=None if metric is None else metric[:, half:, half:].copy(),
                )
                try:
                    ask = steps.send(told)
                except StopIteration as end:
                    solution: Solution = end.value
                    return solution
        finally:
            steps.close()


def _circuit(reference: QuantumCircuit, operators: Sequence[SparsePauliOp]) -> QuantumCircuit:
    angles = ParameterVector("t", len(operators))
    circuit = reference.copy()
    for operator, angle in zip(operators, angles, strict=True):
        circuit.append(PauliEvolutionGate(operator, time=angle), range(circuit.num_qubits))
    return circuit


def _checked_pool(pool: object, reference: QuantumCircuit) -> dict[str, SparsePauliOp]:
    """Return the operators by name."""
    if isinstance(pool, Mapping):
        named = {str(name): each for name, each in pool.items()}
        if len(named) < len(pool):
            raise InputError("pool", got="two names that are spelled alike", expected="one of each")
    elif isinstance(pool, Sequence) and not isinstance(pool, str):
        named = {str(number): operator for number, operator in enumerate(pool)}
    else:
        raise InputError(
            "pool", got=type(pool).__name__, expected="operators by name, or a list of operators"
        )
    if not named:
        raise InputError("pool", got="no operator", expected="at least one SparsePauliOp")
    for name, operator in named.items():
        try:
            named[name] = as_pauli_sum(operator, reference.num_qubits)
            compiled = compiled_observable(named[name], reference)
        except InputError as error:
            raise InputError(
                f"operator {name!r} of the pool",
                got=error.got,
                expected=error.expected,
                advice=error.advice,
            ) from None
        if not np.any(compiled.coefficients[(compiled.x_masks | compiled.z_masks) != 0]):
            raise InputError(
                f"operator {name!r} of the pool",
                got="zero, or a multiple of the identity",
                expected="an operator that changes states",
            )
    return named
