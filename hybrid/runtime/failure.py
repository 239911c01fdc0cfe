"""An exception on one rank ends the job on all of them, and is printed once."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TypeVar

from hybrid.core.errors import RankError, is_bad_input
from hybrid.runtime.communicator import Communicator, host_name

Failure = TypeVar("Failure", bound=BaseException)

_GRACE_SECONDS = 0.3
"""How long rank r > 0 leaves rank 0, and then each rank before it, to report the same error."""

_PATIENCE_SECONDS = 3.0
"""How long a failed rank waits for the others to end with it."""


def describe(error: BaseException, rank: int) -> dict[str, object]:
    """Return an exception as a message to the other ranks."""
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return {
        "kind": "failure",
        "rank": rank,
        "host": host_name(),
        "summary": f"{type(error).__name__}: {error}".splitlines()[0],
        "traceback": "".join(lines),
        "bad_input": is_bad_input(error),
    }


def from_description(message: dict[str, object]) -> RankError:
    """Return the error to raise on every rank for a failure that a rank has described."""
    error = RankError(
        int(str(message["rank"])),
        str(message["host"]),
        str(message["summary"]),
        str(message["traceback"]),
        bad_input=bool(message["bad_input"]),
    )
    return mark_collective(error)


def mark_collective(error: Failure) -> Failure:
    """Return the error, marked as one that every rank raises at the same place."""
    error.__dict__["raised_on_all_ranks"] = True
    return error


def is_collective(error: BaseException) -> bool:
    """Return whether every rank raises an error at this place."""
    return bool(getattr(error, "raised_on_all_ranks", False))


def install_excepthook(communicator: Communicator) -> None:
    """Make uncaught exceptions of this process end the job.

    An error that all ranks raise is printed by rank 0 alone, and each ends by itself. Any other
    leaves ranks that wait for this one: its traceback is printed with rank and host, and the
    job is aborted. The exit code is 1, or 2 where the user's input was at fault.
    """

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if is_collective(error):
            if communicator.rank == 0:
                _print(error, trace)
            if is_bad_input(error):
                sys.exit(2)
            return
        abort(communicator, error)

    sys.excepthook = hook


def abort(communicator: Communicator, error: BaseException) -> None:
    """Print the error with rank and host, and end the processes of all ranks."""
    if communicator.rank > 0:
        # All ranks often fail alike; the first to report ends the others before they print.
        time.sleep(min(_GRACE_SECONDS + 0.05 * communicator.rank, 3.0))
    _print_with_place(communicator, error)
    communicator.abort(2 if is_bad_input(error) else 1)


@contextmanager
def ending_anyway(communicator: Communicator, error: BaseException) -> Iterator[None]:
    """Wait within this context for ranks to hear of a failure; if they do not, end the job.

    A rank in the middle of a long piece hears of it too late; the others do not wait for it.
    """

    def end() -> None:
        _print_with_place(communicator, error)
        communicator.abort(1)

    timer = threading.Timer(_PATIENCE_SECONDS, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _print_with_place(communicator: Communicator, error: BaseException) -> None:
    if not isinstance(error, RankError):
        print(f"rank {communicator.rank} on {host_name()} failed:", file=sys.stderr)
    _print(error, error.__traceback__)


def _print(error: BaseException, trace: TracebackType | None) -> None:
    if isinstance(error, RankError):
        print(error, file=sys.stderr)
    else:
        traceback.print_exception(type(error), error, trace)
    sys.stderr.flush()
