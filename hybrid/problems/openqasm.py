"""Read OpenQASM 2 and OpenQASM 3 programs."""

from __future__ import annotations

import re
from pathlib import Path

from qiskit import QuantumCircuit, qasm2

from hybrid.core.errors import InputError
from hybrid.problems.files import read_text

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_VERSION = re.compile(r"\A\s*OPENQASM\s+([0-9]+)(?:\.[0-9]+)?\s*;")
_INCLUDE = re.compile(r'^[ \t]*include[ \t]+"([^"\n]*)"[ \t]*;', re.MULTILINE)
_DEFINED = re.compile(r"\b(?:gate|opaque)\s+([A-Za-z_]\w*)")
_PLACE = re.compile(r"^<input>:([0-9]+),[0-9]+: ")
_STANDARD = {2: "qelib1.inc", 3: "stdgates.inc"}
"""Libraries of gates that every parser has built in, by major version."""

_DEEPEST = 20
"""Levels of files that include files."""


def read(name: str, text: str, folder: Path) -> QuantumCircuit:
    """Return the circuit of a program.

    Args:
        name: the file's name, for messages.
        text: the program.
        folder: where included files are looked for.

    Raises:
        InputError: no version or another one, a missing included file, a program that is not valid
            or holds what no circuit can, or no importer of OpenQASM 3.
    """
    found = _VERSION.match(_COMMENT.sub(" ", text))
    version = int(found[1]) if found else None
    if version == 2:
        return _read_2(name, text, folder)
    if version == 3:
        return _read_3(name, text, folder)
    raise InputError(
        name,
        got="no version of OpenQASM" if version is None else f"OpenQASM {version}",
        expected="a QPY file, or a program that begins with 'OPENQASM 2.0;' or 'OPENQASM 3.0;'",
        advice="add the line of the version it is written in" if version is None else "",
    )


def _read_2(name: str, text: str, folder: Path) -> QuantumCircuit:
    # Qiskit's own includes fail where a gate in the file has an expression.
    whole = _with_includes(name, text, folder, _STANDARD[2], ())
    try:
        return qasm2.loads(
            whole,
            include_path=[],
            custom_instructions=_usual_gates(_COMMENT.sub(" ", whole)),
            custom_classical=qasm2.LEGACY_CUSTOM_CLASSICAL,
        )
    except qasm2.QASM2ParseError as cause:
        place = _PLACE.match(cause.message) if whole == text else None
        raise InputError(
            f"{name}, line {place[1]}" if place else name,
            got=_PLACE.sub("", cause.message),
            expected="a valid OpenQASM 2 program",
            advice=_advice_2(cause.message),
        ) from cause
    except Exception as cause:  # gates whose parameters Qiskit refuses
        raise _invalid(name, 2, cause) from cause


def _usual_gates(program: str) -> list[qasm2.CustomInstruction]:
    """Return gates that Qiskit once had in qelib1.inc, and that many programs use undefined.

    A definition in the program takes precedence.
    """
    if _STANDARD[2] not in _INCLUDE.findall(program):
        return []
    defined = set(_DEFINED.findall(program))
    return [
        gate
        for gate in qasm2.LEGACY_CUSTOM_INSTRUCTIONS
        if gate.builtin and gate.name not in defined
    ]


def _advice_2(message: str) -> str:
    if "is not defined" in message or "is not a parameter" in message:
        return "define it, or include the file that does; parameters need OpenQASM 3 or QPY"
    return ""


def _read_3(name: str, text: str, folder: Path) -> QuantumCircuit:
    whole = _with_includes(name, text, folder, _STANDARD[3], ())
    try:
        import qiskit_qasm3_import
    except ModuleNotFoundError as error:
        raise InputError(
            name,
            got=f"OpenQASM 3, and no module named {error.name}",
            expected="qiskit-qasm3-import, which reads OpenQASM 3",
            advice="pip install 'hybrid-hpc-quantum[qasm3]'",
        ) from error
    try:
        circuit: QuantumCircuit = qiskit_qasm3_import.parse(whole)
    except Exception as cause:
        raise _invalid(name, 3, cause) from cause
    return circuit


def _with_includes(
    name: str, text: str, folder: Path, standard: str, above: tuple[Path, ...]
) -> str:
    """Return a program with the text of the files that it includes, the standard one excepted."""

    def content(found: re.Match[str]) -> str:
        if found[1] == standard:
            return found[0]
        path = folder / found[1]
        if not path.is_file():
            raise _no_such_file(name, found[1], folder)
        if path in above or len(above) > _DEEPEST:
            raise InputError(
                name,
                got=f"an include of '{found[1]}' that includes itself",
                expected="files that include others only",
            )
        inner = _COMMENT.sub(" ", read_text(path, "a file in OpenQASM"))
        return _with_includes(
            str(path), _VERSION.sub("", inner, count=1), folder, standard, (*above, path)
        )

    return _INCLUDE.sub(content, text)


def _no_such_file(name: str, included: str, folder: Path) -> InputError:
    return InputError(
        name,
        got=f"an include of '{included}', which is not a file in {folder.absolute()}",
        expected="includes of files in that folder",
        advice="put the file there",
    )


def _invalid(name: str, version: int, cause: Exception) -> InputError:
    text = " ".join(str(getattr(cause, "message", cause)).split()) or type(cause).__name__
    return InputError(
        name,
        got=text if len(text) <= 200 else f"{text[:197]}...",
        expected=f"a valid OpenQASM {version} program that a circuit can hold",
    )
