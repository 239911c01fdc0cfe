"""Read the Fortran namelist at the head of an FCIDUMP file, in all common dialects.

Accepts ``&FCI`` and ``$FCI`` in any case; entries separated by commas, blanks or line ends; repeats
(``3*1``); comments from ``!`` to the end of a line; and ``&END``, ``$END``, ``/`` or ``&`` at the
end, also on the line of an entry.

The library f90nml is not used, because it silently reads unparsable values as text, and the last of
duplicate names. The header decides what the integrals mean, so it must be parsed fully or refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hybrid.core.errors import InputError

_LIMIT = 4000
"""Characters. A header for 32 orbitals has a few hundred."""

_COMMENT = re.compile(r"![^\n]*")
_BEGIN = re.compile(r"\s*[&$]FCI(?![A-Za-z0-9_])", re.IGNORECASE)
_END = re.compile(r"[&$]END(?![A-Za-z0-9_])|/|[&$](?=\s|$)", re.IGNORECASE)
_NAME = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*=")
_VALUES = re.compile(r"[^\s,]+(?:(?:\s*,\s*|\s+)[^\s,]+)*\s*,?")
_REPEAT = re.compile(r"([0-9]{1,3})\*(.+)")
_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
_TRUE, _FALSE = re.compile(r"\.?T(RUE)?\.?|[1-9]"), re.compile(r"\.?F(ALSE)?\.?|0")


@dataclass(frozen=True)
class Namelist:
    """The entries of a header.

    Attributes:
        where: location, for error messages.
        entries: the values of each name, as upper-case text.
        rest: the text after the header.
        lines: number of lines of the header, including the one on which it ends.
    """

    where: str
    entries: Mapping[str, tuple[str, ...]]
    rest: str
    lines: int

    def whole(self, name: str, default: int | None = None) -> int:
        """Return an entry that is one whole number.

        Raises:
            InputError: not a whole number, or missing without a default.
        """
        values = self.entries.get(name)
        if values is None and default is not None:
            return default
        if values is None or len(values) != 1 or not _WHOLE.fullmatch(values[0]):
            raise InputError(
                f"{self.where}, {name}",
                got="nothing" if values is None else " ".join(values)[:40],
                expected=f"{name}=<whole number>",
                advice="write the file again, or mend the header",
            )
        return int(values[0])

    def wholes(self, name: str, count: int) -> tuple[int, ...] | None:
        """Return an entry of ``count`` whole numbers, or None if missing.

        Raises:
            InputError: not ``count`` whole numbers.
        """
        values = self.entries.get(name)
        if values is None:
            return None
        if len(values) != count or not all(map(_WHOLE.fullmatch, values)):
            raise InputError(
                f"{self.where}, {name}",
                got=f"{len(values)} values: {' '.join(values)[:40]}",
                expected=f"{count} whole numbers, one for each orbital",
                advice="write the file again, or remove the entry",
            )
        return tuple(map(int, values))

    def flag(self, name: str) -> bool:
        """Return a logical entry, which may be written as a number; False if missing.

        Raises:
            InputError: not a logical value.
        """
        values = self.entries.get(name, ("F",))
        if len(values) == 1 and _TRUE.fullmatch(values[0]):
            return True
        if len(values) == 1 and _FALSE.fullmatch(values[0]):
            return False
        raise InputError(
            f"{self.where}, {name}",
            got=" ".join(values)[:40],
            expected=".TRUE. or .FALSE.",
            advice="write the file again, or mend the header",
        )


def read_namelist(path: str, text: str) -> Namelist:
    """Read the header of an FCIDUMP file.

    Args:
        path: path of the file, for error messages.
        text: content of the file.

    Raises:
        InputError: the header is missing or has no end, an entry is duplicate or has no value, or
            text belongs to no entry.
    """
    # Replace comments by blanks, to keep positions and lines.
    head = _COMMENT.sub(lambda found: " " * len(found[0]), text[: 4 * _LIMIT])
    begin = _BEGIN.match(head)
    if begin is None:
        first = next((line for line in text.split("\n") if line.strip()), "")
        raise InputError(
            f"{path}, line 1",
            got=repr(first.strip()[:40]),
            expected="the header of an FCIDUMP file, &FCI NORB=...,NELEC=...,MS2=...,",
            advice="name a file that a quantum chemistry program wrote in this format",
        )
    end = _END.search(head, begin.end(), begin.end() + _LIMIT)
    if end is None:
        raise InputError(
            path,
            got=f"a header without an end in its first {_LIMIT} characters",
            expected="&END or / after the entries of &FCI",
            advice="the file may be cut short: write it again",
        )
    where = f"{path}, header"
    entries = _entries(where, head[begin.end() : end.start()])
    after = head[end.end() :].partition("\n")[0]
    if after.strip(" \t,"):
        raise InputError(
            where,
            got=f"{after.strip()[:40]!r} after its end",
            expected="integrals from the next line on",
            advice="begin a new line there",
        )
    lines = text.count("\n", 0, end.end()) + 1
    return Namelist(where, entries, text[end.end() :].partition("\n")[2], lines)


def _entries(where: str, text: str) -> dict[str, tuple[str, ...]]:
    """Return the values of each name."""
    before, *pairs = _NAME.split(text)
    if before.strip(" \t\n,"):
        raise _not_understood(where, before)
    entries: dict[str, tuple[str, ...]] = {}
    for name, values in zip(pairs[::2], pairs[1::2], strict=True):
        name = name.upper()
        if name in entries:
            raise InputError(
                f"{where}, {name}", got="the entry twice", expected="one entry", advice="remove one"
            )
        if not _VALUES.fullmatch(values.strip()):
            raise _not_understood(where, f"{name}={values}")
        entries[name] = tuple(
            each for value in re.split(r"[\s,]+", values.upper()) for each in _repeated(value)
        )
    return entries


def _repeated(value: str) -> list[str]:
    """Expand a repeat: ``3*1`` is 1, 1, 1."""
    repeat = _REPEAT.fullmatch(value)
    if repeat:
        return [repeat[2]] * int(repeat[1])
    return [value] if value else []


def _not_understood(where: str, text: str) -> InputError:
    return InputError(
        where,
        got=repr(" ".join(text.split())[:40]),
        expected="entries NAME=value",
        advice="write the file again, or mend the header",
    )
