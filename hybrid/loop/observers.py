"""Progress callbacks, invoked on rank 0 only."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from typing import Protocol

from hybrid.core.errors import InputError
from hybrid.core.notices import notify
from hybrid.core.phases import displays
from hybrid.loop.result import Progress, Result, RunDescription
from hybrid.runtime import is_nested

_CALLS = ("started", "progressed", "finished")


class Observer(Protocol):
    """Progress callbacks of a run, invoked on rank 0 only.

    Example:
        >>> class Patience:
        ...     def started(self, description): ...
        ...     def progressed(self, progress):
        ...         return "a cost below -1" if progress.best_value < -1.0 else None
        ...     def finished(self, result):
        ...         print(result.outcome.value)
    """

    def started(self, description: RunDescription) -> None:
        """Receive the description of the run, before the first evaluation."""

    def progressed(self, progress: Progress) -> str | None:
        """Receive the progress after each evaluation; return a reason to stop the run, or None."""

    def finished(self, result: Result) -> None:
        """Receive the result; an exception is printed to standard error, not raised."""


class Observers:
    """All observers of a run as one.

    Example:
        >>> Observers.checked(None).progressed(None) is None
        True
    """

    def __init__(self, members: Sequence[Observer]) -> None:
        self._members = tuple(members)

    @classmethod
    def checked(cls, observer: Observer | Sequence[Observer] | None) -> Observers:
        """Validate an ``observer`` argument: None, one observer, or a sequence.

        Raises:
            InputError: one of them lacks a method.
        """
        if observer is None:
            return cls(())
        members = observer if isinstance(observer, Sequence) else (observer,)
        for member in members:
            missing = [name for name in _CALLS if not callable(getattr(member, name, None))]
            if missing or isinstance(member, type):
                raise InputError(
                    "observer",
                    got=f"{member!r}" + (f" without {missing[0]}()" if missing else ""),
                    expected=f"an object with {', '.join(_CALLS)}, or a sequence of them",
                )
        return cls(members)

    def and_displays(self) -> Observers:
        """Return these and the displays of this process, unless a call within a call asks."""
        return self if is_nested() else Observers((*self._members, *displays()))

    def __len__(self) -> int:
        """Return the number of observers."""
        return len(self._members)

    def started(self, description: RunDescription) -> None:
        """Call ``started`` of each observer."""
        for member in self._members:
            member.started(description)

    def progressed(self, progress: Progress) -> str | None:
        """Call ``progressed`` of each observer; return the first reason to stop, or None.

        Raises:
            InputError: an observer returned something else.
        """
        reasons = [member.progressed(progress) for member in self._members]
        for reason in reasons:
            if reason is not None and not isinstance(reason, str):
                raise InputError(
                    "progressed() of an observer",
                    got=repr(reason),
                    expected="None, or a reason to stop as a string",
                )
        return next((reason for reason in reasons if reason is not None), None)

    def finished(self, result: Result) -> None:
        """Call ``finished`` of each observer.

        Exceptions are printed to standard error, so that the run keeps its result and the other
        observers are called.
        """
        for member in self._members:
            try:
                member.finished(result)
            except Exception as error:
                trace = "".join(traceback.format_exception(error)).rstrip()
                notify(f"finished() of an observer failed; the result is returned:\n{trace}")
