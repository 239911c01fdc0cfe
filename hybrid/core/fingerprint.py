"""Fingerprints of user functions and objects, equal on ranks that run the same script."""

from __future__ import annotations

import builtins
import datetime
import decimal
import enum
import fractions
import io
import logging
import pathlib
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterExpression
from qiskit.quantum_info import Pauli, SparseObservable, SparsePauliOp

from hybrid.core.content import circuit_digest, operator_digest
from hybrid.core.digest import digest
from hybrid.core.reads import Reads, reads_of
from hybrid.core.sources import file_digest, library_of

_DEEPEST = 60
_PLAIN = (type(None), bool, int, float, complex, str, bytes)
_VALUES = (
    fractions.Fraction,
    decimal.Decimal,
    pathlib.PurePath,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    range,
    slice,
)
"""Values of the standard library with a lossless ``repr``."""
_SLOTS = (GetSetDescriptorType, MemberDescriptorType, MethodDescriptorType, WrapperDescriptorType)
"""Members of compiled classes."""
_ANYTHING = (eval, exec, globals, locals, vars)
"""Builtins by which a function may read variables that its bytecode does not name."""
_QUIET = (io.IOBase, logging.Logger, threading.Thread, type(threading.Lock()), ModuleType)
"""Objects that are expected to differ between ranks; they are not reported as unknown."""


@dataclass(frozen=True)
class Fingerprint:
    """The identity of a function or object.

    Attributes:
        digest: digest of code and data, without the globals that functions read.
        reads: digest of each global that a user function reads, by name.
        unknown: names of objects identified by their class only.
    """

    digest: str
    reads: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()

    def contents(self, name: str) -> Mapping[str, str]:
        """Return the digests by name, for comparison between ranks and with journals.

        Args:
            name: name of the function or object.
        """
        return {name: self.digest, **{f"global '{read}'": d for read, d in self.reads.items()}}


def fingerprint_of(value: object, name: str = "") -> Fingerprint:
    """Return the fingerprint of a value, by content as far as possible.

    - Plain data, arrays, circuits and operators: by content.
    - Functions: code, defaults, closure, and the globals read by them and by functions they call.
      Variables that a function writes to are state, and not compared.
    - Objects of user classes: class and attributes.
    - Code of the standard library and of installed packages: name and version.
    - Other objects: class only, since some rightly differ between ranks.

    Memory addresses never enter.

    Args:
        value: the value.
        name: name of the value, used in ``unknown``.

    Example:
        >>> scale = 2.0
        >>> print(*fingerprint_of(lambda x: scale * x).unknown)
        <BLANKLINE>
        >>> one, other = (fingerprint_of(lambda x, by=by: by * x).digest for by in (1, 2))
        >>> one == other
        False
    """
    reader = _Reader()
    found = reader.identify(value, name)
    reads = {name: digest(*sorted(set(parts))) for name, parts in sorted(reader.reads.items())}
    return Fingerprint(found, reads, tuple(reader.unknown))


def identity_of(value: object) -> str:
    """Return one digest of a value and of the globals it reads; see :func:`fingerprint_of`.

    Example:
        >>> identity_of(lambda x: x + 1) == identity_of(lambda x: x + 2)
        False
    """
    found = fingerprint_of(value)
    return digest(found.digest, *(part for pair in found.reads.items() for part in pair))


class _Reader:
    """Reads one value, and collects the globals and unknown objects it refers to."""

    def __init__(self) -> None:
        self.reads: dict[str, list[str]] = {}
        self.unknown: dict[str, None] = {}
        self._open: dict[int, int] = {}
        self._known: dict[int, tuple[object, str]] = {}
        self._written: dict[int, frozenset[str]] = {}

    def identify(self, value: Any, name: str) -> str:
        """Return the digest of a value."""
        if type(value) in _PLAIN:
            return digest(type(value).__name__, repr(value))
        if id(value) in self._known:
            return self._known[id(value)][1]
        if id(value) in self._open:
            return digest("again", self._open[id(value)])  # the depth is the same on every rank
        if len(self._open) > _DEEPEST:
            return self._by_class(value, name)
        self._open[id(value)] = len(self._open)
        found = self._of(value, name)
        del self._open[id(value)]
        self._known[id(value)] = (value, found)  # keeps a reference, so that its id is not reused
        return found

    def _of(self, value: Any, name: str) -> str:
        for kinds, read in self._readers():
            if isinstance(value, kinds):
                return read(value, name)
        wrapped = getattr(value, "__wrapped__", None)  # functools.cache and other decorators
        if callable(wrapped):
            return digest("wrapped", self.identify(wrapped, name))
        return self._object(value, name)

    def _readers(self) -> Iterator[tuple[Any, Callable[[Any, str], str]]]:
        yield FunctionType, self._function
        yield MethodType, lambda v, n: self._several("method", [v.__func__, v.__self__], n)
        yield partial, lambda v, n: self._several("partial", [v.func, v.args, v.keywords], n)
        yield BuiltinFunctionType, self._builtin
        yield np.ufunc, lambda v, n: digest("ufunc", v.__name__)
        yield CodeType, self._code
        yield (staticmethod, classmethod), lambda v, n: self._several("static", [v.__func__], n)
        yield property, lambda v, n: self._several("property", [v.fget, v.fset, v.fdel], n)
        yield _SLOTS, lambda v, n: digest("descriptor", v.__qualname__)
        yield enum.Enum, lambda v, n: digest("enum", type(v).__qualname__, v.name)
        yield type, self._class
        yield ModuleType, self._module
        yield (np.ndarray, np.generic), self._array
        yield QuantumCircuit, lambda v, n: circuit_digest(v) or self._by_class(v, n)
        yield ParameterExpression, self._expression
        yield (SparsePauliOp, SparseObservable, Pauli), self._operator
        yield _VALUES, lambda v, n: digest(type(v).__name__, repr(v))
        yield _PLAIN, self._subclass
        yield Mapping, self._mapping
        yield (list, tuple), self._sequence
        yield (set, frozenset), self._set

    def _several(self, word: str, values: Iterable[object], name: str) -> str:
        return digest(word, *(self.identify(value, name) for value in values))

    def _function(self, function: FunctionType, name: str) -> str:
        library = library_of(function.__module__)
        if library is not None:
            return digest("function", library, function.__qualname__)
        reads = reads_of(function.__code__)
        self._note_writes(function, reads)
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        held = [
            self._variable(cell.cell_contents, cells_name, reads)
            for cells_name, cell in cells.items()
            if _filled(cell)
        ]
        for path in reads.globals:
            self._read_global(function.__globals__, path, reads)
        imported = [self._imported(module) for module in reads.modules]
        parts = [function.__qualname__, self._code(function.__code__, name), *held, *imported]
        defaults = [function.__defaults__, function.__kwdefaults__]
        return digest("function", *parts, *(self.identify(each, name) for each in defaults))

    def _variable(self, value: object, name: str, reads: Reads) -> str:
        """Return the digest of a variable, or of its class only if the function writes to it."""
        if name in reads.written:
            self.unknown.setdefault(f"{name} (written to)")
            return digest("state", type(value).__qualname__)
        return self.identify(value, name)

    def _note_writes(self, function: FunctionType, reads: Reads) -> None:
        """Record which attributes of which objects a function writes; they are its state."""
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        for root, names in reads.attributes_written.items():
            if root in function.__globals__:
                owner = function.__globals__[root]
            elif root in cells and _filled(cells[root]):
                owner = cells[root].cell_contents
            else:
                continue
            self._written[id(owner)] = self._written.get(id(owner), frozenset()) | names

    def _read_global(
        self, variables: Mapping[str, Any], path: tuple[str, ...], reads: Reads
    ) -> None:
        """Record the digest of a global that a function reads, or of an attribute of a module."""
        if path[0] not in variables:
            if getattr(builtins, path[0], None) in _ANYTHING:
                self.unknown.setdefault(f"{path[0]}()")
            return
        value, name = variables[path[0]], path[0]
        for attribute in path[1:]:
            if not isinstance(value, ModuleType) or library_of(value.__name__) is not None:
                break
            if not hasattr(value, attribute):
                break
            value, name = getattr(value, attribute), f"{name}.{attribute}"
        self.reads.setdefault(name, []).append(self._variable(value, name, reads))

    def _imported(self, module: str) -> str:
        library = library_of(module)
        return file_digest(sys.modules.get(module)) if library is None else library

    def _code(self, code: CodeType, name: str) -> str:
        constants = [self.identify(constant, name) for constant in code.co_consts]
        names = [*code.co_names, *code.co_varnames, *code.co_freevars]
        return digest("code", code.co_code.hex(), *names, *constants)

    def _builtin(self, function: BuiltinFunctionType, name: str) -> str:
        owner = function.__self__
        of = "" if isinstance(owner, ModuleType | None) else self.identify(owner, name)
        return digest("builtin", str(function.__module__), function.__qualname__, of)

    def _class(self, kind: type, name: str) -> str:
        library = library_of(kind.__module__)
        if library is not None:
            return digest("class", library, kind.__qualname__)
        written = self._written.get(id(kind), frozenset())
        own = [
            (key, self.identify(item, f"{kind.__qualname__}.{key}"))
            for key, item in sorted(vars(kind).items())
            if key not in written and not _is_machinery(key)
        ]
        bases = [self.identify(base, name) for base in kind.__bases__]
        return digest("class", kind.__qualname__, *bases, *(part for pair in own for part in pair))

    def _module(self, module: ModuleType, name: str) -> str:
        library = library_of(module.__name__)
        return digest("module", module.__name__, library or file_digest(module))

    def _array(self, array: Any, name: str) -> str:
        if array.dtype.hasobject:
            return digest("objects", self.identify(array.tolist(), name))
        return digest("array", np.asarray(array))

    def _expression(self, expression: ParameterExpression, name: str) -> str:
        return circuit_digest(QuantumCircuit(global_phase=expression)) or self._by_class(
            expression, name
        )

    def _operator(self, operator: Any, name: str) -> str:
        return operator_digest(operator) or self._by_class(operator, name)

    def _subclass(self, value: Any, name: str) -> str:
        plain: Any = next(kind for kind in _PLAIN if isinstance(value, kind))
        return digest("subclass", type(value).__qualname__, repr(plain(value)))

    def _mapping(self, mapping: Mapping[Any, Any], name: str) -> str:
        pairs = sorted(
            (self.identify(key, name), self.identify(value, f"{name}[{key!r}]"))
            for key, value in mapping.items()
        )
        return digest("mapping", *(part for pair in pairs for part in pair))

    def _sequence(self, values: list[Any] | tuple[Any, ...], name: str) -> str:
        if all(type(value) in _PLAIN for value in values):
            return digest("plain sequence", repr(list(values)))
        items = (self.identify(item, f"{name}[{k}]") for k, item in enumerate(values))
        return digest("sequence", *items)

    def _set(self, values: Iterable[Any], name: str) -> str:
        return digest("set", *sorted(self.identify(value, name) for value in values))

    def _object(self, value: Any, name: str) -> str:
        kind = type(value)
        told = getattr(value, "contents", None) or getattr(value, "content", None)
        if kind.__module__.partition(".")[0] == "hybrid" and callable(told):
            return digest("object", kind.__qualname__, self.identify(told(), name))
        if library_of(kind.__module__) is not None:
            return self._by_class(value, name)
        written = self._written.get(id(value), frozenset())
        own = [
            (key, self.identify(item, f"{name}.{key}" if name else key))
            for key, item in sorted(_attributes(value))
            if key not in written
        ]
        attributes = (part for pair in own for part in pair)
        return digest("object", self.identify(kind, name), *attributes)

    def _by_class(self, value: Any, name: str) -> str:
        # Not by attributes: some, such as a communicator's, rightly differ between ranks.
        kind = type(value)
        if not isinstance(value, _QUIET) and kind.__module__.partition(".")[0] != "hybrid":
            self.unknown.setdefault(f"{name} ({kind.__qualname__})" if name else kind.__qualname__)
        return digest("object", kind.__module__, kind.__qualname__)


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the attributes of an object, in its dictionary and in slots."""
    yield from getattr(value, "__dict__", {}).items()
    for kind in type(value).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                yield name, getattr(value, name)


def _is_machinery(name: str) -> bool:
    """Return whether Python added an attribute to a class; special methods do not count."""
    return name.startswith("_abc_") or name in (
        "__dict__",
        "__weakref__",
        "__doc__",
        "__module__",
        "__firstlineno__",
        "__static_attributes__",
        "__annotations__",
        "__annotate_func__",
        "__annotations_cache__",
        "__slots__",
        "__parameters__",
        "__orig_bases__",
        "__dataclass_fields__",
        "__dataclass_params__",
    )


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False
