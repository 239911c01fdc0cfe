"""Nested calls: hybrid calls inside a running call are not collective.

A mapped function, ``Workload.run``, a loss, cotangents, an optimizer or an observer may make any
hybrid call. It runs on this rank only, because other ranks run other pieces, and returns the same
bits as outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from hybrid.core.seeds import derive, fresh
from hybrid.runtime.cores import thread_limit
from hybrid.runtime.world import alone, use

_NESTED = 1
"""Key of the seeds of nested calls, distinct from those of a piece's parts."""


@dataclass
class Inside:
    """The settings that a nested call inherits.

    Attributes:
        seed: seed of the piece, or of the run.
        threads: thread limit of the piece, or None.
        calls: number of nested calls without an explicit seed so far.
        circuits: seconds spent in circuits so far, or None if that is all of the time.
    """

    seed: int
    threads: int | None = None
    calls: int = 0
    circuits: float | None = None


_inside: ContextVar[Inside | None] = ContextVar("inside", default=None)
"""The innermost piece, or else the call, that runs in this thread."""


@contextmanager
def inside_call(seed: int) -> Iterator[None]:
    """Run hybrid calls within this context on this rank only."""
    call = Inside(derive(seed, _NESTED, _NESTED), thread_bound(), circuits=0.0)
    token = _inside.set(call)
    try:
        with use(alone()):
            yield
    finally:
        _inside.reset(token)
        count_circuits(call.circuits or 0.0)


class inside_piece:  # noqa: N801, used as a function
    """Within this context, derive seeds from the piece, and limit threads to the piece's."""

    __slots__ = ("_piece", "_token")

    def __init__(self, seed: int, threads: int) -> None:
        self._piece = Inside(seed, threads)

    def __enter__(self) -> Inside:
        self._token = _inside.set(self._piece)
        return self._piece

    def __exit__(self, *_: object) -> None:
        _inside.reset(self._token)


def is_nested() -> bool:
    """Return whether this is within a call, so that further calls are part of it.

    Example:
        >>> is_nested()
        False
    """
    return _inside.get() is not None


def nested_seed() -> int:
    """Return a seed for a call without one: fresh, or derived from the piece's seed inside a piece.

    Example:
        >>> with inside_piece(7, threads=1):
        ...     first, second = nested_seed(), nested_seed()
        >>> with inside_piece(7, threads=1):
        ...     nested_seed() == first != second
        True
    """
    found = _inside.get()
    if found is None:
        return fresh()
    found.calls += 1
    return derive(found.seed, _NESTED, found.calls)


def count_circuits(seconds: float) -> None:
    """Add to the time in circuits of the surrounding piece, if that is counted."""
    found = _inside.get()
    if found is not None and found.circuits is not None:
        found.circuits += seconds


def only_circuits_counted() -> None:
    """Count the circuits of the surrounding piece; what it does besides is classical.

    Example:
        >>> with inside_piece(7, threads=1) as piece:
        ...     only_circuits_counted()
        ...     count_circuits(0.25)
        >>> piece.circuits
        0.25
    """
    found = _inside.get()
    if found is not None:
        found.circuits = 0.0


def thread_bound() -> int | None:
    """Return the thread limit from ``OMP_NUM_THREADS`` and the surrounding piece, or None."""
    found = _inside.get()
    bounds = [thread_limit(), None if found is None else found.threads]
    return min((bound for bound in bounds if bound is not None), default=None)
