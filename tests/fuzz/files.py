"""Random files in every dialect, whole and damaged, against what was written or another reader.

``python -m tests.fuzz.files --count 20000 --seed 1`` prints each file that is misread and their
count. ``--only SEED`` takes one of them again.

A whole file must be read as what it was written from. A damaged one must be refused, or read as an
independent reader reads it: a few lines of this file for FCIDUMP, NetworkX for edge lists, tomllib
for run files.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from hybrid.core.errors import InputError
from hybrid.settings import load
from tests.fuzz.graph_files import graph, names_only, plain_edges, read_graph
from tests.fuzz.integral_files import fcidump, plain_dump, read_dump
from tests.fuzz.written import Written, encoded


def run_file(draw: random.Random) -> Written:
    """A sound run file with random values."""
    tables: dict[str, dict[str, object]] = {
        "problem": {
            "kind": "pauli",
            "terms": [
                ["".join(draw.choice("IXYZ") for _ in range(3)), round(draw.uniform(-2, 2), 3)]
                for _ in range(draw.randint(1, 4))
            ],
        },
        "ansatz": {"kind": "hardware_efficient", "layers": draw.randint(1, 9)},
        "optimizer": {"name": draw.choice(["L-BFGS-B", "SLSQP", "Adam"]), "tolerance": 1e-3},
        "simulator": {"name": draw.choice(["auto", "native"])},
        "run": {"seed": draw.randrange(2**63), "stall": draw.choice(["report", "abort"])},
    }
    for table in ("optimizer", "simulator", "run"):
        if draw.random() < 0.3:
            del tables[table]
    lines = []
    for table, keys in draw.sample(sorted(tables.items()), len(tables)):
        lines.append(draw.choice(["[{}]", "[ {} ]", "[{}]  # a table"]).format(table))
        for key, value in keys.items():
            between = draw.choice(["=", " = ", "  =\t"])
            lines.append(key + between + json.dumps(value) + draw.choice(["", " # a comment"]))
        lines.append("")
    return Written(encoded(draw, "\n".join(lines)), _plain(tables))


def read_run_file(path: Path) -> object:
    """Read a run file with the reader under test; the keys of :func:`run_file`."""
    read = load(path)
    dumped = {name: getattr(read, name).model_dump(mode="json") for name in _ALL}
    return _plain(dumped)


def plain_run_file(text: str) -> object:
    """Read a run file with tomllib."""
    return _plain(tomllib.loads(text.lstrip("\ufeff").replace("\r\n", "\n")))


_DEFAULTS = {"simulator": {"name": "auto"}, "optimizer": {"name": "L-BFGS-B"}}


def _plain(tables: dict[str, dict[str, object]]) -> object:
    """Return what stands in the tables, without keys that are at their defaults."""
    full = {name: {**_DEFAULTS.get(name, {}), **tables.get(name, {})} for name in _ALL}
    keys = {
        "problem": ("kind", "terms"),
        "ansatz": ("kind", "layers"),
        "optimizer": ("name", "tolerance", "max_iterations"),
        "simulator": ("name", "shots", "method", "precision"),
        "run": ("seed", "threads", "journal", "time_limit"),
    }
    defaults = {"layers": 3}
    return [[full[name].get(key, defaults.get(key)) for key in keys[name]] for name in _ALL]


_ALL = ("problem", "ansatz", "optimizer", "simulator", "run")


@dataclass(frozen=True)
class Kind:
    """What to write, how it is read, and by what other reader a damaged file is judged."""

    write: Callable[[random.Random], Written]
    read: Callable[[Path], object]
    judge: Callable[[str], object] | None
    letters: str


KINDS = {
    "fcidump": Kind(fcidump, read_dump, None, ""),
    "graph": Kind(graph, read_graph, None, ""),
    "run file": Kind(run_file, read_run_file, None, ""),
    "damaged fcidump": Kind(fcidump, read_dump, plain_dump, "0123456789.-+eEdD,=/&()!* \nTFU"),
    "damaged edge list": Kind(names_only, read_graph, plain_edges, "abcxyz0189.-+e# \n_é"),
    "damaged run file": Kind(run_file, read_run_file, plain_run_file, "0189.-e[]{}=\"'# \n_ab,"),
}


_BAD = ("different", "raised")


def damaged(draw: random.Random, text: str, letters: str) -> str:
    """Return a text with one to three letters changed, put in or left out, or lines doubled."""
    for _ in range(draw.randint(1, 3)):
        place = draw.randrange(len(text) + 1)
        kind = draw.randrange(5)
        if kind == 0:
            text = text[:place] + draw.choice(letters) + text[place + 1 :]
        elif kind == 1:
            text = text[:place] + draw.choice(letters) + text[place:]
        elif kind == 2:
            text = text[:place] + text[place + draw.choice([1, 1, 5, 40]) :]
        elif kind == 3:
            lines = text.split("\n")
            at = draw.randrange(len(lines))
            text = "\n".join([*lines[: at + 1], *lines[at:]])
        else:
            text = text[:place] if draw.random() < 0.3 else text
    return text


def compare(seed: int, folder: Path) -> tuple[str, str, str]:
    """Return the kind of a file; "same", "refused", "different" or "raised"; and in what."""
    draw = random.Random(seed)
    name = draw.choice(sorted(KINDS))
    kind = KINDS[name]
    written = kind.write(draw)
    text = written.text if kind.judge is None else damaged(draw, written.text, kind.letters)
    path = folder / "file.txt"
    path.write_bytes(text.encode())
    try:
        found = kind.read(path)
    except InputError as refusal:
        if kind.judge is not None:
            return name, "refused", ""
        return name, "different", f"refused: {refusal}\n{text}"
    except Exception as error:
        return name, "raised", f"{type(error).__name__}: {error}\n{text}"
    try:
        expected = (
            written.expected if kind.judge is None else kind.judge(text.replace("\r\n", "\n"))
        )
    except Exception as error:
        return name, "different", f"the other reader refuses: {error!r}\n{text}"
    if found != expected:
        return name, "different", f"read {found}\nright {expected}\n{text}"
    return name, "same", ""


def main(arguments: list[str] | None = None) -> int:
    """Compare many files and return 1 if any is read as something else."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int)
    chosen = parser.parse_args(arguments)
    seeds: Iterable[int] = range(chosen.seed * 10**7, chosen.seed * 10**7 + chosen.count)
    outcomes: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds if chosen.only is None else [chosen.only]:
            name, outcome, why = compare(seed, Path(folder))
            outcomes[name, outcome] += 1
            if outcome in _BAD:
                print(f"{name} {seed}: {outcome}: {why}", flush=True)
    for (name, outcome), count in sorted(outcomes.items()):
        print(f"fuzz: {name}: {count} {outcome}")
    bad = sum(
        count for (_, outcome), count in outcomes.items() if outcome in ("different", "raised")
    )
    print(f"fuzz: files: {bad} differences")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
