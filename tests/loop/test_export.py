"""Results as plain data, JSON, archives and frames: complete, and read back without pickle."""

from __future__ import annotations

import json
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.errors import InputError
from hybrid.loop.result import Result
from hybrid.runtime import World

ISING = SparsePauliOp(["ZZ", "XI", "IX"], [-1.0, -0.5, -0.5])


def plain() -> Result:
    return hybrid.minimize(hybrid.VQE(real_amplitudes(2, reps=1), ISING), seed=3, max_iterations=4)


def sampled() -> Result:
    problem = hybrid.VQE(real_amplitudes(2, reps=1), ISING)
    return hybrid.minimize(problem, "SPSA", shots=50, seed=3, max_iterations=2)


def several_states() -> Result:
    problem = hybrid.VQD(real_amplitudes(2, reps=1), ISING, 2)
    return hybrid.minimize(problem, seed=3, max_iterations=4)


def grown() -> Result:
    circuit = QuantumCircuit(2)
    pool = {"first": SparsePauliOp("YX"), "second": SparsePauliOp("XY")}
    return hybrid.minimize(hybrid.AdaptVQE(circuit, pool, ISING), seed=3, max_iterations=4)


KINDS = [plain, sampled, several_states, grown]


@pytest.mark.parametrize("make", KINDS)
def test_every_attribute_is_there(make: Any) -> None:
    result = make()
    found = result.to_dict()
    assert set(found) == {field.name for field in fields(Result)}
    assert found["x"] == result.x.tolist()
    assert found["outcome"] == result.outcome.value
    assert found["operators"] == list(result.operators)
    assert found["history"]["best_values"] == result.history.best_values.tolist()
    assert (found["values"] is None) == (result.values is None)
    assert _is_plain(found)


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(type(name) is str and _is_plain(each) for name, each in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return value is None or type(value) in (bool, int, float, str)


@pytest.mark.parametrize("make", KINDS)
def test_json(make: Any, tmp_path: Path) -> None:
    result, path = make(), tmp_path / "result.json"
    text = result.to_json(path)
    assert json.loads(text) == json.loads(path.read_text()) == result.to_dict()
    assert [file.name for file in tmp_path.iterdir()] == ["result.json"]


def test_json_has_no_nan() -> None:
    broken = replace(plain(), value=float("nan"), standard_error=float("inf"))
    found = json.loads(broken.to_json(), parse_constant=lambda _: pytest.fail("not JSON"))
    assert found["value"] is found["standard_error"] is None


@pytest.mark.parametrize("make", KINDS)
def test_archives_are_read_without_pickle(make: Any, tmp_path: Path) -> None:
    result, path = make(), tmp_path / "result.data"
    result.to_npz(str(path))
    with np.load(path, allow_pickle=False) as read:
        assert read["x"].tobytes() == result.x.tobytes()
        assert float(read["value"]) == result.value
        assert int(read["seed"]) == result.seed
        assert read["operators"].tolist() == list(result.operators)
        assert str(read["message"]) == result.message
        assert read["history_values"].tobytes() == result.history.values.tobytes()
        assert ("values" in read) == (result.values is not None)
        assert ("standard_error" in read) == (result.standard_error is not None)


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    result = plain()
    for write in (result.to_json, result.to_npz):
        with pytest.raises(InputError, match="expected a file that can be written"):
            write(tmp_path / "no folder" / "result")
        with pytest.raises(InputError, match="expected a file that can be written"):
            write(tmp_path)
    with pytest.raises(InputError, match="expected the path of a file to write"):
        result.to_npz(3)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.ranks
def test_all_ranks_may_write_the_same_file(job: World, tmp_path_factory: Any) -> None:
    circuit = QuantumCircuit(1)
    circuit.ry(Parameter("a"), 0)
    result = hybrid.minimize(hybrid.VQE(circuit, SparsePauliOp("Z")), x0=[0.3], seed=1)
    path = Path(f"/tmp/hybrid_export_{result.seed}_{job.size}.npz")
    try:
        result.to_npz(path)
        with np.load(path, allow_pickle=False) as read:
            assert float(read["value"]) == result.value
        hybrid.map(abs, [1] * job.size)  # all have read it
    finally:
        path.unlink(missing_ok=True)


def test_histories_as_frames() -> None:
    pandas = pytest.importorskip("pandas")
    history = plain().history
    frame = history.to_frame()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame) == ["iterations", "evaluations", "values", "best_values", "wall_times"]
    assert frame["values"].to_numpy().tobytes() == history.values.tobytes()
    assert frame["iterations"].dtype == np.int64
    assert len(frame) == len(history)


def test_frames_without_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match=r"pip install 'hybrid-hpc-quantum\[pandas\]'"):
        plain().history.to_frame()
