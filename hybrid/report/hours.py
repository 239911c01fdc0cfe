"""Where the core-hours of a run went, and the one change that would save most of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.units import duration
from hybrid.report.gather import Run
from hybrid.report.timeline import Ledger, Timeline

_WORTH_IT = 0.05
"""A change that saves less of the core-hours is not advised."""


@dataclass(frozen=True)
class Share:
    """A part of the core-hours.

    Attributes:
        name: what they were spent on.
        seconds: core-seconds.
        kind: "circuits", "classical", "communication" or "waiting".
        meaning: a sentence.
    """

    name: str
    seconds: float
    kind: str
    meaning: str


@dataclass(frozen=True)
class Advice:
    """A change to a run.

    Attributes:
        saves: share of all core-hours that it would save, at most.
        text: what to change and why, in one or two sentences.
    """

    saves: float
    text: str


_NAMES = {
    "circuits": ("circuits", "circuits", "Simulating circuits on the ranks."),
    "classical": ("classical parts of pieces", "classical", "What pieces compute beside them."),
    "optimizer": (
        "optimizer on rank 0", "classical",
        "Choosing the next points, observers, the journal, and the start of the run.",
    ),
    "communication": (
        "communication", "communication",
        "Sending questions, drawing pieces, and bringing the answers together.",
    ),
    "no_piece": (
        "no piece to run", "waiting", "Ranks for which an evaluation had no piece.",
    ),
    "others": ("slower ranks", "waiting", "Ranks that were done before the others."),
    "next_point": ("waiting for the optimizer", "waiting", "Ranks above 0 between evaluations."),
    "unused": ("cores without a thread", "waiting", "Cores of the job on which no rank ran."),
}  # fmt: skip


def core_seconds(run: Run, timelines: list[Timeline], ledgers: list[Ledger]) -> dict[str, float]:
    """Return the core-seconds of a run by what they were spent on; they add up to what is charged.

    A rank counts with the cores that it holds: those with work with their threads, the others with
    an equal part of the rest.
    """
    total = dict.fromkeys(_NAMES, 0.0)
    for timeline, ledger in zip(timelines, ledgers, strict=True):
        cores = _cores_of_ranks(timeline, ledger)
        for name in total:
            if name != "unused":
                total[name] += float(getattr(ledger, name) @ cores)
        free = timeline.session.cores - float(cores.sum())
        total["unused"] += max(free, 0.0) * timeline.session.seconds
    return total


def shares(spent: dict[str, float]) -> list[Share]:
    """Return the parts of the core-hours in a fixed order, without empty ones."""
    every = (Share(name, spent[key], kind, told) for key, (name, kind, told) in _NAMES.items())
    return [share for share in every if share.seconds > 0.0]


def advice(
    run: Run, spent: dict[str, float], timelines: list[Timeline], ledgers: list[Ledger]
) -> Advice:
    """Return the change that would save most core-hours, or the remark that there is none."""
    total = sum(spent.values())
    if not len(run.timings) or total <= 0.0:
        return Advice(0.0, "Nothing was computed, so there is nothing to save.")
    options = [
        Advice(seconds / total, text)
        for seconds, text in _options(run, spent, timelines[-1], ledgers[-1])
    ]
    best = max(options, key=lambda each: each.saves)
    tail = _tail(run)
    if tail is not None and tail.saves > max(best.saves, _WORTH_IT):
        return tail
    if best.saves >= _WORTH_IT:
        return best
    used = (spent["circuits"] + spent["classical"]) / total
    return Advice(
        0.0,
        f"Nothing in the way it is split: {used:.0%} of the core-hours went into the work itself. "
        "Fewer evaluations, or fewer shots in each, would be the next thing to look at.",
    )


def _options(
    run: Run, spent: dict[str, float], timeline: Timeline, ledger: Ledger
) -> list[tuple[float, str]]:
    """Return changes of the split, each with the core-seconds that it would save at most."""
    ranks = timeline.num_ranks
    working = max(int((ledger.pieces > 0).sum()), 1)
    per_ask = len(run.timings) / max(len(np.unique(run.timings.asks)), 1)
    piece = float(np.median(run.timings.measured))
    step = float(ledger.optimizer[0]) / max(len(timeline.begin), 1)
    fewer = min(working, max(1, math.ceil(per_ask)))
    return [
        (
            spent["no_piece"],
            f"Run it on {_count(fewer, 'rank')} instead of {ranks}: an evaluation has "
            f"{_count(round(per_ask), 'piece')}, and the other ranks wait. More points at a time, "
            "more samples or more shots would give them work; 'hybrid plan' shows how much.",
        ),
        (
            spent["others"],
            f"Let the pieces divide more evenly: ranks waited for the slowest one, with "
            f"{per_ask:.3g} pieces in an evaluation on {ranks} ranks. A number of ranks that "
            "divides the number of pieces, or more and smaller pieces, would help.",
        ),
        (
            spent["next_point"],
            f"Give the ranks more work between two steps: rank 0 took {duration(step)} for each "
            f"step while {_count(ranks - 1, 'other rank')} waited. Fewer ranks, or an optimizer "
            "that asks for more points at a time, would help.",
        ),
        (
            spent["communication"],
            f"Run it on fewer ranks, or with more work in a piece: a piece takes "
            f"{duration(piece)}, which is short beside the messages around it.",
        ),
        (
            spent["unused"],
            f"Give the ranks more threads, or the job fewer cores: {timeline.session.cores} cores "
            f"were held, and {ranks} ranks with {timeline.session.threads} "
            f"thread{'s' * (timeline.session.threads > 1)} each ran.",
        ),
    ]  # fmt: skip


def _tail(run: Run) -> Advice | None:
    """Return the advice to stop earlier, if the value was final long before the end."""
    values = run.questions.values
    if len(values) < 3 or not np.isfinite(values).any():
        return None
    errors = run.questions.errors
    accuracy = None if run.reference is None else run.reference.accuracy
    within = max(accuracy or 0.0, float(np.nanmedian(errors)) if np.isfinite(errors).any() else 0.0)
    if within == 0.0:
        return None  # unknown how exact the value has to be
    best = np.fmin.accumulate(values)
    final = int(np.argmax(best - best[-1] <= within)) + 1
    rest = float(run.questions.seconds[final:].sum()) / max(run.seconds, 1e-9)
    return Advice(
        min(rest, 1.0),
        f"Stop earlier: after {final} of {len(values)} answers the value was within {within:.2g} "
        "of the last one. A larger tolerance, or max_iterations, ends the run there.",
    )


def _cores_of_ranks(timeline: Timeline, ledger: Ledger) -> FloatArray:
    """Return the cores that each rank holds, shape (R,)."""
    session, ranks = timeline.session, timeline.num_ranks
    busy = ledger.circuits + ledger.classical > 0.0
    if not busy.any():
        return np.full(ranks, session.cores / ranks)
    of_busy = min(session.threads, session.cores / int(busy.sum()))
    rest = session.cores - of_busy * int(busy.sum())
    idle = ranks - int(busy.sum())
    return np.where(busy, of_busy, rest / idle if idle else 0.0)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
