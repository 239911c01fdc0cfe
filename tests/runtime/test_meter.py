"""What a rank uses: its memory, and the energy of its host where the host tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hybrid.runtime.clocks import Clocks
from hybrid.runtime.meter import Energy, Meter, counters


def _package(folder: Path, name: str, microjoules: int, span: int = 1_000_000) -> Path:
    home = folder / name
    home.mkdir()
    (home / "energy_uj").write_text(f"{microjoules}\n")
    (home / "max_energy_range_uj").write_text(f"{span}\n")
    return home


def test_energy_of_all_packages_counts_and_counters_wrap(tmp_path: Path) -> None:
    first = _package(tmp_path, "intel-rapl:0", 900_000)
    second = _package(tmp_path, "intel-rapl:1", 100)
    _package(tmp_path, "intel-rapl:0:0", 5)  # a part of the first package
    assert counters(tmp_path) == (first, second)
    energy = Energy(counters(tmp_path))
    assert energy.joules() == 0.0
    (first / "energy_uj").write_text("100000")  # wrapped around at 1 J
    (second / "energy_uj").write_text("300100")
    assert energy.joules() == pytest.approx(0.2 + 0.3)
    (first / "energy_uj").write_text("150000")
    assert energy.joules() == pytest.approx(0.55)


def test_a_host_without_counters_has_no_energy(tmp_path: Path) -> None:
    with Meter(tmp_path) as meter:
        assert meter.read().joules is None
    with Meter(None) as meter:
        assert meter.read().joules is None


def test_counters_that_may_not_be_read_are_none(tmp_path: Path) -> None:
    (_package(tmp_path, "intel-rapl:0", 1) / "energy_uj").write_text("")
    assert counters(tmp_path) == ()


def test_a_meter_reads_energy_from_its_beginning(tmp_path: Path) -> None:
    home = _package(tmp_path, "intel-rapl:0", 500_000)
    with Meter(tmp_path) as meter:
        (home / "energy_uj").write_text("700000")
        used = meter.read()
    assert used.joules == pytest.approx(0.2)
    assert used.peak_bytes > 1_000_000


def test_clocks_of_one_host_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hybrid.runtime.clocks.time.perf_counter", lambda: 50.0)
    clocks = Clocks(["a", "a", "b"])
    assert clocks.ahead(1, heard=10.1, told=10.0) == 0.0
    assert clocks.ahead(2, heard=1010.5, told=10.0) == pytest.approx(1000.5)
    assert clocks.ahead(2, heard=1020.9, told=20.0) == pytest.approx(1000.5)


def test_hosts_of_the_same_name_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hybrid.runtime.clocks.time.perf_counter", lambda: 50.0)
    assert Clocks(["a", "a"]).ahead(1, heard=990.0, told=10.0) == pytest.approx(980.0)
