"""While a call runs, a rank is a job of its own: calls made inside are not collective.

A mapped function, ``Workload.run``, a loss, cotangents, an optimizer or an observer may make any
hybrid call. It runs on this rank alone, because the other ranks are at other pieces, and returns
the same bits as it does outside.
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
"""Keys the seeds of calls made inside, apart from those of a piece's own parts."""


@dataclass
class Inside:
    """What a call that is made inside another one takes over from it.

    Attributes:
        seed: of the piece, or of the run.
        threads: that the piece may use, or None.
        calls: how many calls without a seed of their own were made.
    """

    seed: int
    threads: int | None = None
    calls: int = 0


_inside: ContextVar[Inside | None] = ContextVar("inside", default=None)
"""The innermost piece that runs in this thread, or else the call."""


@contextmanager
def inside_call(seed: int) -> Iterator[None]:
    """Make calls within this context calls of this rank alone."""
    token = _inside.set(Inside(derive(seed, _NESTED, _NESTED), thread_bound()))
    try:
        with use(alone()):
            yield
    finally:
        _inside.reset(token)


class inside_piece:  # noqa: N801, used as a function
    """Give calls within this context seeds that depend on the piece, and its threads."""

    __slots__ = ("_piece", "_token")

    def __init__(self, seed: int, threads: int) -> None:
        self._piece = Inside(seed, threads)

    def __enter__(self) -> None:
        self._token = _inside.set(self._piece)

    def __exit__(self, *_: object) -> None:
        _inside.reset(self._token)


def nested_seed() -> int:
    """Return a seed for a call that was given none: fresh, or inside a piece derived from its seed.

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
    """Return the bound on a rank's threads: of ``OMP_NUM_THREADS`` and of the piece around."""
    found = _inside.get()
    bounds = [thread_limit(), None if found is None else found.threads]
    return min((bound for bound in bounds if bound is not None), default=None)
