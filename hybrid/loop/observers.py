"""Callbacks that follow a run, on rank 0."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from typing import Protocol

from hybrid.core.errors import InputError
from hybrid.core.notices import notify
from hybrid.loop.result import Progress, Result, RunDescription

_CALLS = ("started", "progressed", "finished")


class Observer(Protocol):
    """Follows a run; called on rank 0 only.

    Example:
        >>> class Patience:
        ...     def started(self, description): ...
        ...     def progressed(self, progress):
        ...         return "a cost below -1" if progress.best_value < -1.0 else None
        ...     def finished(self, result):
        ...         print(result.outcome.value)
    """

    def started(self, description: RunDescription) -> None:
        """Receive what will run, before the first evaluation."""

    def progressed(self, progress: Progress) -> str | None:
        """Receive each answer to the optimizer; return a reason to stop the run, or None."""

    def finished(self, result: Result) -> None:
        """Receive the result; what this raises is shown on standard error, and not raised."""


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
        """Return the observers that a user passes: none, one, or a sequence.

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
                    expected=f"an object with {', '.join(_CALLS)}, or a sequence of such",
                )
        return cls(members)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._members)

    def started(self, description: RunDescription) -> None:
        """Tell all what will run."""
        for member in self._members:
            member.started(description)

    def progressed(self, progress: Progress) -> str | None:
        """Tell all of an answer; return the first reason to stop, or None.

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
        """Tell all the result.

        An observer that raises does not cost the run its result: standard error says what it
        raised, and the others are told.
        """
        for member in self._members:
            try:
                member.finished(result)
            except Exception as error:
                trace = "".join(traceback.format_exception(error)).rstrip()
                notify(f"finished() of an observer failed; the result is returned:\n{trace}")
