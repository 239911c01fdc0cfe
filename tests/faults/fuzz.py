"""Damaged and hostile input for every reader: ``python -m tests.faults.fuzz --inputs 10000``.

Each input must be read or refused with an error of this package, within a second, with no other
exception. Inputs are good files with bytes changed, runs of bytes moved, cut or repeated.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hybrid.core.ask import Ask, Told
from hybrid.core.errors import HybridError
from hybrid.journal import Identity, Writer, open_journal
from hybrid.problems import MaxCut, Molecule
from hybrid.settings import load

EXAMPLES = Path(__file__).parents[2] / "examples"
_TOKENS = (b"0", b"-1", b"1e999", b"nan", b"99999999999999999999", b"[", b"{", b'"', b"=", b"\0",
           b"\xff\xff", b"\n", b"/", b"&END", b"NORB=", b"..", b"true")  # fmt: skip


def damaged(content: bytes, draw: random.Random) -> bytes:
    """Return content with one to four random injuries."""
    data = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        place = draw.randrange(len(data) + 1)
        kind = draw.randrange(6)
        if kind == 0 and data:
            data[place % len(data)] = draw.randrange(256)
        elif kind == 1:
            del data[place : place + draw.choice([1, 8, 100, 4096])]
        elif kind == 2:
            data[place:place] = draw.choice(_TOKENS)
        elif kind == 3:
            other = draw.randrange(len(data) + 1)
            data[place:place] = data[other : other + draw.choice([1, 16, 256])]
        elif kind == 4:
            data[place : place + 8] = draw.randbytes(8)
        else:
            data[place:] = b"" if draw.random() < 0.3 else data[place:]
    return bytes(data)


def read_whole(path: Path) -> None:
    """Read everything that a journal holds."""
    with open_journal(path) as journal:
        list(journal)
        list(journal.pieces())
        journal.unfinished()
        assert journal.events is not None
        assert journal.starts is not None
        assert (journal.identity, journal.origin) is not None


def a_journal(path: Path) -> None:
    """Write a small journal with something in every table."""
    points = np.linspace(0.0, 1.0, 6).reshape(2, 3)
    with Writer(path, Identity({"circuit": "a" * 64}, 7), {"kind": "script"}) as writer:
        writer.start(["host"], "native", "one piece", {"process": 1})
        for number in range(6):
            writer.ask(number, Ask(points, True, number))
            writer.piece(number, 0, 0, predicted=None, measured=0.1, partial=points)
            writer.told(number, Told(points[:, 0], points), 0.1)
        writer.ask(6, Ask(points))
        writer.piece(6, 0, 0, predicted=0.2, measured=0.1, partial=points)


def fuzz(
    read: Callable[[Path], object], contents: list[bytes], suffix: str, inputs: int, seed: int
) -> tuple[int, float, list[str]]:
    """Return how many inputs were refused, the slowest reading, and what went wrong."""
    draw, refused, slowest, wrong = random.Random(seed), 0, 0.0, []
    # In memory where there is such a place, because only the readers are of interest.
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    shutil.copytree(EXAMPLES / "data", folder / "data")
    path = folder / f"input{suffix}"
    path.write_bytes(contents[0])
    read(path)  # imports what it needs, which is not to be measured
    for _ in range(inputs):
        path.write_bytes(damaged(draw.choice(contents), draw))
        began = time.perf_counter()
        try:
            read(path)
        except HybridError as error:
            refused += 1
            if not all(line.isprintable() for line in str(error).split("\n")):
                wrong.append(f"unprintable: {error!r}")
        except Exception as error:
            wrong.append(repr(error))
            with contextlib.suppress(OSError):
                shutil.copy(path, tempfile.gettempdir())
        slowest = max(slowest, time.perf_counter() - began)
    shutil.rmtree(folder)
    return refused, slowest, wrong


def readers(folder: Path) -> dict[str, tuple[Callable[[Path], object], list[bytes], str]]:
    """Return each reader with good inputs to start from."""
    a_journal(folder / "good.db")
    tomls = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.toml"))]
    return {
        "TOML": (load, tomls, ".toml"),
        "FCIDUMP": (
            lambda path: Molecule.from_fcidump(path),
            [(EXAMPLES / "data" / "h2.fcidump").read_bytes()],
            ".fcidump",
        ),
        "graph": (
            lambda path: MaxCut.from_edge_list(path),
            [(EXAMPLES / "data" / "maxcut_12.edges").read_bytes()],
            ".edges",
        ),
        "journal": (read_whole, [(folder / "good.db").read_bytes()], ".db"),
    }


def main() -> int:
    """Run the measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, (read, contents, suffix) in readers(Path(folder)).items():
            refused, slowest, wrong = fuzz(read, contents, suffix, chosen.inputs, chosen.seed)
            print(
                f"fuzz: {name}: {chosen.inputs} inputs, {refused} refused, {len(wrong)} wrong, "
                f"slowest {slowest:.3f} s",
                flush=True,
            )
            for text in sorted(set(wrong))[:5]:
                print(f"   {text[:300]}")
            bad += len(wrong) + (slowest > 1.0)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
