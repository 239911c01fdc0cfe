"""The journal of a training: checkpoints, and what happened."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from hybrid.core.errors import Suspended
from hybrid.journal import Identity, Journal, Writer
from hybrid.loop.provenance import environment
from hybrid.loop.recording import Recording
from hybrid.runtime import World
from hybrid.torch.result import Epoch

_LEAST_SECONDS = 1.0
_FRACTION = 0.05
"""Of the time that may go into making checkpoints, which are at least a second apart."""


class NoRecord:
    """Stands for a journal where there is none."""

    def begin(self, split: str) -> None:
        """Write nothing."""

    def checkpoint(self) -> bytes | None:
        """Return None: a training without a journal starts from its beginning."""
        return None

    def maybe(self, step: int, blob: Callable[[], bytes]) -> None:
        """Write nothing."""

    def epoch(self, epoch: Epoch) -> None:
        """Write nothing."""

    def stopped(self, step: int, blob: Callable[[], bytes], reason: str) -> None:
        """Return, because there is nothing to resume from."""

    def ended(self, step: int, blob: bytes, end: Mapping[str, Any]) -> None:
        """Write nothing."""


class Record:
    """An open journal.

    Args:
        writer: the journal.
        found: the last checkpoint, if the training resumes.
        world: the ranks.
        model: one line.
    """

    def __init__(self, writer: Writer, found: bytes | None, world: World, model: str) -> None:
        self._writer, self._found, self._world, self._model = writer, found, world, model
        self._due = time.monotonic() + _LEAST_SECONDS

    def begin(self, split: str) -> None:
        """Record the start."""
        for lost in self._world.lost:
            self._writer.event("lost rank", which=lost)
        self._writer.start(self._world.rank_hosts, self._model, split, environment())

    def checkpoint(self) -> bytes | None:
        """Return the last checkpoint."""
        return self._found

    def maybe(self, step: int, blob: Callable[[], bytes]) -> None:
        """Write a checkpoint, if the last one was written long enough ago.

        The steps after it would be repeated, to the same bits.
        """
        start = time.monotonic()
        if start >= self._due:
            self._writer.checkpoint(step, blob())
            end = time.monotonic()
            self._due = end + max(_LEAST_SECONDS, (end - start) / _FRACTION)

    def epoch(self, epoch: Epoch) -> None:
        """Record the end of an epoch."""
        self._writer.event("epoch", **epoch.plain())

    def stopped(self, step: int, blob: Callable[[], bytes], reason: str) -> None:
        """Write a checkpoint, and raise Suspended."""
        self._writer.checkpoint(step, blob())
        self._writer.event("stop", reason=reason, steps=step)
        self._writer.flush()
        raise Suspended(
            reason,
            f"hybrid: stopped by {reason} after {step} steps, recorded in {self._writer.path}. "
            "Start it again in the same way to resume (exit code 75).",
        )

    def ended(self, step: int, blob: bytes, end: Mapping[str, Any]) -> None:
        """Record the end."""
        self._writer.checkpoint(step, blob)
        self._writer.event("completed", steps=step, **end)
        self._writer.flush()


@contextmanager
def opened(
    recording: Recording | None, identity: Callable[[], Identity], world: World, model: str
) -> Iterator[Record | NoRecord]:
    """Open the journal of a training, or nothing; on rank 0."""
    if recording is None:
        yield NoRecord()
        return
    with Writer(recording.path, identity(), recording.origin) as writer:
        with Journal(recording.path) as journal:
            found = journal.checkpoint()
        yield Record(writer, found, world, model)
