"""Combinatorial problems of run files."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import hybrid
from hybrid.cli.app import command_line
from hybrid.core.errors import InputError
from hybrid.settings import build, load
from tests.settings.run_files import EXAMPLES, write

SPINS = {"kind": "ising", "path": "spins.coo"}
STOCKS = {"kind": "portfolio", "returns": "stocks.csv", "budget": 3}
GRAPH = {"kind": "maxcut", "edges": "graph.edges"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = EXAMPLES / "data"
    shutil.copy(data / "spin_glass_12.coo", tmp_path / "spins.coo")
    shutil.copy(data / "stocks_10.csv", tmp_path / "stocks.csv")
    shutil.copy(data / "maxcut_12.edges", tmp_path / "graph.edges")
    return tmp_path


def _file(folder: Path, problem: dict[str, Any], **ansatz: Any) -> Path:
    kind = {"kind": "qaoa", "depth": 2} if "kind" not in ansatz else {}
    return write(folder, {"problem": problem, "ansatz": {**kind, **ansatz}, "run": {"seed": 1}})


def test_keys_become_arguments(folder: Path) -> None:
    path = _file(folder, STOCKS, mixer="xy-complete", objective="gibbs", eta=20.0)
    workload = build(load(path)).workload
    assert isinstance(workload, hybrid.QAOA)
    assert workload.mixer == hybrid.XYMixer(3, "complete")
    assert workload.objective == hybrid.Gibbs(20.0)
    path = _file(folder, GRAPH, start="fixed", objective="cvar", alpha=0.3)
    workload = build(load(path)).workload
    assert isinstance(workload, hybrid.QAOA)
    assert (workload.start, workload.objective) == ("fixed", hybrid.CVaR(0.3))
    path = _file(folder, SPINS, mixer="xy-ring", ones=4)
    assert build(load(path)).workload.mixer == hybrid.XYMixer(4)  # type: ignore[attr-defined]


def test_a_budget_without_its_mixer_is_a_penalty(folder: Path) -> None:
    job = build(load(_file(folder, STOCKS)))
    lowest = job.workload.observable.operator.to_matrix().diagonal().real.min()
    assert job.reference is not None
    assert lowest == pytest.approx(job.reference.value)
    job = build(load(_file(folder, STOCKS, kind="hardware_efficient")))
    assert isinstance(job.workload, hybrid.VQE)
    assert job.sampled is not None


@pytest.mark.parametrize(
    ("problem", "ansatz", "said"),
    [
        (GRAPH, {"alpha": 0.2}, "alpha: got the key with objective = 'expectation'"),
        (GRAPH, {"objective": "cvar", "eta": 2.0}, "eta: got the key with objective = 'cvar'"),
        (GRAPH, {"objective": "cvar", "alpha": 1.5}, "ansatz.alpha"),
        (GRAPH, {"ones": 2}, "ones: got the key with mixer = 'x'"),
        (GRAPH, {"mixer": "xy-ring"}, "ones: got nothing"),
        (STOCKS, {"mixer": "xy-ring", "ones": 4}, "expected 3, the budget"),
        (STOCKS, {"kind": "uccsd"}, "does not fit the problem 'portfolio'"),
        ({**STOCKS, "budget": 10}, {"mixer": "xy-ring"}, "an integer from 1 to 9"),
        ({"kind": "qubo", "path": "nothing.qubo"}, {}, "problem.path"),
        ({"kind": "qubo", "path": "graph.edges"}, {}, "vartype=BINARY"),
        (SPINS, {"start": "fixed"}, "the maximum cut of a regular graph"),
    ],
)
def test_what_does_not_fit_is_refused(
    folder: Path, problem: dict[str, Any], ansatz: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        build(load(_file(folder, problem, **ansatz)))


def test_several_states_of_another_objective_are_refused(folder: Path) -> None:
    tables = {
        "problem": GRAPH,
        "ansatz": {"kind": "qaoa", "depth": 1, "objective": "cvar", "start": "interp"},
        "workload": {"kind": "vqd", "states": 2},
    }
    with pytest.raises(InputError, match=r"with workload 'vqd'") as caught:
        load(write(folder, tables))
    assert str(caught.value).count("with workload 'vqd'") == 2


MANY = {"kind": "multistart", "starts": 3, "low": -0.5, "high": 0.5, "halve_after": "never"}


def test_many_starts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = {"problem": GRAPH, "ansatz": {"kind": "qaoa", "depth": 2}, "run": {"seed": 1}}
    path = write(folder, {**tables, "workload": MANY})
    workload = build(load(path)).workload
    assert isinstance(workload, hybrid.MultiStart)
    assert (workload.count, workload.low, workload.halve_after) == (3, -0.5, None)
    assert command_line(["run", str(path), "--max-iterations", "2"]) == 0
    said = capsys.readouterr().out
    assert "3 starts of QAOA" in said
    assert "best cut" in said
    with pytest.raises(InputError, match=r"a number below high, -0\.5"):
        load(write(folder, {**tables, "workload": {**MANY, "high": -0.5}}))


def test_scans(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("1.3", "1.6"):
        shutil.copy(EXAMPLES / "data" / "lih_curve" / f"{name}.fcidump", folder)
    scan = {"kind": "scan", "files": ["1.6.fcidump"], "labels": [1.3, 1.6], "together": True}
    tables = {
        "problem": {"kind": "molecule", "fcidump": "1.3.fcidump"},
        "ansatz": {"kind": "uccsd"},
        "workload": scan,
        "run": {"seed": 1},
    }
    path = write(folder, tables)
    workload = build(load(path)).workload
    assert isinstance(workload, hybrid.Scan)
    assert (workload.labels, workload.together) == ((1.3, 1.6), True)
    assert command_line(["run", str(path), "--max-iterations", "2"]) == 0
    said = capsys.readouterr().out
    assert "2 members like" in said
    assert "1.6  -7.8" in said
    for wrong, expected in [
        ({**scan, "labels": [1.0]}, "expected 2: of the problem, then of each file"),
        ({**scan, "files": ["none.fcidump"]}, "workload.files.0"),
        ({**scan, "files": []}, "workload.files"),
    ]:
        with pytest.raises(InputError, match=expected):
            load(write(folder, {**tables, "workload": wrong}))
    pauli = {"kind": "pauli", "terms": [["ZZ", 1.0]]}
    other = {"problem": pauli, "ansatz": {"kind": "hardware_efficient"}, "workload": scan}
    with pytest.raises(InputError, match="'scan' with the problem 'pauli'"):
        load(write(folder, other))


def test_samples_are_drawn(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _file(folder, STOCKS, mixer="xy-ring")
    assert command_line(["run", str(path), "--max-iterations", "3"]) == 0
    said = capsys.readouterr().out
    assert "best sample" in said
    assert "AAPL" in said
    assert "share" in said
    assert "#####" in said
