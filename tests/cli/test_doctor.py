"""What ``hybrid doctor`` finds amiss, and that nothing it meets ends it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hybrid.cli.app import command_line
from hybrid.cli.doctor import hosts, library, pace, software
from hybrid.cli.doctor.library import Library
from hybrid.runtime import World
from hybrid.runtime.communicator import SerialCommunicator
from tests.launch import environment_of_a_job, launch, mpiexec


class Ranks(SerialCommunicator):
    """A communicator that has a number of ranks, for what only asks how many there are."""

    def __init__(self, size: int) -> None:
        self.size = size


def job(cores_of_ranks: list[set[int]]) -> World:
    hosts = ("node1",) * len(cores_of_ranks)
    return World(Ranks(len(hosts)), hosts, tuple(map(frozenset, cores_of_ranks)))


def seen(**changes: Any) -> dict[str, Any]:
    """Return what a rank of a healthy host sees."""
    plain = {
        "build": "x86-64-v4", "threads": None, "memory": 10**10, "memory_limit": None,
        "cpu_quota": None, "shared_memory": 10**10, "load": 0.1, "gpus": [], "python": [3, 11, 7],
    }  # fmt: skip
    return plain | changes


@pytest.fixture(autouse=True)
def _no_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "HYBRID_MPI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")


WELL = Library("MPICH 5", ("/usr/lib/libmpi.so",))


def told(found: Any) -> str:
    """Return findings as one text."""
    return " | ".join(f"{each.what}: {each.remedy}" for each in found)


def test_nothing_amiss() -> None:
    assert not list(library.findings(WELL))
    assert not list(hosts.findings(job([{0}, {1}]), [seen()] * 2))
    assert not list(pace.findings([pace.Pace(1, True, 1e-6, 1e10)]))


def test_no_mpi_library() -> None:
    (found,) = library.findings(Library(None, fault="cannot load MPI library"))
    assert "pip install" in found.remedy
    assert "[mpi]" in found.remedy
    assert not found.is_problem  # runs are serial, and right
    (broken,) = library.findings(Library(None, fault="Segmentation fault"))
    assert broken.is_problem


def test_no_launcher_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert told(library.findings(WELL)).startswith("neither mpiexec nor srun is on the PATH")


def test_ranks_that_run_separately(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "4")
    assert not list(library.findings(WELL))
    monkeypatch.setenv("HYBRID_MPI", "off")
    assert told(library.findings(WELL)).startswith(
        "HYBRID_MPI is off, so each of the 4 processes of the launcher does"
    )


@pytest.mark.parametrize(
    ("cores", "changes", "said"),
    [
        ([{0, 1}] * 3, [{}] * 3, "node1 has 2 cores for 3 ranks: start at most one rank per core"),
        ([{0, 1}] * 2, [{"threads": 2}] * 2, "may start 4 threads on 2 cores: set OMP_NUM_THREA"),
        ([{0, 1}] * 2, [{"threads": 2}, {"threads": 1}], "OMP_NUM_THREADS differs"),
        ([{0}, {1}], [{"shared_memory": 10**6}] * 2, "1 MB free in /dev/shm"),
        ([{0}, {1}], [{"load": 1e6}] * 2, "node1 is busy"),
        ([{0}, {1}], [{"build": "x86-64-v3"}, {}], "set HYBRID_KERNELS=v3 for the same bits"),
        ([{0}, {1}], [{"python": [3, 12, 1]}, {}], "different versions of Python"),
    ],
)  # fmt: skip
def test_ranks_and_hosts(
    cores: list[set[int]], changes: list[dict[str, Any]], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    found = hosts.findings(job(cores), [seen(**each) for each in changes])
    assert said in told(found)


def test_ranks_bound_to_one_core_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    found = told(hosts.findings(job([{0}, {1}]), [seen()] * 2))
    assert "each rank on node1 is bound to one core, and 64 are there" in found
    assert not list(hosts.findings(job([{0, 1}, {2, 3}]), [seen()] * 2))


def test_slow_messages() -> None:
    assert "ibstat" in told(pace.findings([pace.Pace(8, False, 5e-3, 1e7)]))


@pytest.mark.parametrize(
    ("version", "bounds", "holds"),
    [
        ("2.6.1", ">=2.6.1,<3", True), ("2.6.0", ">=2.6.1,<3", False), ("3.0", ">=2.6.1,<3", False),
        ("3", "<3", False), ("1.10", ">=1.9", True), ("2.0rc1", ">=2.0", True),
        ("1.0", "~=whatever", True), ("1.0", "", True),
    ],
)  # fmt: skip
def test_bounds_of_versions(version: str, bounds: str, holds: bool) -> None:
    """The oracle is packaging, where it understands the bounds and calls nothing a prerelease."""
    specifiers = pytest.importorskip("packaging.specifiers", reason="packaging is not installed")
    assert software.satisfies(version, bounds) == holds
    if "rc" not in version and "whatever" not in bounds:
        assert specifiers.SpecifierSet(bounds).contains(version) == holds


def test_versions_that_clash(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not list(software.clashes())
    monkeypatch.setattr(
        metadata, "requires", lambda name: ["numpy>=99,<100", "none>=1; extra=='x'"]
    )
    (found,) = software.clashes()
    assert f"numpy {metadata.version('numpy')} is installed, and hybrid needs >=99" in found.what


def test_another_package_named_hybrid(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    installed = {"hybrid": ["hybrid-hpc-quantum", "dwave-hybrid"]}
    monkeypatch.setattr(metadata, "packages_distributions", lambda: installed)
    (tmp_path / "hybrid.py").touch()
    monkeypatch.chdir(tmp_path)
    found = told(software.namesakes())
    assert "pip uninstall dwave-hybrid" in found
    assert f"{tmp_path}/hybrid.py takes the place of this package" in found


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code = command_line(["doctor", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["well"] == (code == 0)
    assert {each["name"] for each in found["facts"]} >= {"MPI library", "kernels", "Aer", "ranks"}
    assert set(found["ranks"][0]) >= {"affinity", "cpu_quota", "shared_memory", "gpus"}


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (SimpleNamespace(stdout="", stderr="Aborted\n", returncode=134), "Aborted"),
        (SimpleNamespace(stdout="", stderr="", returncode=-11), "exit code -11"),
        (subprocess.TimeoutExpired("mpi", 4.0), "does not start within"),
        (OSError("no such file"), "no such file"),
    ],
)
def test_a_library_that_ends_its_process(
    answer: Any, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*arguments: object, **settings: object) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(subprocess, "run", run)
    found = library.probed.__wrapped__()
    assert found.version is None
    assert fault in found.fault


@pytest.mark.launches
def test_one_rank_is_quick() -> None:
    """Asked: 5 s; on an idle host it takes 2 s. Here the time is only printed."""
    start = time.perf_counter()
    ended = launch(0, "-m", "hybrid", "doctor")
    print(f"{time.perf_counter() - start:.1f} s")
    assert ended.code == 0
    assert "libmpi" in ended.out


@pytest.mark.launches
@pytest.mark.parametrize("ranks", [0, 2])
def test_a_broken_mpi_is_reported(ranks: int, tmp_path: Path) -> None:
    (tmp_path / "libmpi.so").write_bytes(b"no library")
    broken = {"MPI4PY_LIBMPI": str(tmp_path / "libmpi.so")}
    ended = launch(ranks, "-m", "hybrid", "doctor", "--json", extra_environment=broken, timeout=60)
    found = json.loads(ended.out)
    assert any("no MPI library starts" in each["what"] for each in found["findings"])
    assert found["well"] is False
    assert ended.code == 1


@pytest.mark.launches
def test_ranks_that_form_no_job_are_reported_once() -> None:
    """As under the launcher of another MPI: every process believes to be alone."""
    code = (
        "import os, sys; os.environ['PMI_SIZE'] = '2'; os.environ['PMI_RANK'] = sys.argv[1]; "
        "sys.argv = ['hybrid', 'doctor', '--json']; "
        "from hybrid.cli.doctor import library; from hybrid.cli.app import main; "
        "import hybrid.runtime.world as w; from hybrid.core.errors import InputError\n"
        "def refuse(): raise InputError('launcher', got='2 processes that cannot form one job', "
        "expected='one')\n"
        "w._join = refuse if os.environ.get('HYBRID_MPI') != 'off' else w._join\n"
        "joined = w._join\n"
        "def join(): return joined() if os.environ.get('HYBRID_MPI') != 'off' else w.alone()\n"
        "w._join = join\nmain()"
    )
    first, second = (
        subprocess.run(
            [sys.executable, "-c", code, rank],
            capture_output=True, text=True, check=False, env=environment_of_a_job(), timeout=60,
        )
        for rank in ("0", "1")
    )  # fmt: skip
    assert first.returncode == second.returncode == 1
    assert second.stdout == ""
    found = json.loads(first.stdout)["findings"]
    assert "2 processes that cannot form one job" in found[0]["what"]
    assert "mpi4py" in found[0]["remedy"]
    assert mpiexec()
