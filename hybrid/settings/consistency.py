"""Check that the tables of a run file are consistent, and that the files they name exist."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from inspect import signature
from pathlib import Path

from hybrid import optimizers
from hybrid.core.errors import InputError, nearest
from hybrid.settings.durations import seconds_of
from hybrid.settings.faults import show
from hybrid.settings.tables import (
    FILE_OF,
    FITTING,
    QAOA,
    VQD,
    Adapt,
    MultiStart,
    Optimizer,
    Pauli,
    Run,
    Scan,
    Simulator,
    Table,
)
from hybrid.simulators import SIMULATORS
from hybrid.simulators import Simulator as AnySimulator

_FILES = (
    *(("problem", key) for key in ("fcidump", "xyz", "edges", "path", "returns")),
    ("ansatz", "path"),
)
"""Keys that name files, by table."""


def inconsistencies(path: Path, tables: Mapping[str, Table]) -> list[InputError]:
    """Return the errors that involve several tables or other files.

    Args:
        path: path of the run file.
        tables: tables by name; keys that are invalid by themselves may be missing.
    """
    problem, ansatz = tables.get("problem"), tables.get("ansatz")
    faults: list[InputError] = []
    for table, key in _FILES:
        named = getattr(tables.get(table), key, None)
        if named is not None:
            faults += _file(f"{table}.{key}", path.parent, named)
    if isinstance(problem, Pauli) and hasattr(problem, "terms"):
        faults += _pauli_terms(problem, diagonal=isinstance(ansatz, QAOA))
    faults += _fit(getattr(problem, "kind", None), getattr(ansatz, "kind", None))
    if isinstance(ansatz, QAOA):
        faults += _qaoa(ansatz, problem, several=isinstance(tables.get("workload"), VQD))
    workload = tables.get("workload")
    if isinstance(ansatz, Adapt) and workload is not None:
        faults.append(
            InputError(
                "workload.kind",
                got=f"'{getattr(workload, 'kind', '')}' with ansatz 'adapt'",
                expected="an ansatz with parameters of its own",
                advice="take ansatz 'uccsd', or leave the table [workload] out",
            )
        )
    if isinstance(workload, MultiStart):
        faults += _multistart(workload)
    if isinstance(workload, Scan):
        faults += _scan(path, workload, problem)
    if isinstance(optimizer := tables.get("optimizer"), Optimizer):
        faults += _optimizer(optimizer)
    if isinstance(simulator := tables.get("simulator"), Simulator):
        faults += _simulator(simulator)
    if isinstance(run := tables.get("run"), Run):
        faults += _run(path, run)
    return faults


def _run(path: Path, run: Run) -> Iterator[InputError]:
    """Check the journal, which must be in the folder of the run file, and the time limit."""
    name = getattr(run, "journal", None)
    if name is not None:
        target = Path(name)
        if "\0" in name or target.is_absolute() or ".." in target.parts or not target.name:
            yield InputError(
                "run.journal",
                got=show(name),
                expected="the name of a file in the folder of the run file",
                advice="--journal on the command line takes any path",
            )
        elif (path.parent / target) == path or os.path.isdir(path.parent / target):
            yield InputError("run.journal", got=show(name), expected="a file of its own")
    limit = getattr(run, "time_limit", None)
    if limit is not None:
        try:
            seconds_of(limit, "run.time_limit")
        except InputError as fault:
            yield fault


def _file(key: str, folder: Path, name: str) -> Iterator[InputError]:
    path = folder / name
    if os.path.isfile(path):  # False for names that no file can have, too
        return
    try:
        names = [] if path.exists() else [entry.name for entry in path.parent.iterdir()]
    except (OSError, ValueError):
        names = []
    yield InputError(
        key,
        got=f"{show(name)}, which is not a file in {folder.absolute()}",
        expected="the path of a file, relative to the run file",
        advice=nearest(path.name, names),
    )


def _fit(problem: str | None, ansatz: str | None) -> Iterator[InputError]:
    if problem is not None and ansatz is not None and ansatz not in FITTING[problem]:
        yield InputError(
            "ansatz.kind",
            got=f"'{ansatz}', which does not fit the problem '{problem}'",
            expected=" or ".join(map(repr, FITTING[problem])),
        )


def _multistart(workload: MultiStart) -> Iterator[InputError]:
    low, high = getattr(workload, "low", 0.0), getattr(workload, "high", 1.0)
    if low >= high:
        yield InputError("workload.low", got=f"{low:g}", expected=f"a number below high, {high:g}")


def _scan(path: Path, workload: Scan, problem: Table | None) -> Iterator[InputError]:
    """Check the files of further members, and that there is a label for each."""
    kind = getattr(problem, "kind", None)
    if kind is not None and getattr(problem, FILE_OF.get(kind, ""), None) is None:
        yield InputError(
            "workload.kind",
            got=f"'scan' with the problem '{kind}'",
            expected="a problem that is read from a file: "
            + ", ".join(f"'{name}' with '{key}'" for name, key in FILE_OF.items()),
        )
    files, labels = getattr(workload, "files", []), getattr(workload, "labels", None)
    for number, name in enumerate(files):
        yield from _file(f"workload.files.{number}", path.parent, name)
    if files and labels is not None and len(labels) != len(files) + 1:
        yield InputError(
            "workload.labels",
            got=f"{len(labels)} labels",
            expected=f"{len(files) + 1}: of the problem, then of each file",
        )


def _qaoa(ansatz: QAOA, problem: Table | None, *, several: bool) -> Iterator[InputError]:
    """Check the keys of an ansatz that belong together, and its mixer."""
    owners = {
        "alpha": ("objective", "cvar"),
        "eta": ("objective", "gibbs"),
        "ones": ("mixer", "xy"),
    }
    for key, (other, value) in owners.items():
        word = getattr(ansatz, other, "")
        if getattr(ansatz, key, None) is not None and not str(word).startswith(value):
            yield InputError(
                f"ansatz.{key}",
                got=f"the key with {other} = '{word}'",
                expected=f"the key with {other} = '{value}{'-ring' * (value == 'xy')}' only",
            )
    keeps_ones = str(getattr(ansatz, "mixer", "x")).startswith("xy")
    ones, budget = getattr(ansatz, "ones", None), getattr(problem, "budget", None)
    if keeps_ones and ones is None and budget is None:
        yield InputError("ansatz.ones", got="nothing", expected="the number of ones that it keeps")
    if keeps_ones and None not in (ones, budget) and ones != budget:
        yield InputError("ansatz.ones", got=str(ones), expected=f"{budget}, the budget, or no key")
    for key, usual in (("objective", "expectation"), ("start", "ramp")):
        word = getattr(ansatz, key, usual)
        if several and word != usual:
            yield InputError(
                f"ansatz.{key}",
                got=f"'{word}' with workload 'vqd'",
                expected=f"'{usual}'",
                advice="leave the table [workload] out",
            )


def _pauli_terms(problem: Pauli, *, diagonal: bool) -> Iterator[InputError]:
    width = len(problem.terms[0][0])
    for index, (label, _) in enumerate(problem.terms):
        key = f"problem.terms.{index}"
        if not label or set(label) - set("IXYZ"):
            yield InputError(key, got=show(label), expected="a string of I, X, Y and Z")
        elif len(label) != width:
            yield InputError(
                key,
                got=f"{show(label)} on {len(label)} qubits",
                expected=f"a string as long as the first, {width} letters",
            )
        elif diagonal and set(label) - set("IZ"):
            yield InputError(
                key,
                got=f"{show(label)} with ansatz 'qaoa'",
                expected="a string of I and Z",
                advice="use ansatz 'hardware_efficient' for other operators",
            )


def _optimizer(table: Optimizer) -> Iterator[InputError]:
    misplaced = [name for name in Optimizer.model_fields if name in table.options]
    for name in misplaced:
        yield InputError(
            f"optimizer.options.{name}",
            got="the key in [optimizer.options]",
            expected="the key in [optimizer]",
            advice="move it there",
        )
    if misplaced:
        return
    try:
        optimizers.make(
            table.name,
            max_iterations=table.max_iterations,
            tolerance=table.tolerance,
            options=table.options,
        )
    except InputError as error:
        key = "optimizer.name" if error.what == "optimizer" else f"optimizer: {error.what}"
        yield InputError(key, got=error.got, expected=error.expected, advice=error.advice)


def _simulator(table: Simulator) -> Iterator[InputError]:
    if table.name != "auto" and table.name not in SIMULATORS:
        known = ["auto", *SIMULATORS]
        yield InputError(
            "simulator.name",
            got=show(table.name),
            expected=f"one of {', '.join(map(repr, known))}",
            advice=nearest(table.name, known),
        )
        return
    taken = {} if table.name == "auto" else SIMULATORS[table.name].settings
    for key in table.settings():
        if key not in taken:
            owners = [name for name, each in SIMULATORS.items() if key in each.settings]
            yield InputError(
                f"simulator.{key}",
                got=f"the key with simulator '{table.name}'",
                expected=f"the key with simulator {' or '.join(map(repr, owners))} only",
                advice=f'set name = "{owners[0]}" or remove the key',
            )
    if table.name == "auto":
        if table.options:
            yield InputError(
                "simulator.options",
                got="options with simulator 'auto'",
                expected="the name of the simulator for these options",
            )
        return
    chosen = SIMULATORS[table.name]
    if table.shots is not None and chosen.exact_only:
        yield InputError(
            "simulator.shots",
            got=f"shots with simulator '{table.name}', which computes exact values",
            expected="simulator 'aer' or 'auto', or no shots",
        )
    yield from _simulator_options(chosen, table.options)


def _simulator_options(
    chosen: type[AnySimulator], options: Mapping[str, object]
) -> Iterator[InputError]:
    """Check ``[simulator.options]`` against the arguments of the simulator's class."""
    arguments = [
        name for name in signature(chosen).parameters if name not in chosen.settings.values()
    ]
    unknown = [name for name in options if name not in arguments]
    for name in unknown:
        yield InputError(
            f"simulator.options.{name}",
            got="an option that the simulator does not support",
            expected=" or ".join(arguments) or "no options",
            advice=nearest(name, arguments),
        )
    if options and not unknown:
        try:
            chosen(**options)
        except InputError as fault:
            yield InputError(
                f"simulator.options: {fault.what}",
                got=fault.got,
                expected=fault.expected,
                advice=fault.advice,
            )
