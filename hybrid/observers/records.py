"""What observers report: settings of a run, and numbers of its progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from hybrid.core.errors import InputError
from hybrid.loop.result import Progress, Result, RunDescription


def settings_of(description: RunDescription) -> Mapping[str, str]:
    """Return the settings of a run as text."""
    return {name: str(value) for name, value in asdict(description).items() if value is not None}


def numbers_of(progress: Progress) -> Mapping[str, float]:
    """Return the finite numbers of an evaluation, by name."""
    found = {
        "value": progress.value,
        "best_value": progress.best_value,
        "iteration": float(progress.iteration),
        "wall_time": progress.wall_time,
    }
    if progress.gradient is not None:
        found["gradient_norm"] = float(np.linalg.norm(progress.gradient))
    return _finite(found)


def numbers_of_result(result: Result) -> Mapping[str, float]:
    """Return the finite numbers of a result, by name."""
    found = {
        "result_value": result.value,
        "result_evaluations": float(result.evaluations),
        "result_iterations": float(result.iterations),
        "result_wall_time": result.wall_time,
        "result_core_seconds": result.core_seconds,
    }
    if result.standard_error is not None:
        found["result_standard_error"] = result.standard_error
    return _finite(found)


def not_installed(who: str, error: ModuleNotFoundError, package: str, extra: str) -> InputError:
    """Return the error for an observer whose package is not installed."""
    return InputError(
        who,
        got=f"no module named {error.name}",
        expected=package,
        advice=f"pip install 'hybrid-hpc-quantum[{extra}]'",
    )


def _finite(numbers: Mapping[str, float]) -> Mapping[str, float]:
    return {name: float(each) for name, each in numbers.items() if np.isfinite(each)}
