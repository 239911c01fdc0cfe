"""Start a script on several ranks, as a user would, and look at what comes of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_LAUNCHER_PREFIXES = ("PMI", "MPI", "HYD", "OMPI_COMM", "PMIX", "PRTE_")


@dataclass(frozen=True)
class Outcome:
    """How a job ended."""

    code: int
    out: str
    err: str
    seconds: float


def mpiexec() -> str:
    """Return the launcher that fits the MPI library in use."""
    beside = Path(sys.executable).parent / "mpiexec"
    found = str(beside) if beside.exists() else shutil.which("mpiexec")
    assert found, "no mpiexec beside python or on the PATH: see README, section Install"
    return found


def environment_of_a_job() -> dict[str, str]:
    """Return this process's environment without what its own launcher told it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_LAUNCHER_PREFIXES) or name.startswith("PRTE_MCA")
    }
    return kept | {"OMP_NUM_THREADS": "1"}


def launch(
    ranks: int,
    *command: str,
    timeout: float = 120.0,
    extra_environment: dict[str, str] | None = None,
) -> Outcome:
    """Run ``python *command`` on so many ranks (0: without a launcher) and wait for its end."""
    environment = environment_of_a_job() | (extra_environment or {})
    launcher = [mpiexec(), "-n", str(ranks)] if ranks else []
    start = time.monotonic()
    ended = subprocess.run(
        [*launcher, sys.executable, *command],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Outcome(ended.returncode, ended.stdout, ended.stderr, time.monotonic() - start)
