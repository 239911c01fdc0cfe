"""Opening, losing, interrupting and closing the ranks of ``hybrid.ranks``."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.errors import HybridError, InputError, RanksEndedError
from hybrid.core.launcher import ancestors
from hybrid.notebook import launch
from hybrid.notebook.channel import Channel
from hybrid.notebook.ranks import Ranks
from hybrid.notebook.serve import Service
from hybrid.optimizers import Adam
from hybrid.runtime.failure import error_of
from hybrid.runtime.protocol import decode
from hybrid.runtime.world import alone
from tests.launch import environment_of_a_job
from tests.launch import launch as launched

pytestmark = pytest.mark.launches

ZERO, Z = QuantumCircuit(1), SparsePauliOp("Z")
LONG = hybrid.VQE(real_amplitudes(12, reps=3), SparsePauliOp("Z" * 12))


@pytest.fixture(scope="module")
def job() -> Iterator[Ranks]:
    """Ranks that are left as they were found; tests that end theirs come first."""
    with hybrid.ranks(2) as opened:
        yield opened


def below(launcher: int) -> list[int]:
    """Return the processes that a launcher has started: proxies and ranks."""
    every = [int(folder.name) for folder in Path("/proc").glob("[1-9]*")]
    return [each for each in every if launcher in (found for _, found in ancestors(each))]


def processes_of(job: Ranks) -> list[int]:
    return [job._job._process.pid, *below(job._job._process.pid)]


def gone_within(seconds: float, processes: list[int]) -> float | None:
    """Return after how many seconds no process is left; None if one is at the end of the time."""
    start = time.monotonic()
    while time.monotonic() < start + seconds:
        if not any(_is_alive(each) for each in processes):
            return time.monotonic() - start
        time.sleep(0.02)
    return None


def _is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def interrupt_while_busy(job: Ranks) -> None:
    """Interrupt this process as a user does, a moment after it has sent a call to the ranks."""

    def interrupt() -> None:
        while not job._left:
            time.sleep(0.01)
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()


def test_open_and_close() -> None:
    with hybrid.ranks(2) as job:
        assert (job.size, len(job.hosts), job.is_open) == (2, 2, True)
        assert "2 ranks on " in repr(job)
        assert hybrid.ranks() is job
        assert hybrid.expectation(ZERO, Z).tolist() == [1.0]
        there = processes_of(job)
        assert len(there) >= 3
    assert gone_within(5.0, there) is not None
    assert not job.is_open
    assert hybrid.expectation(ZERO, Z).tolist() == [1.0]  # in this process
    job.close()
    with pytest.raises(RanksEndedError, match="they were closed"):
        job.call("expectation", {})


def test_one_rank() -> None:
    with hybrid.ranks(1):
        assert hybrid.expectation(ZERO, Z).tolist() == [1.0]
        with pytest.raises(InputError, match="points"):
            hybrid.expectation(ZERO, Z, [[1.0, 2.0]])


@pytest.mark.parametrize("number", [0, -1, True, 2.0, "4"])
def test_numbers_that_are_none(number: Any) -> None:
    with pytest.raises(InputError, match="expected a positive integer"):
        hybrid.ranks(number)


def test_none_are_open() -> None:
    with pytest.raises(InputError, match="no number while no ranks are open"):
        hybrid.ranks()


def test_without_mpi(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(InputError, match=r"without mpiexec .*hybrid-hpc-quantum\[mpi\]"):
        hybrid.ranks(2)
    with pytest.raises(InputError, match="launcher: got 'aprun -q'"):
        hybrid.ranks(2, launcher="aprun -q")


def test_mpi_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYBRID_MPI", "off")
    with pytest.raises(InputError, match="got HYBRID_MPI=off"):
        hybrid.ranks(2)


def test_an_mpi_library_that_does_not_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPI4PY_LIBMPI", "/no/such/library.so")
    with pytest.raises(RanksEndedError, match=r"(?s)before they joined.*no MPI library can be"):
        hybrid.ranks(2)
    assert hybrid.expectation(ZERO, Z).tolist() == [1.0]


def test_inside_mpi() -> None:
    code = "import hybrid\nhybrid.ranks(2)"
    ended = launched(2, "-m", "hybrid", "-c", code)
    assert ended.code == 2
    assert "hybrid.ranks(): got a process that is a rank itself" in ended.err


def test_commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """``srun`` inside an allocation, and beside the notebook's own step."""
    srun = tmp_path / "srun"
    srun.write_text("#!/bin/sh\n")
    srun.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert Path(launch.command_of(3, None)[0]).name == "mpiexec"
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    assert launch.command_of(3, None) == ["srun", "-n", "3"]
    monkeypatch.setenv("SLURM_STEP_ID", "0")
    assert launch.command_of(3, None) == ["srun", "--overlap", "-n", "3"]
    assert launch.command_of(3, ["srun", "-q"]) == ["srun", "-q", "-n", "3"]


def test_a_crash_is_an_exception_of_the_call() -> None:
    job = hybrid.ranks(2)
    there = processes_of(job)
    (victim,) = set(job._processes[1:])
    timer = threading.Timer(1.0, os.kill, (victim, signal.SIGKILL))
    timer.start()
    with pytest.raises(RanksEndedError, match=r"the 2 ranks are gone: they ended during minimize"):
        hybrid.minimize(LONG, Adam(max_iterations=10**6, tolerance=0.0), seed=1)
    with pytest.raises(RanksEndedError, match="open others with"):
        hybrid.expectation(ZERO, Z)
    assert gone_within(5.0, there) is not None
    with hybrid.ranks(1):  # after which others can be opened
        assert hybrid.expectation(ZERO, Z).tolist() == [1.0]


def test_closing_while_the_ranks_compute() -> None:
    job = hybrid.ranks(2)
    there = processes_of(job)
    interrupt_while_busy(job)
    circuit = real_amplitudes(16, reps=3)
    with pytest.raises(KeyboardInterrupt):
        hybrid.expectation(circuit, SparsePauliOp("Z" * 16), [[0.1] * 64] * 10**5, gradient=True)
    job.close()
    assert gone_within(5.0, there) is not None


KERNEL = """
import os, sys, threading, hybrid
from hybrid.optimizers import Adam
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp
job = hybrid.ranks(2)
child = os.fork()
if child == 0:  # a process that outlives the kernel, as one of multiprocessing may
    os.close(1)
    import time
    time.sleep(30)
    os._exit(0)
print(job._job._process.pid, child, flush=True)
if sys.argv[1] == "busy":
    problem = hybrid.VQE(real_amplitudes(12, reps=3), SparsePauliOp("Z" * 12))
    hybrid.minimize(problem, Adam(max_iterations=10**6, tolerance=0.0), seed=1)
threading.Event().wait()
"""


@pytest.mark.parametrize("doing", ["idle", "busy"])
def test_no_process_is_left_after_the_death_of_the_kernel(doing: str) -> None:
    kernel = subprocess.Popen(
        [sys.executable, "-c", KERNEL, doing],
        stdout=subprocess.PIPE, text=True, env=environment_of_a_job(),
    )  # fmt: skip
    assert kernel.stdout is not None
    session, child = map(int, kernel.stdout.readline().split())
    try:
        if doing == "busy":
            time.sleep(1.0)
        there = [session, *below(session)]
        assert len(there) >= 3
        kernel.kill()
        kernel.wait()
        assert gone_within(5.0, there) is not None
    finally:
        kernel.kill()
        os.kill(child, signal.SIGKILL)
        kernel.stdout.close()


EARLY = """
import os, signal, threading
from hybrid.notebook import launch, ranks
class Told(launch.Job):
    def __init__(self, command):
        super().__init__(command)
        print(self._process.pid, flush=True)
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGKILL)).start()
ranks.Job = Told
ranks.ranks(2)
"""


def test_a_kernel_that_dies_before_the_ranks_have_joined() -> None:
    kernel = subprocess.run(
        [sys.executable, "-c", EARLY],
        capture_output=True, text=True, env=environment_of_a_job(), check=False,
    )  # fmt: skip
    assert kernel.returncode == -signal.SIGKILL
    launcher = int(kernel.stdout)
    assert gone_within(20.0, [launcher, *below(launcher)]) is not None  # once they are loaded


def test_twice_and_nested(job: Ranks) -> None:
    with pytest.raises(InputError, match=r"hybrid\.ranks\(3\): got a second call: 2 ranks .*close"):
        hybrid.ranks(3)
    assert hybrid.expectation(ZERO, Z).tolist() == [1.0]


def test_what_no_message_holds_is_refused_before_anything_is_sent(job: Ranks) -> None:
    """The next call is answered."""
    no_text = os.fsdecode(b"/tmp/\xff.db")
    with pytest.raises(InputError, match=r"arguments of minimize\(\): got data that no message"):
        hybrid.minimize(LONG, journal=no_text)
    assert not job._left
    assert hybrid.expectation(ZERO, Z).tolist() == [1.0]


def test_a_result_that_no_message_holds_is_a_failure_of_the_call() -> None:
    here, there = map(Channel, socket.socketpair())
    with closing(here), closing(there):
        Service(alone(), there)._send(["result", "\ud800"])
        kind, content = here.receive(5.0)
    error = error_of(decode(content))
    assert kind == "failure"
    assert isinstance(error, InputError)
    assert "no message holds" in str(error)


def test_an_interrupt_ends_a_run_with_the_best_point(job: Ranks) -> None:
    interrupt_while_busy(job)
    result = hybrid.minimize(LONG, Adam(max_iterations=10**6, tolerance=0.0), seed=1)
    assert result.outcome.value == "interrupted"
    assert "SIGINT" in result.message
    assert result.evaluations > 3
    assert result.value == min(result.history.values)
    assert hybrid.expectation(ZERO, Z).tolist() == [1.0]
    assert hybrid.minimize(LONG, Adam(max_iterations=3), seed=1).outcome.value == "limit"


def test_an_interrupt_of_another_call(job: Ranks) -> None:
    """The cell ends at once, and the ranks go on with the next call."""
    circuit = real_amplitudes(14, reps=3)
    points = [[0.1] * circuit.num_parameters] * 4000
    interrupt_while_busy(job)
    with pytest.raises(KeyboardInterrupt):
        hybrid.expectation(circuit, SparsePauliOp("Z" * 14), points, gradient=True)
    assert hybrid.expectation(ZERO, Z).tolist() == [1.0]


def test_a_second_thread_is_refused(job: Ranks) -> None:
    found: list[BaseException] = []

    def call() -> None:
        while not job._left:
            time.sleep(0.001)
        try:
            hybrid.expectation(ZERO, Z)
        except HybridError as error:
            found.append(error)

    thread = threading.Thread(target=call, name="second")
    thread.start()
    hybrid.minimize(LONG, Adam(max_iterations=3000, tolerance=0.0), seed=1)
    thread.join()
    assert "in thread 'second' while another thread waits" in str(found[0])
