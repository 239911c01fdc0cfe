"""Ranks that die under fault-tolerant MPI: the others go on, with the same bits.

``python -m tests.faults.losses --runs 50`` in an environment with the extra ``mpi-ft``. Each run
loses a rank, rank 0 in some, two in others, by SIGKILL at a random time.
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
from pathlib import Path

from tests.faults import small
from tests.faults.kills import SLEEP
from tests.launch import environment_of_a_job, mpiexec

OPEN_MPI = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    "OMPI_MCA_btl": "self,sm,tcp",
    "OMPI_MCA_pml": "ob1",
}
"""What lets Open MPI run in a container of few cores, without its slow start."""

_RANKS = 4


def lose_ranks(name: str, seed: int, expected: str) -> tuple[bool, tuple[int, ...]]:
    """Return whether a run that loses ranks ends well with the expected bits; and the victims."""
    draw = random.Random(seed)
    victims = tuple(draw.sample(range(_RANKS), 2 if seed % 3 == 2 else 1))
    if seed % 4 == 0:
        victims = (0, *victims[1:]) if 0 not in victims[1:] else victims
    folder = Path(tempfile.mkdtemp(prefix="hybrid-loss-"))
    journal = folder / "run.db"
    job = subprocess.Popen(
        [mpiexec(), "--with-ft", "ulfm", "-n", str(_RANKS), sys.executable, "-m",
         "tests.faults.small", name, str(journal), str(2 * SLEEP)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
        env=environment_of_a_job() | OPEN_MPI, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    try:
        ranks = Path(f"{journal}.pids")
        began = time.monotonic()
        while len(list(ranks.glob("*"))) < _RANKS and time.monotonic() - began < 60:
            time.sleep(0.02)
        time.sleep(draw.uniform(0.0, 0.6))
        for victim in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int((ranks / str(victim)).read_text()), signal.SIGKILL)
            time.sleep(draw.choice([0.0, 0.1]))
        try:
            out, err = job.communicate(timeout=40)
        except subprocess.TimeoutExpired:
            for file in ranks.glob("*"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(file.read_text()), signal.SIGKILL)
            job.kill()
            out, err = job.communicate()
            err += "\nIT HUNG"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found = [line for line in out.splitlines() if line.startswith("bits ")]
    well = job.returncode == 0 and found == [f"bits {expected}"]
    if not well:
        print(
            f"run {seed} of {name}, victims {victims}: code {job.returncode}\n{out}\n{err[-3000:]}"
        )
    return well, victims


def main() -> int:
    """Run the measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    expected = {name: small.bits(run(None)) for name, run in small.RUNS.items()}
    names = list(expected)
    ends = []
    for number in range(chosen.runs):
        name = names[number % len(names)]
        ends.append(lose_ranks(name, chosen.seed * 1000 + number, expected[name]))
    rank_0 = sum(0 in victims for _, victims in ends)
    two = sum(len(victims) == 2 for _, victims in ends)
    well = sum(good for good, _ in ends)
    print(
        f"losses: {well} of {len(ends)} complete with equal bits and exit code 0 "
        f"({rank_0} lost rank 0, {two} lost two ranks)"
    )
    return 0 if well == len(ends) else 1


if __name__ == "__main__":
    sys.exit(main())
