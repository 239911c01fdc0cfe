"""Read circuits from OpenQASM 2, OpenQASM 3 and QPY files; the format is detected from the content.

Nothing in a file is executed: OpenQASM is parsed as text, and QPY files with parts that only an
unpickling library could read are refused.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from qiskit import QuantumCircuit

from hybrid.core.errors import InputError
from hybrid.problems import openqasm, qpy
from hybrid.problems.files import as_text, read_bytes

_KIND = "a circuit in OpenQASM 2, OpenQASM 3 or QPY"


def read_circuit(path: str | os.PathLike[str], index: int | None = None) -> QuantumCircuit:
    """Return the circuit of an OpenQASM 2, OpenQASM 3 or QPY file.

    Files that an OpenQASM file includes are looked for in its folder. Inputs of an OpenQASM 3
    program (``input float theta;``) are the circuit's parameters; OpenQASM 2 has none. OpenQASM 3
    needs the extra ``qasm3``.

    Args:
        path: the file.
        index: which circuit of a QPY file to read, counted from 0; not needed if it holds one.

    Raises:
        InputError: the file is missing, of another format, damaged, of a newer version, or includes
            a file that is missing; it holds several circuits and no index was given; or the
            importer of OpenQASM 3 is not installed.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> bell = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; h q[0]; cx q[0], q[1];'
        >>> with TemporaryDirectory() as folder:
        ...     file = Path(folder, "bell.qasm")
        ...     _ = file.write_text(bell)
        ...     circuit = read_circuit(file)
        >>> circuit.num_qubits, dict(circuit.count_ops())
        (2, {'h': 1, 'cx': 1})
    """
    _check_index(index)
    raw, name = read_bytes(path, _KIND), str(path)
    if raw.startswith(qpy.MAGIC):
        return qpy.read(name, raw, index)
    if index:
        raise InputError(
            "index",
            got=f"{index} for {name}",
            expected="no index: only QPY files hold several circuits",
        )
    return openqasm.read(name, as_text(name, raw, _KIND), Path(path).parent)


def _check_index(index: object) -> None:
    whole = isinstance(index, int | np.integer) and not isinstance(index, bool)
    if index is not None and not (whole and index >= 0):  # type: ignore[operator]
        raise InputError(
            "index",
            got=repr(index)[:60],
            expected="the number of a circuit, counted from 0, or None",
        )
