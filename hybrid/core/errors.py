"""Exceptions of the package; every message says what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from hybrid.core.codes import RESUME_ME


class HybridError(Exception):
    """Base class of all exceptions of this package."""


class InputError(HybridError, ValueError):
    """An argument or a file is not usable; raised before anything runs.

    The message states what was passed, what was expected and what to do. Control characters are
    escaped, since files may come from others.

    Example:
        >>> raise InputError("shots", got=-5, expected="a positive integer", advice="omit it")
        Traceback (most recent call last):
        ...
        hybrid.core.errors.InputError: shots: got -5, expected a positive integer; omit it
    """

    def __init__(self, what: str, *, got: object, expected: str, advice: str = "") -> None:
        self.what = what
        self.got = got
        self.expected = expected
        self.advice = advice
        tail = f"; {advice}" if advice else ""
        super().__init__(printable(f"{what}: got {got}, expected {expected}{tail}"))


class MismatchError(HybridError):
    """Ranks of a job made different calls, passed different arguments, or called out of order."""


class PieceError(HybridError):
    """A piece of user code failed; the message says which one, and why.

    Its ``__cause__`` is the exception of the user's function. Ranks other than the one that ran
    the piece raise a :class:`RankError` with its traceback.
    """


class RankError(HybridError):
    """A rank failed; raised on every rank so that none waits for it.

    Attributes:
        rank: the rank that failed.
        host: name of its host.
        remote_traceback: traceback on that rank.
        bad_input: whether bad input was the cause.
    """

    def __init__(
        self, rank: int, host: str, summary: str, remote_traceback: str, *, bad_input: bool = False
    ) -> None:
        self.rank = rank
        self.host = host
        self.remote_traceback = remote_traceback
        self.bad_input = bad_input
        super().__init__(f"rank {rank} on {host} failed: {summary}\n{remote_traceback}")


class RanksEndedError(HybridError):
    """The ranks of :func:`hybrid.ranks` have ended; the message has what they printed last."""


class JournalError(HybridError):
    """A journal cannot be read or written; the message says which file, why and what to do."""


class JournalPathError(InputError, JournalError):
    """There is no journal at a path, or none can be made there."""


class RecordError(InputError):
    """A journal records a different run; nothing was changed.

    Attributes:
        differences: one line for each difference.

    Example:
        >>> print(RecordError("run.db", ["seed: recorded 7, now 8"]))
        journal run.db records another run; nothing was changed
          seed: recorded 7, now 8
          go on with what was recorded, fork it into another (fork=, --fork), or name a new one
    """

    def __init__(self, path: object, differences: Sequence[str]) -> None:
        advice = (
            "go on with what was recorded, fork it into another (fork=, --fork), or name a new one"
        )
        super().__init__(
            f"journal {path}",
            got="the record of another run",
            expected="the record of this one",
            advice=advice,
        )
        self.differences = tuple(differences)
        title = f"journal {path} records another run; nothing was changed"
        self.args = ("\n  ".join([title, *differences, advice]),)


class Suspended(SystemExit):
    """A run was stopped before its end and can be resumed; raised on every rank.

    A script that does not catch this SystemExit ends with exit code 75 (``EX_TEMPFAIL`` of
    sysexits.h), which tells a batch script to start it again.

    Attributes:
        reason: why the run stopped, for instance ``"SIGUSR1"``.
        message: why it stopped, what is saved, and how to resume.

    Example:
        >>> Suspended("SIGUSR1", "stopped by SIGUSR1").code
        75
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(RESUME_ME)
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        """Return the message."""
        return self.message


class SuspendedSession(KeyboardInterrupt):
    """A run in an interactive session was stopped before its end and can be resumed.

    There a :class:`Suspended` would end the session, or print how to do so. A KeyboardInterrupt
    returns to its prompt, or ends the cell of its notebook.

    Attributes:
        reason: why the run stopped, for instance ``"SIGINT"``.
    """

    def __init__(self, suspended: Suspended) -> None:
        super().__init__(suspended.message)
        self.reason = suspended.reason


class NoExactGradientError(InputError):
    """No exact gradient rule exists for a gate of the circuit on the simulator in use."""


def is_bad_input(error: BaseException) -> bool:
    """Return whether bad input caused an error, on this rank or on another."""
    return isinstance(error, InputError) or getattr(error, "bad_input", False)


def printable(text: str) -> str:
    """Escape all characters of a text that are neither printable nor newlines.

    Example:
        >>> printable("bell: \\a")
        'bell: \\\\x07'
    """
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """Return "did you mean 'x'?" for the known name nearest to ``name``, or an empty string.

    Case and punctuation are ignored.

    Example:
        >>> nearest("adm", ["adam", "spsa"]), nearest("lbfgsb", ["BFGS", "L-BFGS-B"])
        ("did you mean 'adam'?", "did you mean 'L-BFGS-B'?")
    """
    by_letters = {_letters(word): word for word in known}
    found = difflib.get_close_matches(_letters(name), by_letters, n=1, cutoff=0.5)
    return f"did you mean '{by_letters[found[0]]}'?" if found else ""


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower())) or name
