"""The tables printed before and after a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np
from rich import box
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from hybrid.cli import quantities
from hybrid.core.errors import printable
from hybrid.core.units import count as count
from hybrid.loop.result import Result, RunDescription
from hybrid.problems import Cut, MaxCut, Portfolio
from hybrid.settings import Reference
from hybrid.settings.optimization import Combinatorial
from hybrid.workloads import Scan

Row: TypeAlias = tuple[str, str | Text]
"""A name and its text."""


def description_rows(description: RunDescription, reference: Reference | None) -> dict[str, str]:
    """Return the rows that describe a run and its split."""
    rows = {
        "workload": description.workload,
        "optimizer": f"{description.optimizer}, {count(description.num_parameters, 'parameter')}",
        "simulator": description.simulator,
        "ranks": _ranks(description),
        "split": description.plan,
        "memory": f"{quantities.size(description.memory_bytes)} for each rank with work",
        "seed": str(description.seed),
    }
    if description.journal is not None:
        rows["journal"] = description.journal
    if reference is not None:
        rows["reference"] = _reference(reference)
    return rows


def panel(title: str | Text, rows: Iterable[Row]) -> Panel:
    """Return rows in a frame; texts are not interpreted as markup."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, content in rows:
        table.add_row(_text(name), _text(content))
    return Panel(table, title=_text(title), title_align="left", box=box.ROUNDED)


def _text(content: str | Text) -> Text:
    return content if isinstance(content, Text) else Text(printable(content))


def value_rows(
    name: str, value: float, standard_error: float | None, reference: Reference | None
) -> list[Row]:
    """Return the rows of a value and its error against a reference, if there is one.

    Args:
        name: of the value.
        value: in the unit of the reference.
        standard_error: where it was sampled, else None.
        reference: what it is compared with.
    """
    number = quantities.value(value)
    if standard_error is not None:
        number += f" +/- {standard_error:.2g}"
    if reference is not None and reference.unit:
        number += f" {reference.unit}"
    rows: list[Row] = [(name, Text(number, style="bold"))]
    if reference is not None:
        rows.append(("error", _error(value, reference)))
    return rows


def result_rows(result: Result, reference: Reference | None) -> list[Row]:
    """Return the rows of the minimised values."""
    name = "energy" if reference is not None and reference.unit == "hartree" else "value"
    rows = value_rows(name, result.value, result.standard_error, reference)
    if result.operators:
        rows.append(("operators", ", ".join(result.operators)))
    elif result.values is not None:
        further = enumerate(result.values[1:], start=1)
        rows += [(f"{name} {number}", quantities.value(each)) for number, each in further]
    return rows


def scan_rows(scan: Scan, result: Result) -> list[Row]:
    """Return the rows of a scan: the lowest value, the curve and a plot of it."""
    rows = value_rows("lowest value", result.value, result.standard_error, None)
    if result.values is None or np.isnan(result.values).all():
        return rows
    curve, plot = scan.table(result), scan.chart(result, width=30)
    return [*rows, ("curve", Text(curve)), ("plot", Text(plot))]


def closing_panel(result: Result, first: Iterable[Row], *, workers: str) -> Panel:
    """Return the closing table of a run.

    Args:
        result: the result of the run.
        first: rows of the values found.
        workers: the number of ranks as text, shown with the core-seconds.
    """
    rows = [
        *first,
        ("stopped", Text(result.message)),
        ("evaluations", _evaluations(result)),
        ("wall time", quantities.seconds(result.wall_time)),
        ("core-seconds", f"{result.core_seconds:.2f} ({workers})"),
        ("seed", str(result.seed)),
    ]
    verdict = Text(result.outcome.verdict, "green" if result.success else "yellow")
    return panel(verdict, rows)


def sample_rows(
    problem: Combinatorial, counts: Mapping[str, int], result: Result, reference: Reference | None
) -> list[Row]:
    """Return the rows of sampled bit strings for the closing table: the best one and a chart.

    Args:
        problem: the problem.
        counts: counts by bit string.
        result: its value is the expected cost, for a maximum cut minus its expected weight.
        reference: the lowest cost, or None if unknown.
    """
    if isinstance(problem, MaxCut):
        rows = _cut_rows(problem, problem.interpret(counts), result, reference)
    elif any(map(problem.allows, counts)):
        best = problem.interpret(counts)
        what = f"{best.value:.10g}, bits {best.bitstring} (variable 0 rightmost)"
        if isinstance(problem, Portfolio):
            what = f"{best.value:.10g}: {', '.join(problem.chosen(best.bitstring))}"
        rows = [("best sample", what)]
    else:
        rows = [("best sample", "none that keeps the budget")]
    return [*rows, ("samples", Text(problem.chart(counts)))]


def _cut_rows(graph: MaxCut, cut: Cut, result: Result, reference: Reference | None) -> list[Row]:
    """Return the rows of the best of the sampled cuts."""
    rows: list[Row] = [
        ("best cut", f"{cut.value:g}, sides {cut.bitstring} (node {graph.nodes[0]} rightmost)")
    ]
    if reference is not None and reference.value < 0.0:
        largest = -reference.value
        ratios = f"{-result.value / largest:.4f} expected, {cut.value / largest:.4f} best sample"
        rows.append(("approximation", ratios))
    return rows


def _ranks(description: RunDescription) -> str:
    threads = count(description.threads, "thread")
    if description.ranks == 1:
        return f"1, with {threads}"
    hosts = count(description.hosts, "host")
    return f"{description.ranks} on {hosts}; {threads} for each rank with work"


def _evaluations(result: Result) -> str:
    text = f"{result.evaluations} in {count(result.iterations, 'iteration')}"
    if not result.replayed:
        return text
    if result.replayed == result.evaluations:
        return f"{text}, all read from the journal: nothing was computed"
    return f"{text}, {result.replayed} of them read from the journal"


def _reference(reference: Reference) -> str:
    return f"{quantities.value(reference.value)} {reference.unit}".rstrip() + f", {reference.name}"


def _error(value: float, reference: Reference) -> Text:
    text = Text(quantities.error(value, reference))
    if reference.accuracy is None:
        return text
    limit = f"chemical accuracy ({1000 * reference.accuracy:g} mHa)"
    if abs(value - reference.value) <= reference.accuracy:
        return text.append(f", within {limit}", "green")
    return text.append(f", outside {limit}", "yellow")
