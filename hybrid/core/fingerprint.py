"""What identifies functions and objects of the user's, equal on ranks that run the same script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from types import CodeType, FunctionType, MethodType
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterExpression
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.digest import digest

_DEEPEST = 6


def identity_of(value: object, depth: int = 0) -> str:
    """Return a digest of a value by its content, as far as it can be known.

    Functions are identified by their code, defaults and what they close over; plain data and
    arrays by their bytes; circuits and operators by theirs; other objects by their class alone, so
    equal digests do not prove equality. Addresses in memory never enter.

    Example:
        >>> identity_of(lambda x: x + 1) == identity_of(lambda x: x + 2)
        False
    """
    if depth > _DEEPEST:
        return type(value).__qualname__
    deeper = depth + 1
    if isinstance(value, FunctionType):
        return _function(value, deeper)
    if isinstance(value, MethodType):
        owner = identity_of(value.__self__, deeper)
        return digest("method", identity_of(value.__func__, deeper), owner)
    if isinstance(value, partial):
        held = [value.func, list(value.args), dict(value.keywords)]
        return digest("partial", *(identity_of(each, deeper) for each in held))
    if isinstance(value, CodeType):
        return _code(value, deeper)
    if isinstance(value, type):
        return _class(value, deeper)
    if isinstance(value, Mapping):
        pairs = sorted((identity_of(k, deeper), identity_of(v, deeper)) for k, v in value.items())
        return digest("mapping", *(part for pair in pairs for part in pair))
    if isinstance(value, list | tuple):
        return digest("sequence", *(identity_of(item, deeper) for item in value))
    if isinstance(value, set | frozenset):
        return digest("set", *sorted(identity_of(item, deeper) for item in value))
    if isinstance(value, bytes | complex | ParameterExpression):
        return digest(type(value).__name__, str(value))
    if isinstance(value, QuantumCircuit):
        return digest("circuit", value.num_qubits, *_gates(value, deeper))
    if isinstance(value, SparsePauliOp):
        return digest("operator", value.paulis.to_labels(), _bytes(value.coeffs))
    return _other(value, deeper)


def _function(function: FunctionType, depth: int) -> str:
    cells = [cell.cell_contents for cell in function.__closure__ or () if _filled(cell)]
    return digest(
        "function",
        function.__qualname__,
        _code(function.__code__, depth),
        identity_of(function.__defaults__, depth),
        identity_of(function.__kwdefaults__, depth),
        identity_of(cells, depth),
    )


def _code(code: CodeType, depth: int) -> str:
    constants = [identity_of(constant, depth) for constant in code.co_consts]
    names = [*code.co_names, *code.co_varnames, *code.co_freevars]
    return digest("code", code.co_code.hex(), *names, *constants)


def _class(kind: type, depth: int) -> str:
    own = {
        name: item
        for name, item in vars(kind).items()
        if not name.startswith("__") and not name.startswith("_abc_")
    }
    return digest("class", kind.__module__, kind.__qualname__, identity_of(own, depth))


def _other(value: Any, depth: int) -> str:
    try:
        if isinstance(value, np.ndarray) and value.dtype.hasobject:
            return identity_of(value.tolist(), depth)
        return digest(value)
    except TypeError:
        pass
    # Not by its attributes: some, such as a communicator, rightly differ between ranks.
    return digest("object", type(value).__module__, type(value).__qualname__)


def _gates(circuit: QuantumCircuit, depth: int) -> Iterator[str]:
    """Yield what identifies each gate; the names of circuits hold numbers of the process."""
    for instruction in circuit.data:
        places = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
        operation = instruction.operation
        parameters = [identity_of(each, depth) for each in operation.params]
        yield digest(operation.name.partition("-")[0], places, parameters)


def _bytes(array: Any) -> str:
    return np.ascontiguousarray(array).tobytes().hex() if array.dtype != object else str(array)


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False
