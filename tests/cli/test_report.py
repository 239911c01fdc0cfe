"""The tables before and after a run."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

from hybrid.cli.report import closing_panel, description_rows, panel, result_rows
from hybrid.core.outcome import Outcome
from hybrid.loop.result import History, Result, RunDescription
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


def result(value: float = -75.0124) -> Result:
    empty = np.array([], dtype=np.int64)
    history = History(empty, empty, np.array([]), np.array([]))
    message = "The relative reduction of the cost fell below the tolerance."
    seed, how = 7, Outcome.CONVERGED
    x = np.zeros(140)
    return Result(value, x, message, True, 46, 40, 5.5, 10.4, history, None, seed, how)


def console_of_a_file() -> Console:
    return Console(file=io.StringIO(), width=80, _environ={})


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_off_a_terminal_there_are_no_control_codes_and_at_most_80_columns() -> None:
    console = console_of_a_file()
    console.print(panel("hybrid run", description_rows(DESCRIPTION, FCI).items()))
    console.print(closing_panel(result(), result_rows(result(), FCI), workers="2 ranks"))
    text = printed(console)
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_description_says_what_will_run_and_how_it_is_split() -> None:
    console = console_of_a_file()
    console.print(panel("hybrid run", description_rows(DESCRIPTION, FCI).items()))
    text = " ".join(printed(console).replace("│", " ").split())
    for fact in ("1086 terms", "adjoint", "L-BFGS-B", "2 on 1 host", "cannot be cut further"):
        assert fact in text
    assert "524 kB" in text
    assert "-75.0125782000 hartree" in text


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
