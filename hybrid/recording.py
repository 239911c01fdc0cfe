"""Which journal a run is to have, and whether it may: checked first, opened when it starts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hybrid.ask import Told
from hybrid.errors import InputError, RecordError
from hybrid.journal import Identity, Journal, Writer, carries_over, differences, open_journal, peek
from hybrid.journal.writer import refuse_differences
from hybrid.plan import Plan
from hybrid.provenance import environment
from hybrid.replay import Answers, Direct, Recorded
from hybrid.runtime import Team, World


@dataclass(frozen=True)
class Recording:
    """Where a run is to be recorded.

    Attributes:
        path: of the journal; where it exists already, the run goes on from its end.
        fork: of a journal whose record is to be the start of a new one at ``path``, or None.
        origin: where the run comes from, plain data, for ``hybrid resume``.
    """

    path: Path
    fork: Path | None = None
    origin: Mapping[str, Any] = field(default_factory=dict)

    def check(self, identity: Identity) -> int | None:
        """Refuse a journal that cannot be had, before anything runs; rank 0 alone.

        Returns:
            The recorded seed, or None where nothing is recorded yet.

        Raises:
            JournalError: the file is no journal, damaged, of a newer version, or not there.
            RecordError: it records another run.
        """
        if self.fork is not None:
            if peek(self.path) is not None:
                raise RecordError(
                    "journal",
                    got=f"{self.path}, which exists, to fork {self.fork} into",
                    expected="a new file",
                    advice="name another, or leave the fork out to go on with it",
                )
            with open_journal(self.fork) as old:
                return old.seed
        journal = peek(self.path)
        if journal is None:
            return None
        with journal:
            refuse_differences(journal, identity)
            return journal.seed

    @contextmanager
    def opened(
        self, team: Team[Told], world: World, identity: Identity, start: Start
    ) -> Iterator[Answers]:
        """Open the journal and record the start of the run; rank 0 alone."""
        with ExitStack() as files:
            writer = files.enter_context(Writer(self.path, identity, self.origin))
            record = files.enter_context(Journal(self.fork or self.path))
            differing = differences(record.identity, identity)
            kept = not differing or carries_over(differing)
            if self.fork is not None and not writer.resumes:
                forked = {"from": str(self.fork), "differs": list(differing.values())}
                writer.event("fork", answers=len(record) if kept else 0, **forked)
            writer.start(world.rank_hosts, start.simulator, start.plan.explain(), environment())
            yield Recorded(
                team,
                writer,
                record.answers() if kept else iter(()),
                record.unfinished() if kept and self.fork is None else None,
                reproducible=start.reproducible,
                strict=self.fork is None,
            )


@dataclass(frozen=True)
class Start:
    """What a journal tells of a start of the run.

    Attributes:
        simulator: what computes.
        plan: how the first evaluation is split.
        reproducible: whether an answer can be computed again to the same bits.
    """

    simulator: str
    plan: Plan
    reproducible: bool


def checked_recording(
    journal: object, fork: object, origin: Mapping[str, Any] | None = None
) -> Recording | None:
    """Return where a run is to be recorded, or None where it is not.

    Raises:
        InputError: not paths, or a fork without a journal to fork into.
    """
    for name, value in (("journal", journal), ("fork", fork)):
        if value is not None and not isinstance(value, str | os.PathLike):
            raise InputError(name, got=repr(value), expected="the path of a file")
    if journal is None:
        if fork is not None:
            raise InputError(
                "fork",
                got=f"{fork} without a journal",
                expected="a journal to fork it into",
                advice="name a new file as the journal",
            )
        return None
    old = None if fork is None else Path(fork)  # type: ignore[arg-type]
    return Recording(Path(journal), old, origin or {"kind": "script"})  # type: ignore[arg-type]


@contextmanager
def answers_of(team: Team[Told]) -> Iterator[Answers]:
    """Return the answers of a run that is not recorded."""
    yield Direct(team)
