"""Finding the non-local variables that a function reads and writes, from its bytecode."""

from __future__ import annotations

import dis
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import CodeType

_MUTATING = {
    *("add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem"),
    *("popleft", "remove", "reverse", "setdefault", "sort", "update", "write", "writelines"),
}
"""Mutating methods of containers and files."""
_OUTER = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF")
_ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD")
_STORES = ("STORE_SUBSCR", "DELETE_SUBSCR", "STORE_ATTR", "DELETE_ATTR")


@dataclass(frozen=True)
class Reads:
    """Non-local variables used by code.

    Attributes:
        globals: global names read, each followed by the attributes read from it.
        modules: modules imported inside functions.
        written: non-local variables that are assigned, or whose containers are mutated.
        attributes_written: attributes assigned, by the name of the variable that holds the object.
    """

    globals: tuple[tuple[str, ...], ...]
    modules: tuple[str, ...]
    written: frozenset[str]
    attributes_written: Mapping[str, frozenset[str]]


def reads_of(code: CodeType) -> Reads:
    """Return the non-local reads and writes of code, nested functions included.

    Example:
        >>> def count(item):
        ...     seen[item] = True
        ...     return table.rows[item]
        >>> found = reads_of(count.__code__)
        >>> found.globals, sorted(found.written)
        ((('seen',), ('table', 'rows')), ['seen'])
    """
    globals_read: dict[tuple[str, ...], None] = {}
    modules: dict[str, None] = {}
    written: set[str] = set()
    attributes: dict[str, frozenset[str]] = {}
    for each in _nested(code):
        steps = list(dis.get_instructions(each))
        starts = _starts(steps)
        for k, step in enumerate(steps):
            if step.opname in _OUTER:
                path = (step.argval, *_attributes_after(steps, k))
                if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                    globals_read.setdefault(path)
                if len(path) == 2 and path[1] in _MUTATING:
                    written.add(path[0])
            elif step.opname == "IMPORT_NAME":
                modules.setdefault(step.argval)
            elif step.opname in ("STORE_GLOBAL", "DELETE_GLOBAL", "STORE_DEREF", "DELETE_DEREF"):
                written.add(step.argval)
            elif step.opname in _STORES and (root := starts.get(_start(step))) is not None:
                if step.opname.endswith("SUBSCR"):
                    written.add(root)
                else:
                    attributes[root] = attributes.get(root, frozenset()) | {step.argval}
    return Reads(tuple(globals_read), tuple(modules), frozenset(written), attributes)


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def _attributes_after(steps: list[dis.Instruction], place: int) -> Iterator[str]:
    """Yield the chain of attributes read from the variable that a step loads."""
    for step in steps[place + 1 :]:
        if step.opname in _ATTRIBUTES:
            yield step.argval
        elif step.opname != "PUSH_NULL":
            return


def _starts(steps: list[dis.Instruction]) -> dict[object, str]:
    """Return non-local variables by their source position.

    The target ``seen[item].name`` has the source position of the variable ``seen``.
    """
    return {
        _start(step): step.argval
        for step in steps
        if step.opname in _OUTER and _start(step) is not None
    }


def _start(step: dis.Instruction) -> object:
    where = step.positions
    if where is None or where.lineno is None or where.col_offset is None:
        return None
    return where.lineno, where.col_offset
