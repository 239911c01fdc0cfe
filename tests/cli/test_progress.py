"""What a run looks like while it goes on, off a terminal and on one."""

from __future__ import annotations

import io
from collections.abc import Iterable

import numpy as np
import pytest
from rich.console import Console

from hybrid.cli.progress import Lines, Live, follower
from hybrid.cli.report import closing_panel, result_rows
from hybrid.core.outcome import Outcome
from hybrid.loop.result import History, Progress, Result, RunDescription
from hybrid.settings import Reference

FCI = Reference(-75.0125782, "reference of the run file", "hartree", 1.6e-3)

DESCRIPTION = RunDescription(
    workload="VQE: 14 qubits, 140 parameters, 1086 terms",
    simulator="native kernels (x86-64-v4), complex128, exact values, adjoint gradients",
    optimizer="L-BFGS-B",
    num_parameters=140,
    ranks=2,
    hosts=1,
    threads=2,
    plan="one piece along the points, on rank 0; it cannot be cut further without changing the "
    "result: 1 of 2 ranks idle; rank 0 uses their cores",
    memory_bytes=524_288,
    seed=7,
)


def step(iteration: int, wall_time: float, max_iterations: int | None = None) -> Progress:
    value = -75.0 - 1e-3 * iteration
    point = np.zeros(140)
    return Progress(iteration, max_iterations, iteration + 1, value, value, wall_time, point)


def result(value: float = -75.0124) -> Result:
    empty = np.array([], dtype=np.int64)
    history = History(empty, empty, np.array([]), np.array([]))
    message = "The relative reduction of the cost fell below the tolerance."
    seed, how = 7, Outcome.CONVERGED
    x = np.zeros(140)
    return Result(value, x, message, True, 46, 40, 5.5, 10.4, history, None, seed, how)


def lines(steps: Iterable[Progress], reference: Reference | None = FCI) -> list[str]:
    """Return the lines printed off a terminal after the description."""
    console = console_of_a_file()
    with Lines(console, reference) as observer:
        for each in steps:
            observer.progressed(each)
        observer.finished(result())
    return printed(console).splitlines()


def console_of_a_file() -> Console:
    return Console(file=io.StringIO(), width=80, _environ={})


def console_of_a_terminal() -> Console:
    return Console(file=io.StringIO(), width=80, force_terminal=True, _environ={"TERM": "xterm"})


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_terminal_gets_a_bar_and_a_file_gets_lines() -> None:
    assert isinstance(follower(console_of_a_terminal(), None), Live)
    assert isinstance(follower(console_of_a_file(), None), Lines)


def test_first_and_last_steps_are_printed_and_steps_between_every_two_seconds() -> None:
    rows = lines(step(n, 0.1 * n) for n in range(50))[1:]
    assert [int(row.split()[0]) for row in rows] == [0, 20, 40, 49]


def test_every_tenth_of_a_known_length_is_printed_however_fast() -> None:
    rows = lines(step(n, 1e-4 * n, max_iterations=100) for n in range(101))[1:]
    assert [int(row.split()[0]) for row in rows] == list(range(0, 101, 10))


def test_a_run_of_one_step_prints_one_line() -> None:
    assert len(lines([step(0, 0.0)])) == 2


def test_the_line_shows_best_value_and_error() -> None:
    header, row = lines([step(12, 3.0)])
    assert header.split() == ["iteration", "evaluations", "best", "value", "time", "error"]
    assert row.split() == ["12", "13", "-75.0120000000", "3.000", "s", "0.5782", "mHa"]


def test_without_a_reference_there_is_no_error() -> None:
    header, row = lines([step(12, 3.0)], reference=None)
    assert header.split()[-1] == "time"
    assert "mHa" not in row


def test_a_run_that_ends_without_a_result_has_its_last_step_printed() -> None:
    console = console_of_a_file()
    with Lines(console, None) as observer:
        observer.progressed(step(0, 0.0))
        observer.progressed(step(1, 0.1))
    assert printed(console).splitlines()[-1].split()[0] == "1"


def test_off_a_terminal_there_are_no_control_codes_and_at_most_80_columns() -> None:
    console = console_of_a_file()
    with Lines(console, FCI) as observer:
        observer.started(DESCRIPTION)
        observer.progressed(step(123456, 98765.4))
        observer.finished(result())
    console.print(closing_panel(result(), result_rows(result(), FCI), workers="2 ranks"))
    text = printed(console)
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_description_says_what_will_run_and_how_it_is_split() -> None:
    console = console_of_a_file()
    Lines(console, FCI).started(DESCRIPTION)
    text = " ".join(printed(console).replace("│", " ").split())
    for fact in ("1086 terms", "adjoint", "L-BFGS-B", "2 on 1 host", "cannot be cut further"):
        assert fact in text
    assert "524 kB" in text
    assert "-75.0125782000 hartree" in text


def test_the_bar_is_drawn_and_taken_away() -> None:
    console = console_of_a_terminal()
    with Live(console, FCI) as observer:
        observer.started(DESCRIPTION)
        observer.progressed(step(3, 1.0, max_iterations=10))
        observer.finished(result())
    text = printed(console)
    assert "3/10" in text
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1  # cursor hidden, and shown


def test_the_bar_is_taken_away_when_the_run_ends_without_a_result() -> None:
    console = console_of_a_terminal()
    with Live(console, None) as observer:
        observer.started(DESCRIPTION)
    assert "\x1b[?25h" in printed(console)  # the cursor is shown again


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (-75.0125782 + 1.5e-3, "1.5000 mHa, within chemical accuracy (1.6 mHa)"),
        (-75.0125782 - 1.5e-3, "-1.5000 mHa, within chemical accuracy (1.6 mHa)"),
        (-75.0125782 + 1.7e-3, "1.7000 mHa, outside chemical accuracy (1.6 mHa)"),
        (-75.0125782 - 1.7e-3, "-1.7000 mHa, outside chemical accuracy (1.6 mHa)"),
    ],
)
def test_the_closing_table_judges_the_error(value: float, verdict: str) -> None:
    console = console_of_a_file()
    console.print(closing_panel(result(value), result_rows(result(value), FCI), workers="2 ranks"))
    assert verdict in printed(console)


def test_the_closing_table_has_everything() -> None:
    console = console_of_a_file()
    console.print(
        closing_panel(
            result(), [*result_rows(result(), FCI), ("best cut", "16")], workers="2 ranks"
        )
    )
    text = printed(console)
    for fact in (
        "converged",
        "-75.0124000000 hartree",
        "fell below the tolerance",
        "46 in 40 iterations",
        "5.500 s",
        "10.40 (2 ranks)",
        "best cut",
    ):
        assert fact in text
