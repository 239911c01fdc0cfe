"""Geometries of molecules in XYZ format, or as lines of atoms."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hybrid.core.errors import InputError
from hybrid.problems.files import read_text

BOHR = 0.529177210903
"""In angstrom; CODATA 2018."""

UNITS = ("angstrom", "bohr")

_ATOM = re.compile(r"\s*([A-Za-z]{1,2}|[0-9]{1,3})((?:[\s,]+[^\s,]+)+)\s*")
_CLOSEST = 0.1
"""Angstrom. Nuclei are never so close; a wrong unit, or one atom given twice, can be."""

_KIND = "a geometry in XYZ format"

Atom = tuple[str, tuple[float, float, float]]


@dataclass(frozen=True)
class Geometry:
    """Atoms and their positions.

    Attributes:
        name: of the file, or the formula.
        atoms: symbols as written, or atomic numbers, with positions in angstrom.
        lines: where each atom was read, for messages.
    """

    name: str
    atoms: tuple[Atom, ...]
    lines: tuple[str, ...]


def read_geometry(given: str | os.PathLike[str], unit: str = "angstrom") -> Geometry:
    """Read a geometry from a file or a text.

    Args:
        given: the path of a file, or a text such as ``"H 0 0 0; H 0 0 0.7"``. Both may begin with
            the two lines of an XYZ file: the number of atoms, and a comment.
        unit: of the positions, "angstrom" or "bohr".

    Raises:
        InputError: another unit, no such file, a line that is no atom, a number of atoms other than
            announced, or atoms closer than 0.1 angstrom.

    Example:
        >>> read_geometry("H 0 0 0; H 0 0 0.735").atoms[1]
        ('H', (0.0, 0.0, 0.735))
    """
    if unit not in UNITS:
        raise InputError("unit", got=repr(unit)[:60], expected="'angstrom' or 'bohr'")
    if isinstance(given, str) and _is_text(given):
        title, name, text = "geometry", "", given
    else:
        title, text = str(given), read_text(given, _KIND)
        name = Path(given).stem
    lines = [
        (f"{title}, line {number}", part)
        for number, line in enumerate(text.split("\n"), 1)
        for part in line.split(";")
    ]
    atoms, places = _atoms(title, lines, 1.0 if unit == "angstrom" else BOHR)
    _check_distances(places, atoms)
    return Geometry(name or _formula(atoms), tuple(atoms), tuple(places))


def _is_text(given: str) -> bool:
    """Return whether a string is a geometry and not a path."""
    return "\n" in given or ";" in given or _ATOM.fullmatch(given) is not None


def _atoms(
    title: str, lines: Sequence[tuple[str, str]], scale: float
) -> tuple[list[Atom], list[str]]:
    announced = None
    first = lines[0][1].strip()
    if first.isdecimal() and len(lines) > 1:
        announced, lines = int(first), lines[2:]
    found = [(place, _atom(place, line, scale)) for place, line in lines if line.strip()]
    if announced is not None and announced != len(found):
        more = len(found) > announced
        raise InputError(
            title,
            got=f"{len(found)} atoms",
            expected=f"{announced}, as the first line announces",
            advice="of several geometries in one file, pass one"
            if more
            else "the file may be cut short",
        )
    if not found:
        raise InputError(title, got="no atoms", expected="lines such as 'H 0.0 0.0 0.735'")
    return [atom for _, atom in found], [place for place, _ in found]


def _atom(place: str, line: str, scale: float) -> Atom:
    match = _ATOM.fullmatch(line)
    columns = [] if match is None else re.split(r"[\s,]+", match[2].strip(" \t,"))
    try:
        x, y, z = (scale * float(column) for column in columns)
    except ValueError:
        x = y = z = math.nan
    if match is None or not all(map(math.isfinite, (x, y, z))):
        raise InputError(
            place,
            got=repr(line.strip()[:60]),
            expected="an element and three coordinates, such as 'H 0.0 0.0 0.735'",
        )
    return match[1], (x, y, z)


def _check_distances(places: Sequence[str], atoms: Sequence[Atom]) -> None:
    for second in range(len(atoms)):
        for first in range(second):
            distance = math.dist(atoms[first][1], atoms[second][1])
            if distance < _CLOSEST:
                raise InputError(
                    places[second],
                    got=f"an atom {distance:.3g} angstrom from that of {places[first]}",
                    expected=f"at least {_CLOSEST} angstrom",
                    advice="check the unit, and whether an atom is given twice",
                )


def _formula(atoms: Sequence[Atom]) -> str:
    symbols = [symbol.capitalize() for symbol, _ in atoms]
    return "".join(
        f"{each}{symbols.count(each) if symbols.count(each) > 1 else ''}"
        for each in dict.fromkeys(symbols)
    )
