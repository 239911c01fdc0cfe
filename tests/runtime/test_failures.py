"""Whatever goes wrong on one rank of a script, the whole job ends soon and says so once."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.launch import Outcome, launch

pytestmark = pytest.mark.launches

PREAMBLE = """
import sys, os, numpy as np, hybrid
from hybrid.runtime import world
from qiskit.circuit import QuantumCircuit, ParameterVector
from qiskit.quantum_info import SparsePauliOp
rank = world().rank
a = ParameterVector("a", 2)
circuit = QuantumCircuit(2); circuit.ry(a[0], 0); circuit.cx(0, 1); circuit.rx(a[1], 1)
operator = SparsePauliOp(["ZZ", "XI"], [1.0, 0.5])
"""


def run(tmp_path: Path, script: str, ranks: int = 2) -> Outcome:
    path = tmp_path / "script.py"
    path.write_text(PREAMBLE + textwrap.dedent(script))
    return launch(ranks, str(path), timeout=60)


def test_the_same_script_runs_with_and_without_ranks(tmp_path: Path) -> None:
    # One write for each line: lines of several ranks share a pipe.
    script = (
        "print(f'{hybrid.expectation(circuit, operator, np.ones((5, 2))).tolist()}\\n', end='')"
    )
    outputs = {}
    for ranks in (0, 1, 2):
        outcome = run(tmp_path, script, ranks)
        assert outcome.code == 0, outcome.err
        outputs[ranks] = set(filter(None, outcome.out.splitlines()))  # launchers add empty ones
    assert outputs[0] == outputs[1] == outputs[2]
    assert len(outputs[0]) == 1


@pytest.mark.parametrize("culprit", [0, 1])
def test_an_exception_outside_of_our_calls(tmp_path: Path, culprit: int) -> None:
    script = f"""
    if rank == {culprit}:
        raise ZeroDivisionError("a bug of the user")
    hybrid.expectation(circuit, operator, np.ones((5, 2)))
    """
    outcome = run(tmp_path, script)
    assert outcome.code != 0
    assert outcome.err.count("ZeroDivisionError: a bug of the user") == 1
    assert f"rank {culprit} on " in outcome.err


def test_a_rank_with_another_circuit(tmp_path: Path) -> None:
    script = """
    if rank == 1:
        circuit.x(0)
    hybrid.expectation(circuit, operator, np.ones((5, 2)))
    """
    outcome = run(tmp_path, script)
    assert outcome.code != 0
    assert outcome.err.count("different circuit on different ranks (rank 0 / rank 1)") == 1


def test_a_rank_with_another_start(tmp_path: Path) -> None:
    script = """
    hybrid.minimize(hybrid.VQE(circuit, operator), x0=[0.1, 0.1 * rank])
    """
    outcome = run(tmp_path, script, ranks=3)
    assert outcome.code != 0
    assert outcome.err.count("different start point on different ranks") == 1


def test_a_rank_that_has_gone(tmp_path: Path) -> None:
    script = """
    if rank == 0:
        hybrid.expectation(circuit, operator, np.ones((5, 2)))
    """
    outcome = run(tmp_path, script)
    assert outcome.code != 0
    assert "rank 1 reached the end of its script" in outcome.err


def test_a_rank_that_leaves_with_an_exit_code(tmp_path: Path) -> None:
    script = """
    if rank == 1:
        sys.exit(3)
    hybrid.expectation(circuit, operator, np.ones((5, 2)))
    """
    outcome = run(tmp_path, script)
    assert outcome.code != 0
    assert "rank 1 reached the end of its script" in outcome.err


def test_bad_input_on_all_ranks_is_told_once(tmp_path: Path) -> None:
    outcome = run(tmp_path, "hybrid.expectation(circuit, operator, np.ones((5, 3)))", ranks=3)
    assert outcome.code != 0
    assert outcome.err.count("points: got shape (5, 3)") == 1


def test_bad_input_on_one_rank_is_told_to_all(tmp_path: Path) -> None:
    outcome = run(tmp_path, "hybrid.expectation(circuit, operator, np.ones((5, 2 + rank)))")
    assert outcome.code != 0
    assert "rank 1 on " in outcome.err
    assert "points: got shape (5, 3)" in outcome.err


def test_an_exception_inside_a_piece(tmp_path: Path) -> None:
    script = """
    from hybrid.simulators.native.evaluation import NativeEvaluation
    run = NativeEvaluation.run
    def broken(self, *args, **kwargs):
        if rank == 1:
            raise MemoryError("no memory left here")
        return run(self, *args, **kwargs)
    NativeEvaluation.run = broken
    import hybrid.collective.call
    from hybrid.scheduler import assign
    hybrid.collective.call.planner_of = lambda *_: assign  # rank 1 has work on any machine
    hybrid.expectation(circuit, operator, np.ones((9000, 2)))
    """
    outcome = run(tmp_path, script)
    assert outcome.code != 0
    assert "rank 1 on " in outcome.err
    assert outcome.err.count("no memory left here") <= 3
    assert outcome.seconds < 30


def test_killed_ranks_end_the_job(tmp_path: Path) -> None:
    script = """
    if rank == 1:
        os.kill(os.getpid(), 9)
    hybrid.expectation(circuit, operator, np.ones((5, 2)))
    """
    assert run(tmp_path, script).code != 0


@pytest.mark.parametrize("ranks", [2, 3])
def test_control_c_ends_all_ranks_with_the_best_point_so_far(tmp_path: Path, ranks: int) -> None:
    script = """
    import signal
    from hybrid.simulators.native.evaluation import NativeEvaluation
    combine = NativeEvaluation.combine
    def interrupted(self, ask, partials):
        # The launcher forwards Control-C to all ranks: so does this, to all but rank 0 first.
        for pid in others:
            os.kill(pid, signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        return combine(self, ask, partials)
    pids = [int(pid) for pid in world().communicator.all_gather(str(os.getpid()).encode())]
    others = [pid for pid in pids if pid != os.getpid()]
    NativeEvaluation.combine = interrupted
    result = hybrid.minimize(hybrid.VQE(circuit, operator), x0=[0.1, 0.2])
    # One write for each line: lines of several ranks share a pipe.
    print(f'{result.success} {result.message} {np.isfinite(result.value)}\\n', end='')
    """
    outcome = run(tmp_path, script, ranks)
    assert outcome.code == 0, outcome.err
    assert outcome.out.count("False Interrupted") == ranks
    assert "KeyboardInterrupt" not in outcome.err


def test_ranks_with_different_thread_limits_make_the_same_plan(tmp_path: Path) -> None:
    """Each rank plans for itself, so the least limit holds for all."""
    script = """
    import os
    os.environ["OMP_NUM_THREADS"] = str(1 + rank)
    from qiskit.circuit.library import real_amplitudes
    ansatz = real_amplitudes(12, reps=2)
    points = np.ones((8, ansatz.num_parameters))
    hybrid.expectation(ansatz, SparsePauliOp("Z" * 12), points, gradient=True)
    sys.stdout.write("well\\n")  # at once, because ranks share a pipe
    """
    outcome = run(tmp_path, script)
    assert outcome.code == 0, outcome.err
    assert outcome.out.split() == ["well", "well"]
