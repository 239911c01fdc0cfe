"""``hybrid init``: a commented run file to start from."""

from __future__ import annotations

import json
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hybrid.cli import examples
from hybrid.core.errors import InputError, nearest
from hybrid.core.files import write
from hybrid.settings.tables import KINDS, PLAIN, Noise, Table

WORKLOADS: Mapping[str, tuple[str, str]] = {
    "molecule": ("water.toml", "the ground state of a molecule, by unitary coupled cluster"),
    "adapt": ("adapt.toml", "the same with an ansatz that grows, ADAPT-VQE"),
    "excited-states": ("excited_states.toml", "the lowest states of a molecule, by VQD"),
    "maxcut": ("maxcut.toml", "the largest cut of a graph, by QAOA"),
    "ising": ("ising.toml", "the ground state of a Hamiltonian written out"),
    "noisy": ("noisy_h2.toml", "a molecule on a noisy device, with shots"),
}
"""What can be started from: the example, and what it is."""

_WIDTH = 88


def init(workload: str, output: Path | None, *, force: bool) -> list[Path]:
    """Write a run file with every key explained, and the data that it names.

    Args:
        workload: a name of :data:`WORKLOADS`.
        output: the file. If None, the name of the workload with ``.toml``.
        force: whether to replace files.

    Returns:
        the files written.

    Raises:
        InputError: the workload is unknown, or a file exists or cannot be written.
    """
    if workload not in WORKLOADS:
        raise InputError(
            "workload",
            got=repr(workload),
            expected=f"one of {', '.join(WORKLOADS)}",
            advice=nearest(workload, WORKLOADS),
        )
    path = Path(f"{workload}.toml") if output is None else output
    source = examples.folder() / WORKLOADS[workload][0]
    tables = tomllib.loads(source.read_text("utf-8"))
    data = [source.parent / text for text in _files(tables)]
    for file in data:
        tables["problem"] = {
            key: file.name if value == f"data/{file.name}" else value
            for key, value in tables["problem"].items()
        }
    targets = [path, *(path.parent / file.name for file in data)]
    for target, content in zip(targets[1:], data, strict=True):
        same = target.is_file() and target.read_bytes() == content.read_bytes()
        _check(target, force or same)
    _check(path, force)
    write(path, lambda file: file.write(_text(workload, path, tables).encode()))
    for target, content in zip(targets[1:], data, strict=True):
        write(target, lambda file, content=content: file.write(content.read_bytes()))  # type: ignore[misc]
    return targets


def _check(path: Path, replace: bool) -> None:
    from hybrid.core.files import check_writable

    if path.exists() and not replace:
        raise InputError(
            "--output",
            got=f"{path}, which exists",
            expected="a new file",
            advice="--force replaces it",
        )
    check_writable(path, "--output")


def _files(tables: Mapping[str, Any]) -> list[str]:
    values = tables["problem"].values()
    return [each for each in values if isinstance(each, str) and each.startswith("data/")]


def _text(workload: str, path: Path, tables: Mapping[str, Any]) -> str:
    lines = [
        f"# {WORKLOADS[workload][1][:1].upper()}{WORKLOADS[workload][1][1:]}.",
        f"#   hybrid check {path.name}      what would run",
        f"#   hybrid plan {path.name}       how it would be split over ranks",
        f"#   hybrid run {path.name}        run it; or mpiexec -n 4 hybrid run {path.name}",
        "# Keys behind # are optional, with their defaults. Options and variables such as",
        "# HYBRID_RUN_SEED replace keys.",
    ]
    for name, kinds in KINDS.items():
        given = tables.get(name)
        if given is not None:
            lines += ["", *_table(name, kinds[given["kind"]], given)]
    for name, model in PLAIN.items():
        lines += ["", *_table(name, model, tables.get(name, {}))]
    return "\n".join(lines) + "\n"


def _table(name: str, model: type[Table], given: Mapping[str, Any]) -> Iterator[str]:
    """Yield a table: given keys as they are, others as comments."""
    yield f"[{name}]"
    later: list[str] = []
    for key, field in model.model_fields.items():
        value = given.get(key, field.default)
        if key in ("noise", "options"):  # tables of their own, which must come last
            later += _inner(f"{name}.{key}", given.get(key), key)
            continue
        if key == "kind":
            yield f"kind = {_value(given[key])}"
            continue
        for line in textwrap.wrap(str(field.description), _WIDTH):
            yield f"# {line}"
        if key in given:
            yield f"{key} = {_value(value)}"
        else:
            yield f"#{key} = {'...' if value is None else _value(value)}"
    yield from later


def _inner(name: str, given: Mapping[str, Any] | None, key: str) -> Iterator[str]:
    off = "" if given else "#"
    yield ""
    yield f"{off}[{name}]"
    if key == "options":
        for option, value in (given or {}).items():
            yield f"{option} = {_value(value)}"
        return
    for inner, field in Noise.model_fields.items():
        mark = "" if given and inner in given else "#"
        value = (given or {}).get(inner, field.default)
        yield f"{mark}{inner} = {_value(value)}  # {field.description}"


def _value(value: Any) -> str:
    """Return a value as TOML."""
    if isinstance(value, bool | str):
        return json.dumps(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return repr(value)
