"""The quantum approximate optimization algorithm."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told, Want
from hybrid.core.errors import InputError
from hybrid.core.outcome import Outcome
from hybrid.core.seeds import derive
from hybrid.core.steps import CutShort, Drive, Solution, Steps
from hybrid.operators import as_pauli_sum
from hybrid.simulators import Choice, Estimator
from hybrid.simulators.registry import check_exact, sampler
from hybrid.workloads.base import Sampling
from hybrid.workloads.compiled import compiled_circuit, compiled_observable
from hybrid.workloads.distribution import ExactDistribution, SampledDistribution
from hybrid.workloads.expectation import Expectation
from hybrid.workloads.mixers import Mixer, XMixer, checked_mixer
from hybrid.workloads.objectives import Objective, checked_objective
from hybrid.workloads.regular import fixed_angles, interpolated
from hybrid.workloads.switching import SwitchingEstimator

_STARTS = ("ramp", "fixed", "interp")

_DEPTH = 4
"""Key of the seeds of optimizations, distinct from the keys that optimizers use."""


class QAOA(Expectation):
    """Minimise a diagonal cost (Farhi, Goldstone and Gutmann, arXiv:1411.4028).

    The ansatz applies ``depth`` layers of ``exp(-i gamma C)`` and of a mixer to the mixer's initial
    state, by default ``exp(-i beta sum_q X_q)`` and the uniform superposition. The parameters are
    the betas of all layers, then the gammas, in the order of ``circuit.parameters``.

    Without ``x0`` the angles start on a linear ramp ("ramp"), at the optimum for the maximum cut of
    an infinite regular tree ("fixed", arXiv:2107.00677), or depth by depth ("interp"): the run
    optimises depths 1, 2, ..., each from the optimum of the one before, interpolated (Zhou et al.,
    Phys. Rev. X 10, 021067 (2020)). ``max_iterations`` and ``tolerance`` then apply to each depth,
    observers receive points of shape (2 q,) for depth q, an ``x0`` gives the first layer and zeros
    for the others, and a depth that finds nothing lower leaves its layers at zero.

    Args:
        cost: a sum of strings of I and Z, for instance ``MaxCut.cost()``; of any class that
            :class:`hybrid.VQE` takes.
        depth: number of layers, at least 1.
        objective: what is minimised: the "expectation" of the cost, :class:`hybrid.CVaR`, or
            :class:`hybrid.Gibbs`. The latter two have exact gradients, by the native kernels on one
            rank for each point; with shots they are computed from samples, and have gradients by
            finite differences only.
        mixer: "x", :class:`hybrid.XYMixer` for bit strings with a fixed number of ones, or
            :class:`hybrid.WarmStart` near the solution of a relaxed problem.
        start: "ramp", "fixed" or "interp".

    Attributes:
        circuit: the ansatz.

    Raises:
        InputError: the cost is not diagonal or not Hermitian, the depth is not positive, the mixer
            does not fit the cost, or no fixed angles are known for it.

    Example:
        >>> import hybrid
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> QAOA(SparsePauliOp(["ZZ"]), depth=2).num_parameters
        4
        >>> ring = SparsePauliOp(["IZZ", "ZZI", "ZIZ"])
        >>> problem = QAOA(ring, depth=2, objective=hybrid.CVaR(0.2), mixer=hybrid.XYMixer(ones=1))
        >>> round(hybrid.minimize(problem, seed=1).value, 6)
        -1.0
    """

    circuit: QuantumCircuit
    objective: Objective | None
    mixer: Mixer
    start: str

    def __init__(
        self,
        cost: SparsePauliOp,
        depth: int,
        *,
        objective: Objective | Literal["expectation"] = "expectation",
        mixer: Mixer | Literal["x"] = "x",
        start: Literal["ramp", "fixed", "interp"] = "ramp",
    ) -> None:
        if not isinstance(depth, int | np.integer) or isinstance(depth, bool) or depth < 1:
            raise InputError("depth", got=repr(depth), expected="an integer of at least 1")
        depth = int(depth)
        if callable(getattr(cost, "cost", None)):
            raise InputError(
                "cost",
                got=type(cost).__name__,
                expected="its cost, a diagonal operator",
                advice="pass its cost()",
            )
        operator = as_pauli_sum(cost)
        checked = compiled_observable(operator, QuantumCircuit(getattr(operator, "num_qubits", 0)))
        if np.any(checked.x_masks):
            raise InputError(
                "cost",
                got="a string with X or Y",
                expected="a diagonal operator: strings of I and Z",
                advice="minimise other operators with hybrid.VQE and an ansatz of your own",
            )
        if start not in _STARTS:
            raise InputError(
                "start", got=repr(start)[:60], expected=" or ".join(map(repr, _STARTS))
            )
        chosen = checked_mixer(mixer, checked.num_qubits)
        circuit = qaoa_circuit(checked.operator, depth, chosen)
        super().__init__(compiled_circuit(circuit), (checked,))
        if start == "fixed":
            if not isinstance(chosen, XMixer):
                raise InputError(
                    "start", got="'fixed' with another mixer", expected="the mixer 'x'"
                )
            fixed_angles(checked, depth)
        for name, value in (
            ("circuit", circuit),
            ("objective", checked_objective(objective)),
            ("mixer", chosen),
            ("start", start),
        ):
            object.__setattr__(self, name, value)

    @property
    def description(self) -> str:
        """One line: depth, objective, width, parameters and terms."""
        objective = "" if self.objective is None else f", {self.objective}"
        return f"QAOA of depth {self.depth}{objective}: {super().description}"

    @property
    def depth(self) -> int:
        """Number of layers."""
        return self.num_parameters // 2

    def initial_point(self, seed: int) -> FloatArray:
        """Return the start of the angles, shape (2 depth,); ``seed`` is not used.

        The ramp is a coarse quantum annealing schedule, a good start for many problems
        (Sack and Serbyn, Quantum 5, 491 (2021)). The uniform superposition is the ground state of
        ``-sum X``, so the betas are negative where the gammas are positive. The gammas are scaled
        by the root mean square of the cost's coefficients, so they do not depend on its unit. With
        "interp" all layers but the first are zero.
        """
        if self.start == "fixed":
            return fixed_angles(self.observable, self.depth)
        if self.start == "interp":
            return _first_layers(self._ramp(1), self.depth)
        return self._ramp(self.depth)

    def contents(self) -> Mapping[str, str]:
        """Return digests of circuit and observable, the objective and the start if not default."""
        named = {"objective": str(self.objective or ""), "depth by depth": self._by_depth}
        return {**super().contents(), **{name: text for name, text in named.items() if text}}

    def prepare(self, sampling: Sampling) -> Estimator:
        """Compile the objective for a simulator.

        Raises:
            InputError: the simulator does not exist, or does not support the objective.
        """
        if self.start == "interp":
            return _Depths(self, sampling)
        return self._at_full_depth(sampling)

    def at_depth(self, depth: int) -> QAOA:
        """Return the same problem with another depth, and start "ramp"."""
        return QAOA(
            self.observable.operator,
            depth,
            objective=self.objective or "expectation",
            mixer=self.mixer,
        )

    def most_iterations(self, of_one: int | None) -> int | None:
        """Return the limit over all depths."""
        return of_one if of_one is None or not self._by_depth else of_one * self.depth

    def steps(self, drive: Drive, x0: FloatArray, seed: int) -> Steps:
        """Return the steps of the run: of one optimization, or of one for each depth."""
        return self._deepened(drive, x0, seed) if self._by_depth else drive(x0, seed)

    def _deepened(self, drive: Drive, x0: FloatArray, seed: int) -> Steps:
        start = x0.reshape(2, self.depth)
        if np.any(start[:, 1:]):
            raise InputError(
                "x0",
                got="angles of several layers, with start='interp'",
                expected="the angles of the first layer, and zeros for the others",
                advice="use start='ramp' to start from these angles",
            )
        found: list[Solution] = []
        iterations, angles = 0, start[:, 0]
        course = _Course()
        try:
            for depth in range(1, self.depth + 1):
                own = derive(seed, _DEPTH, depth)
                end = yield from course.numbered(drive(angles.ravel(), own), iterations)
                iterations += end.iterations
                found.append(end)
                if end.outcome is Outcome.NOT_FINITE:
                    break
                angles = np.concatenate([interpolated(each) for each in end.x.reshape(2, -1)])
        except CutShort as cut:
            if course.lowest is None:
                raise
            message = f"{cut.verb} at depth {len(found) + 1}{cut.because}; the best point is kept."
            best = min([*found, course.lowest], key=lambda each: each.value)
            best = replace(best, success=False, message=message, how=cut.outcome)
            return self._padded(best, iterations)
        best = min(found, key=lambda each: each.value if np.isfinite(each.value) else np.inf)
        message = f"Depth {len(found)} of {self.depth}: {found[-1].message}"
        last = replace(found[-1], x=best.x, value=best.value, message=message)
        return self._padded(last, iterations)

    def _padded(self, solution: Solution, iterations: int) -> Solution:
        """Return a solution at any depth with zeros for the other layers."""
        whole = _first_layers(solution.x, self.depth)
        return replace(solution, x=whole, iterations=iterations, at=solution.x)

    def _at_full_depth(self, sampling: Sampling) -> Estimator:
        if self.objective is None:
            return super().prepare(sampling)
        shots = sampling.shots
        if shots is None:
            self._check_exact(sampling.simulator)
            return ExactDistribution(self.flat.program, self.observable, self.objective)
        counts = sampler(sampling.simulator, self.flat, shots)
        return SampledDistribution(
            counts, self.observable, self.objective, sampling.finite_difference
        )

    def _check_exact(self, simulator: Choice) -> None:
        """Refuse a simulator whose probabilities are unknown without shots."""
        try:
            check_exact(simulator, None, f"probabilities for {self.objective}")
        except InputError as error:
            raise InputError(
                error.what,
                got=error.got,
                expected=error.expected,
                advice="give shots to sample with it, or omit it",
            ) from None

    def _ramp(self, depth: int) -> FloatArray:
        midpoints = (np.arange(depth) + 0.5) / depth
        weights = self.observable.coefficients[self.observable.z_masks != 0]
        scale = float(np.sqrt(np.mean(weights**2))) if len(weights) else 1.0
        step = 0.75
        return np.concatenate([step * (midpoints - 1.0), step * midpoints / (2.0 * scale)])

    @property
    def _by_depth(self) -> str:
        """A name of the course of a run with several optimizations, or an empty string."""
        return self.start if self.start == "interp" else ""


@dataclass(frozen=True)
class _Depths(SwitchingEstimator):
    """The objective at any depth q up to that of the problem, for points of shape (2 q,).

    Attributes:
        problem: the problem at its full depth.
        sampling: simulator, shots and gradient rule.
    """

    answers: ClassVar[frozenset[Want]] = frozenset(Want) - {Want.OVERLAPS, Want.FORCES}
    problem: QAOA
    sampling: Sampling

    @cached_property
    def whole(self) -> Estimator:
        """The estimator at full depth."""
        return self._of(self.problem.depth)

    def inner(self, ask: Ask) -> tuple[Estimator, Ask]:
        """Return the estimator at the depth of the points, and the Ask."""
        return self._of(ask.points.shape[1] // 2), ask

    def _of(self, depth: int) -> Estimator:
        return self.kept(depth, lambda: self.problem.at_depth(depth).prepare(self.sampling))


def qaoa_circuit(cost: SparsePauliOp, depth: int, mixer: Mixer | None = None) -> QuantumCircuit:
    """Return the ansatz; parameters ``beta[k]`` and ``gamma[k]``, sorted by name.

    Args:
        cost: a sum of strings of I and Z.
        depth: number of layers.
        mixer: the mixer with its initial state; None for X rotations.
    """
    chosen = XMixer() if mixer is None else mixer
    beta = ParameterVector("beta", depth)
    gamma = ParameterVector("gamma", depth)
    circuit = QuantumCircuit(cost.num_qubits)
    chosen.prepare(circuit)
    for layer in range(depth):
        circuit.append(PauliEvolutionGate(cost, time=gamma[layer]), range(circuit.num_qubits))
        chosen.mix(circuit, beta[layer])
    return circuit


def _first_layers(angles: FloatArray, depth: int) -> FloatArray:
    """Return betas and gammas of some layers, followed by layers of zeros."""
    rows = angles.reshape(2, -1)
    return np.pad(rows, ((0, 0), (0, depth - rows.shape[1]))).ravel()


@dataclass
class _Course:
    """The optimizations of a run, one after the other.

    Attributes:
        lowest: the lowest value seen, for a run that is cut short.
    """

    lowest: Solution | None = None

    def numbered(self, steps: Steps, iteration: int) -> Generator[Ask, Told, Solution]:
        """Return steps whose iterations are counted from ``iteration``."""
        try:
            ask = next(steps)
            while True:
                told = yield replace(ask, iteration=iteration + ask.iteration)
                self._see(ask, told)
                try:
                    ask = steps.send(told)
                except StopIteration as end:
                    solution: Solution = end.value
                    return solution
        finally:
            steps.close()

    def _see(self, ask: Ask, told: Told) -> None:
        row = int(np.argmin(np.where(np.isfinite(told.values), told.values, np.inf)))
        value = float(told.values[row])
        if np.isfinite(value) and (self.lowest is None or value < self.lowest.value):
            self.lowest = Solution(ask.points[row].copy(), value, False, "", 0)
