"""Run files for tests, as the tables that they hold, and written to a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[2] / "examples"

ISING: dict[str, Any] = {
    "problem": {"kind": "pauli", "terms": [["ZZ", -1.0], ["IX", -0.5], ["XI", -0.5]]},
    "ansatz": {"kind": "hardware_efficient", "layers": 1, "circuit": "real_amplitudes"},
    "run": {"seed": 7},
}


def write(folder: Path, tables: Mapping[str, Any], name: str = "run.toml") -> Path:
    """Write tables as TOML and return the path."""
    lines: list[str] = []
    for table, keys in tables.items():
        lines += _table(table, keys)
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def changed(tables: Mapping[str, Any], **changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return tables with keys of some of them replaced."""
    return {
        table: {**tables.get(table, {}), **changes.get(table, {})}
        for table in [*tables, *(name for name in changes if name not in tables)]
    }


def _table(name: str, keys: Mapping[str, Any]) -> list[str]:
    plain = {key: value for key, value in keys.items() if not isinstance(value, Mapping)}
    lines = [f"[{name}]", *(f"{json.dumps(key)} = {_value(v)}" for key, v in plain.items())]
    for key, value in keys.items():
        if isinstance(value, Mapping):
            lines += _table(f"{name}.{json.dumps(key)}", value)
    return lines


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value)
