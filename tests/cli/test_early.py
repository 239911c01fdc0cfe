"""Notice that a batch system gives before the program has been loaded is not lost, nor deadly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.launch import launch
from tests.settings.run_files import ISING, write

pytestmark = pytest.mark.launches

EARLY = """
import os, signal, sys
import hybrid.cli
os.kill(os.getpid(), signal.SIGUSR1)
from hybrid.cli.app import command_line
sys.exit(command_line(sys.argv[1:]))
"""


@pytest.mark.parametrize("ranks", [0, 2])
def test_a_run_that_is_recorded_stops_at_once_and_resumes(tmp_path: Path, ranks: int) -> None:
    path, journal = str(write(tmp_path, ISING)), str(tmp_path / "run.db")
    early = launch(ranks, "-c", EARLY, "run", path, "--journal", journal, timeout=60)
    assert early.code == 75, early.err
    assert early.err.count("stopped by SIGUSR1 after 1 answer,") == 1
    resumed = launch(0, "-m", "hybrid", "resume", journal, timeout=60)
    undisturbed = launch(0, "-m", "hybrid", "run", path, timeout=60)
    assert resumed.code == undisturbed.code == 0
    value = [line for line in undisturbed.out.splitlines() if "value  " in line]
    assert value
    assert value[0] in resumed.out.splitlines()


def test_groups_that_were_asked_for_may_be_others_when_a_run_is_resumed(tmp_path: Path) -> None:
    path, journal = str(write(tmp_path, ISING)), str(tmp_path / "run.db")
    recorded = ["run", path, "--journal", journal, "--groups", "2"]
    assert launch(2, "-c", EARLY, *recorded, timeout=60).code == 75
    refused = launch(0, "-m", "hybrid", "resume", journal, timeout=60)
    assert refused.code == 2
    assert "groups: got 2 groups of 1 rank" in refused.err
    resumed = launch(0, "-m", "hybrid", "resume", journal, "--groups", "auto", timeout=60)
    assert resumed.code == 0, resumed.err


def test_a_run_that_is_not_recorded_goes_on(tmp_path: Path) -> None:
    ended = launch(0, "-c", EARLY, "run", str(write(tmp_path, ISING)), timeout=60)
    assert ended.code == 0, ended.err


INTERRUPTED = """
import os, runpy, signal, sys
module, program, *sys.argv[1:] = sys.argv[1:]
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a job in the background ignores
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
if program == "module":
    runpy.run_module("hybrid", run_name="__main__", alter_sys=True)
else:
    from hybrid.cli import main
    main()
"""


@pytest.mark.parametrize("program", ["module", "script"])
@pytest.mark.parametrize("module", ["numpy", "typer", "qiskit"])
def test_control_c_while_the_program_loads_ends_it_without_a_traceback(
    tmp_path: Path, module: str, program: str
) -> None:
    path = str(write(tmp_path, ISING))
    ended = launch(0, "-c", INTERRUPTED, module, program, "run", path, timeout=60)
    assert ended.code == 130
    assert ended.out == ended.err == ""
