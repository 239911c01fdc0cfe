"""Errors of run files: one line each, with got, expected and advice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from hybrid.core.errors import InputError, nearest
from hybrid.settings.tables import KINDS, PLAIN, Table

_LONGEST_SHOWN = 50
_ELEMENTS = {
    "finite_number": "a finite number",
    "float_type": "a number",
    "string_type": "a string",
    "tuple_type": "a pair",
    "too_long": "a pair",
}
"""What is expected of an array element, by the type of Pydantic's error."""


class RunFileError(InputError):
    """A run file is invalid; lists all errors.

    Attributes:
        faults: the errors.

    Example:
        >>> fault = InputError("run.seed", got=-1, expected="an integer from 0")
        >>> print(RunFileError(Path("a.toml"), [fault]))
        a.toml has 1 fault; nothing was run
          run.seed: got -1, expected an integer from 0
    """

    def __init__(self, path: Path, faults: Sequence[InputError]) -> None:
        count = f"{len(faults)} fault{'s' if len(faults) > 1 else ''}"
        super().__init__(str(path), got=count, expected="a valid run file")
        self.faults = tuple(faults)
        lines = [f"{path} has {count}; nothing was run", *(f"  {fault}" for fault in faults)]
        self.args = ("\n".join(lines),)


def faults_of(table: str, model: type[Table], error: ValidationError) -> list[InputError]:
    """Convert Pydantic's errors of a table."""
    faults = [_fault(table, model, each) for each in error.errors(include_url=False)]
    return list({str(fault): fault for fault in faults}.values())  # same error per alternative


def show(value: object) -> str:
    """Return a value as written in TOML, shortened, or its type."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return "an array" if value else "an empty array"
    if isinstance(value, bool):
        return str(value).lower()
    try:
        text = repr(value) if isinstance(value, str) else str(value)
    except ValueError:  # an integer of thousands of digits
        text = "a huge integer"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."


def known_keys() -> Iterator[str]:
    """Yield the dotted name of every valid key of a run file."""
    for table, kinds in KINDS.items():
        for model in kinds.values():
            yield from _keys_below(table, model)
    for table, model in PLAIN.items():
        yield from _keys_below(table, model)


def unknown_key(parent: str, name: str, siblings: Sequence[str]) -> InputError:
    """Return the error for an unknown key, with the nearest valid one.

    Example:
        >>> print(unknown_key("run", "sed", ["seed", "threads"]))
        run.sed: got a key that does not exist, expected seed or threads; did you mean 'run.seed'?
    """
    prefix = f"{parent}." if parent else ""
    elsewhere = [key for key in known_keys() if key.rpartition(".")[2] == name.lower()]
    if elsewhere:
        advice = f"did you mean '{elsewhere[0]}'?"
    else:
        advice = nearest(name, siblings).replace("'", f"'{prefix}", 1)
    return InputError(
        show_key(f"{prefix}{name}"),
        got="a key that does not exist",
        expected=_alternatives(siblings),
        advice=advice,
    )


def show_key(key: str) -> str:
    """Return a dotted key for printing on one line."""
    printable = key if key.isprintable() else repr(key)
    return printable if len(printable) <= 80 else f"{printable[:77]}..."


def _fault(table: str, model: type[Table], error: Any) -> InputError:
    place = _without_alternatives(model, error["loc"])
    key = show_key(".".join([table, *map(str, place)]))
    if error["type"] == "extra_forbidden":
        parent = _model_at(model, place[:-1])
        return unknown_key(".".join([table, *map(str, place[:-1])]), str(place[-1]), _names(parent))
    field = _field_at(model, place)
    expected = (field.description if field else None) or "a table"
    if error["type"] == "missing":
        advice = "" if any(isinstance(step, int) for step in place) else "add the key"
        return InputError(key, got="nothing", expected=expected, advice=advice)
    if any(isinstance(step, int) for step in place):
        element = _ELEMENTS.get(error["type"])
        expected = f"{element} in {expected}" if element else expected
    if error["type"] == "less_than_equal" and " to " not in expected:
        expected = f"at most {error['ctx']['le']}, {expected}"
    given = error["input"]
    advice = nearest(given, _choices(field)) if isinstance(given, str) else ""
    return InputError(key, got=show(given), expected=expected, advice=advice)


def _without_alternatives(
    model: type[BaseModel], place: tuple[int | str, ...]
) -> tuple[int | str, ...]:
    """Remove Pydantic's names for union alternatives from an error location."""
    name, *inner = place
    field = model.model_fields.get(str(name))
    if field is None or _table_in(field) is not None:
        return place
    return (name, *(step for step in inner if isinstance(step, int)))


def _field_at(model: type[BaseModel], place: Sequence[int | str]) -> FieldInfo | None:
    """Return the innermost field at an error location."""
    field: FieldInfo | None = None
    for step in place:
        if step not in model.model_fields:
            break
        field = model.model_fields[str(step)]
        inner = _table_in(field)
        if inner is None:
            break
        model = inner
    return field


def _model_at(model: type[BaseModel], place: Sequence[int | str]) -> type[BaseModel]:
    field = _field_at(model, place)
    return (_table_in(field) if field else None) or model


def _choices(field: FieldInfo | None) -> list[str]:
    """Return the valid values of a key, if they are a fixed set."""
    annotation = field.annotation if field else None
    literals = [kind for kind in (annotation, *get_args(annotation)) if get_origin(kind) is Literal]
    return [str(word) for kind in literals for word in get_args(kind)]


def _table_in(field: FieldInfo) -> type[BaseModel] | None:
    """Return the table type of a key, such as that of ``simulator.noise``, or None."""
    candidates = get_args(field.annotation) or (field.annotation,)
    tables = [kind for kind in candidates if isinstance(kind, type) and issubclass(kind, Table)]
    return tables[0] if tables else None


def _keys_below(prefix: str, model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield f"{prefix}.{name}"
        inner = _table_in(field)
        if inner is not None:
            yield from _keys_below(f"{prefix}.{name}", inner)


def _names(model: type[BaseModel]) -> list[str]:
    return list(model.model_fields)


def _alternatives(names: Sequence[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
