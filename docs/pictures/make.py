"""Make the pictures of the documents by running the real thing: ``python docs/pictures/make.py``.

Water on two ranks with a journal; its terminal as an SVG, its report as two PNGs. It needs a
Chromium.
"""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
sys.path.insert(0, str(ROOT))

from rich.console import Console  # noqa: E402
from rich.terminal_theme import MONOKAI  # noqa: E402
from rich.text import Text  # noqa: E402

from tests.report.browser import Page, browser  # noqa: E402

WIDTH = 100
BIN = Path(sys.executable).parent
LINES = (
    "mpiexec -n 2 hybrid run examples/water.toml --journal water.db",
    "hybrid report water.db -o water.html",
)


def main() -> None:
    """Run, and draw what is seen."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "examples").symlink_to(ROOT / "examples")
        screen = Console(record=True, width=WIDTH, file=open(os.devnull, "w"))  # noqa: SIM115
        for line in LINES:
            screen.print(Text(f"$ {line}", "bold"))
            screen.print(Text.from_ansi(last_screen(seen(line, home))))
        screen.save_svg(str(HERE / "terminal.svg"), title="hybrid", theme=MONOKAI)
        with browser(home / "profile") as chromium:
            for name, dark in (("report", False), ("report-dark", True)):
                page = Page(chromium, home / "water.html", width=1000, dark=dark)
                page.screenshot(HERE / f"{name}.png", height=1150)


def seen(line: str, folder: Path) -> str:
    """Return what a terminal is sent while a command runs."""
    ours, theirs = pty.openpty()
    environment = os.environ | {
        "OMP_NUM_THREADS": "1", "COLUMNS": str(WIDTH), "LINES": "40", "TERM": "xterm-256color",
        "PATH": f"{BIN}:{os.environ['PATH']}", "COLORTERM": "truecolor",
    }  # fmt: skip
    program = shutil.which(line.split()[0], path=environment["PATH"])
    running = subprocess.Popen(
        line.split(), executable=program, cwd=folder, env=environment,
        stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True,
    )  # fmt: skip
    os.close(theirs)
    parts = []
    while True:
        try:
            part = os.read(ours, 1 << 16)
        except OSError:  # the terminal is closed
            break
        if not part:
            break
        parts.append(part)
    assert running.wait() == 0, b"".join(parts).decode()
    return b"".join(parts).decode()


def last_screen(text: str) -> str:
    """Return what is left on the screen after lines were erased and written again."""
    lines: list[str] = [""]
    row = 0
    for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", text):
        if part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif part == "\r":
            pass
        elif part.endswith("A") and part.startswith("\x1b["):
            row = max(row - int(part[2:-1] or 1), 0)
        elif part == "\x1b[2K":
            lines[row] = ""
        elif part.endswith("m") or not part.startswith("\x1b"):
            lines[row] += part
    return "\n".join(lines).rstrip()


if __name__ == "__main__":
    main()
