"""The command line under mpiexec: one voice, one exit code."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_electrons import ION
from tests.launch import Outcome, launch, mpiexec
from tests.settings.run_files import ISING, changed, write

pytestmark = pytest.mark.launches


def command(ranks: int, *arguments: str) -> Outcome:
    return launch(ranks, "-m", "hybrid", *arguments, timeout=60)


def test_two_ranks_print_once_and_find_the_same_value_as_one(tmp_path: Path) -> None:
    path = str(write(tmp_path, ISING))
    one, two = command(0, "run", path), command(2, "run", path)
    assert one.code == two.code == 0
    assert two.out.count("hybrid run") == two.out.count("core-seconds") == 1
    assert value(one.out) == value(two.out)


def test_two_ranks_measure_the_electrons_of_a_molecule_together(tmp_path: Path) -> None:
    path = str(write(tmp_path, ION))
    one, two = command(0, "run", path, "--quiet"), command(2, "run", path, "--quiet")
    assert one.code == two.code == 0
    lines = [
        [line for line in ended.out.split("\n") if "energy" in line or "electrons" in line]
        for ended in (one, two)
    ]
    assert lines[0] == lines[1]
    assert "-0.58166" in lines[0][0]


def test_two_ranks_report_a_bad_file_once(tmp_path: Path) -> None:
    path = write(tmp_path, changed(ISING, run={"sed": 1}))
    ended = command(2, "run", str(path))
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.count("did you mean 'run.seed'?") == 1
    assert "Traceback" not in ended.err


def test_two_ranks_report_a_wrong_command_once() -> None:
    ended = command(2, "rnu")
    assert ended.code == 2
    assert ended.err.count("rnu") == 1


def test_a_file_that_only_one_rank_can_read_ends_both(tmp_path: Path) -> None:
    path = write(tmp_path, ISING)
    code = (
        "import sys; from hybrid.runtime import world; from hybrid.cli.app import command_line; "
        f"sys.exit(command_line(['run', {str(path)!r} + 'x' * world().rank]))"
    )
    ended = launch(2, "-c", code, timeout=60)
    assert ended.code != 0
    assert ended.seconds < 20
    assert ended.err.count("got a path without a file") >= 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["journal", "none.db"], "none.db, which does not exist"),
        (["resume", "none.db"], "none.db, which does not exist"),
        (["run", "RUN", "--journal", "none/run.db"], "none/run.db, which cannot be written"),
        (["run", "RUN", "--journal", "RECORDED", "--seed", "8"], "seed: recorded 7, now 8"),
    ],
    ids=["journal", "resume", "no folder", "another run"],
)
def test_what_is_wrong_with_a_journal_is_said_once_with_the_code_of_bad_input(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    path, recorded = write(tmp_path, changed(ISING, run={"seed": 7})), tmp_path / "recorded.db"
    if "RECORDED" in arguments:
        assert command(0, "run", str(path), "--journal", str(recorded)).code == 0
    names = {"RUN": str(path), "RECORDED": str(recorded)}
    ended = command(2, *(names.get(word, word) for word in arguments))
    assert ended.code == 2
    assert ended.err.count(said) == 1
    assert "Traceback" not in ended.err


def test_doctor_counts_the_ranks() -> None:
    ended = command(2, "doctor")
    assert ended.code == 0
    assert ended.out.count("hybrid doctor") == 1
    assert "2 on 1 host" in ended.out


def test_behind_mpiexec_a_terminal_is_still_a_terminal() -> None:
    controller, terminal = pty.openpty()
    code = (
        "from hybrid.runtime import world; from hybrid.cli.terminal import output_console; "
        "console = output_console(); "
        "print(console.is_terminal) if world().rank == 0 else None"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PMI", "HYD", "MPI"))}
    subprocess.run(
        [mpiexec(), "-n", "2", sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        env=environment | {"TERM": "xterm"},
        timeout=60,
        check=True,
    )
    os.close(terminal)
    assert os.read(controller, 100).strip() == b"True"
    os.close(controller)
    assert launch(2, "-c", code, timeout=60).out.strip() == "False"


def value(out: str) -> str:
    """Return the value line of a closing table."""
    return next(line for line in out.splitlines() if line.startswith("│ value"))
