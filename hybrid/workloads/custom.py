"""User-defined workloads: how to split them, what a piece computes, how to combine partials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.checks import real_array
from hybrid.core.errors import InputError, PieceError
from hybrid.core.piece import EVERY_POINT, Piece, slices
from hybrid.core.work import Work
from hybrid.runtime.inside import only_circuits_counted
from hybrid.simulators import Evaluation
from hybrid.workloads.base import OneRun, Sampling
from hybrid.workloads.coverage import checked_pieces
from hybrid.workloads.identity import contents_of
from hybrid.workloads.local import LocalSimulator
from hybrid.workloads.sums import pairwise_sum
from hybrid.workloads.task import Partials, Task, name_of


class Workload(OneRun):
    """Base class of user-defined workloads for :func:`hybrid.minimize`.

    Set ``num_parameters`` and write :meth:`run`; :meth:`pieces` and :meth:`combine` have a default
    for each axis:

    ========== ============================================ ================================
    axis       a piece's ``run`` returns                    partials are
    ========== ============================================ ================================
    points     values (k,), with gradient also (k, P)       joined in order
    components numbers start .. stop of (value, gradient)   joined in order
    any other  value, with gradient also gradient (P,)      added in a fixed order
    ========== ============================================ ================================

    Any other axis (samples, terms, shots, any name) is split for each point of an Ask separately.

    Attributes:
        num_parameters: P, at least 1.
        num_qubits: width of the widest circuit, to check memory; 0 skips the check.
        axis: axis along which :meth:`pieces` splits by default.
        sizes: numbers of units by axis, for axes other than points and components.
        grain: default number of units per piece; None for several dozen pieces.

    Example:
        >>> import numpy as np, hybrid
        >>> class Bowl(Workload):
        ...     num_parameters = 2
        ...     axis, sizes, grain = "samples", {"samples": 4}, 2
        ...     def run(self, piece, simulator):
        ...         away = piece.point - 1.0
        ...         share = piece.stop - piece.start
        ...         return share * (away @ away), share * 2.0 * away
        >>> round(hybrid.minimize(Bowl(), x0=[0.0, 3.0]).value, 6)
        0.0
    """

    num_parameters: int = 0
    num_qubits: int = 0
    axis: str = "points"
    sizes: Mapping[str, int] = {}
    grain: int | None = None

    @property
    def description(self) -> str:
        """One line: class, parameters and axis."""
        return f"{type(self).__name__}: {self.num_parameters} parameters, split by {self.axis}"

    def initial_point(self, seed: int) -> FloatArray:
        """Return the default starting point, shape (P,): normally distributed numbers."""
        return np.random.default_rng(seed).normal(scale=0.1, size=self.num_parameters)

    def scale(self) -> float | None:
        """Return a typical size of the cost's derivatives, or None to use the first gradient.

        The optimizer sees the cost divided by a power of four near this size, so its tolerances do
        not depend on the unit of the cost.
        """
        return None

    def pieces(self, ask: Ask) -> Sequence[Piece]:
        """Split an Ask into pieces; depends on the problem alone, never on the ranks."""
        return self.cut(ask, self.axis, self.sizes.get(self.axis), self.grain)

    def run(self, piece: Task, simulator: LocalSimulator) -> Any:
        """Return the partial answer of a piece, circuits and classical postprocessing included.

        Args:
            piece: the work: ``piece.point`` or ``piece.points``, ``piece.slice`` of the units,
                ``piece.gradient``.
            simulator: computes expectation values and samples on this rank.

        Returns:
            numbers or arrays as in the table of the class; with a custom :meth:`combine`, any
            array.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define run(piece, simulator)")

    def combine(self, partials: Partials) -> Any:
        """Return values (B,), or values and gradients (B, P), from the ordered partials."""
        return combined(partials)

    @property
    def combines_by_default(self) -> bool:
        """Whether partials have the shapes above, because :meth:`combine` is not overridden."""
        return type(self).combine is Workload.combine

    def work(self, ask: Ask, piece: Piece, sampling: Sampling) -> Work | None:
        """Return the work of a piece in counts, for the scheduler; None if unknown.

        Args:
            ask: the Ask; only its sizes matter.
            piece: the piece of it.
            sampling: simulator and shots of the circuits.
        """
        return None

    def state_bytes(self, ask: Ask) -> int:
        """Return the most bytes that one piece allocates; by default a state of ``num_qubits``."""
        return (32 if ask.gradient else 16) << self.num_qubits if self.num_qubits else 0

    def contents(self) -> Mapping[str, str]:
        """Return digests of the class and its attributes, which must be equal on all ranks."""
        return contents_of([type(self), vars(self)], "workload", type(self).__name__)

    @property
    def written_in(self) -> object:
        """The class or function whose source file defines the workload, for run records."""
        return type(self)

    def cut(
        self, ask: Ask, axis: str, size: int | None = None, grain: int | None = None
    ) -> tuple[Piece, ...]:
        """Return pieces of ``grain`` units along an axis, for each point of the Ask.

        Args:
            ask: the Ask to split.
            axis: points, components, or any other name.
            size: units along the axis; not needed for points, components and axes in ``sizes``.
            grain: units per piece; None for several dozen pieces.

        Raises:
            InputError: size or grain is missing or not positive.
        """
        known = {"points": len(ask.points), "components": ask.components, **self.sizes}
        units = known.get(axis) if size is None else size
        if not isinstance(units, int | np.integer) or units < 1:
            raise InputError(
                f"number of {axis}",
                got=repr(units),
                expected="a positive integer",
                advice=f"set sizes = {{{axis!r}: ...}} or pass a size",
            )
        step = -(-units // _PIECES) if grain is None else grain
        if not isinstance(step, int | np.integer) or step < 1:
            raise InputError("grain", got=repr(grain), expected="a positive integer")
        one = slices(int(units), int(step), axis)
        if axis == "points":
            return one
        return tuple(
            Piece(point * len(one) + p.index, axis, p.start, p.stop, p.cost, point)
            for point in range(len(ask.points))
            for p in one
        )

    def prepare(self, sampling: Sampling) -> CustomEvaluation:
        """Return the workload as an evaluation."""
        if not isinstance(self.num_parameters, int | np.integer) or self.num_parameters < 1:
            raise InputError(
                f"num_parameters of {type(self).__name__}",
                got=repr(self.num_parameters),
                expected="a positive integer",
            )
        return CustomEvaluation(self, sampling)


_PIECES = 48
"""Default number of pieces; see ``simulators/circuits/grain.py``."""
_KEPT = 16
"""Maximum number of Ask shapes whose pieces are cached."""


@dataclass(eq=False)
class CustomEvaluation(Evaluation[Told]):
    """A user-defined workload as an evaluation; validates everything that it returns.

    Attributes:
        workload: the user's workload.
        sampling: simulator and shots of its circuits.
        cuts: cache of validated pieces, since most Asks of a run are split alike.
    """

    workload: Workload
    sampling: Sampling
    cuts: dict[object, tuple[Ask, tuple[Piece, ...]]] = field(default_factory=dict, repr=False)

    @property
    def description(self) -> str:
        """One line: the requested simulator; pieces choose the circuits when they run."""
        return f"{self.sampling.contents()['simulator']}, as {self._name} asks for it"

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return the user's pieces, validated: no gaps, no overlaps."""
        known = self.cuts
        # Default pieces depend on the shape alone; of custom pieces, only the last are cached.
        by_shape = type(self.workload).pieces is Workload.pieces
        key = (len(ask.points), ask.components) if by_shape else id(ask)
        if key not in known:
            pieces = checked_pieces(self.workload.pieces(ask), ask, self.workload.sizes)
            if not by_shape or len(known) >= _KEPT:
                known.clear()
            known[key] = (ask, pieces)
        return known[key][1]

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return the partial answer, validated: finite, with the expected shape.

        Raises:
            PieceError: the user's function raised, or its result is not valid.
        """
        task = Task(piece, ask, seed, threads)
        only_circuits_counted()
        try:
            made = self.workload.run(task, LocalSimulator(self.sampling, seed, threads))
        except Exception as error:
            raise failed(f"{task} of {self._name}", error) from error
        if self._default_combine:
            return self._checked_shape(made, ask, piece)
        return self._finite(_array(made, self._name, piece), piece)

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Told:
        """Return the user's answer, validated."""
        gathered = Partials(ask, self.pieces(ask), tuple(partials))
        return told_of(self.workload.combine(gathered), ask, self._name)

    def memory_bytes(self, ask: Ask) -> int:
        """Return the most bytes that one piece allocates, according to the workload."""
        return self.workload.state_bytes(ask)

    def work(self, ask: Ask, piece: Piece) -> Work | None:
        """Return the work of a piece, according to the workload."""
        return self.workload.work(ask, piece, self.sampling)

    @property
    def _name(self) -> str:
        return type(self.workload).__name__

    @cached_property
    def _default_combine(self) -> bool:
        return self.workload.combines_by_default

    def _checked_shape(self, made: Any, ask: Ask, piece: Piece) -> FloatArray:
        """Return the partial with one column per requested number."""
        width = ask.components
        parts: list[Any]
        expected: list[tuple[int, ...]]
        if piece.axis == "components":
            parts, expected = [made], [(len(piece),)]
        elif piece.axis == "points":
            parts, expected = _split(made, width), [(len(piece),), (len(piece), width - 1)]
        elif piece.point == EVERY_POINT:
            shape: tuple[int, ...] = (len(ask.points),)
            parts, expected = _split(made, width), [shape, (*shape, width - 1)]
        else:
            parts, expected = _split(made, width), [(), (width - 1,)]
        arrays = [_array(part, self._name, piece) for part in parts]
        wanted = expected[: 1 if width == 1 else len(expected)]
        shapes = [array.shape for array in arrays]
        if shapes != wanted:
            got = " and ".join(map(str, shapes)) or "nothing"
            raise PieceError(
                f"{name_of(piece)} of {self._name}: run() returned shape {got}, expected "
                f"{' and '.join(map(str, wanted))}"
                + (" (value, then gradient)" if len(wanted) > 1 else "")
            )
        if len(arrays) == 1:
            return self._finite(arrays[0], piece)
        return self._finite(np.concatenate([arrays[0][..., None], arrays[1]], axis=-1), piece)

    def _finite(self, array: FloatArray, piece: Piece) -> FloatArray:
        if not np.isfinite(array).all():
            worst = array[~np.isfinite(array)][0]
            raise PieceError(
                f"{name_of(piece)} of {self._name}: run() returned {worst}, expected finite numbers"
            )
        return array


def combined(partials: Partials) -> FloatArray:
    """Combine partials of the default shapes into shape (B, components), by their axis."""
    axis = partials.pieces[0].axis
    ask = partials.ask
    if axis == "points":
        return np.concatenate([part.reshape(-1, ask.components) for part in partials])
    if partials.pieces[0].point == EVERY_POINT:
        return pairwise_sum(partials).reshape(len(ask.points), ask.components)
    join = np.concatenate if axis == "components" else pairwise_sum
    return np.array(
        [join(_ordered(partials, point)).reshape(-1) for point in range(len(ask.points))]
    )


def told_of(answer: Any, ask: Ask, name: str) -> Told:
    """Convert the result of a ``combine`` to Told.

    Raises:
        InputError: it has the wrong shape, or is not finite.
    """
    if isinstance(answer, Told):
        return answer
    what = f"combine() of {name}"
    shape = (len(ask.points), ask.components)
    if isinstance(answer, tuple) and len(answer) == 2 and ask.gradient:
        values, gradients = (real_array(part, what) for part in answer)
        if values.size == shape[0] and gradients.size == shape[0] * (shape[1] - 1):
            answer = np.column_stack([values.ravel(), gradients.reshape(shape[0], -1)])
    table = real_array(answer, what)
    if table.size != shape[0] * shape[1] or not np.isfinite(table).all():
        wanted = f"values of shape ({shape[0]},)"
        if ask.gradient:
            wanted += f" and gradients of shape ({shape[0]}, {shape[1] - 1})"
        got = f"shape {table.shape}" if table.size else type(answer).__name__
        if table.size == shape[0] * shape[1]:
            got = "NaN or infinity"
        raise InputError(what, got=got, expected=f"{wanted}, finite")
    table = table.reshape(shape)
    by_parameter = np.ascontiguousarray(table[:, 1:]) if ask.gradient else None
    return Told(np.ascontiguousarray(table[:, 0]), by_parameter)


def failed(what: str, error: Exception) -> PieceError:
    """Return an error that names the part of the user's work that failed, and why."""
    return PieceError(f"{what} failed: {type(error).__name__}: {error}")


def _ordered(partials: Partials, point: int) -> list[FloatArray]:
    """Return the partials of a point, sorted by their first unit."""
    pairs = zip(partials.pieces, partials.arrays, strict=True)
    mine = [(piece.start, array) for piece, array in pairs if piece.point == point]
    return [array for _, array in sorted(mine, key=lambda pair: pair[0])]


def _split(made: Any, width: int) -> list[Any]:
    """Return value and gradient; drop the gradient if it was not requested."""
    if isinstance(made, tuple) and len(made) == 2:
        return list(made)[: 1 if width == 1 else 2]
    return [made]


def _array(made: Any, name: str, piece: Piece) -> FloatArray:
    try:
        return real_array(made, "run()")
    except InputError as error:
        got = error.got if error.got == "complex numbers" else f"a {type(made).__name__}"
        raise PieceError(
            f"{name_of(piece)} of {name}: run() returned {got}, expected real numbers or arrays "
            "of them"
        ) from None
