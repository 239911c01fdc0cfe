"""Progress of a run in MLflow."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from hybrid.core.outcome import Outcome
from hybrid.loop.result import Progress, Result, RunDescription
from hybrid.observers.records import not_installed, numbers_of, numbers_of_result, settings_of

_EVERY = 1.0
"""Seconds between batches of metrics."""

_MOST = 500
"""Metrics in a batch; servers refuse more than 1000."""

_LONGEST = 500
"""Characters of a parameter, the limit of older servers."""


class MLflow:
    """Observer that logs settings as parameters and progress as metrics of an MLflow run.

    The step of the metrics is the number of evaluations. Without arguments, an active run
    (``mlflow.start_run()``) is used and left open; else a run is made and ended. Needs the extra
    ``mlflow``.

    Args:
        experiment: name of the experiment, which is made if there is none; None for the default.
        run_name: name of the run, or None.
        tracking_uri: where MLflow keeps runs, or None for its own setting.

    Raises:
        InputError: MLflow is not installed.
    """

    def __init__(
        self,
        experiment: str | None = None,
        run_name: str | None = None,
        tracking_uri: str | None = None,
    ) -> None:
        try:
            import mlflow
        except ModuleNotFoundError as error:
            raise not_installed("MLflow", error, "mlflow", "mlflow") from error
        self._mlflow = mlflow
        self._experiment, self._run_name, self._uri = experiment, run_name, tracking_uri
        self._client: Any = None
        self._run_id = ""
        self._ends = True
        self._waiting: list[Any] = []
        self._sent = 0.0

    def started(self, description: RunDescription) -> None:
        """Make a run, or take the active one, and log the settings."""
        from mlflow.entities import Param

        self._client = self._mlflow.MlflowClient(tracking_uri=self._uri)
        given = (self._experiment, self._run_name, self._uri)
        active = self._mlflow.active_run() if given == (None, None, None) else None
        self._ends = active is None
        run = self._made() if active is None else active
        self._run_id = run.info.run_id
        settings = settings_of(description).items()
        parameters = [Param(name, text[:_LONGEST]) for name, text in settings]
        self._client.log_batch(self._run_id, params=parameters)

    def progressed(self, progress: Progress) -> None:
        """Log the numbers of an evaluation, about once a second."""
        self._add(numbers_of(progress), progress.evaluations)
        if time.monotonic() - self._sent > _EVERY or len(self._waiting) >= _MOST:
            self._send()

    def finished(self, result: Result) -> None:
        """Log the numbers of the result, and end the run if it was made here."""
        self._add(numbers_of_result(result), result.evaluations)
        self._send()
        self._client.set_tag(self._run_id, "outcome", result.outcome.value)
        self._client.set_tag(self._run_id, "message", result.message)
        if self._ends:
            failed = result.outcome in (Outcome.FAILED, Outcome.NOT_FINITE)
            self._client.set_terminated(self._run_id, "FAILED" if failed else "FINISHED")

    def _made(self) -> Any:
        experiment = "0"
        if self._experiment is not None:
            found = self._client.get_experiment_by_name(self._experiment)
            experiment = (
                self._client.create_experiment(self._experiment)
                if found is None
                else found.experiment_id
            )
        return self._client.create_run(experiment, run_name=self._run_name)

    def _add(self, numbers: Mapping[str, float], step: int) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self._waiting += [Metric(name, each, now, step) for name, each in numbers.items()]

    def _send(self) -> None:
        self._sent = time.monotonic()
        while self._waiting:
            self._client.log_batch(self._run_id, metrics=self._waiting[:_MOST])
            del self._waiting[:_MOST]
