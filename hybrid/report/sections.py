"""The sections of a report: tables and sentences, made of what the journal says."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hybrid.core.elements import Html, facts, joined, table, tag
from hybrid.core.memory import gigabytes
from hybrid.core.units import duration
from hybrid.report.gather import Run, Session, branches, integer, mapping, real, text
from hybrid.report.hours import Advice, Share
from hybrid.report.timeline import Ledger, Timeline

_MOST_ROWS = 64
_MOST_EVENTS = 40
_UNKNOWN = "not recorded by this journal"


def section(title: str, *content: object, name: str) -> Html:
    """Return a section with a heading and an anchor."""
    return tag("section", tag("h2", title), *content, id=name)


def head(run: Run, shares: Sequence[Share]) -> Html:
    """Return the title, how the run ended, and its key figures."""
    unit = f", {run.reference.unit}" if run.reference is not None and run.reference.unit else ""
    error = "" if run.standard_error is None else f" ± {run.standard_error:.2g}"
    cards = [(f"value{unit}", f"{run.value:.10g}{error}")]
    if run.reference is not None:
        off = run.value - run.reference.value
        cards.append(("from the reference", f"{off:+.2e}"))
    total = sum(share.seconds for share in shares) or 1.0
    work = sum(share.seconds for share in shares if share.kind in ("circuits", "classical"))
    cards += [
        ("evaluations", f"{int(run.questions.points.sum()):,}"),
        ("time", duration(run.seconds)),
        ("core time", core_time(run.core_seconds)),
        ("of it at work", f"{work / total:.0%}"),
    ]
    return joined(
        [
            tag("h1", run.title),
            tag("p", _verdict(run), class_="verdict"),
            tag(
                "div", *(tag("div", tag("b", v), tag("span", n)) for n, v in cards), class_="cards"
            ),
        ]
    )


def core_time(core_seconds: float) -> str:
    """Format core-seconds, from a tenth of an hour on as core-hours.

    Example:
        >>> core_time(7200.0), core_time(62.6), core_time(2e-3)
        ('2 core-h', '62.6 core-s', '0.002 core-s')
    """
    if core_seconds >= 360.0:
        return f"{core_seconds / 3600.0:,.4g} core-h"
    return f"{core_seconds:.3g} core-s"


def _verdict(run: Run) -> str:
    method = f"{run.optimizer}: " if run.optimizer else ""
    if run.completed is not None:
        message = text(run.completed.get("message")) or "the run has ended"
        return message if run.optimizer and message.startswith(run.optimizer) else method + message
    stops = [event.detail for event in run.events if event.kind == "stop"]
    why = f", stopped by {text(stops[-1].get('reason'))}" if stops else ""
    return f"{method}not finished{why}; what follows is what had been recorded so far"


def where_the_hours_went(shares: Sequence[Share], advice: Advice) -> Html:
    """Return the core-hours as one bar and as a table, with the advice."""
    total = sum(share.seconds for share in shares) or 1.0
    bar = tag(
        "div",
        *(
            tag("i", "", class_=each.kind, style=f"flex-grow:{each.seconds / total:.5f}",
                title=f"{each.name}: {each.seconds / total:.1%}")
            for each in shares
        ),
        class_="bar", role="img", aria_label="shares of the core-hours",
    )  # fmt: skip
    rows = [
        (tag("span", tag("i", "", class_=f"key {each.kind}"), each.name), core_time(each.seconds),
         f"{each.seconds / total:.1%}", each.meaning)
        for each in shares
    ]  # fmt: skip
    saved = tag("b", f"saves up to {advice.saves:.0%}: ") if advice.saves else ""
    return joined(
        [
            bar,
            table(["spent on", "core time", "share", ""], rows, numbers=(1, 2)),
            tag("p", tag("b", "The one change: "), saved, advice.text, class_="advice"),
        ]
    )


def plan(run: Run, ledgers: Sequence[Ledger]) -> Html:
    """Return the plan of the last session as a tree, predicted beside measured times."""
    if not run.sessions:
        return tag("p", "No start was recorded.")
    session, ledger = run.sessions[-1], ledgers[-1]
    if not session.plan:
        return joined([tag("p", session.plan_text), tag("p", f"Details: {_UNKNOWN}.")])
    told = session.plan
    pieces, axis = integer(told.get("pieces"), 0), text(told.get("axis"))
    evaluation = f"one evaluation: {pieces} piece{'s' * (pieces != 1)} along the {axis}"
    leaves = [tag("li", leaf) for leaf in _branches(session, ledger)]
    tree = tag("ul", tag("li", run.title, tag("ul", tag("li", evaluation, tag("ul", *leaves)))))
    parts = [tag("div", tree, class_="tree"), tag("p", f"Why: {text(told.get('why'))}.")]
    ratio = _ratio(run)
    if ratio:
        parts.append(tag("p", ratio))
    others = [mapping(each) for each in told.get("alternatives", []) if isinstance(each, dict)]
    if len(others) > 1:
        rows = [
            ("chosen" if each.get("chosen") else "", integer(each.get("ranks"), 0),
             integer(each.get("threads"), 0), integer(each.get("shards"), 1),
             duration(real(each.get("seconds")) or 0.0), text(each.get("note")))
            for each in others[:20]
        ]  # fmt: skip
        names = ["", "ranks", "threads", "shards", "predicted", "limit"]
        alternatives = table(names, rows, numbers=(1, 2, 3, 4))
        parts.append(tag("details", tag("summary", "Alternatives considered"), alternatives))
    return joined(parts)


def _branches(session: Session, ledger: Ledger) -> Iterator[Html]:
    for branch in branches(session.plan):
        ranks = [each for each in branch.get("ranks", []) if isinstance(each, int)]
        if not ranks or not 0 <= min(ranks) <= max(ranks) < len(ledger.pieces):
            continue
        low, high = min(ranks), max(ranks)
        who = f"rank {low}" if low == high else f"ranks {low} to {high}"
        mine = slice(low, high + 1)
        count = int(ledger.pieces[mine].sum())
        if not count:
            yield joined([tag("b", who), ": idle"])
            continue
        shards = " that share a state" if session.groups else ""
        threads = f", {_threads(session)} each"
        predicted, measured = ledger.predicted[mine].sum(), ledger.measured[mine].sum()
        times = "no prediction"
        if predicted > 0.0:
            times = (
                f"predicted {duration(float(predicted))}, measured {duration(float(measured))} "
                f"({measured / predicted:.2f} times)"
            )
        yield joined([tag("b", who), f"{shards}{threads}: {count:,} pieces of the run; ", times])


def _threads(session: Session) -> str:
    return f"{session.threads} thread{'s' * (session.threads > 1)}"


def _ratio(run: Run) -> str:
    timings = run.timings
    known = (timings.predicted > 0.0) & (timings.measured > 0.0)
    if known.sum() < 2:
        return ""
    ratios = timings.measured[known] / timings.predicted[known]
    low, middle, high = np.quantile(ratios, [0.05, 0.5, 0.95])
    return (
        f"Measured over predicted time of a piece: {middle:.2f} in the middle, "
        f"{low:.2f} to {high:.2f} for nine in ten of {int(known.sum()):,} pieces."
    )


def ranks(run: Run, ledgers: Sequence[Ledger], timelines: Sequence[Timeline]) -> Html:
    """Return what each rank did in the last session, and the memory and CPU time it used."""
    if not run.sessions:
        return tag("p", "No start was recorded.")
    session, ledger = run.sessions[-1], ledgers[-1]
    cpu, peak = session.usage.get("core_seconds", ()), session.usage.get("peak_bytes", ())
    count = timelines[-1].num_ranks
    shown = list(range(min(count, _MOST_ROWS)))

    def used(values: Sequence[float | None], rank: int) -> float | None:
        return values[rank] if rank < len(values) else None

    rows = []
    for rank in shown:
        memory, seconds = used(peak, rank), used(cpu, rank)
        host = session.hosts[rank] if rank < session.ranks else ""
        times = [ledger.circuits, ledger.classical + ledger.optimizer, ledger.communication,
                 ledger.no_piece, ledger.others, ledger.next_point]  # fmt: skip
        rows.append(
            [rank, host, f"{int(ledger.pieces[rank]):,}",
             *(duration(float(each[rank])) for each in times),
             "" if seconds is None else duration(seconds),
             "" if memory is None else gigabytes(int(memory))]
        )  # fmt: skip
    names = ["rank", "host", "pieces", "circuits", "classical", "communication", "no piece",
             "slower ranks", "optimizer", "CPU time", "peak memory"]  # fmt: skip
    parts: list[object] = [table(names, rows, numbers=(0, *range(2, 11)))]
    if count > len(shown):
        parts.append(tag("p", f"... and {count - len(shown)} more ranks"))
    parts.append(tag("p", "Columns from ‘no piece’ to ‘optimizer’ are waiting, by its reason."))
    return joined(parts)


def memory(run: Run) -> Html:
    """Return predicted and measured memory, and the energy of the hosts."""
    rows: list[tuple[object, object]] = []
    for session in run.sessions[-1:]:
        planned = integer(session.plan.get("memory_bytes"), -1)
        if planned >= 0:
            rows.append(("states, as planned", f"{gigabytes(planned)} on each rank with work"))
        peaks = [each for each in session.usage.get("peak_bytes", ()) if each is not None]
        most = f"{gigabytes(int(max(peaks, default=0)))} on one rank, "
        most += f"{gigabytes(int(sum(peaks)))} on all"
        rows.append(("processes, at most", most if peaks else _UNKNOWN))
    rows.append(("energy", _energy(run)))
    return facts(rows)


def _energy(run: Run) -> str:
    read = [s for s in run.sessions if any(j is not None for j in s.usage.get("joules", ()))]
    if not read:
        return "not told by the hosts (RAPL counters are absent, or readable for root only)"
    joules = sum(sum(j for j in s.usage["joules"] if j is not None) for s in read)
    watts = joules / max(sum(session.seconds for session in read), 1e-9)
    missing = (
        "" if len(read) == len(run.sessions) else f"; {len(read)} of {len(run.sessions)} starts"
    )
    return (
        f"{joules / 3600.0:,.3g} Wh of the processor packages, {watts:.3g} W on average, "
        f"other programs on them included{missing}"
    )


def environment(run: Run) -> Html:
    """Return the machine and the versions."""
    rows: list[tuple[object, object]] = []
    for session in run.sessions[-1:]:
        told = session.environment
        hosts = ", ".join(dict.fromkeys(session.hosts))
        rows += [
            ("ranks", f"{session.ranks} on {hosts}"),
            ("cores", f"{session.cores}, {_threads(session)} on each rank with work"),
            ("simulator", session.simulator),
        ]
        for name in ("mpi", "python", "system", "batch job"):
            if told.get(name):
                rows.append(("MPI" if name == "mpi" else name, told[name]))
    short = {n: c for n, c in run.contents.items() if not _is_digest(c) and c not in ("", "None")}
    return facts([*rows, *short.items()])


def reproduce(run: Run) -> Html:
    """Return the commands that repeat the run, and what must be equal for the same bits."""
    if not run.sessions:
        return tag("p", "No start was recorded.")
    first = run.sessions[0]
    told = first.environment
    words = [str(word) for word in told.get("command", []) if isinstance(word, str)]
    starter = f"mpiexec -n {first.ranks} " if first.ranks > 1 else ""
    python = "" if words[:1] and not words[0].endswith(".py") else "python "
    lines = [
        f"cd {shlex.quote(text(told.get('folder')) or '.')}",
        f"{starter}{python}{shlex.join(words)}",
    ]
    versions = {
        "hybrid-hpc-quantum": run.contents.get("hybrid", ""),
        **{
            n: run.contents[n]
            for n in ("numpy", "scipy", "qiskit", "qiskit-aer")
            if n in run.contents
        },
    }
    pins = [f"{name}=={version}" for name, version in versions.items() if version]
    digests = {n: c for n, c in run.contents.items() if _is_digest(c)}
    return joined(
        [
            tag("pre", "\n".join([*lines, f"# seed {run.seed}", f"# {' '.join(pins)}"])),
            tag("p", "The same seed, versions and instruction set "
                f"({run.contents.get('kernels', 'unknown')}) give the same bits, on any number of "
                "ranks and threads. With another journal it runs from the beginning; with this "
                "one it resumes, or replays what is recorded."),
            tag("details", tag("summary", "Digests of what decides the numbers"),
                facts(digests.items())),
        ]
    )  # fmt: skip


def events(run: Run) -> Html:
    """Return the latest events of the run."""
    rows = []
    for event in [each for each in run.events if each.kind != "usage"][-_MOST_EVENTS:]:
        rows.append((when(event.time), event.kind, _told(event.detail)[:300]))
    return table(["time", "event", ""], rows)


def _told(detail: Mapping[str, Any]) -> str:
    """Return the details of an event: its message, or else its texts and numbers by name."""
    if text(detail.get("message")):
        return text(detail["message"])
    plain = {k: v for k, v in detail.items() if isinstance(v, str | int | float)}
    return ", ".join(f"{name} {value}" for name, value in plain.items())


def when(seconds: float) -> str:
    """Return a time in UTC."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
    except (OverflowError, ValueError, OSError):
        return "unknown"


def _is_digest(content: str) -> bool:
    return len(content) == 64 and set(content) <= set("0123456789abcdef")
