"""``trace=``: the timeline of every rank, as Chrome and Perfetto read it."""

from __future__ import annotations

import itertools
import json
import os
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.cli.app import command_line
from hybrid.core.errors import InputError
from hybrid.loop import spans
from hybrid.runtime import World
from tests.settings.run_files import ISING, write

KINDS = {"quantum", "classical", "communication", "waiting"}


def problem() -> hybrid.VQE:
    return hybrid.VQE(real_amplitudes(6, reps=2), SparsePauliOp(["Z" * 6, "X" * 6]))


def traced(path: Path, **settings: Any) -> tuple[hybrid.loop.result.Result, dict[str, Any]]:
    settings = {"simulator": "aer", "shots": 50, "max_iterations": 2, "seed": 7} | settings
    result = hybrid.minimize(problem(), "Adam", trace=path, **settings)
    return result, json.loads(path.read_text("utf-8"))


def by_rank(trace: dict[str, Any]) -> dict[int, list[dict[str, Any]]]:
    ranks = defaultdict(list)
    for event in trace["traceEvents"]:
        if event["ph"] == "X":
            ranks[event["tid"]].append(event)
    return ranks


@pytest.mark.ranks
def test_every_rank_has_spans_that_follow_one_another(job: World, tmp_path: Path) -> None:
    result, trace = None, None
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"hybrid-trace-{os.getppid()}.json"
    try:
        result = hybrid.minimize(
            problem(), "Adam", trace=path, simulator="aer", shots=50, max_iterations=2, seed=7
        )
        trace = json.loads(path.read_text("utf-8")) if job.rank == 0 else None
    finally:
        if job.rank == 0:
            path.unlink(missing_ok=True)
    plain = hybrid.minimize(problem(), "Adam", simulator="aer", shots=50, max_iterations=2, seed=7)
    assert (result.value, result.seed) == (plain.value, plain.seed)
    if trace is None:
        return
    ranks = by_rank(trace)
    assert set(ranks) == set(range(job.size))
    for events in ranks.values():
        assert {event["cat"] for event in events} <= KINDS
        ordered = sorted(events, key=lambda event: event["ts"])
        for before, after in itertools.pairwise(ordered):
            assert after["ts"] >= before["ts"] + before["dur"] - 1.0  # microseconds
    pieces = [e for events in ranks.values() for e in events if e["cat"] == "quantum"]
    assert {event["args"]["evaluation"] for event in pieces} == set(
        range(1, len(result.history) + 1)
    )
    names = [e["args"]["name"] for e in trace["traceEvents"] if e["name"] == "thread_name"]
    assert names == [f"rank {rank}" for rank in range(job.size)]


def test_the_spans_of_rank_0_cover_the_run(tmp_path: Path) -> None:
    _, trace = traced(tmp_path / "trace.json")
    (events,) = by_rank(trace).values()
    end = max(event["ts"] + event["dur"] for event in events)
    start = min(event["ts"] for event in events)
    assert sum(event["dur"] for event in events) == pytest.approx(end - start, rel=1e-3)
    assert trace["otherData"]["pieces left out"] == 0


class Slow(hybrid.Workload):
    """A workload whose pieces work for a while after their circuits."""

    num_parameters, axis, sizes = 1, "samples", {"samples": 1}

    def run(self, piece: Any, simulator: Any) -> float:
        circuit = real_amplitudes(1, reps=0)
        value = simulator.expectation(circuit, SparsePauliOp("Z"), piece.point)
        time.sleep(0.05)
        return float(np.sum(value))


def test_classical_parts_of_a_piece_are_told_from_circuits(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    hybrid.minimize(Slow(), "SPSA", trace=path, max_iterations=1, seed=7)
    (events,) = by_rank(json.loads(path.read_text("utf-8"))).values()
    pieces = [event for event in events if "piece" in event["args"]]
    assert {event["cat"] for event in pieces} == {"quantum", "classical"}
    assert all(event["dur"] > 4e4 for event in pieces if event["cat"] == "classical")


def test_too_many_pieces_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "MOST_PIECES", 3)
    _, trace = traced(tmp_path / "trace.json")
    (events,) = by_rank(trace).values()
    assert sum(event["cat"] == "quantum" for event in events) == 3
    assert trace["otherData"]["pieces left out"] > 0


def test_a_stopped_run_has_its_trace(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    with pytest.raises(SystemExit):
        traced(path, journal=tmp_path / "run.db", time_limit=1e-6)
    assert by_rank(json.loads(path.read_text("utf-8")))


@pytest.mark.parametrize("path", [7, "none/trace.json"])
def test_a_file_that_cannot_be_written_is_refused(path: Any) -> None:
    with pytest.raises(InputError, match="trace: got"):
        hybrid.minimize(problem(), trace=path)


def test_a_disk_that_fills_costs_the_trace_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    result = hybrid.minimize(problem(), trace=tmp_path / "trace.json", max_iterations=1, seed=7)
    assert result.evaluations > 0
    assert "the trace is lost" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "trace.json"
    assert command_line(["run", str(write(tmp_path, ISING)), "--trace", str(path)]) == 0
    assert by_rank(json.loads(path.read_text("utf-8")))
