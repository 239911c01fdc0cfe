"""Validate the journal arguments; open the journal when the run starts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from hybrid.collective.topology import cores_of
from hybrid.core.ask import Told
from hybrid.core.errors import InputError
from hybrid.core.plan import Plan
from hybrid.journal import (
    Answer,
    Identity,
    Journal,
    Writer,
    carries_over,
    differences,
    open_journal,
    peek,
)
from hybrid.journal.writer import refuse_differences
from hybrid.loop.provenance import environment
from hybrid.loop.replay import Answers, Direct, Recorded
from hybrid.runtime import Team, World
from hybrid.scheduler.explain import as_data, summary


@dataclass(frozen=True)
class Recording:
    """The journal arguments of a run.

    Attributes:
        path: path of the journal. If it exists, the run resumes from it.
        fork: path of an earlier journal from which a new one at ``path`` starts, or None.
        origin: where the run comes from, plain data, for ``hybrid resume``.
    """

    path: Path
    fork: Path | None = None
    origin: Mapping[str, Any] = field(default_factory=dict)

    def check(self, identity: Identity) -> int | None:
        """Check the journal before anything runs; rank 0 only.

        Returns:
            The recorded seed, or None for a new journal.

        Raises:
            JournalError: the file is not a journal, damaged, of a newer version, or missing.
            RecordError: it records another run.
        """
        journal = peek(self.path)
        if journal is not None:
            with journal:
                self._refuse_other_fork(journal)
                refuse_differences(journal, identity)
                return journal.seed
        if self.fork is not None:
            with open_journal(self.fork) as old:
                return old.seed
        return None

    def _refuse_other_fork(self, journal: Journal) -> None:
        """Refuse to fork into an existing file, unless it is a fork of the same journal."""
        forks = [event.detail.get("from") for event in journal.events if event.kind == "fork"]
        if self.fork is not None and str(self.fork) not in forks:
            raise InputError(
                "journal",
                got=f"{self.path}, which exists and is not a fork of {self.fork}",
                expected="a new file",
                advice="choose another file, or omit the fork to resume this one",
            )

    @contextmanager
    def opened(
        self, team: Team[Told], world: World, identity: Identity, setup: Setup
    ) -> Iterator[Answers]:
        """Open the journal and record the start of the run; rank 0 only."""
        with ExitStack() as files:
            writer = files.enter_context(Writer(self.path, identity, self.origin))
            own = files.enter_context(Journal(self.path))
            answers: Iterator[Answer] = own.answers()
            if self.fork is not None:
                old = files.enter_context(Journal(self.fork))
                answers = chain(answers, _taken_over(old, writer, identity))
            for lost in world.lost:
                writer.event("lost rank", which=lost)
            plan = setup.plan
            about = {"run": setup.about, "plan": as_data(plan, setup.threads)}
            cores = {"job cores": cores_of(world, setup.threads)}
            told = {**environment(), **cores, **about}
            writer.start(world.rank_hosts, setup.simulator, summary(plan), told)
            yield Recorded(
                team,
                writer,
                answers,
                own.unfinished(),
                reproducible=setup.reproducible,
                strict=self.fork is None,
                ended=self.fork is None and own.completed is not None,
            )


def _taken_over(old: Journal, writer: Writer, identity: Identity) -> Iterator[Answer]:
    """Return the answers of another journal that are valid for this run, after its own."""
    differing = differences(old.identity, identity)
    kept = not differing or carries_over(differing)
    if not writer.resumes:
        forked = {"from": str(old.path), "differs": list(differing.values())}
        writer.event("fork", answers=len(old) if kept else 0, **forked)
    return old.answers(writer.count) if kept else iter(())


@dataclass(frozen=True)
class Setup:
    """What a journal records when a run starts or resumes.

    Attributes:
        simulator: description of the simulator.
        plan: how the first evaluation is split.
        reproducible: whether an answer can be recomputed to the same bits.
        threads: threads of each rank with work.
        about: what runs: workload, optimizer and number of parameters.
    """

    simulator: str
    plan: Plan
    reproducible: bool
    threads: int
    about: Mapping[str, object]


def checked_recording(
    journal: object, fork: object, origin: Mapping[str, Any] | None = None
) -> Recording | None:
    """Validate the journal arguments; None without a journal.

    Raises:
        InputError: an argument is not a path, or a fork is given without a journal.
    """
    for name, value in (("journal", journal), ("fork", fork)):
        if value is not None and not isinstance(value, str | os.PathLike):
            raise InputError(name, got=repr(value), expected="the path of a file")
    if journal is None:
        if fork is not None:
            raise InputError(
                "fork",
                got=f"{fork} without a journal",
                expected="a journal for the forked run",
                advice="pass a new file as the journal",
            )
        return None
    old = None if fork is None else Path(fork)  # type: ignore[arg-type]
    return Recording(Path(journal), old, origin or {"kind": "script"})  # type: ignore[arg-type]


@contextmanager
def answers_of(team: Team[Told]) -> Iterator[Answers]:
    """Return the answers of a run without a journal."""
    yield Direct(team)
