"""An exception on any rank in any phase ends all ranks within 5 s.

``python -m tests.faults.exceptions`` measures it.

Phases: set-up, circuit, classical part, optimizer, exchange, journal write; and a death (SIGKILL).
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.launch import Outcome, launch

SECONDS = 5.0

_SCRIPT = """
import os, signal, sys, time
from tests.faults import small
from hybrid.runtime import world
from hybrid.runtime.mpi import MPICommunicator
from hybrid.simulators.aer.sampled import AerSampled
from hybrid.optimizers.adam import Adam
from hybrid.journal import Writer
from hybrid.workloads import Expectation

phase, culprit, journal, clock = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
mine = world().rank == culprit
calls = 0

def fail(*arguments, **settings):
    with open(clock, "w") as file:
        file.write(str(time.time()))
    if phase == "death":
        os.kill(os.getpid(), signal.SIGKILL)
    raise ZeroDivisionError("broken in " + phase)

def failing(kind, name, after=3):
    before = getattr(kind, name)
    def method(*arguments, **settings):
        global calls
        calls += 1
        return (fail if calls > after else before)(*arguments, **settings)
    setattr(kind, name, method)

if mine:
    {"set-up": lambda: failing(Expectation, "prepare", 0),
     "circuit": lambda: failing(AerSampled, "run"),
     "death": lambda: failing(AerSampled, "run"),
     "classical part": lambda: failing(AerSampled, "combine"),
     "optimizer": lambda: failing(Adam, "steps", 1),
     "exchange": lambda: failing(MPICommunicator, "hear" if culprit else "tell", 5),
     "journal write": lambda: failing(Writer, "told")}[phase]()
small.slow_down(0.05)
small.spread_out()
small.shots(journal)
"""

PHASES = {
    # Where the code of a phase runs on rank 0 alone, rank 0 is the culprit.
    "set-up": "any",
    "circuit": "any",
    "classical part": "first",
    "optimizer": "first",
    "exchange": "any",
    "journal write": "first",
    "death": "any",
}


def end_of(phase: str, ranks: int, culprit: int, folder: Path) -> tuple[Outcome, float]:
    """Return how a job ended that fails in a phase, and how long after the failure."""
    script, clock = folder / "script.py", folder / "clock"
    script.write_text(_SCRIPT)
    outcome = launch(
        ranks, str(script), phase, str(culprit), str(folder / "run.db"), str(clock),
        timeout=60, extra_environment={"PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    return outcome, time.time() - float(clock.read_text())


def verdict(phase: str, outcome: Outcome, seconds: float) -> str:
    """Return what is wrong with an end, or an empty text."""
    if outcome.code == 0:
        return "exit code 0"
    if seconds > SECONDS:
        return f"ended after {seconds:.1f} s"
    if phase == "death":
        return "" if outcome.err or outcome.out else "no message"
    if outcome.err.count("Error: broken in") + outcome.err.count("failed: Zero") < 1:
        return "no traceback"
    if outcome.err.count("Traceback (most recent call last)") > 2:
        return "more than one traceback"
    return ""


def main() -> int:
    """Run the measure."""
    bad = count = 0
    slowest = 0.0
    for ranks in (2, 4):
        for phase, culprits in PHASES.items():
            for culprit in (0,) if culprits == "first" else (0, ranks - 1):
                with tempfile.TemporaryDirectory() as folder:
                    outcome, seconds = end_of(phase, ranks, culprit, Path(folder))
                wrong = verdict(phase, outcome, seconds)
                count, bad, slowest = count + 1, bad + bool(wrong), max(slowest, seconds)
                if wrong:
                    print(f"{phase} on rank {culprit} of {ranks}: {wrong}\n{outcome.err[-2500:]}")
    print(f"exceptions: {count - bad} of {count} end well, slowest {slowest:.1f} s after it")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
