"""Read FCIDUMP files of spin-restricted calculations, in all common dialects.

Format: P. J. Knowles and N. C. Handy, Comput. Phys. Commun. 54, 75 (1989),
doi:10.1016/0010-4655(89)90033-7.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError
from hybrid.problems.files import read_text
from hybrid.problems.integrals import MAX_ORBITALS
from hybrid.problems.namelist import Namelist, read_namelist

_LARGEST = 1e9
"""Hartree. Integrals of molecules are far smaller; larger numbers are errors."""

_SAME = 1e-8
"""Tolerance for integrals that symmetry makes equal, relative to the largest integral."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eEdD][+-]?[0-9]+|[+-][0-9]{3})?")
_SIGN_INSIDE = re.compile(r"(?<=[0-9.])(?=[+-])")
"""Where Fortran omits the letter of a three-digit exponent."""

_INDEX = re.compile(r"[0-9]{1,9}")

_SPIN_FLAGS = {
    "UHF": "a spin-unrestricted calculation (UHF)",
    "IUHF": "a spin-unrestricted calculation (UHF)",
    "GHF": "a calculation with general spin orbitals (GHF)",
    "IGHF": "a calculation with general spin orbitals (GHF)",
    "TREL": "a relativistic calculation with spinors (TREL)",
}
"""Entries that declare other than restricted orbitals."""

_UNUSED = {"ISYM", "NPROP", "PROPBITLEN", "SYML", "SYMLZ"} | {
    *("IPRTIM", "INT", "MEMORY", "MAXIT", "THR", "THRRES", "NROOT")
}
"""Entries that do not affect integrals: symmetry labels and settings of the original program."""

_KNOWN = {"NORB", "NELEC", "MS2", "ORBSYM", "NSPIN", "CORE", *_SPIN_FLAGS, *_UNUSED}

_Indices = tuple[int, int, int, int]
_CORE: _Indices = (0, 0, 0, 0)
_LINES = {
    (True, True, True, True),  # (ij|kl)
    (True, True, False, False),  # h_ij
    (True, False, False, False),  # the energy of orbital i, which nothing here needs
    (False, False, False, False),  # the core energy
}
"""Valid combinations of nonzero indices i j k l of a line."""


@dataclass(frozen=True, eq=False)
class Integrals:
    """The content of an FCIDUMP file, over n spatial orbitals; energies in hartree.

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


def read_fcidump(path: str | os.PathLike[str]) -> Integrals:
    """Read a spin-restricted FCIDUMP file with real orbitals.

    Raises:
        InputError: the file is missing, truncated, not an FCIDUMP file, or of an unrestricted
            calculation; the message names the line.

    Example:
        >>> read_fcidump("examples/data/h2.fcidump").num_electrons
        (1, 1)
    """
    text, name = read_text(path, "an FCIDUMP file"), str(path)
    header = read_namelist(name, text)
    num_orbitals, num_electrons = _checked(header)
    values = _checked_integrals(name, header, num_orbitals)
    one_body = np.zeros((num_orbitals,) * 2)
    two_body = np.zeros((num_orbitals,) * 4)
    for (i, j, k, l), value in values.items():  # noqa: E741 - the format's own names
        if k:
            for p, q in {(i - 1, j - 1), (j - 1, i - 1)}:
                for r, s in {(k - 1, l - 1), (l - 1, k - 1)}:
                    two_body[p, q, r, s] = two_body[r, s, p, q] = value
        elif j:
            one_body[i - 1, j - 1] = one_body[j - 1, i - 1] = value
    return Integrals(one_body, two_body, values[_CORE], num_electrons)


def _checked(header: Namelist) -> tuple[int, tuple[int, int]]:
    """Validate and return the numbers of orbitals and of electrons (alpha, beta)."""
    _check_spin(header)
    norb, nelec, ms2 = header.whole("NORB"), header.whole("NELEC"), header.whole("MS2", 0)
    if not 1 <= norb <= MAX_ORBITALS:
        raise InputError(
            f"{header.where}, NORB",
            got=norb,
            expected=f"1 to {MAX_ORBITALS} spatial orbitals (two qubits each)",
            advice="choose a smaller active space" if norb > 0 else "write the file again",
        )
    if not 1 <= nelec <= 2 * norb:
        raise InputError(
            f"{header.where}, NELEC",
            got=nelec,
            expected=f"1 to {2 * norb} electrons in {norb} orbitals",
            advice="check NORB and NELEC",
        )
    most = min(nelec, 2 * norb - nelec)
    if (nelec - ms2) % 2 or abs(ms2) > most:
        parity = "odd" if nelec % 2 else "even"
        raise InputError(
            f"{header.where}, MS2",
            got=ms2,
            expected=f"electrons of spin alpha minus spin beta: {parity}, from {-most} to {most}",
            advice=f"{nelec} electrons in {norb} orbitals allow no other",
        )
    header.wholes("ORBSYM", norb)
    return norb, ((nelec + ms2) // 2, (nelec - ms2) // 2)


def _check_spin(header: Namelist) -> None:
    """Refuse headers of other than restricted orbitals, and unknown entries."""
    for name, meaning in _SPIN_FLAGS.items():
        if header.flag(name):
            raise InputError(
                f"{header.where}, {name}",
                got=f"integrals of {meaning}",
                expected="one set of real spatial orbitals for both spins",
                advice="write the file from a restricted (RHF or ROHF) calculation",
            )
    if header.whole("NSPIN", 1) != 1:
        raise InputError(
            f"{header.where}, NSPIN",
            got=header.whole("NSPIN"),
            expected="1, one set of orbitals for both spins",
            advice="write the file from a restricted (RHF or ROHF) calculation",
        )
    core = header.entries.get("CORE", ("0",))
    if len(core) != 1 or not _NUMBER.fullmatch(core[0]) or _as_float(core[0]) != 0.0:
        raise InputError(
            f"{header.where}, CORE",
            got=" ".join(core)[:40],
            expected="the core energy on a line 'value 0 0 0 0'",
            advice="move it there and remove the entry",
        )
    unknown = sorted(set(header.entries) - _KNOWN)
    if unknown:
        raise InputError(
            f"{header.where}, {unknown[0]}",
            got="an entry of unknown meaning",
            expected=f"some of {', '.join(sorted(_KNOWN))}",
            advice="remove it if it does not affect the integrals",
        )


def _checked_integrals(path: str, header: Namelist, norb: int) -> dict[_Indices, float]:
    """Return the integrals by canonical indices, if the file is complete."""
    seen: dict[_Indices, tuple[float, int]] = {}
    again: list[tuple[_Indices, float, int]] = []
    for number, value, indices in _integrals(path, header, norb):
        key = _canonical(indices)
        if key == _CORE and key in seen:
            raise InputError(
                f"{path}, line {number}",
                got="a second core energy",
                expected=f"one, as on line {seen[key][1]}",
                advice="files in blocks by spin (UHF) are not read; write a restricted one",
            )
        if key in seen:
            again.append((indices, value, number))
        else:
            seen[key] = value, number
    largest = max((abs(value) for value, _ in seen.values()), default=0.0)
    for indices, value, number in again:
        earlier, line = seen[_canonical(indices)]
        if abs(earlier - value) > _SAME * largest:
            raise InputError(
                f"{path}, line {number}",
                got=f"{value} for {_name(indices)}",
                expected=f"{earlier}, as on line {line}: symmetry makes them the same integral",
                advice="write the file with real orbitals, each integral once",
            )
    if not any(key[0] and key[1] and not key[2] for key in seen):
        raise InputError(
            path,
            got="no one-electron integrals",
            expected="lines 'value i j 0 0'",
            advice="the file is cut short: write it again",
        )
    if _CORE not in seen:
        raise InputError(
            path,
            got="no core energy",
            expected="a line 'value 0 0 0 0', the last one as a rule",
            advice="the file is cut short: write it again",
        )
    return {key: value for key, (value, _) in seen.items()}


def _integrals(path: str, header: Namelist, norb: int) -> Iterator[tuple[int, float, _Indices]]:
    """Yield line number, value and the four indices of each non-empty line."""
    for number, line in enumerate(header.rest.split("\n"), header.lines + 1):
        columns = line.partition("!")[0].split()
        if not columns:
            continue
        where = f"{path}, line {number}"
        if len(columns) != 5:
            raise InputError(
                where,
                got=f"{len(columns)} columns",
                expected="five: value i j k l",
                advice="the file is truncated or damaged here: fix the line or rewrite the file",
            )
        value = _value(where, columns[0])
        if not all(_INDEX.fullmatch(column) for column in columns[1:]):
            raise InputError(
                where,
                got=repr(" ".join(columns[1:])[:40]),
                expected=f"four orbital numbers from 0 to {norb}",
                advice="the file is damaged here: write it again",
            )
        i, j, k, l = (int(column) for column in columns[1:])  # noqa: E741
        if max(i, j, k, l) > norb or (i > 0, j > 0, k > 0, l > 0) not in _LINES:
            raise InputError(
                where,
                got=f"orbitals {' '.join(columns[1:])}",
                expected=f"i j k l, i j 0 0, i 0 0 0 or 0 0 0 0, each at most NORB={norb}",
                advice="files of spin orbitals or UHF are not read; write a restricted one",
            )
        yield number, value, (i, j, k, l)


def _value(where: str, column: str) -> float:
    """Parse a number in hartree."""
    if _NUMBER.fullmatch(column) and abs(value := _as_float(column)) <= _LARGEST:
        return value
    raise InputError(
        where,
        got=repr(column[:40]),
        expected=f"a real number of at most {_LARGEST:.0e} hartree",
        advice="write the file again, with real orbitals",
    )


def _as_float(number: str) -> float:
    """Parse a number in Fortran's notation: 1.5, 1.5E-3, 1.5D-3 or 1.5-103."""
    text = number.lower().replace("d", "e")
    return float(text if "e" in text else _SIGN_INSIDE.sub("e", text))


def _canonical(indices: _Indices) -> _Indices:
    """Return the canonical one of the eight equivalent index orders of a real integral."""
    i, j, k, l = indices  # noqa: E741
    bra, ket = (max(i, j), min(i, j)), (max(k, l), min(k, l))
    return (*max(bra, ket), *min(bra, ket))


def _name(indices: _Indices) -> str:
    i, j, k, l = indices  # noqa: E741 - the format's own names
    return f"({i} {j}|{k} {l})" if k else f"h({i} {j})"
