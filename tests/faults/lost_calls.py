"""Every call goes on without a rank that dies in it, where MPI can.

``python -m tests.faults.lost_calls`` in an environment with the extra ``mpi-ft``. For each call,
three ranks start, and one of them, rank 0 in every second job, is killed within its first piece.
The others must come to what one rank gets.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
import hybrid.collective.call
from hybrid.core.digest import digest
from hybrid.runtime import world
from hybrid.runtime.runner import Runner
from hybrid.scheduler import assign
from tests.faults.losses import OPEN_MPI
from tests.launch import environment_of_a_job, mpiexec

CIRCUIT = real_amplitudes(11, reps=1)
OBSERVABLE = SparsePauliOp(["Z" * 11, "X" * 11], [1.0, 0.5])
POINTS = np.random.default_rng(2).normal(size=(24, 22))
_RANKS = 3


def _shots() -> list[float]:
    told = hybrid.estimate(CIRCUIT, OBSERVABLE, POINTS, simulator="aer", shots=100, seed=3)
    return [*told.values, *told.standard_errors]


def _counts() -> list[list[Any]]:
    counts = hybrid.sample(CIRCUIT, POINTS, shots=50, seed=3)
    return [[key, each[key]] for each in counts for key in sorted(each)]


CALLS: dict[str, Callable[[], Any]] = {
    "expectation": lambda: list(
        hybrid.expectation(CIRCUIT, OBSERVABLE, POINTS, gradient=True)
    ),
    "estimate": _shots,
    "sample": _counts,
    "probabilities": partial(hybrid.probabilities, CIRCUIT, POINTS, [0, 1]),
    "metric": partial(hybrid.metric, real_amplitudes(3, reps=1), POINTS[:, :6]),
    "amplitudes": lambda: np.abs(hybrid.amplitudes(CIRCUIT, POINTS, [0, 5])),
    "overlaps": partial(
        hybrid.overlaps, real_amplitudes(3, reps=1), np.tile(POINTS[:, :6], (9, 1))
    ),
    "pull_back": lambda: list(
        hybrid.pull_back(real_amplitudes(13, reps=0), SparsePauliOp("Z" * 13), POINTS[:, :13],
                         np.arange(24.0))
    ),
    "map": lambda: [float(each) for each in hybrid.map(np.sqrt, range(24))],
    "Estimator": lambda: hybrid.Estimator()
    .run([(CIRCUIT, [OBSERVABLE, "I" * 10 + "Z"], POINTS[:, None])]).result()[0].data.evs,
    "minimize": lambda: hybrid.minimize(
        hybrid.VQE(real_amplitudes(3, reps=1), SparsePauliOp(["ZZI", "XIX"], [1.0, 0.5])),
        "SPSA", seed=3, max_iterations=20,
    ).x,
}  # fmt: skip


def run(name: str, victim: int) -> None:
    """Make a call in which a rank dies, and print a digest of what it gives on the least rank."""
    if world().size > 1:
        hybrid.collective.call.planner_of = lambda *_: assign  # all ranks have work
    born = world().rank
    run_piece = Runner._run_piece

    def dying(*arguments: Any) -> Any:
        if born == victim and world().size == _RANKS:
            os.kill(os.getpid(), signal.SIGKILL)
        return run_piece(*arguments)

    Runner._run_piece = dying
    found = CALLS[name]()
    if world().rank == 0:
        print(f"result {digest(found if isinstance(found, list) else np.asarray(found))}")


def main() -> int:
    """Lose a rank in each call."""
    if len(sys.argv) == 3:
        run(sys.argv[1], int(sys.argv[2]))
        return 0
    failed = []
    for number, name in enumerate(CALLS):
        whole = _launched([], name, _RANKS)
        lost = _launched(
            [mpiexec(), "--with-ft", "ulfm", "-n", str(_RANKS)], name, 2 * (number % 2)
        )
        if whole.stdout != lost.stdout or lost.returncode != 0 or "result" not in lost.stdout:
            failed.append(name)
            print(f"{name}: {lost.stdout}{lost.stderr[-2000:]}", flush=True)
    print(f"lost calls: {len(CALLS) - len(failed)} of {len(CALLS)} went on without a rank")
    return 1 if failed else 0


def _launched(launcher: list[str], name: str, victim: int) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [*launcher, sys.executable, "-m", "tests.faults.lost_calls", name, str(victim)],
            capture_output=True, text=True, timeout=60, check=False,
            env=environment_of_a_job() | OPEN_MPI, cwd=Path(__file__).parents[2],
        )  # fmt: skip
    except subprocess.TimeoutExpired as late:
        return subprocess.CompletedProcess(late.cmd, 124, "", "it hung")


if __name__ == "__main__":
    sys.exit(main())
