"""Split and validate the columns of a graph file: numbers, weights and node names."""

from __future__ import annotations

import csv
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from hybrid.core.errors import InputError

WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_NOT_IN_NAMES = re.compile(r"[ ,;|\"'`(){}\[\]<>=\\]")
_FILLERS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0]")
"""Letters and marks that are rendered as nothing."""


@dataclass(frozen=True)
class Row:
    """One non-empty line of a file.

    Attributes:
        where: file and line, for error messages.
        columns: the columns, without quotes and surrounding blanks.
    """

    where: str
    columns: tuple[str, ...]

    def is_whole(self) -> bool:
        """Return whether every column is a whole number."""
        return all(WHOLE_NUMBER.fullmatch(column) for column in self.columns)

    def is_whole_pair(self) -> bool:
        """Return whether the first two of two or three columns are whole numbers."""
        return len(self.columns) in (2, 3) and all(map(WHOLE_NUMBER.fullmatch, self.columns[:2]))


def rows(path: str, text: str, comments: tuple[str, ...]) -> list[Row]:
    """Return the lines of a file that are neither blank nor comments.

    Args:
        path: path of the file, for error messages.
        text: content of the file.
        comments: prefixes of comment lines; ``#`` starts a comment anywhere.

    Raises:
        InputError: an unclosed quote.
    """
    return list(_rows(path, text, comments))


def _rows(path: str, text: str, comments: tuple[str, ...]) -> Iterator[Row]:
    for number, whole in enumerate(text.split("\n"), 1):
        line = whole.partition("#")[0].replace("\t", " ").strip(" ")
        if not line or line.startswith(comments):
            continue
        where = f"{path}, line {number}"
        separator = next((mark for mark in ",;" if mark in line), " ")
        line = re.sub(rf" *{separator} *", separator, line)
        try:
            (columns,) = csv.reader([line], delimiter=separator, skipinitialspace=True, strict=True)
        except (csv.Error, ValueError):
            raise InputError(
                where,
                got=shown(line),
                expected="columns with quotes around whole names, if any",
                advice="close the quote, or remove the quotes",
            ) from None
        yield Row(where, tuple(column.strip(" ") for column in columns))


def node(where: str, column: str) -> int | str:
    """Parse a node: a whole number, or a name in Unicode's composed form.

    Raises:
        InputError: neither, or an invisible character.
    """
    if WHOLE_NUMBER.fullmatch(column):
        return int(column)
    invisible = [c for c in column if c != " " and (not c.isprintable() or _FILLERS.match(c))]
    if invisible:
        code = f"U+{ord(invisible[0]):04X}"
        raise InputError(
            where,
            got=f"the invisible character {code} in {shown(column)}",
            expected="names of visible characters",
            advice="remove it: names that look alike would be different nodes",
        )
    if not column or not (column[0].isalnum() or column[0] == "_") or _NUMBER.fullmatch(column):
        raise InputError(
            where,
            got=f"the node {shown(column)}",
            expected="a whole number from 0, or a name that starts with a letter",
            advice="rename it, or remove the line",
        )
    if found := _NOT_IN_NAMES.search(column):
        raise InputError(
            where,
            got=f"{found[0]!r} in the node {shown(column)}",
            expected="names without blanks, separators, quotes and brackets",
            advice="write one edge a line, u v [weight], and an underscore for a blank",
        )
    return unicodedata.normalize("NFC", column)


def weight(where: str, column: str) -> float:
    """Parse a weight.

    Raises:
        InputError: not a finite number.
    """
    value = float(column) if _NUMBER.fullmatch(column) else math.nan
    if math.isfinite(value):
        return value
    dictionary = column.startswith("{")
    raise InputError(
        where,
        got=f"the weight {shown(column)}",
        expected="a finite number",
        advice="networkx.write_weighted_edgelist writes such a file"
        if dictionary
        else "leave it out for weight 1",
    )


def shown(text: str) -> str:
    """Return a text shortened and quoted, for error messages."""
    return repr(text[:40])
