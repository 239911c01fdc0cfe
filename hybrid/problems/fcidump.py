"""FCIDUMP files, checked line by line before qiskit-nature's parser sees them.

That parser trusts its input: it takes a number from the next entry where a comma is missing,
and answers a cut line or a wrong index with whatever exception comes first. What passes the
check here it reads as written.

Format: P. J. Knowles and N. C. Handy, Comput. Phys. Commun. 54, 75 (1989),
doi:10.1016/0010-4655(89)90033-7.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError
from hybrid.problems.files import read_text
from hybrid.problems.nature import qiskit_nature

MAX_ORBITALS = 32
"""Spatial orbitals: 64 spin orbitals are the widest basis-state index that there is."""

_LARGEST = 1e9
"""Hartree. No integral of a molecule comes near; what does is garbage, and would overflow."""

_SAME = 1e-8
"""Hartree. Integrals that symmetry makes equal may differ by so much from rounding."""

_HEADER_LIMIT = 4000
"""Characters. The header of 32 orbitals takes a few hundred."""

_HEADER_END = re.compile(r"/|&END")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_FORTRAN_DOUBLE = re.compile(r"[+-]?[0-9.]+[dD][+-]?[0-9]+")
_INDEX = re.compile(r"[0-9]{1,9}")
_UNRESTRICTED = re.compile(r"I?UHF\s*=\s*(\.?T|[1-9])", re.IGNORECASE)
_KIND = "an FCIDUMP file"

_CORE = (0, 0, 0, 0)
_LINES = {
    (True, True, True, True),  # (ij|kl)
    (True, True, False, False),  # h_ij
    (True, False, False, False),  # the energy of orbital i, which nothing here needs
    (False, False, False, False),  # the core energy
}
"""Which of the indices i j k l of a line are not zero."""


@dataclass(frozen=True, eq=False)
class Integrals:
    """What an FCIDUMP file says, over n spatial orbitals; energies in hartree.

    Attributes:
        one_body: (n, n) float64, symmetric.
        two_body: (n, n, n, n) float64, chemists' order: ``two_body[i, j, k, l]`` is (ij|kl).
        core_energy: nuclear repulsion and frozen orbitals.
        num_electrons: of spin alpha and of spin beta.
    """

    one_body: FloatArray
    two_body: FloatArray
    core_energy: float
    num_electrons: tuple[int, int]


def read_fcidump(path: str | Path) -> Integrals:
    """Return the integrals of a spin-restricted FCIDUMP file with real orbitals.

    Raises:
        InputError: the file is missing, cut short or not such a file (the message names the
            line), or qiskit-nature is not installed.

    Example:
        >>> read_fcidump("examples/data/h2.fcidump").num_electrons
        (1, 1)
    """
    path = Path(path)
    text = read_text(path, _KIND)
    end = _header_end(path, text)
    num_orbitals, num_electrons = _check_header(path, text[: end.start()])
    first = text.count("\n", 0, end.end()) + 1
    _check_integrals(path, text[end.end() :], first, num_orbitals)
    with qiskit_nature():
        from qiskit_nature.second_q.formats.fcidump import FCIDump
        from qiskit_nature.second_q.operators.symmetric_two_body import unfold

        try:
            parsed = FCIDump.from_file(path)
        except Exception as error:  # a foreign parser: whatever it dislikes is the file's fault
            raise InputError(
                str(path),
                got=f"{type(error).__name__}: {error}",
                expected="a header that qiskit-nature can read",
                advice="keep NORB, NELEC, MS2, ORBSYM and ISYM and drop the other entries",
            ) from error
        return Integrals(
            np.array(parsed.hij, dtype=np.float64),
            np.array(unfold(parsed.hijkl).array, dtype=np.float64),
            float(parsed.constant_energy),
            num_electrons,
        )


def _header_end(path: Path, text: str) -> re.Match[str]:
    """Return where the namelist ends: at the first slash or &END."""
    if not text.lstrip()[:4].upper() == "&FCI":
        raise InputError(
            f"{path}, line 1",
            got=repr(text.strip().split("\n", 1)[0][:40]),
            expected="the header of an FCIDUMP file, &FCI NORB=...,NELEC=...,MS2=...,",
            advice="name a file that a quantum chemistry program wrote in this format",
        )
    end = _HEADER_END.search(text, 0, _HEADER_LIMIT)
    if end is None:
        raise InputError(
            str(path),
            got=f"a header without an end in its first {_HEADER_LIMIT} characters",
            expected="&END or / after the entries of &FCI",
            advice="the file may be cut short: write it again",
        )
    return end


def _check_header(path: Path, header: str) -> tuple[int, tuple[int, int]]:
    """Return the number of orbitals and of electrons (alpha, beta), if they make sense."""
    norb = _entry(path, header, "NORB")
    nelec = _entry(path, header, "NELEC")
    ms2 = _entry(path, header, "MS2") if "MS2" in header else 0
    if _UNRESTRICTED.search(header):
        raise InputError(
            f"{path}, header",
            got="integrals of a spin-unrestricted calculation (UHF)",
            expected="one set of orbitals for both spins",
            advice="write the file from a restricted (RHF or ROHF) calculation",
        )
    if not 1 <= norb <= MAX_ORBITALS:
        raise InputError(
            f"{path}, header, NORB",
            got=norb,
            expected=f"1 to {MAX_ORBITALS} spatial orbitals (two qubits each)",
            advice="choose a smaller active space" if norb > 0 else "write the file again",
        )
    if not 1 <= nelec <= 2 * norb:
        raise InputError(
            f"{path}, header, NELEC",
            got=nelec,
            expected=f"1 to {2 * norb} electrons in {norb} orbitals",
            advice="check NORB and NELEC",
        )
    alpha, beta = (nelec + ms2) // 2, (nelec - ms2) // 2
    if (nelec - ms2) % 2 or ms2 < 0 or beta < 0 or alpha > norb:
        most = min(nelec, 2 * norb - nelec)
        parity = "odd" if nelec % 2 else "even"
        raise InputError(
            f"{path}, header, MS2",
            got=ms2,
            expected=f"electrons of spin alpha minus spin beta: {parity}, from 0 to {most}",
            advice=f"{nelec} electrons in {norb} orbitals allow no other",
        )
    return norb, (alpha, beta)


def _entry(path: Path, header: str, name: str) -> int:
    """Return a whole number of the namelist; the comma after it is what ends it."""
    found = re.findall(rf"\b{name}\s*=\s*([+-]?[0-9]{{1,9}}),", header)
    if len(found) != 1 or header.count(name) != 1:
        got = "missing" if name not in header else "not one whole number followed by a comma"
        raise InputError(
            f"{path}, header, {name}",
            got=got,
            expected=f"{name}=<number>, in capitals and with the comma",
            advice="write the file again, or mend the header",
        )
    return int(found[0])


def _check_integrals(path: Path, body: str, first_line: int, norb: int) -> None:
    """Check every line ``value i j k l`` and that all the parts of a whole file are there."""
    seen: dict[tuple[int, ...], tuple[float, int]] = {}
    for number, value, indices in _integrals(path, body, first_line, norb):
        key = _canonical(indices)
        earlier, line = seen.setdefault(key, (value, number))
        if key == _CORE and line != number:
            raise InputError(
                f"{path}, line {number}",
                got="a second core energy",
                expected=f"one, as on line {line}",
                advice="files in blocks by spin (UHF) are not read; write a restricted one",
            )
        if abs(earlier - value) > _SAME:
            raise InputError(
                f"{path}, line {number}",
                got=f"{value} for {_name(indices)}",
                expected=f"{earlier}, as on line {line}: symmetry makes them the same integral",
                advice="write the file with real orbitals, each integral once",
            )
    if not any(key[0] and key[1] and not key[2] for key in seen):
        raise InputError(
            str(path),
            got="no one-electron integrals",
            expected="lines 'value i j 0 0'",
            advice="the file is cut short: write it again",
        )
    if _CORE not in seen:
        raise InputError(
            str(path),
            got="no core energy",
            expected="a line 'value 0 0 0 0', the last one as a rule",
            advice="the file is cut short: write it again",
        )


def _integrals(
    path: Path, body: str, first_line: int, norb: int
) -> Iterator[tuple[int, float, tuple[int, ...]]]:
    """Yield line number, value and the four indices of each line that is not empty."""
    for number, line in enumerate(body.split("\n"), first_line):
        if not line:
            continue
        where = f"{path}, line {number}"
        columns = line.split()
        if len(columns) != 5:
            raise InputError(
                where,
                got=f"{len(columns)} columns",
                expected="five: value i j k l",
                advice="the file is cut short or damaged here: mend the line or write it again",
            )
        value = _value(where, columns[0])
        if not all(_INDEX.fullmatch(column) for column in columns[1:]):
            raise InputError(
                where,
                got=repr(" ".join(columns[1:])[:40]),
                expected=f"four orbital numbers from 0 to {norb}",
                advice="the file is damaged here: write it again",
            )
        indices = tuple(int(column) for column in columns[1:])
        used = tuple(index > 0 for index in indices)
        if max(indices) > norb or used not in _LINES:
            raise InputError(
                where,
                got=f"orbitals {' '.join(columns[1:])}",
                expected=f"i j k l, i j 0 0, i 0 0 0 or 0 0 0 0, each at most NORB={norb}",
                advice="files of spin orbitals or UHF are not read; write a restricted one",
            )
        yield number, value, indices


def _value(where: str, column: str) -> float:
    """Return a number in hartree."""
    if _NUMBER.fullmatch(column) and abs(value := float(column)) <= _LARGEST:
        return value
    fortran = _FORTRAN_DOUBLE.fullmatch(column)
    raise InputError(
        where,
        got=repr(column[:40]),
        expected=f"a real number of at most {_LARGEST:.0e} hartree",
        advice="write the exponent with E, not D" if fortran else "write the file again",
    )


def _canonical(indices: tuple[int, ...]) -> tuple[int, ...]:
    """Return the one of the eight index orders of a real integral that stands for all."""
    bra, ket = sorted(indices[:2], reverse=True), sorted(indices[2:], reverse=True)
    return (*max(bra, ket), *min(bra, ket))


def _name(indices: tuple[int, ...]) -> str:
    i, j, k, l = indices  # noqa: E741 - the format's own names
    return f"({i} {j}|{k} {l})" if k else f"h({i} {j})"
