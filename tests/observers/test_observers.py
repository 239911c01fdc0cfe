"""Observers for TensorBoard and MLflow: what their own readers find is what the run reported."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.errors import InputError
from hybrid.loop.result import Progress, Result
from hybrid.observers import MLflow, TensorBoard
from hybrid.observers.records import numbers_of

PROBLEM = hybrid.VQE(real_amplitudes(2, reps=1), SparsePauliOp(["ZZ", "XI", "IX"]))


def run(observer: Any, **settings: Any) -> Result:
    return hybrid.minimize(PROBLEM, seed=3, max_iterations=4, observer=observer, **settings)


def test_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    result = run(TensorBoard(tmp_path / "run"))
    read = EventAccumulator(str(tmp_path / "run")).Reload()
    values, history = read.Scalars("value"), result.history
    assert [each.step for each in values] == history.evaluations.tolist()
    assert [each.value for each in values] == pytest.approx(history.values.tolist(), rel=1e-6)
    best = [each.value for each in read.Scalars("best_value")]
    assert best == pytest.approx(history.best_values.tolist(), rel=1e-6)
    assert len(read.Scalars("gradient_norm")) == len(history)
    assert read.Scalars("result_value")[0].value == pytest.approx(result.value, rel=1e-6)
    assert set(read.Tags()["tensors"]) == {"settings", "result"}
    text = read.Tensors("settings")[0].tensor_proto.string_val[0].decode()
    assert "| optimizer | L-BFGS-B |" in text
    assert "| seed | 3 |" in text


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return where MLflow keeps its runs."""
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.chdir(tmp_path)
    pytest.importorskip("mlflow")
    return (tmp_path / "mlruns").as_uri()


def test_mlflow(server: str) -> None:
    import mlflow

    result = run(MLflow("chains", "first", server))
    client = mlflow.MlflowClient(tracking_uri=server)
    experiment = client.get_experiment_by_name("chains")
    (found,) = client.search_runs([experiment.experiment_id])
    assert found.info.run_name == "first"
    assert found.info.status == "FINISHED"
    assert found.data.params["optimizer"] == "L-BFGS-B"
    assert found.data.params["seed"] == "3"
    assert found.data.tags["outcome"] == result.outcome.value
    values = client.get_metric_history(found.info.run_id, "value")
    assert [each.step for each in values] == result.history.evaluations.tolist()
    assert [each.value for each in values] == result.history.values.tolist()
    assert found.data.metrics["result_value"] == result.value
    run(MLflow("chains", "second", server), shots=100, optimizer="SPSA")
    assert len(client.search_runs([experiment.experiment_id])) == 2


def test_mlflow_uses_the_active_run(server: str) -> None:
    import mlflow

    mlflow.set_tracking_uri(server)
    try:
        with mlflow.start_run() as active:
            result = run(MLflow())
            assert mlflow.active_run() is not None
        found = mlflow.MlflowClient().get_run(active.info.run_id)
        assert found.info.status == "FINISHED"
        assert found.data.metrics["result_value"] == result.value
    finally:
        mlflow.set_tracking_uri(None)


def test_several_observers(server: str, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    run([TensorBoard(tmp_path / "a"), TensorBoard(tmp_path / "b"), MLflow("x", "y", server)])
    assert {each.name for each in tmp_path.iterdir()} >= {"a", "b", "mlruns"}


def test_numbers_that_are_not_finite_are_left_out() -> None:
    progress = Progress(
        iteration=2, max_iterations=None, evaluations=3, value=float("nan"), best_value=-1.0,
        wall_time=0.5, point=np.zeros(2), gradient=np.array([3.0, 4.0]),
    )  # fmt: skip
    assert numbers_of(progress) == {
        "best_value": -1.0, "iteration": 2.0, "wall_time": 0.5, "gradient_norm": 5.0,
    }  # fmt: skip
    wild = replace(progress, gradient=np.array([np.inf, 0.0]))
    assert "gradient_norm" not in numbers_of(wild)


@pytest.mark.parametrize(
    ("make", "package", "extra"),
    [
        (lambda: TensorBoard("runs"), "tensorboard", "tensorboard"),
        (MLflow, "mlflow", "mlflow"),
    ],
)
def test_packages_that_are_not_installed(
    make: Any, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in sys.modules if each.partition(".")[0] == package]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=rf"pip install 'hybrid-hpc-quantum\[{extra}\]'"):
        make()


def test_a_folder_that_is_none() -> None:
    with pytest.raises(InputError, match="expected the path of a folder"):
        TensorBoard(3)
