"""``python -m hybrid``: scripts run as they would without it, and their failures end the job."""

from __future__ import annotations

from pathlib import Path

import pytest

from hybrid.__main__ import program_of
from tests.launch import launch

pytestmark = pytest.mark.launches

SCRIPT = """
import sys
import beside
print(__name__, sys.argv, beside.VALUE)
"""

FAILING = """
import time
from mpi4py import MPI
if MPI.COMM_WORLD.rank == 1:
    {failure}
MPI.COMM_WORLD.Barrier()  # where the others would wait for ever
time.sleep(30)
"""


def script(folder: Path, text: str) -> str:
    (folder / "beside.py").write_text("VALUE = 42\n")
    path = folder / "script.py"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("first", ["run", "check", "doctor", "--help", "--version", ""])
def test_anything_but_a_program_is_the_command_line(first: str) -> None:
    assert program_of([first]) is None


def test_a_script_sees_what_it_would_see_without(tmp_path: Path) -> None:
    path = script(tmp_path, SCRIPT)
    plain = launch(0, path, "--flag", "x")
    ours = launch(0, "-m", "hybrid", path, "--flag", "x")
    assert plain.code == ours.code == 0
    assert plain.out == ours.out == f"__main__ ['{path}', '--flag', 'x'] 42\n"


def test_code_and_modules(tmp_path: Path) -> None:
    code = "import sys; print(__name__, sys.argv)"
    assert launch(0, "-m", "hybrid", "-c", code, "x").out == "__main__ ['-c', 'x']\n"
    ended = launch(0, "-m", "hybrid", "-m", "json.tool", "--help")
    assert ended.code == 0
    assert "usage" in ended.out


def test_the_exit_code_of_a_script(tmp_path: Path) -> None:
    assert launch(0, "-m", "hybrid", "-c", "raise SystemExit(3)").code == 3
    assert launch(0, "-m", "hybrid", "-c", "1 / 0").code == 1


def test_a_script_that_is_missing() -> None:
    ended = launch(0, "-m", "hybrid", "nowhere.py")
    assert ended.code == 2
    assert ended.err.startswith("error: script: got 'nowhere.py', expected")


def test_two_ranks_print_once() -> None:
    ended = launch(2, "-m", "hybrid", "-c", "print('once')", timeout=60)
    assert (ended.code, ended.out) == (0, "once\n")


def test_an_exception_on_one_rank_ends_all(tmp_path: Path) -> None:
    path = script(tmp_path, FAILING.format(failure="raise RuntimeError('no luck')"))
    ended = launch(2, "-m", "hybrid", path, timeout=60)
    assert ended.code != 0
    assert ended.seconds < 20
    assert ended.err.count("RuntimeError: no luck") == 1
    assert "rank 1 on " in ended.err


def test_an_exit_code_on_one_rank_ends_all(tmp_path: Path) -> None:
    path = script(tmp_path, FAILING.format(failure="raise SystemExit(3)"))
    ended = launch(2, "-m", "hybrid", path, timeout=60)
    assert ended.code == 3
    assert ended.seconds < 20
    assert "ended the script with exit code 3" in ended.err
    assert "rank 1 on " in ended.err


@pytest.mark.parametrize("ranks", [0, 1, 2])
@pytest.mark.parametrize(
    "fault", ["hybrid.VQE('no circuit', ZZ)", "hybrid.minimize(hybrid.VQE(ansatz, ZZ), x0=[1.0])"]
)
def test_bad_input_in_a_script_is_told_once_with_exit_code_2(ranks: int, fault: str) -> None:
    code = (
        "import hybrid; from qiskit.circuit.library import real_amplitudes; "
        "from qiskit.quantum_info import SparsePauliOp; "
        f"ansatz, ZZ = real_amplitudes(2, reps=1), SparsePauliOp('ZZ'); {fault}"
    )
    ended = launch(ranks, "-m", "hybrid", "-c", code, timeout=60)
    assert ended.code == 2
    assert ended.err.count("InputError: ") == 1
    assert ended.out == ""


def test_bad_input_under_plain_python_ends_with_the_sentence(tmp_path: Path) -> None:
    code = (
        "import hybrid; from qiskit.circuit.library import real_amplitudes; "
        "from qiskit.quantum_info import SparsePauliOp; "
        "hybrid.minimize(hybrid.VQE(real_amplitudes(2), SparsePauliOp('ZZ')), shots=-5)"
    )
    ended = launch(0, script(tmp_path, code))
    assert ended.code == 1
    last = ended.err.rstrip().splitlines()[-1]
    assert last.startswith("hybrid.core.errors.InputError: shots: got -5, expected a positive")
