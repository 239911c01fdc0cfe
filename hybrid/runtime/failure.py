"""Raise an exception of one rank on all ranks, and print it once."""

from __future__ import annotations

import builtins
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeVar

from hybrid.core import errors
from hybrid.core.codes import INTERRUPTED
from hybrid.core.errors import HybridError, RankError, is_bad_input
from hybrid.core.notices import notify
from hybrid.runtime.communicator import Communicator, RanksLost, host_name
from hybrid.runtime.messages import pack
from hybrid.runtime.protocol import Failure

Error = TypeVar("Error", bound=BaseException)

FAILURES = (Exception, SystemExit)
"""Exceptions in collective code that are raised on all ranks.

Includes ``sys.exit`` in a user's function: otherwise that rank would exit alone.
"""

_GRACE_SECONDS = 0.3
"""How long ranks above 0 wait for lower ranks to report the same error."""

_PATIENCE_SECONDS = 3.0
"""How long a failed rank waits for the others to stop."""


def describe(error: BaseException, rank: int, call: str = "") -> Failure:
    """Convert an exception to a message to the other ranks."""
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    summary = f"{type(error).__name__}: {error}".splitlines()[0]
    kind, arguments, state = _plain(error)
    return Failure(
        rank=rank,
        host=host_name(),
        summary=summary,
        traceback="".join(lines),
        bad_input=is_bad_input(error),
        kind=kind,
        arguments=arguments,
        state=state,
        call=call,
    )


def error_of(failure: Failure) -> BaseException:
    """Return the exception to raise for a failure of another rank.

    It has the class of the original, or its nearest base that is built in or from hybrid, so that
    ``except ValueError`` works on every rank. Its ``__cause__`` is a RankError with rank, host and
    traceback. If Exception is the only such base, that RankError itself is returned.
    """
    where = RankError(
        failure.rank,
        failure.host,
        failure.summary,
        failure.traceback,
        bad_input=failure.bad_input,
    )
    error = _rebuilt(failure.kind, failure.arguments, failure.state)
    if error is None:
        return mark_collective(where)
    error.__cause__ = where
    return mark_collective(error)


def _plain(error: BaseException) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    """Return class name, arguments and attributes, to rebuild an exception on other ranks."""
    for kind in filter(_can_travel, type(error).__mro__):
        if kind in (HybridError, Exception):
            break
        if kind is SystemExit:
            return kind.__name__, (_exit_code(error),), {}
        if kind is type(error):
            whole = kind.__name__, tuple(error.args), _state(error)
            if _is_plain(list(error.args)) and str(_rebuilt(*whole)) == str(error):
                return whole
        # Another class, or arguments that cannot be sent: send the text.
        text = str(error) if kind is type(error) else f"{type(error).__name__}: {error}"
        if _rebuilt(kind.__name__, (text,), {}) is not None:
            return kind.__name__, (text,), {}
    return "", (), {}


def _state(error: BaseException) -> dict[str, Any]:
    """Return the attributes of a hybrid exception, converted to text if not plain data."""
    if not _is_ours(type(error)):
        return {}
    return {name: each if _is_plain(each) else str(each) for name, each in vars(error).items()}


def _rebuilt(name: str, arguments: Any, state: Mapping[str, Any]) -> BaseException | None:
    """Rebuild an exception of a built-in or hybrid class; None if that fails."""
    kind = getattr(errors, name, None) or getattr(builtins, name, None)
    if not (isinstance(kind, type) and issubclass(kind, FAILURES) and _can_travel(kind)):
        return None
    try:
        if _is_ours(kind):
            error: BaseException = kind.__new__(kind, *arguments)
            error.args = tuple(arguments)
            vars(error).update(state)
            if isinstance(error, SystemExit):
                error.code = arguments[0]
        else:
            error = kind(*arguments)
    except TypeError:
        return None
    return error


def _can_travel(kind: type) -> bool:
    return _is_ours(kind) or kind.__module__ == builtins.__name__


def _is_ours(kind: type) -> bool:
    return kind.__module__ == errors.__name__


def _exit_code(error: BaseException) -> int:
    """Return the exit code of other ranks; the failed rank itself prints a text."""
    code = getattr(error, "code", None)
    return 0 if code is None else code if isinstance(code, int) else 1


def _is_plain(value: object) -> bool:
    try:
        pack(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def mark_collective(error: Error, printed_by: int = 0) -> Error:
    """Mark an error as raised by every rank at the same place, and return it.

    Args:
        error: the exception.
        printed_by: the rank that prints it if it is not caught.
    """
    error.__dict__.update(raised_on_all_ranks=True, printed_by=printed_by)
    return error


def is_collective(error: BaseException) -> bool:
    """Return whether every rank raises this error at the same place."""
    return bool(getattr(error, "raised_on_all_ranks", False))


def install_excepthook(communicator: Communicator) -> None:
    """Make uncaught exceptions of this process end the job.

    An error that all ranks raise is printed by one of them, and each rank exits. After any other
    error, ranks would wait for this one, so its traceback is printed with rank and host, and the
    job is aborted. The exit code is 1, or 2 for bad input.
    """

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if is_collective(error):
            if communicator.rank == getattr(error, "printed_by", 0):
                _print(error, trace)
            if is_bad_input(error):
                sys.exit(2)
            return
        abort(communicator, error)

    sys.excepthook = hook


@contextmanager
def in_step(communicator: Communicator) -> Iterator[None]:
    """Abort the job if only this rank leaves the context with an exception.

    Errors that all ranks raise, and RanksLost, propagate.
    """
    try:
        yield
    except RanksLost:
        raise
    except BaseException as error:
        if communicator.size > 1 and not is_collective(error):
            abort(communicator, error)
        raise


def abort(communicator: Communicator, error: BaseException) -> None:
    """Print the error with rank and host, and end the processes of all ranks."""
    if communicator.rank > 0:
        # All ranks often fail with the same error; the first to report it ends the others.
        time.sleep(min(_GRACE_SECONDS + 0.05 * communicator.rank, 3.0))
    _print_with_place(communicator, error)
    communicator.abort(_code_of(error))


def _code_of(error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, SystemExit):
        return _exit_code(error)
    return 2 if is_bad_input(error) else 1


@contextmanager
def ending_anyway(communicator: Communicator, error: BaseException) -> Iterator[None]:
    """Abort the job if this context, in which ranks learn of a failure, takes too long.

    A rank inside a long piece would notice too late, and the others do not wait for it.
    """

    def end() -> None:
        _print_with_place(communicator, error)
        communicator.abort(_code_of(error))

    timer = threading.Timer(_PATIENCE_SECONDS, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _print_with_place(communicator: Communicator, error: BaseException) -> None:
    if _remote(error) is None:
        notify(f"rank {communicator.rank} on {host_name()} failed:")
    _print(error, error.__traceback__)


def _print(error: BaseException, trace: TracebackType | None) -> None:
    """Print an error with the traceback of the rank that raised it first."""
    remote = _remote(error)
    if remote is not None:
        notify(str(remote))
    else:
        notify("".join(traceback.format_exception(type(error), error, trace)).rstrip())


def _remote(error: BaseException) -> RankError | None:
    """Return the RankError of another rank's failure, if there is one."""
    if isinstance(error, RankError):
        return error
    return error.__cause__ if isinstance(error.__cause__, RankError) else None
