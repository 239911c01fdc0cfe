"""Read and validate a run file; report all errors at once."""

from __future__ import annotations

import codecs
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hybrid.core.errors import InputError, nearest
from hybrid.settings.consistency import inconsistencies
from hybrid.settings.faults import RunFileError, faults_of, show, unknown_key
from hybrid.settings.syntax import parsed
from hybrid.settings.tables import KINDS, OPTIONAL, PLAIN, RunFile, Table

_LARGEST_BYTES = 2**20


def load(path: str | Path, overrides: Mapping[str, object] | None = None) -> RunFile:
    """Read and validate a run file.

    Args:
        path: path of a TOML file; paths inside it are relative to its folder.
        overrides: values that replace the file's, by dotted key (``run.seed``).

    Raises:
        RunFileError: missing, not TOML, or invalid; an InputError that lists all errors.

    Example:
        >>> load("examples/water.toml", {"run.seed": 8}).run.seed
        8
    """
    if not isinstance(path, str | os.PathLike):
        raise InputError("run file", got=repr(path)[:60], expected="the path of a TOML file")
    path = Path(path)
    data = _parse(path)
    faults = [
        unknown_key("", name, [*KINDS, *PLAIN]) for name in data if name not in {*KINDS, *PLAIN}
    ]
    for key, value in (overrides or {}).items():
        table, _, name = key.partition(".")
        if isinstance(data.setdefault(table, {}), dict):
            data[table][name] = value
    tables: dict[str, Table] = {}
    for name in (*KINDS, *PLAIN):
        if name in OPTIONAL and name not in data:
            continue
        model, found = _model_of(name, data.get(name, {}))
        if model is not None:
            try:
                tables[name] = model.model_validate(data.get(name, {}))
            except ValidationError as error:
                found = faults_of(name, model, error)
                tables[name] = _sound_part(model, data[name], error)
        faults += found
    faults += inconsistencies(path, tables)
    if faults:
        raise RunFileError(path, faults)
    return RunFile(path, **tables)  # type: ignore[arg-type]


def _model_of(name: str, table: object) -> tuple[type[Table] | None, list[InputError]]:
    """Return the model for validating a table, or the errors if there is none."""
    if not isinstance(table, dict):
        fault = InputError(name, got=show(table), expected=f"a table that starts with [{name}]")
        return None, [fault]
    if name in PLAIN:
        return PLAIN[name], []
    kinds = KINDS[name]
    kind = table.get("kind")
    if isinstance(kind, str) and kind in kinds:
        return kinds[kind], []
    fault = InputError(
        f"{name}.kind",
        got="nothing" if kind is None else show(kind),
        expected=f"one of {', '.join(map(repr, kinds))}",
        advice=nearest(kind, kinds) if isinstance(kind, str) else _miswritten(table),
    )
    return None, [fault]


def _miswritten(table: Mapping[str, object]) -> str:
    found = [name for name in table if name.lower() == "kind" and name != "kind"]
    return f"write 'kind' for {found[0]!r}" if found else ""


def _sound_part(model: type[Table], data: Mapping[str, object], error: ValidationError) -> Table:
    """Return the table without its invalid keys, for the consistency checks."""
    faulty = {each["loc"][0] for each in error.errors()}
    sound: dict[str, Any] = {
        name: data[name] for name in model.model_fields if name in data and name not in faulty
    }
    return model.model_construct(**sound)


def _parse(path: Path) -> dict[str, Any]:
    if not os.path.isfile(path):  # False for names that no file can have, too
        raise RunFileError(path, [_missing(path)])
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        got = f"{error.strerror or error}"
        raise RunFileError(
            path, [InputError("file", got=got, expected="a file that may be read")]
        ) from None
    if len(raw) > _LARGEST_BYTES:
        raise RunFileError(
            path, [InputError("file", got="more than 1 MiB", expected="a TOML file of a few lines")]
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        got, advice = _encoding(raw, error.start), "save it as UTF-8"
        fault = InputError("file", got=got, expected="TOML in UTF-8", advice=advice)
        raise RunFileError(path, [fault]) from None
    try:
        return parsed(text)
    except InputError as fault:
        raise RunFileError(path, [fault]) from None


def _encoding(raw: bytes, start: int) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16"
    line = raw[:start].count(b"\n") + 1
    return f"bytes that are not UTF-8 in line {line}"


def _missing(path: Path) -> InputError:
    if os.path.exists(path):
        return InputError("file", got="no regular file", expected="the path of a TOML file")
    folder = path.parent
    names = [entry.name for entry in folder.glob("*.toml")] if os.path.isdir(folder) else []
    return InputError(
        "file",
        got="a path without a file",
        expected="the path of a TOML file",
        advice=nearest(path.name, names) or f"look for it from {Path.cwd()}",
    )
