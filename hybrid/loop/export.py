"""Results as plain data, JSON, NumPy archives and pandas frames; nothing is pickled."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from hybrid.core.errors import InputError

if TYPE_CHECKING:
    from pandas import DataFrame

    from hybrid.loop.result import History, Result

_COLUMNS = ("iterations", "evaluations", "values", "best_values", "wall_times")


def as_dict(result: Result) -> dict[str, Any]:
    """Return a result as numbers, strings, lists and dictionaries."""
    found = {each.name: _plain(getattr(result, each.name)) for each in fields(result)}
    found["history"] = {name: getattr(result.history, name).tolist() for name in _COLUMNS}
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, np.ndarray):
        return value.tolist()
    return list(value) if isinstance(value, tuple) else value


def as_json(result: Result) -> str:
    """Return a result as JSON; NaN and infinity, which JSON lacks, become null."""
    return json.dumps(_finite(as_dict(result)), allow_nan=False, indent=2)


def as_arrays(result: Result) -> dict[str, np.ndarray]:
    """Return a result as arrays of numbers and of strings; missing parts are left out."""
    parts = as_dict(result)
    history = parts.pop("history")
    parts |= {f"history_{name}": column for name, column in history.items()}
    parts["operators"] = np.array(parts["operators"], dtype=np.str_)
    return {name: np.asarray(part) for name, part in parts.items() if part is not None}


def write_json(result: Result, path: str | os.PathLike[str]) -> None:
    """Write a result as JSON."""
    text = as_json(result) + "\n"
    _write(path, lambda file: file.write(text.encode()))


def write_npz(result: Result, path: str | os.PathLike[str]) -> None:
    """Write a result as an archive that ``numpy.load(path)`` reads."""
    arrays = as_arrays(result)
    _write(path, lambda file: np.savez(file, allow_pickle=False, **arrays))


def as_frame(history: History) -> DataFrame:
    """Return a history as a pandas frame, one row for each answer.

    Raises:
        InputError: pandas is not installed.
    """
    try:
        import pandas
    except ModuleNotFoundError as error:
        raise InputError(
            "frame of a history",
            got=f"no module named {error.name}",
            expected="pandas",
            advice="pip install 'hybrid-hpc-quantum[pandas]'",
        ) from error
    return pandas.DataFrame({name: getattr(history, name) for name in _COLUMNS})


def _finite(value: Any) -> Any:
    """Replace NaN and infinity by None, at any depth."""
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _write(path: str | os.PathLike[str], fill: Callable[[BinaryIO], object]) -> None:
    """Write a file in one step: all ranks may write the same one at once.

    Raises:
        InputError: not a path, or the file cannot be written.
    """
    if not isinstance(path, str | os.PathLike) or not str(path):
        raise InputError("path", got=repr(path)[:60], expected="the path of a file to write")
    target = Path(path)
    beside = target.with_name(f".{target.name}.{os.getpid()}.{id(fill):x}")
    try:
        with beside.open("xb") as file:
            fill(file)
        beside.replace(target)
    except OSError as cause:
        beside.unlink(missing_ok=True)
        raise InputError(
            str(target), got=cause.strerror or str(cause), expected="a file that can be written"
        ) from cause
