"""Starting a launcher, ``mpiexec`` or ``srun``, with the environment and output of its job."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import hybrid
from hybrid.core import launcher
from hybrid.core.errors import InputError
from hybrid.core.notices import notify

_OF_A_JOB = (
    "PMI_",
    "PMIX_",
    "MPI_LOCAL",
    "HYDI_",
    "HYDRA_",
    "OMPI_COMM",
    "OMPI_UNIVERSE",
    "PRTE_LAUNCHED",
)
"""Prefixes of what a launcher tells its processes; a new job must not inherit it."""
_LAST_LINES = 30
_PATIENCE = 3.0
"""Seconds in which a job ends by itself, and then those after a signal."""


def command_of(number: int, given: str | Sequence[str] | None) -> list[str]:
    """Return the command that starts ranks, without their program.

    Args:
        number: number of ranks.
        given: the user's launcher, or None to find one.

    Raises:
        InputError: there is none.

    Example:
        >>> command_of(4, "env SOME=1 mpiexec")
        ['env', 'SOME=1', 'mpiexec', '-n', '4']
    """
    if given is not None:
        words = shlex.split(given) if isinstance(given, str) else [str(each) for each in given]
        if not words or shutil.which(words[0]) is None:
            raise InputError(
                "launcher", got=repr(given), expected="a command on the PATH, such as 'mpiexec'"
            )
        return [*words, "-n", str(number)]
    if os.environ.get("SLURM_JOB_ID") and shutil.which("srun"):
        # A notebook that srun started occupies the cores of its own step.
        inside = ["--overlap"] if os.environ.get("SLURM_STEP_ID", "").isdecimal() else []
        return ["srun", *inside, "-n", str(number)]
    beside = Path(sys.executable).parent / "mpiexec"
    found = str(beside) if beside.exists() else shutil.which("mpiexec")
    if found is None:
        raise InputError(
            "hybrid.ranks()",
            got="a system without mpiexec beside python or on the PATH",
            expected="MPI",
            advice="pip install 'hybrid-hpc-quantum[mpi]' brings one; on a cluster, load its MPI "
            "module, or name the launcher=",
        )
    return [found, "-n", str(number)]


def check_no_job() -> None:
    """Refuse to start ranks from a rank, or where MPI is switched off.

    Raises:
        InputError: this process is one of several ranks, a child of one, or HYBRID_MPI is off.
    """
    if launcher.is_switched_off():
        raise InputError(
            "hybrid.ranks()",
            got="HYBRID_MPI=off",
            expected="MPI",
            advice="unset it, and start the kernel again",
        )
    if launcher.launched_processes() > 1 or launcher.is_child_of_rank():
        raise InputError(
            "hybrid.ranks()",
            got="a process that is a rank itself, started by mpiexec or srun",
            expected="a notebook or script that runs on its own",
            advice="leave the call out: the calls of this script are shared over its ranks already",
        )


def environment(before: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a new job: this process's, without that of a job around it."""
    kept = {name: value for name, value in before.items() if not name.startswith(_OF_A_JOB)}
    root = str(Path(hybrid.__file__).parents[1])  # the ranks import the same files
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, [root, kept.get("PYTHONPATH", "")]))
    kept["PYTHONUNBUFFERED"] = "1"
    return kept


class Job:
    """A running launcher, in a session of its own, so that the notebook's signals do not reach it.

    Args:
        command: the launcher and its program.

    Attributes:
        is_printing: whether what the ranks print appears on this process's standard error.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.is_printing = False
        self._lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment(os.environ),
            start_new_session=True,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._print, name="ranks' output", daemon=True)
        self._reader.start()

    @property
    def is_running(self) -> bool:
        """Whether the launcher has not ended."""
        return self._process.poll() is None

    def ending(self) -> str:
        """Wait for the end of a job that fails; return its exit code and what it printed last."""
        self.end()
        self._reader.join(1.0)
        said = "".join(dict.fromkeys(self._lines)).strip()  # ranks often say the same
        return f"exit code {self._process.returncode}" + (f":\n{said}" if said else "")

    def end(self) -> None:
        """Wait for the end of the job, and end it by force if it does not end in time."""
        for number in (None, signal.SIGTERM, signal.SIGKILL):
            if number is not None:
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, number)
            try:
                self._process.wait(_PATIENCE)
                return
            except subprocess.TimeoutExpired:
                continue

    def _print(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.append(line)
            if self.is_printing:
                notify(line.rstrip("\n"))
