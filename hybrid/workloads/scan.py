"""One workload over a family: bond lengths, fields, sizes of a penalty."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.errors import InputError
from hybrid.core.outcome import Outcome
from hybrid.core.seeds import derive
from hybrid.core.steps import CutShort, Drive, Solution, Steps
from hybrid.simulators import Evaluation
from hybrid.workloads.base import Minimizable, OneRun, Sampling
from hybrid.workloads.lockstep import Lockstep
from hybrid.workloads.members import MembersEvaluation
from hybrid.workloads.qaoa import QAOA

_MEMBER = 6
"""Key of the seeds of members, distinct from the keys that optimizers use."""


class HasValues(Protocol):
    """What a scan reads of a :class:`hybrid.loop.result.Result`."""

    @property
    def values(self) -> FloatArray | None:
        """The values of the members, shape (M,)."""


class Scan(OneRun):
    """Minimise each workload of a family, in one run with one journal.

    By default the members are optimised one after the other. Each starts where its neighbour ended,
    or at its own start if that has the lower value. With ``together``, all are optimised at once:
    the next Asks of all members are one batch, split over the ranks, and each starts at its own
    start or that of the first member.

    :func:`hybrid.minimize` returns ``values``, shape (M,), and ``x``, shape (M, P), a row for each
    member, in their order; ``value`` is the lowest. ``max_iterations`` and ``tolerance`` apply to
    each member, and ``x0`` is a start of the first. Observers receive points with the member's
    number in front of the parameters. :meth:`table` and :meth:`chart` show the curve.

    Args:
        members: workloads of the same width and number of parameters, each with a single
            optimization.
        labels: a number or a name for each member; None for 0, 1, ...
        together: whether to optimise all members at once.

    Raises:
        InputError: no members, one that is no such workload, other widths or numbers of
            parameters, or another number of labels.

    Example:
        >>> import hybrid
        >>> from qiskit.circuit import Parameter, QuantumCircuit
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> ansatz = QuantumCircuit(1)
        >>> _ = ansatz.ry(Parameter("a"), 0)
        >>> fields = [0.5, 1.0, 2.0]
        >>> scan = Scan([hybrid.VQE(ansatz, SparsePauliOp("Z", h)) for h in fields], fields)
        >>> result = hybrid.minimize(scan, seed=1)
        >>> result.values.round(6).tolist(), result.x.shape
        ([-0.5, -1.0, -2.0], (3, 1))
    """

    def __init__(
        self,
        members: Sequence[Minimizable],
        labels: Sequence[float] | Sequence[str] | None = None,
        *,
        together: bool = False,
    ) -> None:
        self.members = tuple(members)
        if not self.members:
            raise InputError("members", got="none", expected="at least one workload")
        for number, member in enumerate(self.members):
            _check_member(member, self.members[0], number)
        given = range(len(self.members)) if labels is None else labels
        self.labels: tuple[Any, ...] = tuple(
            each.item() if isinstance(each, np.generic) else each for each in given
        )
        if len(self.labels) != len(self.members):
            raise InputError(
                "labels", got=f"{len(self.labels)}", expected=f"{len(self.members)}, one per member"
            )
        if not all(isinstance(each, int | float | str) for each in self.labels):
            raise InputError("labels", got=str(self.labels)[:60], expected="numbers or names")
        if not isinstance(together, bool):
            raise InputError("together", got=repr(together)[:60], expected="True or False")
        self.together = together

    @property
    def description(self) -> str:
        """One line: the number of members, and the first of them."""
        return f"{len(self.members)} members like {self.members[0].description}"

    @property
    def written_in(self) -> object:
        """What defines the members, for run records."""
        first = self.members[0]
        return getattr(first, "written_in", type(first))

    @property
    def num_parameters(self) -> int:
        """P, the number of parameters of each member."""
        return self.members[0].num_parameters

    @property
    def num_qubits(self) -> int:
        """Number of qubits of the circuits."""
        return self.members[0].num_qubits

    def initial_point(self, seed: int) -> FloatArray:
        """Return the start of the first member, shape (P,)."""
        return self.members[0].initial_point(seed)

    def scale(self) -> float | None:
        """Return the largest scale of the members; None if one is unknown."""
        scales = [member.scale() for member in self.members]
        known = [scale for scale in scales if scale is not None]
        return max(known) if len(known) == len(scales) else None

    def contents(self) -> Mapping[str, str]:
        """Return digests of each member, and the course of the scan."""
        each = {
            f"member {number}: {name}": text
            for number, member in enumerate(self.members)
            for name, text in member.contents().items()
        }
        return {**each, "course": "together" if self.together else "one after the other"}

    def prepare(self, sampling: Sampling) -> Evaluation[Told]:
        """Compile all members for a simulator."""
        return MembersEvaluation(tuple(each.prepare(sampling) for each in self.members))

    def largest_ask(self, ask_at: Callable[[FloatArray], Ask]) -> Ask:
        """Return an Ask for all members if they are optimised together, else for one."""
        ask = self.members[0].largest_ask(ask_at)
        numbers = range(len(self.members)) if self.together else (0,)
        points = [_numbered(ask.points, number) for number in numbers]
        return replace(ask, points=np.concatenate(points))

    def most_iterations(self, of_one: int | None) -> int | None:
        """Return the iteration limit of a run, given that of one optimization."""
        each = [member.most_iterations(of_one) for member in self.members]
        known = [limit for limit in each if limit is not None]
        if len(known) < len(each):
            return None
        return max(known) if self.together else sum(known)

    def steps(self, drive: Drive, x0: FloatArray, seed: int) -> Steps:
        """Return the steps of all members."""
        course = self._at_once if self.together else self._in_turn
        return course(drive, x0, seed)

    def table(self, result: HasValues) -> str:
        """Return the curve as text, a line for each member.

        Raises:
            InputError: the result is not of such a scan.
        """
        values = self._values(result)
        names = [str(label) for label in self.labels[: len(values)]]
        width = max(map(len, names))
        lines = [
            f"{name:>{width}}  {value:z.10f}" for name, value in zip(names, values, strict=True)
        ]
        return "\n".join(lines)

    def chart(self, result: HasValues, width: int = 50) -> str:
        """Return a plot of the curve as text: a line for each member, the value to the right.

        Args:
            result: of this scan.
            width: columns between the lowest and the highest value.

        Raises:
            InputError: the result is not of such a scan.
        """
        values = self._values(result)
        lowest, spread = float(np.min(values)), float(np.ptp(values)) or 1.0
        names = [str(label) for label in self.labels[: len(values)]]
        room = max(map(len, names))
        return "\n".join(
            f"{name:>{room}} |{' ' * round((value - lowest) / spread * (width - 1))}*"
            for name, value in zip(names, values.tolist(), strict=True)
        )

    def plot(self, result: HasValues, axes: Any) -> Any:
        """Plot the curve on Matplotlib axes, and return them.

        Raises:
            InputError: the result is not of such a scan.
        """
        values = self._values(result)
        axes.plot(self.labels[: len(values)], values, marker="o")
        return axes

    def _values(self, result: HasValues) -> FloatArray:
        values = result.values
        if values is None or values.ndim != 1 or not 0 < len(values) <= len(self.members):
            raise InputError(
                "result",
                got="a result without such values",
                expected=f"that of a scan of {len(self.members)} members",
            )
        return values

    def _in_turn(self, drive: Drive, x0: FloatArray, seed: int) -> Steps:
        ends: list[Solution] = []
        iterations, previous = 0, x0
        try:
            for number in range(len(self.members)):
                start = previous
                candidates = self._candidates(number, previous, seed)
                if len(candidates) > 1:
                    points = _numbered(candidates, number)
                    told = yield Ask(points, iteration=iterations)
                    start = candidates[_lowest(told.values)]
                own = self._member_steps(number, drive, start, seed, iterations)
                end = yield from own
                iterations += end.iterations
                ends.append(end)
                previous = end.x if np.isfinite(end.value) else x0
        except CutShort as cut:
            return self._cut_short(cut, ends, x0, iterations)
        return self._solution(ends, iterations)

    def _at_once(self, drive: Drive, x0: FloatArray, seed: int) -> Steps:
        count, rounds = len(self.members), 0
        ends: list[Solution] = []
        try:
            candidates = [self._candidates(number, x0, seed) for number in range(count)]
            points = [_numbered(each, number) for number, each in enumerate(candidates)]
            told = yield Ask(np.concatenate(points))
            values = np.split(told.values, np.cumsum([len(each) for each in candidates])[:-1])
            starts = [own[_lowest(each)] for own, each in zip(candidates, values, strict=True)]
            race = Lockstep(
                [
                    self._member_steps(number, drive, start, seed)
                    for number, start in enumerate(starts)
                ]
            )
            with race:
                while race.running:
                    yield from race.round(rounds)
                    rounds += 1
            ends = [end for end in map(race.end, range(count)) if end is not None]
        except CutShort as cut:
            return self._cut_short(cut, ends, x0, rounds)
        return self._solution(ends, rounds)

    def _candidates(self, number: int, previous: FloatArray, seed: int) -> FloatArray:
        """Return the starts that a member chooses from, shape (1, P) or (2, P)."""
        if number == 0:
            return previous[None]
        own = self.members[number].initial_point(derive(seed, _MEMBER, number, 0))
        return np.stack([previous, own]) if np.any(own != previous) else previous[None]

    def _member_steps(
        self, number: int, drive: Drive, start: FloatArray, seed: int, iteration: int = 0
    ) -> Generator[Ask, Told, Solution]:
        """Return the steps of a member, with its number in front of each point."""
        steps = self.members[number].steps(drive, start, derive(seed, _MEMBER, number, 1))
        try:
            ask = next(steps)
            while True:
                points = _numbered(ask.points, number)
                told = yield replace(ask, points=points, iteration=iteration + ask.iteration)
                try:
                    ask = steps.send(_without_number(told))
                except StopIteration as end:
                    solution: Solution = end.value
                    return solution
        finally:
            steps.close()

    def _solution(
        self,
        ends: Sequence[Solution],
        iterations: int,
        how: Outcome | None = None,
        message: str = "",
    ) -> Solution:
        """Return the ends of some members as one Solution."""
        failed = [number for number, end in enumerate(ends) if not end.success]
        said = [f"Member {self.labels[number]}: {ends[number].message}" for number in failed]
        values = np.array([end.value for end in ends])
        lowest = _lowest(values)
        outcome = ends[failed[0]].outcome if failed else ends[0].outcome
        return Solution(
            np.array([end.x for end in ends]),
            float(values[lowest]),
            how is None and not failed,
            message or " ".join(said) or f"All {len(ends)} members ended well. {ends[0].message}",
            iterations,
            how or outcome,
            values,
            at=_numbered(ends[lowest].x[None], lowest)[0],
        )

    def _cut_short(
        self, cut: CutShort, ends: Sequence[Solution], x0: FloatArray, iterations: int
    ) -> Solution:
        if ends:
            said = f"{cut.verb} at member {self.labels[len(ends)]}{cut.because}; those before it "
            return self._solution(ends, iterations, cut.outcome, f"{said}are kept.")
        said = f"{cut.verb} before a member ended{cut.because}; x is the start, its value unknown."
        nothing = np.array([np.nan])
        return Solution(x0[None], np.nan, False, said, iterations, cut.outcome, nothing)


def _check_member(member: object, first: Minimizable, number: int) -> None:
    what = f"member {number}"
    if isinstance(member, type) or not isinstance(member, Minimizable):
        raise InputError(
            what, got=type(member).__name__, expected="a workload such as hybrid.VQE(...)"
        )
    single = getattr(type(member), "steps", None) is OneRun.steps or (
        isinstance(member, QAOA) and member.start != "interp"
    )
    if not single or member.num_parameters < 1:
        raise InputError(
            what,
            got=f"{type(member).__name__}, which is several optimizations",
            expected="a workload with a single one",
            advice="minimise each of them by itself",
        )
    sizes = [(each.num_qubits, each.num_parameters) for each in (first, member)]
    if sizes[0] != sizes[1]:
        raise InputError(
            what,
            got=f"{sizes[1][0]} qubits and {sizes[1][1]} parameters",
            expected=f"{sizes[0][0]} and {sizes[0][1]}, as member 0",
        )


def _numbered(points: FloatArray, number: int) -> FloatArray:
    """Return points of shape (B, P) with a member's number in front, shape (B, 1 + P)."""
    return np.pad(points, ((0, 0), (1, 0)), constant_values=float(number))


def _without_number(told: Told) -> Told:
    """Return an answer without the derivatives by the member's number."""
    gradients, metric = told.gradients, told.metric
    return replace(
        told,
        gradients=None if gradients is None else np.ascontiguousarray(gradients[..., 1:]),
        metric=None if metric is None else np.ascontiguousarray(metric[..., 1:, 1:]),
    )


def _lowest(values: FloatArray) -> int:
    """Return the index of the lowest finite value; 0 if there is none."""
    return int(np.argmin(np.where(np.isfinite(values), values, np.inf)))
