"""Ranks outside this process that public calls are sent to; :mod:`hybrid.notebook` opens them.

Every public call begins with::

    if (ranks := elsewhere()) is not None:
        return ranks.call("name", locals())

A call that does not is refused while such ranks are open, because it would run in this process only
(:func:`refuse_unsent`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from hybrid.core.errors import InputError
from hybrid.runtime.world import is_nested


class Elsewhere(Protocol):
    """Ranks that make the calls of this process."""

    def call(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Make a public call on the ranks, and return its result.

        Args:
            name: its name in the table of calls.
            arguments: its arguments by name; other names are ignored.
        """


class _Open:
    """The ranks that are open in this process, if any."""

    ranks: Elsewhere | None = None


def elsewhere() -> Elsewhere | None:
    """Return the ranks that this call is sent to, or None if it runs in this process.

    Nested calls run in this process, in an observer for instance.

    Example:
        >>> elsewhere() is None
        True
    """
    return None if _Open.ranks is None or is_nested() else _Open.ranks


def send_calls_to(ranks: Elsewhere | None) -> None:
    """Send the calls of this process to other ranks from now on, or, with None, to none."""
    _Open.ranks = ranks


def refuse_unsent(call: str, why: str = "it is not among the calls that are sent to ranks") -> None:
    """Refuse a call that would run in this process only, while other ranks are open.

    Args:
        call: name of the public function, for the message.
        why: why it is not sent.

    Raises:
        InputError: ranks are open.
    """
    if elsewhere() is not None:
        raise InputError(
            call,
            got=f"a call while hybrid.ranks() is open; {why}",
            expected="a call that is sent to the ranks",
            advice="make it where no ranks are open, or in a script under mpiexec",
        )
