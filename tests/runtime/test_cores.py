"""Limits on cores and threads are read as OpenMP and the kernel mean them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hybrid.runtime import cgroup, cores
from hybrid.runtime.inside import inside_piece, thread_bound


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("4", 4),
        (" 1 ", 1),
        ("2,1", 2),
        ("1,1", 1),
        (" 3 , 2", 3),
        ("+2", 2),
        ("0", None),
        ("-1", None),
        ("", None),
        ("many", None),
        (",2", None),
        ("²", None),
    ],
)
def test_omp_num_threads(text: str, limit: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", text)
    assert cores.thread_limit() == limit


def test_the_piece_around_bounds_threads_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    with inside_piece(1, threads=2):
        assert thread_bound() == 2
    with inside_piece(1, threads=8):
        assert thread_bound() == 4


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({"job/cpu.max": "100000 100000"}, 1),
        ({"job/cpu.max": "150000 100000"}, 2),
        ({"job/cpu.max": "max 100000", "cpu.max": "300000 100000"}, 3),
        ({"job/cpu.max": "200000 100000", "cpu.max": "100000 100000"}, 1),
        ({"job/cpu.max": "max 100000"}, None),
        ({"cpu/job/cpu.cfs_quota_us": "50000", "cpu/job/cpu.cfs_period_us": "100000"}, 1),
        ({"cpu/job/cpu.cfs_quota_us": "-1", "cpu/job/cpu.cfs_period_us": "100000"}, None),
        ({}, None),
    ],
)
def test_cpu_quotas_of_both_versions(
    files: dict[str, str], count: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    membership = tmp_path / "membership"
    membership.write_text("4:cpu:/job\n3:memory:/job\n0::/job\n")
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text + "\n")
    monkeypatch.setattr(cgroup, "_MOUNT", tmp_path)
    monkeypatch.setattr(cgroup, "_MEMBERSHIP", membership)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert len(cores.usable_cores()) == (8 if count is None else count)
