"""What ``hybrid doctor`` finds amiss."""

from __future__ import annotations

import pytest

from hybrid.cli.doctor import advice
from hybrid.runtime import World
from hybrid.runtime.communicator import SerialCommunicator


class Ranks(SerialCommunicator):
    """A communicator that has a number of ranks, for what only asks how many there are."""

    def __init__(self, size: int) -> None:
        self.size = size


def job(cores_of_ranks: list[set[int]]) -> World:
    hosts = ("node1",) * len(cores_of_ranks)
    return World(Ranks(len(hosts)), hosts, tuple(map(frozenset, cores_of_ranks)))


@pytest.fixture(autouse=True)
def _no_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "HYBRID_MPI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")


def test_nothing_amiss() -> None:
    assert list(advice(job([{0}, {1}]), "MPICH 5")) == []


def test_no_mpi_library() -> None:
    (found,) = advice(job([{0}]), None)
    assert "pip install 'hybrid-hpc-quantum[mpi]'" in found


def test_no_launcher_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    (found,) = advice(job([{0}]), "MPICH 5")
    assert found.startswith("Neither mpiexec nor srun is on the PATH")


def test_ranks_that_run_separately(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "4")
    assert list(advice(job([{0}]), "MPICH 5")) == []
    monkeypatch.setenv("HYBRID_MPI", "off")
    (found,) = advice(job([{0}]), "MPICH 5")
    assert found.startswith("HYBRID_MPI is off, so each of the 4 processes of the launcher does")


def test_more_ranks_than_cores() -> None:
    (found,) = advice(job([{0, 1}] * 3), "MPICH 5")
    assert found == "node1 has 2 cores for 3 ranks; start at most one rank per core."
