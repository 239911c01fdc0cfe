"""Apply a user-defined function to many items, distributed over the ranks."""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hybrid.collective.call import Prepared, answer
from hybrid.core.ask import Ask
from hybrid.core.checks import checked_row, checked_seed, checked_shots
from hybrid.core.digest import digest
from hybrid.core.errors import InputError, PieceError
from hybrid.core.piece import Piece
from hybrid.core.resources import Resources
from hybrid.core.seeds import derive
from hybrid.runtime import refuse_unsent
from hybrid.runtime.messages import pack, unpack
from hybrid.simulators import Choice, Evaluation
from hybrid.workloads import LocalSimulator, Sampling
from hybrid.workloads.identity import contents_of

_BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_MOST_PIECES = 1 << 14
"""With more items than this, a piece holds several, so that dispatch stays cheap."""


def map(
    function: Callable[..., Any],
    items: Iterable[Any],
    *,
    costs: Sequence[float] | None = None,
    simulator: Choice = "auto",
    shots: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
) -> list[Any]:
    """Return ``[function(item) for item in items]``, distributed over the ranks.

    Collective: every rank makes the same call and gets the same list. Each rank takes the next item
    when it has finished one; with ``costs``, the costliest first.

    Args:
        function: called with an item. If it requires a second argument, or has one named
            ``simulator``, it also receives a :class:`hybrid.workloads.LocalSimulator` for
            expectation values, samples and random numbers, seeded by the index of the item.
        items: the same on every rank.
        costs: one positive number for each item, in any unit.
        simulator, shots: settings of the simulator that the function receives.
        seed: seed of that simulator. If None, a fresh one is drawn.
        threads: threads of each rank. If None, ranks share the cores of their host.

    Returns:
        the results in the order of the items: numbers, strings, None, arrays of numbers, and
        lists and dictionaries with string keys of these; tuples come back as lists.

    Raises:
        InputError: an argument is not usable; raised before anything runs.
        MismatchError: the ranks were given different functions or items.
        PieceError: the function raised, or its result cannot be sent; the message names the item.
            No further items are started. Other ranks raise a RankError with its traceback.

    Example:
        >>> map(lambda item: item**2, [3, 1, 2])
        [9, 1, 4]
    """

    refuse_unsent("map()", "its function is code, which does not travel")

    def prepare() -> Prepared:
        if not callable(function):
            raise InputError(
                "function", got=type(function).__name__, expected="a function of one item"
            )
        _arguments_after_the_item(function)
        listed = _listed(items)
        sampling = Sampling(simulator, checked_shots(shots))
        evaluation = MapEvaluation(function, listed, _checked_costs(costs, listed), sampling)
        return Prepared(
            evaluation=evaluation,
            first_ask=Ask(np.empty((len(listed), 0))),
            num_qubits=1,
            contents=lambda: {
                **contents_of(function, "function", f"map({_name(function)})"),
                "list of items": digest(*contents_of(listed, "", "map()").values()),
                "list of costs": "" if costs is None else digest(evaluation.costs),
                **sampling.contents(),
            },
            seed=checked_seed(seed),
            resources=Resources.checked(threads),
        )

    return [result for piece in answer("map()", prepare) for result in unpack(piece)]


@dataclass(frozen=True)
class MapEvaluation(Evaluation[list[bytes]]):
    """A function over items; pieces are slices of the items, partials their packed results.

    Attributes:
        function: the user's function.
        items: all of them.
        costs: one for each item.
        sampling: settings of the simulator that the function may take.
    """

    function: Callable[..., Any]
    items: list[Any]
    costs: tuple[float, ...] | None
    sampling: Sampling

    @property
    def description(self) -> str:
        """One line."""
        return f"{_name(self.function)} over {len(self.items)} items"

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return slices of the items: one item each, unless there are very many."""
        count = len(self.items)
        step = max(1, -(-count // _MOST_PIECES))
        starts = range(0, count, step)
        return tuple(
            Piece(k, "items", start, min(start + step, count), self._cost(start, start + step))
            for k, start in enumerate(starts)
        )

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> Any:
        """Return the packed results of the piece's items, uint8.

        Raises:
            PieceError: the function raised, or its result cannot be sent.
        """
        results = []
        for number in range(piece.start, piece.stop):
            try:
                results.append(self._call(number, derive(seed, number), threads))
            except Exception as error:
                where = f"item {number} of map({_name(self.function)})"
                raise PieceError(f"{where} failed: {type(error).__name__}: {error}") from error
        try:
            packed = pack(results)
            _refuse_other_keys(results)
            return np.frombuffer(packed, dtype=np.uint8)
        except (TypeError, ValueError) as error:
            items = f"item {piece.start}" + (f" to {piece.stop - 1}" if len(piece) > 1 else "")
            raise PieceError(
                f"{items} of map({_name(self.function)}): the result cannot be sent to the other "
                f"ranks: {error}; return numbers, strings, arrays, lists or dictionaries of these "
                "with strings as keys"
            ) from None

    def combine(self, ask: Ask, partials: Sequence[Any]) -> list[bytes]:
        """Return the packed results, in the order of the pieces."""
        return [partial.tobytes() for partial in partials]

    def _call(self, number: int, seed: int, threads: int) -> Any:
        item = self.items[number]
        how = _arguments_after_the_item(self.function)
        if not how:
            return self.function(item)
        simulator = LocalSimulator(self.sampling, seed, threads)
        if how == "by name":
            return self.function(item, simulator=simulator)
        return self.function(item, simulator)

    def _cost(self, start: int, stop: int) -> float:
        return 1.0 if self.costs is None else sum(self.costs[start:stop])


def _listed(items: Iterable[Any]) -> list[Any]:
    if isinstance(items, str | bytes):
        shown = reprlib.repr(items)
        raise InputError(
            "items",
            got=shown,
            expected="a list of items, one for each call",
            advice=f"write [{shown}] for one item, or list({shown}) for what it consists of",
        )
    try:
        return list(items)
    except TypeError:
        raise InputError(
            "items", got=type(items).__name__, expected="a list of items, one for each call"
        ) from None


def _refuse_other_keys(value: object) -> None:
    """Raise TypeError for dictionary keys that are not strings, which other ranks cannot read."""
    if isinstance(value, dict):
        for key, held in value.items():
            if not isinstance(key, str):
                raise TypeError(f"a dictionary with the key {key!r} cannot be sent")
            _refuse_other_keys(held)
    elif isinstance(value, list | tuple):
        for held in value:
            _refuse_other_keys(held)


def _arguments_after_the_item(function: Callable[..., Any]) -> str:
    """Return how a function takes the simulator: "", "by place" or "by name".

    Raises:
        InputError: it cannot be called with an item, or with an item and a simulator.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # some compiled functions have no signature
        return ""
    placed = [each for each in parameters if each.kind in _BY_PLACE]
    needed = [each for each in placed if each.default is inspect.Parameter.empty]
    rest = [
        each.name
        for each in parameters
        if each.kind is inspect.Parameter.KEYWORD_ONLY and each.default is inspect.Parameter.empty
    ]
    takes_any = any(each.kind is inspect.Parameter.VAR_POSITIONAL for each in parameters)
    if len(needed) > 2 or set(rest) - {"simulator"} or not (placed or takes_any):
        raise InputError(
            "function",
            got=f"{_name(function)}{inspect.signature(function)}",
            expected="a function of one item, or of an item and a simulator",
            advice="bind further arguments with functools.partial",
        )
    if any(each.name == "simulator" and each.kind in _BY_NAME for each in parameters[1:]):
        return "by name"
    return "by place" if len(needed) == 2 else ""


def _checked_costs(costs: Sequence[float] | None, items: list[Any]) -> tuple[float, ...] | None:
    if costs is None:
        return None
    numbers = checked_row(costs, len(items), "costs", "item")
    if not np.all(numbers > 0.0):
        place = int(np.argmin(numbers > 0.0))
        raise InputError(
            "costs", got=f"{numbers[place]} for item {place}", expected="positive numbers"
        )
    return tuple(numbers.tolist())


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", type(function).__name__))
