"""Runs killed by SIGKILL at random times and resumed on random numbers of ranks.

``python -m tests.faults.kills --runs 200`` prints how many ended with the bits of an undisturbed
run; with ``--first 25 --runs 25``, of the second 25 of them. Each run is killed once or twice: a
random rank or the launcher, at a time drawn uniformly from the length of the run.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.faults import small
from tests.launch import environment_of_a_job, mpiexec

SLEEP = 0.01
"""Seconds that each piece sleeps before it runs."""

_ENDED_SECONDS = 60.0


@dataclass
class Tally:
    """What came of some runs.

    Attributes:
        runs, equal: how many there were, and how many had the undisturbed bits.
        kills: how many kills met a run that was going on.
        slowest_end: seconds from a kill to the end of the job's launcher, at most.
    """

    runs: int = 0
    equal: int = 0
    kills: int = 0
    slowest_end: float = 0.0


def start(name: str, journal: Path, ranks: int) -> subprocess.Popen[str]:
    """Start a small run."""
    command = [sys.executable, "-m", "tests.faults.small", name, str(journal), str(SLEEP)]
    launcher = [mpiexec(), "-n", str(ranks)] if ranks > 1 else []
    return subprocess.Popen(
        [*launcher, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env=environment_of_a_job(),
        cwd=Path(__file__).parents[2],
    )


def pids(journal: Path) -> list[int]:
    """Return the processes of the run that have got so far as to say so."""
    folder = Path(f"{journal}.pids")
    texts = [f.read_text() for f in folder.iterdir()] if folder.exists() else []
    return [int(text) for text in texts if text]


def kill_at(job: subprocess.Popen[str], journal: Path, seconds: float, draw: random.Random) -> bool:
    """Kill one of a job's processes after so many seconds; return whether it was going on."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        job.communicate(timeout=seconds)
        return False
    victims = [*pids(journal), job.pid]
    with contextlib.suppress(ProcessLookupError):
        os.kill(draw.choice(victims), signal.SIGKILL)
    return True


def gone(processes: list[int]) -> bool:
    """Return whether processes have ended (or are only waiting to be reaped)."""
    for process in processes:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                return False
    return True


def run_once(name: str, seed: int, tally: Tally, undisturbed: tuple[str, float]) -> None:
    """Kill a run once or twice, resume it to its end, and compare."""
    draw = random.Random(seed)
    bits, length = undisturbed
    folder = Path(tempfile.mkdtemp(prefix="hybrid-kill-"))
    journal = folder / "run.db"
    try:
        for _ in range(draw.randint(1, 2)):
            shutil.rmtree(f"{journal}.pids", ignore_errors=True)
            job = start(name, journal, draw.randint(1, 4))
            if not kill_at(job, journal, draw.uniform(0.2, 1.0) * length, draw):
                break
            killed = time.monotonic()
            job.communicate(timeout=_ENDED_SECONDS)
            while not gone(pids(journal)) and time.monotonic() - killed < _ENDED_SECONDS:
                time.sleep(0.02)
            tally.kills += 1
            tally.slowest_end = max(tally.slowest_end, time.monotonic() - killed)
        job = start(name, journal, draw.randint(1, 4))
        out, err = job.communicate(timeout=300)
        tally.runs += 1
        found = [line for line in out.splitlines() if line.startswith("bits ")]
        if job.returncode == 0 and found == [f"bits {bits}"]:
            tally.equal += 1
        else:
            print(f"run {seed} of {name}: exit code {job.returncode}\n{out[-500:]}\n{err[-3000:]}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def undisturbed(name: str) -> tuple[str, float]:
    """Return the bits of a run that nobody disturbs, without a journal, and a job's length."""
    bits = small.bits(small.RUNS[name](None))
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        job = start(name, Path(folder) / "run.db", 2)
        job.communicate(timeout=300)
        return bits, time.monotonic() - began


def main() -> int:
    """Run the measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    expected = {name: undisturbed(name) for name in small.RUNS}
    tallies = {name: Tally() for name in small.RUNS}
    for number in range(chosen.first, chosen.first + chosen.runs):
        name = list(small.RUNS)[number % len(small.RUNS)]
        run_once(name, chosen.seed * 100_000 + number, tallies[name], expected[name])
    for name, tally in tallies.items():
        print(
            f"{name:>10}: {tally.equal} of {tally.runs} equal to the undisturbed bits, "
            f"{tally.kills} kills, all processes gone {tally.slowest_end:.1f} s after at most"
        )
    equal = sum(tally.equal for tally in tallies.values())
    print(f"kills: {equal} of {chosen.runs} equal")
    return 0 if equal == chosen.runs else 1


if __name__ == "__main__":
    sys.exit(main())
