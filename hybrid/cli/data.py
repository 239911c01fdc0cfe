"""Print and write plain data as strict JSON."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np


def print_json(data: Mapping[str, Any]) -> None:
    """Print plain data on standard output, on rank 0."""
    from hybrid.runtime import world

    if world().rank == 0:
        print(as_json(data), file=sys.stdout)


def as_json(data: Mapping[str, Any], indent: int | None = 2) -> str:
    """Return plain data as JSON that every reader accepts.

    Numbers that JSON lacks (NaN, infinities) become null; arrays become lists, with their exact
    bits in decimal.

    Example:
        >>> from pathlib import Path
        >>> as_json({"x": np.array([0.1, np.nan]), "at": Path("a.db")}, indent=None)
        '{"x": [0.1, null], "at": "a.db"}'
    """
    return json.dumps(plain(data), indent=indent, allow_nan=False)


def plain(value: Any) -> Any:
    """Return a value as JSON has it: numbers, texts, lists, objects, null."""
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, bool | int | str | None):
        return value
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return str(value)
