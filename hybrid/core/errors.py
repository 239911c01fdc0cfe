"""The errors that a user can cause or must know of; every message says what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class HybridError(Exception):
    """Base of every error that this package raises on purpose."""


class InputError(HybridError, ValueError):
    """Something that the user gave is not usable; raised before anything runs.

    The message names what was got, what was expected and what to do. What would control a terminal
    (files come from others) is escaped in it.

    Example:
        >>> raise InputError("shots", got=-5, expected="a positive integer", advice="leave it out")
        Traceback (most recent call last):
        ...
        hybrid.core.errors.InputError: shots: got -5, expected a positive integer; leave it out
    """

    def __init__(self, what: str, *, got: object, expected: str, advice: str = "") -> None:
        self.what = what
        self.got = got
        self.expected = expected
        self.advice = advice
        tail = f"; {advice}" if advice else ""
        super().__init__(printable(f"{what}: got {got}, expected {expected}{tail}"))


class MismatchError(HybridError):
    """Ranks of one job made different calls: other circuits, starts, or another order."""


class PieceError(HybridError):
    """A piece of the user's own work failed: which one, and why.

    The exception of the user's function is its cause. Ranks other than the one that ran the
    piece raise a :class:`RankError` that holds its traceback.
    """


class RankError(HybridError):
    """A rank failed; raised on every rank so that none of them waits for it.

    Attributes:
        rank: the number of the rank that failed.
        host: the name of its machine.
        remote_traceback: the traceback as that rank saw it.
        bad_input: whether it failed because of what the user gave.
    """

    def __init__(
        self, rank: int, host: str, summary: str, remote_traceback: str, *, bad_input: bool = False
    ) -> None:
        self.rank = rank
        self.host = host
        self.remote_traceback = remote_traceback
        self.bad_input = bad_input
        super().__init__(f"rank {rank} on {host} failed: {summary}\n{remote_traceback}")


class JournalError(HybridError):
    """A journal cannot be read or written; the message says which file, why and what to do."""


class JournalPathError(InputError, JournalError):
    """There is no journal at a path, or none can be made there."""


class RecordError(InputError):
    """A journal holds another run than the one that was asked for; nothing was changed.

    Attributes:
        differences: for each thing that differs a line that shows how.

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

    It is a SystemExit, so that a script that does not catch it ends with exit code 75
    (``EX_TEMPFAIL`` of sysexits.h), which tells a batch script to start it again.

    Attributes:
        reason: why it stopped, for instance ``"SIGUSR1"``.
        message: a sentence or two: why, what is saved, how to go on.

    Example:
        >>> Suspended("SIGUSR1", "stopped by SIGUSR1").code
        75
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(75)
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        """Return the message."""
        return self.message


class NoExactGradientError(InputError):
    """No exact gradient rule exists for a gate of the circuit on the simulator in use."""


def is_bad_input(error: BaseException) -> bool:
    """Return whether an error, of this rank or of another, is the fault of what the user gave."""
    return isinstance(error, InputError) or getattr(error, "bad_input", False)


def printable(text: str) -> str:
    """Return a text with everything escaped that is neither printable nor the end of a line.

    Example:
        >>> printable("bell: \\a")
        'bell: \\\\x07'
    """
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """Return "did you mean 'x'?" for the known name nearest to ``name``, or an empty string.

    Upper and lower case are the same, and so are names with and without signs.

    Example:
        >>> nearest("adm", ["adam", "spsa"]), nearest("lbfgsb", ["BFGS", "L-BFGS-B"])
        ("did you mean 'adam'?", "did you mean 'L-BFGS-B'?")
    """
    by_letters = {_letters(word): word for word in known}
    found = difflib.get_close_matches(_letters(name), by_letters, n=1, cutoff=0.5)
    return f"did you mean '{by_letters[found[0]]}'?" if found else ""


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower())) or name
