"""The result of a run for programs: as plain data, and as a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

import hybrid
from hybrid.cli.data import as_json
from hybrid.core.errors import InputError
from hybrid.core.files import check_writable, write
from hybrid.loop.result import Result
from hybrid.settings import Job, Reference

_FORMATS = (".json", ".npz")


def result_data(job: Job, result: Result, **more: object) -> dict[str, Any]:
    """Return a result as plain data.

    Args:
        job: what was run.
        result: its result.
        more: further entries.
    """
    names = [each.name for each in job.circuit.parameters]
    return {
        "hybrid": hybrid.__version__,
        "workload": job.workload.description,
        "outcome": result.outcome.value,
        "success": result.success,
        "message": result.message,
        "value": result.value,
        "standard_error": result.standard_error,
        "reference": reference_data(job.reference),
        "x": result.x,
        "parameters": names if len(names) == result.x.shape[-1] else None,
        "values": result.values,
        "operators": list(result.operators) or None,
        "seed": result.seed,
        "iterations": result.iterations,
        "evaluations": result.evaluations,
        "evaluations_from_journal": result.replayed,
        "wall_seconds": result.wall_time,
        "core_seconds": result.core_seconds,
        **more,
    }


def reference_data(reference: Reference | None) -> dict[str, Any] | None:
    """Return a reference value as plain data."""
    if reference is None:
        return None
    return {"value": reference.value, "name": reference.name, "unit": reference.unit or None}


def check_output(path: Path | None) -> None:
    """Refuse a file for the result that could not be written, before anything runs.

    Raises:
        InputError: its format is unknown, or it cannot be written.
    """
    if path is None:
        return
    if path.suffix not in _FORMATS:
        raise InputError(
            "--output", got=str(path), expected=f"a file name ending in {' or '.join(_FORMATS)}"
        )
    check_writable(path, "--output")


def save(path: Path, data: Mapping[str, Any], result: Result) -> None:
    """Write a result to a file, by the ending of its name.

    An ``.npz`` file has the arrays of the result and of its history, and the rest as JSON in the
    entry ``about``; ``numpy.load`` reads it without pickle.

    Raises:
        UnwritableError: the file cannot be written any more.
    """
    about = as_json(data)
    if path.suffix == ".json":
        write(path, lambda file: file.write(about.encode() + b"\n"))
        return

    def fill(file: IO[bytes]) -> None:
        history = result.history
        arrays: dict[str, Any] = {} if result.values is None else {"values": result.values}
        np.savez(
            file,
            x=result.x,
            value=np.float64(result.value),
            history_values=history.values,
            history_iterations=history.iterations,
            history_evaluations=history.evaluations,
            history_wall_times=history.wall_times,
            about=np.array(about),
            **arrays,
        )

    write(path, fill)
