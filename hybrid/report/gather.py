"""What a report needs of a journal, as values; everything in it is data, never trusted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hybrid.core.arrays import FloatArray, IntArray
from hybrid.journal import Answer, Event, Journal, Questions, Start, Timings, open_journal

_SAMPLED = 1500
_SAMPLED_NUMBERS = 3_000_000
"""Answers, and numbers in their points, that are read for curves of gradients and parameters."""


@dataclass(frozen=True)
class Reference:
    """A value that the run is compared with.

    Attributes:
        value: in the unit of the run.
        name: where it comes from.
        unit: "hartree", or empty.
        accuracy: accepted error, or None.
    """

    value: float
    name: str = "reference"
    unit: str = ""
    accuracy: float | None = None


@dataclass(frozen=True, eq=False)
class Sample:
    """Some of the answers, evenly spread over the run; S of them.

    Attributes:
        numbers: shape (S,), int64; numbers of the answers.
        points: shape (S, P), float64; the point with the lowest value, NaN beyond its parameters.
        gradients: shape (S,), float64; norm of the gradient there, NaN without one.
    """

    numbers: IntArray
    points: FloatArray
    gradients: FloatArray


@dataclass(frozen=True, eq=False)
class Session:
    """From one start of the run to its end or to the next start.

    Attributes:
        number: the first is 0.
        began: seconds since 1970.
        seconds: duration.
        hosts: the host of each rank.
        cores: cores of the job.
        threads: threads of each rank with work.
        plan: how the first evaluation was split, as data; empty in older journals.
        plan_text: the same as a sentence.
        simulator: its description.
        environment: versions, machine, command line.
        usage: what each rank has used, by name; empty if the session was killed.
    """

    number: int
    began: float
    seconds: float
    hosts: tuple[str, ...]
    cores: int
    threads: int
    plan: Mapping[str, Any]
    plan_text: str
    simulator: str
    environment: Mapping[str, Any]
    usage: Mapping[str, tuple[float | None, ...]]

    @property
    def ranks(self) -> int:
        """Number of ranks."""
        return len(self.hosts)

    @property
    def core_seconds(self) -> float:
        """What the session is charged on a cluster: its time on all cores of the job."""
        return self.seconds * self.cores

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Ranks that share one state, leader first."""
        if integer(self.plan.get("shards"), 1) < 2:
            return ()
        found = [integers(each.get("ranks")) for each in branches(self.plan)]
        inside = range(self.ranks)
        return tuple(group for group in found if group and all(r in inside for r in group))


@dataclass(frozen=True, eq=False)
class Run:
    """A run as its journal tells it.

    Attributes:
        name: of the journal's file.
        title: the workload in a few words.
        optimizer: its name, or "" if unknown.
        seed: master seed.
        contents: what decides the numbers of the run, by name.
        origin: where the run came from.
        sessions: its starts.
        events: everything that happened to it.
        questions: all answers, as columns.
        timings: all pieces, as columns.
        sample: some of the answers with their points.
        completed: how it ended, or None if it has not.
        reference: a value to compare with, or None.
    """

    name: str
    title: str
    optimizer: str
    seed: int
    contents: Mapping[str, str]
    origin: Mapping[str, Any]
    sessions: tuple[Session, ...]
    events: tuple[Event, ...]
    questions: Questions
    timings: Timings
    sample: Sample
    completed: Mapping[str, Any] | None
    reference: Reference | None

    @property
    def seconds(self) -> float:
        """The time of all sessions."""
        return sum(session.seconds for session in self.sessions)

    @property
    def core_seconds(self) -> float:
        """What a cluster charges for all sessions."""
        return sum(session.core_seconds for session in self.sessions)

    @property
    def value(self) -> float:
        """The result of a completed run, else the lowest value so far; NaN without any."""
        final = real((self.completed or {}).get("value"))
        if final is not None:
            return final
        values = self.questions.values
        return float(np.nanmin(values)) if np.isfinite(values).any() else math.nan

    @property
    def standard_error(self) -> float | None:
        """The standard error of the result, or None."""
        return real((self.completed or {}).get("standard_error"))


def gather(path: Path, reference: Reference | None = None) -> Run:
    """Read a journal, also while the run is going on.

    Args:
        path: of the journal.
        reference: a value to compare with; by default that of its run file.

    Raises:
        JournalError: it is no journal, empty, damaged, or of a newer version.
    """
    with open_journal(path) as journal:
        timings = journal.timings()
        questions = journal.questions()
        events, starts, origin = journal.events, journal.starts, journal.origin
        about = mapping(starts[-1].environment.get("run")) if starts else {}
        return Run(
            name=path.name,
            title=text(about.get("workload")) or "A variational run",
            optimizer=text(about.get("optimizer")),
            seed=journal.seed,
            contents=journal.contents,
            origin=origin,
            sessions=tuple(_sessions(starts, events, questions)),
            events=events,
            questions=questions,
            timings=timings,
            sample=_sample(journal, questions),
            completed=journal.completed,
            reference=reference or _reference(origin.get("reference")),
        )


def _sessions(
    starts: Sequence[Start], events: Sequence[Event], questions: Questions
) -> list[Session]:
    sessions = []
    for place, start in enumerate(starts):
        following = starts[place + 1].time if place + 1 < len(starts) else math.inf
        own = [event for event in events if start.time <= event.time < following]
        mine = questions.times[questions.starts == start.start]
        last = max([start.time, *(e.time for e in own), *mine[-1:].tolist()])
        environment, hosts = start.environment, start.hosts or ("",)
        plan = mapping(environment.get("plan"))
        threads = max(integer(plan.get("threads"), 1), 1)
        usage = [event.detail for event in own if event.kind == "usage"]
        sessions.append(
            Session(
                number=start.start,
                began=start.time,
                seconds=max(min(last, following) - start.time, 1e-9),
                hosts=hosts,
                cores=max(integer(environment.get("job cores"), threads * len(hosts)), 1),
                threads=threads,
                plan=plan,
                plan_text=start.plan,
                simulator=start.simulator,
                environment=environment,
                usage=_usage(usage[-1]) if usage else {},
            )
        )
    return sessions


def _usage(detail: Mapping[str, Any]) -> dict[str, tuple[float | None, ...]]:
    names = ("core_seconds", "peak_bytes", "joules")
    lists = {name: detail.get(name) for name in names}
    return {n: tuple(real(each) for each in v) for n, v in lists.items() if isinstance(v, list)}


def _reference(told: object) -> Reference | None:
    found = mapping(told)
    value = real(found.get("value"))
    if value is None:
        return None
    name, unit = text(found.get("name")) or "reference", text(found.get("unit"))
    return Reference(value, name, unit, real(found.get("accuracy")))


def _sample(journal: Journal, questions: Questions) -> Sample:
    count = len(questions)
    if not count:
        return Sample(np.empty(0, dtype=np.int64), np.empty((0, 0)), np.empty(0))
    width = journal.answer(count - 1).ask.points.shape[1]
    most = max(50, min(_SAMPLED, _SAMPLED_NUMBERS // max(width, 1)))
    numbers = np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))
    rows = [_lowest(journal.answer(int(number))) for number in numbers]
    points = np.full((len(rows), max(len(point) for point, _ in rows)), np.nan)
    for place, (point, _) in enumerate(rows):
        points[place, : len(point)] = point
    return Sample(numbers, points, np.array([norm for _, norm in rows]))


def _lowest(answer: Answer) -> tuple[FloatArray, float]:
    """Return the point with the lowest value, and the norm of its gradient or NaN."""
    values = answer.told.values
    row = 0 if np.isnan(values).all() else int(np.nanargmin(values))
    gradients = answer.told.gradients
    norm = math.nan if gradients is None else float(np.linalg.norm(gradients[row]))
    return answer.ask.points[row], norm


def branches(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the branches of a plan that is data."""
    found = plan.get("branches")
    return [mapping(each) for each in found] if isinstance(found, list) else []


def mapping(value: object) -> Mapping[str, Any]:
    """Return a value that should be a mapping, or an empty one."""
    return value if isinstance(value, dict) else {}


def text(value: object) -> str:
    """Return a value that should be a text, or an empty one."""
    return value if isinstance(value, str) else ""


def real(value: object) -> float | None:
    """Return a value that should be a finite number, or None."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None  # type: ignore[arg-type]


def integer(value: object, default: int) -> int:
    """Return a value that should be an integer of moderate size, or a default."""
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**31:
        return default
    return value


def integers(value: object) -> tuple[int, ...]:
    """Return a value that should be a list of integers, or an empty one."""
    found = value if isinstance(value, list) else []
    return tuple(each for each in found if isinstance(each, int))
