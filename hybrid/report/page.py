"""A report as one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from hybrid.core.elements import Html, data, joined, tag
from hybrid.core.errors import InputError
from hybrid.report import charts, sections
from hybrid.report.comparison import compared
from hybrid.report.drawing import drawn
from hybrid.report.gather import Reference, Run, gather
from hybrid.report.hours import advice, core_seconds, shares
from hybrid.report.sections import section
from hybrid.report.timeline import Timeline

_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"


def write_report(
    journals: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    reference: float | None = None,
) -> Path:
    """Write the report of a run, or a comparison of several, as one HTML file.

    Args:
        journals: paths of journals; runs may still be going on.
        output: path of the HTML file, replaced if it exists.
        reference: a value to compare with; by default that of the run file.

    Returns:
        The path of the file.

    Raises:
        InputError: no journal is given, or the output cannot be written.
        JournalError: a file is no journal, empty, damaged, or of a newer version.

    Example:
        >>> import hybrid, os, tempfile
        >>> from qiskit.circuit.library import real_amplitudes
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> folder = tempfile.mkdtemp()
        >>> problem = hybrid.VQE(real_amplitudes(2, reps=1), SparsePauliOp(["ZZ", "XX"]))
        >>> result = hybrid.minimize(problem, seed=7, journal=os.path.join(folder, "run.db"))
        >>> write_report([os.path.join(folder, "run.db")], os.path.join(folder, "run.html")).name
        'run.html'
    """
    target = Path(output)
    _check_target(target, journals)
    known = None if reference is None else Reference(float(reference), "given reference")
    text = document([gather(Path(journal), known) for journal in journals])
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        beside.write_text(text, "utf-8")
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise _unwritable(target, error.strerror or str(error)) from None
    return target


def document(runs: Sequence[Run]) -> str:
    """Return the HTML of a report of one run, or of a comparison of several."""
    if len(runs) > 1:
        title, body, told = "Comparison of runs", *compared(runs)
    else:
        title, body, told = runs[0].title, *_one(runs[0])
    top = joined(
        [
            Html('<meta charset="utf-8">'),
            Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
            Html('<meta name="color-scheme" content="light dark">'),
            Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
            tag("title", f"{title} · hybrid"),
            tag("style", _asset("report.css")),
        ]
    )
    scripts = joined(
        [
            tag("script", data(told), type="application/json", id="data"),
            tag("script", _asset("echarts.min.js")),
            tag("script", _asset("report.js")),
        ]
    )
    page = tag("html", tag("head", top), tag("body", tag("main", body), scripts), lang="en")
    return f"<!DOCTYPE html>\n{page}\n"


def _one(run: Run) -> tuple[Html, dict[str, object]]:
    timelines = [Timeline(session, run.questions, run.timings) for session in run.sessions]
    ledgers = [timeline.ledger() for timeline in timelines]
    spent = core_seconds(run, timelines, ledgers)
    parts = shares(spent)
    told: dict[str, object] = {
        "convergence": charts.convergence(run),
        "gradients": charts.gradients(run),
        "parameters": charts.parameters(run),
        "timeline": drawn(timelines) if len(run.timings) else None,
    }
    body = [
        sections.head(run, parts),
        section(
            "Where the core-hours went",
            sections.where_the_hours_went(parts, advice(run, spent, timelines, ledgers)),
            name="hours",
        ),
        section("Convergence", _chart("convergence", 320), _chart("distance", 220), name="value"),
        section("Gradient", *_gradient(run, told), name="gradient"),
        section("Parameters", *_parameters(told), name="parameters-section"),
        section("Plan, predicted and measured", sections.plan(run, ledgers), name="plan"),
        section("Timeline of the ranks", *_timeline(told, timelines), name="timeline-section"),
        section("Ranks", sections.ranks(run, ledgers, timelines), name="ranks"),
        section("Memory and energy", sections.memory(run), name="memory"),
        section("Environment", sections.environment(run), name="environment"),
        section("How to reproduce it", sections.reproduce(run), name="reproduce"),
        section("Events", sections.events(run), name="events"),
        tag("footer", f"{run.name}, by hybrid {run.contents.get('hybrid', '')}"),
    ]
    return joined(body), told


def _chart(name: str, height: int) -> Html:
    return tag("div", "", id=name, class_="chart", style=f"height:{height}px")


def _gradient(run: Run, told: dict[str, object]) -> list[Html]:
    if told["gradients"] is None:
        return [tag("p", "The optimizer asked for no gradients.")]
    return [_chart("gradients", 220)]


def _parameters(told: dict[str, object]) -> list[Html]:
    found = told["parameters"]
    if not isinstance(found, dict):
        return [tag("p", "No point was recorded.")]
    shown, every = len(found["indices"]), found["all"]
    which = "All parameters" if shown == every else f"The {shown} of {every} that moved most"
    return [tag("p", f"{which}, in the best point of each answer."), _chart("parameters", 280)]


def _timeline(told: dict[str, object], timelines: Sequence[Timeline]) -> list[Html]:
    found = told["timeline"]
    if not isinstance(found, dict):
        return [tag("p", "No piece was recorded.")]
    notes = ["Turn the wheel or pinch to zoom, drag to move."]
    if not all(timeline.exact for timeline in timelines):
        notes.append(
            "This journal, of an older version, does not say when pieces began: they are drawn one "
            "after another from the beginning of their evaluation."
        )
    if not found["exact"]:
        notes.append(
            "The run has too many pieces to draw each: the first and the slowest evaluations are "
            "exact, elsewhere a bar shows how the time was shared."
        )
    if found["together"] > 1:
        notes.append(f"Each row is the mean of {found['together']} ranks.")
    height = 110 + max(14, min(28, 900 // len(found["rows"]))) * len(found["rows"])
    keys = [*found["kinds"], "waiting"]
    legend = tag(
        "p", *(tag("span", tag("i", "", class_=f"key {k}"), k) for k in keys), class_="keys"
    )
    return [tag("p", " ".join(notes)), legend, _chart("timeline", height)]


def _check_target(target: Path, journals: Sequence[str | os.PathLike[str]]) -> None:
    """Refuse an output that cannot be written before anything is read."""
    if not journals:
        raise InputError("journals", got="none", expected="the path of a journal, or several")
    if any(target.resolve() == Path(journal).resolve() for journal in journals):
        raise _unwritable(target, "it is the journal itself")
    if target.is_dir():
        raise _unwritable(target, "it is a folder")
    if not target.parent.is_dir():
        raise _unwritable(target, f"there is no folder {target.parent}")
    if not os.access(target.parent, os.W_OK):
        raise _unwritable(target, f"the folder {target.parent} may not be written")


def _unwritable(target: Path, why: str) -> InputError:
    return InputError(
        "output",
        got=f"{target}, which cannot be written ({why})",
        expected="an HTML file in a folder that exists and may be written",
    )


@cache
def _asset(name: str) -> Html:
    """Return a file of this package, safe within its element."""
    text = files("hybrid.report").joinpath("assets", name).read_text("utf-8")
    return Html(text.replace("</script", "<\\/script"))
