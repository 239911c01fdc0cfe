"""Read QPY files, Qiskit's binary format of circuits."""

from __future__ import annotations

import io
import struct
import warnings
from typing import NamedTuple

import qiskit
from qiskit import QuantumCircuit, qpy
from qiskit.qpy.common import QPY_VERSION

from hybrid.core.errors import InputError

MAGIC = b"QISKIT"
"""The first bytes of every QPY file."""

_HEADER = "!6sBBBBQ"
_ENCODED_FROM = 10
"""Version from which a byte after the header names the encoding of expressions."""

_SYMENGINE = b"e"
"""Expressions as a memory image of the library symengine, which unpickles parts of it."""

_SHOWN = 5


class _Header(NamedTuple):
    """The header of a file.

    Attributes:
        version: of the format.
        written_by: version of Qiskit.
        circuits: number of circuits.
        encoding: of expressions; empty in files that have a single encoding.
    """

    version: int
    written_by: str
    circuits: int
    encoding: bytes


def read(name: str, raw: bytes, index: int | None) -> QuantumCircuit:
    """Return a circuit of a QPY file.

    Args:
        name: the file's name, for messages.
        raw: its content.
        index: number of the circuit; None if there is only one.

    Raises:
        InputError: a newer version, an encoding that is not safe to read, several circuits and no
            index, an index without a circuit, or damage.
    """
    header = _checked_header(name, raw)
    if index is not None and index >= header.circuits:
        raise InputError(
            "index",
            got=f"{index}, and {name} holds {_counted(header.circuits)}",
            expected=f"a number from 0 to {header.circuits - 1}",
        )
    circuits = _loaded(name, raw, header)
    if index is not None:
        return circuits[index]
    if len(circuits) > 1:
        names = [f"{place}: {each.name}" for place, each in enumerate(circuits[:_SHOWN])]
        rest = ", ..." if len(circuits) > _SHOWN else ""
        raise InputError(
            name,
            got=f"{_counted(len(circuits))} ({', '.join(names)}{rest})",
            expected="one circuit, or the index of one of them",
            advice="read_circuit(path, index=0) reads the first; in run files, index = 0",
        )
    return circuits[0]


def _checked_header(name: str, raw: bytes) -> _Header:
    """Validate the header of a file and return it."""
    size = struct.calcsize(_HEADER)
    if len(raw) <= size:
        raise _damaged(name, f"{len(raw)} bytes, less than a header")
    _, version, *written_by, count = struct.unpack_from(_HEADER, raw)
    encoding = raw[size : size + 1] if version >= _ENCODED_FROM else b""
    header = _Header(version, ".".join(map(str, written_by)), count, encoding)
    if version > QPY_VERSION:
        raise InputError(
            name,
            got=f"QPY version {version}, written by Qiskit {header.written_by}",
            expected=f"at most version {QPY_VERSION}, as Qiskit {qiskit.__version__} reads it",
            advice=f"write it with qpy.dump(circuit, file, version={QPY_VERSION}), or upgrade "
            "Qiskit",
        )
    if encoding == _SYMENGINE:
        raise InputError(
            name,
            got="expressions in the encoding of symengine, which can hold code to run",
            expected="expressions as data",
            advice="write it again with qpy.dump(circuit, file, use_symengine=False)",
        )
    if count == 0:
        raise InputError(name, got="no circuits", expected="a QPY file with a circuit")
    return header


def _loaded(name: str, raw: bytes, header: _Header) -> list[QuantumCircuit]:
    """Return all circuits of a file whose header is valid."""
    try:
        with warnings.catch_warnings():
            # That a newer Qiskit wrote the file matters only if it cannot be read.
            warnings.filterwarnings("ignore", "The qiskit version used to generate")
            circuits = qpy.load(io.BytesIO(raw))
    except BaseException as cause:
        # Qiskit's reader in Rust panics on damage; a panic is not an Exception.
        if not isinstance(cause, Exception) and type(cause).__module__ != "pyo3_runtime":
            raise
        newer = f", written by Qiskit {header.written_by}"
        raise _damaged(
            name, f"a QPY file of version {header.version}{newer} that Qiskit cannot read: {cause}"
        ) from cause
    if len(circuits) != header.circuits or not all(isinstance(c, QuantumCircuit) for c in circuits):
        raise _damaged(name, "contents other than the circuits that its header announces")
    return list(circuits)


def _damaged(name: str, got: str) -> InputError:
    return InputError(
        name,
        got=got if len(got) <= 300 else f"{got[:297]}...",
        expected="a QPY file of circuits",
        advice="write it again with qpy.dump(circuit, file)",
    )


def _counted(count: int) -> str:
    return "1 circuit" if count == 1 else f"{count} circuits"
