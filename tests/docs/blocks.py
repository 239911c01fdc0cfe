"""What the documents show: their blocks of code, and the code within their text."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    *sorted(path for path in (ROOT / "docs").glob("*.md") if path.stem != "conformance"),
    ROOT / "kernels" / "README.md",
    ROOT / "benchmarks" / "README.md",
]


@dataclass(frozen=True)
class Block:
    """A fenced block of a document.

    Attributes:
        language: what stands behind its fence; empty for what is typed at a shell.
        text: its lines.
        line: number of its first line.
    """

    language: str
    text: str
    line: int


def blocks(document: Path, language: str) -> list[Block]:
    """Return the fenced blocks of a language in a document."""
    text = document.read_text("utf-8")
    found = re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    every = [Block(m[1], m[2], text.count("\n", 0, m.start(2)) + 1) for m in found]
    return [block for block in every if block.language == language]


def spans(document: Path) -> list[str]:
    """Return the code within the text of a document: what stands between backquotes."""
    text = re.sub(r"^```.*?^```$", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)]


def commands(document: Path) -> list[list[str]]:
    """Return the command lines of a document's blocks, without their comments, as words."""
    lines = [line for block in blocks(document, "") for line in block.text.splitlines()]
    return [words for words in (shlex.split(line, comments=True) for line in lines) if words]
