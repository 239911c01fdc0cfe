"""Variational quantum deflation: the lowest states of an observable, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.outcome import Outcome
from hybrid.core.seeds import derive
from hybrid.core.steps import CutShort, Drive, Solution, Steps
from hybrid.workloads.numbers import checked_count, checked_positive
from hybrid.workloads.vqe import VQE

_DISTINCT = 0.01
"""States with a larger squared overlap count as not distinct."""

_SHIFT = 0.1
"""Maximum random shift of each parameter of a further start, off stationary points, in radians."""

_FURTHER = 3
"""Key of the seeds of further states, distinct from the keys that optimizers use."""

_MARGIN = 0.1
"""Margin of a penalty weight over its minimum, as a fraction of the spectrum's width."""


class VQD(VQE):
    """Find the ``states`` lowest eigenstates of an observable that an ansatz can reach.

    States are found in sequence. The cost of each is its energy plus ``weight * |<state|lower>|^2``
    for each state found before. Overlaps and their gradients are exact, so the simulator must hold
    states, as "native" does.

    :func:`hybrid.minimize` returns ``values``, shape (K,), the energies without penalties, and
    ``x``, shape (K, P), the parameters of one state per row; ``value`` is the lowest energy. Rows
    are in ascending order of energy. If every search finds its global minimum, that is the order in
    which the states were found. ``max_iterations`` and ``tolerance`` apply to each search. If final
    states overlap by more than 0.01, the run fails (``success`` is False) and the message names
    them: the ansatz reaches no further state, or a search ended in a local minimum. A run that
    is stopped returns the states found so far; their ``values`` include the penalties.

    Observers, journals and the history hold energies without penalties. A state is not distributed
    over several ranks.

    The search for the first state starts at ``x0``. Each further state is searched from ``starts``
    points, and the best result is kept. These are the points of lowest cost among random ones and
    those that differ from ``x0`` by pi/2 or pi in one parameter (with unitary coupled cluster:
    excited determinants), with a random shift of up to 0.1 added.

    Args:
        ansatz: as in :class:`hybrid.VQE`.
        observable: as in :class:`hybrid.VQE`.
        states: K, from 1 to the dimension of the states.
        weight: weight of the penalties, positive, in the unit of the observable; it must exceed the
            gap between the lowest and the highest requested energy. If None, for each state found:
            the upper bound on the spectrum from the coefficients, minus the state's energy, plus a
            tenth of the width between the bounds, which is always sufficient.
        starts: number of searches for each state but the first.

    Raises:
        InputError: as in :class:`hybrid.VQE`, or ``states``, ``weight`` or ``starts`` is not
            usable.

    Source: O. Higgott, D. Wang and S. Brierley, Quantum 3, 156 (2019).

    Example:
        >>> import hybrid
        >>> from hybrid.problems import Molecule
        >>> hydrogen = Molecule.from_fcidump("examples/data/h2.fcidump")
        >>> problem = VQD(hydrogen.uccsd(layers=2), hydrogen.hamiltonian(), states=2)
        >>> result = hybrid.minimize(problem, seed=1)
        >>> result.values.round(4), result.x.shape
        (array([-1.1373, -0.5246]), (2, 6))
    """

    states: int
    weight: float | None
    starts: int

    def __init__(
        self,
        ansatz: QuantumCircuit,
        observable: SparsePauliOp,
        states: int,
        weight: float | None = None,
        starts: int = 4,
    ) -> None:
        super().__init__(ansatz, observable)
        object.__setattr__(self, "states", checked_count(states, "states", 1 << self.num_qubits))
        object.__setattr__(
            self, "weight", None if weight is None else checked_positive(weight, "weight")
        )
        object.__setattr__(self, "starts", checked_count(starts, "starts"))

    @property
    def description(self) -> str:
        """One line: states, width, parameters and terms."""
        return f"VQD of {self.states} states: {super().description.removeprefix('VQE: ')}"

    def contents(self) -> Mapping[str, str]:
        """Return digests of circuit and observable, the number of states and the weight."""
        return {
            **super().contents(),
            "number of states": str(self.states),
            "weight of penalties": str(self.weight),
            "starts of further states": str(self.starts),
        }

    def largest_ask(self, ask_at: Callable[[FloatArray], Ask]) -> Ask:
        """Return the first Ask, with overlaps with all states but the last."""
        first = super().largest_ask(ask_at)
        if self.states == 1:
            return first
        return replace(first, others=np.zeros((self.states - 1, self.num_parameters)))

    def most_iterations(self, of_one: int | None) -> int | None:
        """Return the limit over all searches."""
        return None if of_one is None else (1 + (self.states - 1) * self.starts) * of_one

    def steps(self, drive: Drive, x0: FloatArray, seed: int) -> Steps:
        """Return the steps of all searches, in sequence."""
        found: list[Solution] = []
        iterations = 0
        try:
            while len(found) < self.states:
                below, own, starts = self._below(found), seed, x0[None]
                if found:
                    own = derive(seed, _FURTHER, len(found))
                    points = self._starts(x0, own)
                    told = yield Ask(points, iteration=iterations, others=below.points)
                    lowest = np.argsort(below.cost(told).values, kind="stable")
                    starts = points[lowest[: self.starts]]
                ends = []
                for start in starts:
                    end = yield from below.deflated(drive(start, own), iterations)
                    iterations += end.iterations
                    ends.append(end)
                found.append(min(ends, key=_cost))
                if not np.isfinite(found[-1].value):
                    break
            points = np.array([each.x for each in found])
            others = points if len(found) > 1 else None
            told = yield Ask(points, iteration=iterations, others=others)
        except CutShort as cut:
            return _cut_short(cut, found, x0, iterations)
        overlaps = np.eye(len(found)) if told.overlaps is None else told.overlaps
        return _solution(found, told.values, overlaps, iterations)

    def _below(self, found: Sequence[Solution]) -> _Below:
        """Return the states found so far with the weights of their penalties."""
        points = np.array([each.x for each in found]).reshape(len(found), self.num_parameters)
        if self.weight is not None:
            return _Below(points, np.full(len(found), self.weight))
        terms = self.observable
        is_identity = (terms.x_masks | terms.z_masks) == 0
        shift = float(terms.coefficients[is_identity].sum())
        radius = float(np.abs(terms.coefficients[~is_identity]).sum())
        margin = 2.0 * _MARGIN * radius or 1.0  # if only the identity: all energies are equal
        highest = shift + radius
        return _Below(points, np.array([highest - each.value + margin for each in found]))

    def _starts(self, x0: FloatArray, seed: int) -> FloatArray:
        """Return candidate starts of a further state, one per row."""
        random = np.random.default_rng(seed)
        turns = np.vstack([angle * np.eye(len(x0)) for angle in (np.pi / 2.0, np.pi)])
        turned = x0 + turns + random.uniform(-_SHIFT, _SHIFT, turns.shape)
        return np.vstack([turned, random.uniform(-np.pi, np.pi, (self.starts, len(x0)))])


@dataclass(frozen=True)
class _Below:
    """States found so far, to which further ones must be orthogonal.

    Attributes:
        points: shape (k, P).
        weights: weights of their penalties, shape (k,).
    """

    points: FloatArray
    weights: FloatArray

    def cost(self, told: Told) -> Told:
        """Add the penalties to values and gradients."""
        if told.overlaps is None:
            return told
        values = told.values + told.overlaps @ self.weights
        slopes = told.overlap_gradients
        if told.gradients is None or slopes is None:
            return replace(told, values=values, overlaps=None)
        gradients = told.gradients + np.einsum("k,bkp->bp", self.weights, slopes)
        return replace(
            told, values=values, gradients=gradients, overlaps=None, overlap_gradients=None
        )

    def deflated(self, steps: Steps, iteration: int) -> Generator[Ask, Told, Solution]:
        """Return steps whose values include the penalties, numbered from ``iteration``."""
        others = self.points if len(self.points) else None
        try:
            ask = next(steps)
            while True:
                asked = replace(ask, others=others, iteration=iteration + ask.iteration)
                told = yield asked
                try:
                    ask = steps.send(self.cost(told))
                except StopIteration as end:
                    solution: Solution = end.value
                    return solution
        finally:
            steps.close()


def _cost(end: Solution) -> float:
    """Return the final cost of a search, with NaN replaced by infinity."""
    return end.value if np.isfinite(end.value) else np.inf


def _solution(
    found: Sequence[Solution], values: FloatArray, overlaps: FloatArray, iterations: int
) -> Solution:
    """Return the states in ascending order of energy, and why their searches ended."""
    order = np.argsort(values, kind="stable")
    said = [
        f"State {rank}: {found[each].message}"
        for rank, each in enumerate(order)
        if not found[each].success
    ]
    how = next((each.outcome for each in found if not each.success), found[0].outcome)
    mixed = np.argwhere(np.triu(overlaps[np.ix_(order, order)], 1) > _DISTINCT)
    if len(mixed):
        pairs = ", ".join(f"{a} and {b}" for a, b in mixed)
        said.append(f"States {pairs} are not distinct: they overlap.")
        how = how if how in (Outcome.LIMIT, Outcome.NOT_FINITE) else Outcome.FAILED
    success = all(each.success for each in found) and not len(mixed)
    return Solution(
        np.array([found[each].x for each in order]),
        float(values[order[0]]),
        success,
        " ".join(said) or f"States found: {len(found)}. {found[0].message}",
        iterations,
        how,
        values[order],
        at=found[order[0]].x,
    )


def _cut_short(
    cut: CutShort, found: Sequence[Solution], x0: FloatArray, iterations: int
) -> Solution:
    """Return the states found before the run was stopped."""
    where = f"{cut.verb} in the search for state {len(found)}{cut.because}"
    if not found:
        said = f"{where}; x is the start, its energy unknown."
        return Solution(x0[None], np.nan, False, said, 0, cut.outcome, np.array([np.nan]))
    values = np.array([each.value for each in found])
    order = np.argsort(values, kind="stable")
    return Solution(
        np.array([found[each].x for each in order]),
        float(values[order[0]]),
        False,
        f"{where}; the states found so far are kept.",
        iterations,
        cut.outcome,
        values[order],
        at=found[order[0]].x,
    )
