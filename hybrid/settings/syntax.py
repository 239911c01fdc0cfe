"""Parse TOML; syntax errors show the line and the probable intent."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from hybrid.core.errors import InputError

_LONGEST_SHOWN = 60

_HABITS = (
    (r"=\s*(True|False)\b", "true and false are written in lower case"),
    (r"=\s*(None|null|nil)\b", "remove the key for none"),
    (r"[\u2018\u2019\u201c\u201d]", "strings need straight quotes"),
    (r"^\s*(;|//|%|!)", "comments start with #"),
    (r"^\s*[\w.-]+\s*:", "write key = value"),
    (r"^\s*[\w.-]+\s*$", "write key = value, or [name] for a table"),
    (r"=\s*(\.\d|\d+\.(?!\d))", "a number needs digits on both sides of the point"),
    (r"=\s*[A-Za-z_][\w./-]*\s*(#.*)?$", "strings need quotes"),
    (r"=\s*[^\[{\"']*[,;]\s*$", "nothing may follow a value on its line"),
)
"""Habits from other formats, by a pattern of the line."""


def parsed(text: str) -> dict[str, Any]:
    """Parse a TOML text.

    Raises:
        InputError: not TOML; shows the line.

    Example:
        >>> parsed("[run]\\nseed = 7")
        {'run': {'seed': 7}}
        >>> parsed("[run]\\nquick = True")
        Traceback (most recent call last):
        ...
        hybrid.core.errors.InputError: line 2: got 'quick = True' (invalid value), expected TOML; \
true and false are written in lower case
    """
    text = text.replace("\r\n", "\n")
    try:
        return tomllib.loads(text)
    except RecursionError:
        got = "arrays or tables that are nested too deeply"
    except tomllib.TOMLDecodeError as error:
        raise _fault(text, str(error)) from None
    except ValueError:
        got = "an integer of thousands of digits"
    raise InputError("file", got=got, expected="TOML")


def _fault(text: str, message: str) -> InputError:
    """Return the error of a line, whose number is at the end of the parser's message."""
    what, _, place = message.partition(" (at ")
    what = f"{what[:1].lower()}{what[1:]}"
    if what.startswith(("cannot overwrite", "cannot declare")):
        what = "defined twice"
    found = re.match(r"line (\d+), column", place)
    if found is None:
        return InputError("file", got=f"an incomplete file ({what})", expected="TOML")
    number = int(found[1])
    line = re.split("\n", text)[number - 1].strip()
    habits = (advice for pattern, advice in _HABITS if re.search(pattern, line))
    shown = repr(line if len(line) <= _LONGEST_SHOWN else f"{line[: _LONGEST_SHOWN - 3]}...")
    return InputError(
        f"line {number}", got=f"{shown} ({what})", expected="TOML", advice=next(habits, "")
    )
