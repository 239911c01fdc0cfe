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
    """

    seed: int
    threads: int | None = None
    calls: int = 0


_inside: ContextVar[Inside | None] = ContextVar("inside", default=None)
"""The innermost piece, or else the call, that runs in this thread."""


@contextmanager
def inside_call(seed: int) -> Iterator[None]:
    """Run hybrid calls within this context on this rank only."""
    token = _inside.set(Inside(derive(seed, _NESTED, _NESTED), thread_bound()))
    try:
        with use(alone()):
            yield
    finally:
        _inside.reset(token)


class inside_piece:  # noqa: N801, used as a function
    """Within this context, derive seeds from the piece, and limit threads to the piece's."""

    __slots__ = ("_piece", "_token")

    def __init__(self, seed: int, threads: int) -> None:
        self._piece = Inside(seed, threads)

    def __enter__(self) -> None:
        self._token = _inside.set(self._piece)

    def __exit__(self, *_: object) -> None:
        _inside.reset(self._token)


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


def thread_bound() -> int | None:
    """Return the thread limit from ``OMP_NUM_THREADS`` and the surrounding piece, or None."""
    found = _inside.get()
    bounds = [thread_limit(), None if found is None else found.threads]
    return min((bound for bound in bounds if bound is not None), default=None)
