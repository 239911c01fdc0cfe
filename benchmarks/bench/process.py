"""The harness side of a worker process."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.workload import Workload

HERE = Path(__file__).parents[1]
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "QULACS_NUM_THREADS",
)


class WorkerError(RuntimeError):
    """A worker process ended instead of answering."""


@dataclass(frozen=True)
class Ready:
    """A worker's reply after it prepared a workload and ran it once."""

    first_seconds: float
    warm_seconds: float
    calls: int
    value: float
    gradient_norm: float | None


@dataclass(frozen=True)
class Timing:
    """One timed run: seconds per call, and mean number of busy cores."""

    seconds: float
    cores: float


class Worker:
    """One engine in its own process, pinned to as many cores as it has threads."""

    def __init__(
        self, engine: str, python: str, threads: int, options: Mapping[str, Any] | None = None
    ) -> None:
        self.engine, self._options = engine, dict(options or {})
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - lives as long as the process
        environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads))
        environment |= {"PYTHONPATH": os.pathsep.join(_import_path()), "JAX_PLATFORMS": "cpu"}
        self._process = subprocess.Popen(
            [python, "-m", "bench.worker", engine, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
            cwd=HERE,
            text=True,
        )
        self.versions: dict[str, str] = self._hear()["versions"]

    def prepare(self, workload: Workload, gradient: bool) -> Ready:
        """Build the workload in the engine and run it once."""
        self._say(prepare=workload.to_json(), gradient=gradient, options=self._options)
        return Ready(**self._hear())

    def run(self, calls: int) -> Timing:
        """Time ``calls`` calls, one after the other."""
        self._say(run=calls)
        return Timing(**self._hear())

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait()

    def _say(self, **request: Any) -> None:
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            self._fail()

    def _hear(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        return json.loads(line) if line else self._fail()

    def _fail(self) -> Any:
        code = self._process.wait()
        self._errors.seek(0)
        last = self._errors.read()[-2000:].strip()
        raise WorkerError(f"engine '{self.engine}' ended with code {code}:\n{last}")


def _import_path() -> list[str]:
    return [str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
