"""What the environment says of the launcher, by the variables of each."""

from __future__ import annotations

import os

import pytest

from hybrid.core import launcher

PREFIXES = ("PMI", "MPI", "HYD", "OMPI_", "SLURM_", "HYBRID_")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment without what a launcher sets."""
    for name in os.environ:
        if name.startswith(PREFIXES):
            monkeypatch.delenv(name)
    return monkeypatch


@pytest.mark.parametrize(
    ("environment", "launched", "processes", "rank"),
    [
        ({}, False, 1, None),
        ({"PMI_SIZE": "4", "PMI_RANK": "3"}, True, 4, 3),
        ({"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "0"}, True, 2, 0),
        ({"PMIX_RANK": "1", "SLURM_PROCID": "1"}, True, 1, 1),
        ({"SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "6", "SLURM_PROCID": "5"}, False, 6, 5),
        ({"SLURM_STEP_NUM_TASKS": "6"}, False, 1, None),  # a batch script, outside any step
        ({"PMI_SIZE": "many", "PMI_RANK": ""}, True, 1, None),
        ({"PMI_SIZE": "4", "HYBRID_MPI": "off"}, False, 4, None),
        ({"PMI_SIZE": "4", "HYBRID_MPI": "NO"}, False, 4, None),
    ],
)
def test_what_the_launcher_says(
    bare: pytest.MonkeyPatch,
    environment: dict[str, str],
    launched: bool,
    processes: int,
    rank: int | None,
) -> None:
    for name, value in environment.items():
        bare.setenv(name, value)
    assert launcher.is_launched() is launched
    assert launcher.launched_processes() == processes
    assert launcher.launched_rank() == rank


def test_a_rank_is_no_child_of_itself_but_its_children_are(bare: pytest.MonkeyPatch) -> None:
    assert not launcher.is_child_of_rank()
    bare.setenv("PMI_SIZE", "2")
    bare.setenv("HYBRID_RANK_PROCESS", str(os.getpid()))
    assert not launcher.is_child_of_rank()
    assert launcher.is_launched()
    bare.setenv("HYBRID_RANK_PROCESS", str(os.getppid()))  # our parent is the rank
    assert launcher.is_child_of_rank()
    assert not launcher.is_launched()
    assert not launcher.uses_mpi()
