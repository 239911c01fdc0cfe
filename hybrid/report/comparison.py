"""Several runs side by side."""

from __future__ import annotations

from collections.abc import Sequence

from hybrid.core.elements import Html, joined, table, tag
from hybrid.core.units import duration
from hybrid.report import charts
from hybrid.report.gather import Run
from hybrid.report.hours import Advice, advice, core_seconds, shares
from hybrid.report.sections import core_time, section, where_the_hours_went
from hybrid.report.timeline import Timeline


def compared(runs: Sequence[Run]) -> tuple[Html, dict[str, object]]:
    """Return the body of a comparison, and the data of its charts."""
    names = _names(runs)
    spent = [_spent(run) for run in runs]
    body = [
        tag("h1", f"{len(runs)} runs compared"),
        tag("p", "; ".join(dict.fromkeys(run.title for run in runs)), class_="verdict"),
        section("Results", _results(runs, names, spent), name="results"),
        section(
            "Convergence",
            tag("div", "", id="comparison", class_="chart", style="height:340px"),
            tag("div", "", id="comparison-time", class_="chart", style="height:340px"),
            name="value",
        ),
        section("Where the core-hours went", *_hours(names, spent), name="hours"),
        section("What differs", _differences(runs, names), name="differences"),
    ]
    told: dict[str, object] = {
        "comparison": [
            {"name": name, **charts.convergence(run), "seconds": _seconds(run)}
            for name, run in zip(names, runs, strict=True)
        ]
    }
    return joined(body), told


def _names(runs: Sequence[Run]) -> list[str]:
    """Return a name for each run; its file's, with a number where two have the same."""
    files = [run.name for run in runs]
    return [
        name if files.count(name) == 1 else f"{name} ({place + 1})"
        for place, name in enumerate(files)
    ]


def _spent(run: Run) -> tuple[dict[str, float], Advice]:
    timelines = [Timeline(session, run.questions, run.timings) for session in run.sessions]
    ledgers = [timeline.ledger() for timeline in timelines]
    spent = core_seconds(run, timelines, ledgers)
    return spent, advice(run, spent, timelines, ledgers)


def _results(
    runs: Sequence[Run], names: Sequence[str], spent: Sequence[tuple[dict[str, float], Advice]]
) -> Html:
    rows = []
    for run, name, (parts, _) in zip(runs, names, spent, strict=True):
        total = sum(parts.values()) or 1.0
        error = "" if run.standard_error is None else f" ± {run.standard_error:.2g}"
        ranks = run.sessions[-1].ranks if run.sessions else 0
        rows.append(
            (name, run.optimizer, f"{run.value:.10g}{error}",
             f"{int(run.questions.points.sum()):,}", ranks, duration(run.seconds),
             core_time(run.core_seconds), f"{(parts['circuits'] + parts['classical']) / total:.0%}",
             "yes" if run.completed is not None else "no")
        )  # fmt: skip
    head = ["run", "optimizer", "value", "evaluations", "ranks", "time", "core time",
            "at work", "finished"]  # fmt: skip
    return table(head, rows, numbers=range(2, 8))


def _hours(names: Sequence[str], spent: Sequence[tuple[dict[str, float], Advice]]) -> list[Html]:
    return [
        tag("details", tag("summary", name), where_the_hours_went(shares(parts), told))
        for name, (parts, told) in zip(names, spent, strict=True)
    ]


def _differences(runs: Sequence[Run], names: Sequence[str]) -> Html:
    """Return what decides the numbers and is not the same in all runs."""
    every = list(dict.fromkeys(key for run in runs for key in run.contents))
    rows = [("seed", *(run.seed for run in runs))]
    rows += [(key, *(run.contents.get(key, "")[:60] for run in runs)) for key in every]
    differing = [row for row in rows if len(set(row[1:])) > 1]
    if not differing:
        return tag("p", "Nothing that decides the numbers differs.")
    return table(["", *names], differing)


def _seconds(run: Run) -> list[float]:
    """Return when each shown answer was there, in seconds of the run without its pauses."""
    offsets, passed = {}, 0.0
    for session in run.sessions:
        offsets[session.number] = passed - session.began
        passed += session.seconds
    kept = charts.thinned(run.questions.values, charts.MOST_POINTS)
    starts, times = run.questions.starts[kept], run.questions.times[kept]
    return [float(t + offsets.get(int(s), 0.0)) for s, t in zip(starts, times, strict=True)]
