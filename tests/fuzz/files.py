"""Random files in every dialect, whole and damaged, against what was written or another reader.

``python -m tests.fuzz.files --count 20000 --seed 1`` prints each file that is misread and their
count. ``--only SEED`` takes one of them again.

A whole file must be read as what it was written from. A damaged one must be refused, or read as an
independent reader reads it: a few lines of this file for FCIDUMP, NetworkX for edge lists, tomllib
for run files.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import re
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import networkx as nx
import numpy as np
from scipy.io import mmwrite
from scipy.sparse import coo_array

from hybrid.core.errors import InputError
from hybrid.problems import MaxCut
from hybrid.problems.fcidump import read_fcidump
from hybrid.settings import load


@dataclass(frozen=True)
class Written:
    """A file for a reader.

    Attributes:
        text: its content.
        expected: what it says, in the form that the reader of its kind returns here; or None
            where it was damaged.
    """

    text: str
    expected: object


def fcidump(draw: random.Random) -> Written:
    """Integrals of one to four orbitals in a random dialect."""
    n = draw.randint(1, 4)
    pairs = [(i, j) for i in range(n) for j in range(i + 1)]
    lines, one, two = [], np.zeros((n, n)), np.zeros((n,) * 4)
    values = iter(f"{draw.uniform(-2, 2):.{draw.choice([6, 12])}f}" for _ in range(10**4))
    for (i, j), (k, l) in ((p, q) for p in pairs for q in pairs if q <= p):  # noqa: E741
        if draw.random() < 0.2 and (i, j, k, l) != (0, 0, 0, 0):
            continue
        value = next(values)
        for a, b in ((i, j), (j, i)):
            for c, d in ((k, l), (l, k)):
                two[a, b, c, d] = two[c, d, a, b] = float(value)
        bra, ket = draw.sample([i + 1, j + 1], 2), draw.sample([k + 1, l + 1], 2)
        lines.append((value, draw.choice([bra + ket, ket + bra])))
    for i, j in pairs:
        value = next(values)
        one[i, j] = one[j, i] = float(value)
        lines.append((value, [*draw.sample([i + 1, j + 1], 2), 0, 0]))
    core = next(values)
    lines += [(next(values), [i + 1, 0, 0, 0]) for i in range(n) if draw.random() < 0.3]
    lines.append((core, [0, 0, 0, 0]))
    if draw.random() < 0.5:
        draw.shuffle(lines)
    electrons = draw.randint(1, 2 * n)
    most = min(electrons, 2 * n - electrons)
    ms2 = draw.randrange(-most, most + 1, 2)
    header = _namelist(draw, n, electrons, ms2)
    body = [_record(draw, value, indices) for value, indices in lines]
    for _ in range(draw.choice([0, 0, 2])):
        body.insert(draw.randrange(len(body) + 1), draw.choice(["", "  ", "! a comment / &END"]))
    text = header + "\n".join(body) + draw.choice(["", "\n", "\n\n \n"])
    counts = ((electrons + ms2) // 2, (electrons - ms2) // 2)
    return Written(_encoded(draw, text), (one.tolist(), two.tolist(), float(core), counts))


def _namelist(draw: random.Random, norb: int, nelec: int, ms2: int) -> str:
    entries = [f"NORB{_equals(draw)}{norb}", f"NELEC{_equals(draw)}{nelec}"]
    if ms2 or draw.random() < 0.7:
        entries.append(f"MS2{_equals(draw)}{ms2}")
    if draw.random() < 0.7:
        labels = draw.choice([",", ", ", " ", ",\n  "]).join(["1"] * norb)
        entries.append(f"ORBSYM={draw.choice([labels, f'{norb}*1'])}")
    entries += draw.sample(
        ["ISYM=1", "UHF=.FALSE.", "IUHF=0", "TREL=F", "NSPIN = 1", "NPROP=1 1 1"], 2
    )
    if draw.random() < 0.4:
        draw.shuffle(entries)
    between = draw.choice([",", ", ", " ", ",\n", "\n", " ,", ",\n\n  ", ", ! note\n"])
    mark = draw.choice("&$")
    end = draw.choice([f"{mark}END", "/", mark])
    text = f"{mark}FCI{draw.choice([' ', chr(10)])}{between.join(entries)}"
    text += draw.choice([",", "", " "]) + draw.choice(["\n", " "]) + end
    text = draw.choice([str, str.lower, str])(text)
    before = draw.choice(["", " ", "\n", "! written by hand\n\n"])
    return before + text + draw.choice(["", " ", " ! integrals"]) + "\n"


def _equals(draw: random.Random) -> str:
    return draw.choice(["=", " = ", "=  ", " ="])


def _record(draw: random.Random, value: str, indices: list[int]) -> str:
    exponent = draw.choice(["", "", "", "E+00", "D+00", "d0", "e-0"])
    blank = draw.choice([" ", "   ", "\t"])
    return draw.choice(["", " ", "    "]) + blank.join([value + exponent, *map(str, indices)])


def _encoded(draw: random.Random, text: str) -> str:
    """Return a text with line ends and a byte order mark as other systems write them."""
    text = text.replace("\n", draw.choice(["\n", "\n", "\r\n"]))
    return draw.choice(["", "", "", "\ufeff"]) + text


def read_dump(path: Path) -> object:
    """Read an FCIDUMP file with the reader under test."""
    read = read_fcidump(path)
    return read.one_body.tolist(), read.two_body.tolist(), read.core_energy, read.num_electrons


def plain_dump(text: str) -> object:
    """Read an FCIDUMP file that is sound."""
    text = re.sub("![^\n]*", "", text.lstrip("\ufeff").replace("\r", "\n"))
    end = re.search(r"(?i)[&$]END\b|/|[&$]\s", text[5:])
    assert end is not None
    header, body = text[: end.start() + 5], text[end.end() + 5 :]
    entry = {
        name.upper(): int(value)
        for name, value in re.findall(r"(?i)\b(NORB|NELEC|MS2)\s*=\s*([+-]?[0-9]+)", header)
    }
    n, spin = entry["NORB"], entry.get("MS2", 0)
    one, two, core = np.zeros((n, n)), np.zeros((n,) * 4), None
    seen = set()
    for line in filter(None, map(str.split, body.split("\n"))):
        number = re.sub(r"(?<=[0-9.])([+-][0-9]{3})$", r"e\1", re.sub("[dD]", "e", line[0]))
        i, j, k, l = (int(index) - 1 for index in line[1:])  # noqa: E741
        key = tuple(sorted([tuple(sorted((i, j))), tuple(sorted((k, l)))]))
        if key in seen:
            continue  # the reader compares it with the first
        seen.add(key)
        if k >= 0:
            for a, b in ((i, j), (j, i)):
                for c, d in ((k, l), (l, k)):
                    two[a, b, c, d] = two[c, d, a, b] = float(number)
        elif j >= 0:
            one[i, j] = one[j, i] = float(number)
        elif i < 0:
            core = float(number)
    counts = ((entry["NELEC"] + spin) // 2, (entry["NELEC"] - spin) // 2)
    return one.tolist(), two.tolist(), core, counts


def graph(draw: random.Random) -> Written:
    """A random graph in a random format."""
    form = draw.choice([_edge_list, _edge_list, _rudy, _dimacs, _matrix_market, _networkx])
    size = draw.randint(2, 9)
    pairs = [(u, v) for u in range(size) for v in range(u)]
    chosen = draw.sample(pairs, draw.randint(1, min(len(pairs), 14)))
    weighted = draw.random() < 0.5
    edges = [
        (*draw.sample(pair, 2), round(draw.uniform(-3, 3), 3) if weighted else 1.0)
        for pair in chosen
    ]
    text, names, declared = form(draw, size, edges, weighted)
    used = {end for u, v, _ in edges for end in (u, v)}
    kept = range(size) if declared else sorted(used)
    return Written(
        _encoded(draw, text),
        (
            sorted(map(repr, (names[k] for k in kept))),
            sorted((*sorted(map(repr, (names[u], names[v]))), w) for u, v, w in edges),
        ),
    )


_Edges = list[tuple[int, int, float]]
_Form = tuple[str, list[int | str], bool]
"""A text, the name of each node, and whether the text declares how many there are."""


def _edge_list(draw: random.Random, size: int, edges: _Edges, weighted: bool) -> _Form:
    whole = draw.random() < 0.5
    names: list[int | str] = (
        draw.sample(range(1000, 2000), size) if whole else [f"n{k}é_{k * 7}" for k in range(size)]
    )
    between = draw.choice([" ", "   ", "\t", ",", ", ", ";", " ; "])
    quote = draw.choice(["", "", '"'])
    lines = [
        between.join(
            [f"{quote}{names[u]}{quote}", f"{quote}{names[v]}{quote}", *([str(w)] * weighted)]
        )
        for u, v, w in edges
    ]
    for _ in range(draw.choice([0, 0, 3])):
        comment = draw.choice(["# a b c", "% a b", "// a", "#", "", "  "])
        lines.insert(draw.randrange(len(lines) + 1), comment)
    if draw.random() < 0.3:
        titles = ["source", "target", *(["weight"] * weighted)]
        lines.insert(0, between.join(titles))
    return "\n".join(lines) + draw.choice(["", "\n"]), names, False


def _rudy(draw: random.Random, size: int, edges: _Edges, weighted: bool) -> _Form:
    names: list[int | str] = list(range(1, size + 1))
    lines = [f"{size} {len(edges)}", *(f"{u + 1} {v + 1} {w}" for u, v, w in edges)]
    return "\n".join(lines) + "\n", names, True


def _dimacs(draw: random.Random, size: int, edges: _Edges, weighted: bool) -> _Form:
    names: list[int | str] = list(range(1, size + 1))
    lines = ["c a comment", f"p {draw.choice(['edge', 'col'])} {size} {len(edges)}"]
    lines += [f"e {u + 1} {v + 1}" + (f" {w}" if weighted else "") for u, v, w in edges]
    lines.insert(draw.randrange(len(lines)), "c 1 2")
    return "\n".join(lines) + "\n", names, True


def _matrix_market(draw: random.Random, size: int, edges: _Edges, weighted: bool) -> _Form:
    names: list[int | str] = list(range(1, size + 1))
    triples = [(max(u, v), min(u, v), w) for u, v, w in edges]
    general = draw.random() < 0.3
    both = triples + [(v, u, w) for u, v, w in triples] if general else triples
    rows, columns, weights = zip(*both, strict=True)
    matrix = coo_array((weights, (rows, columns)), shape=(size, size))
    stream = io.BytesIO()
    if general:
        mmwrite(stream, matrix, comment="a graph", symmetry="general")
    else:
        mmwrite(stream, matrix + matrix.T, precision=17)
    return stream.getvalue().decode(), names, True


def _networkx(draw: random.Random, size: int, edges: _Edges, weighted: bool) -> _Form:
    names: list[int | str] = draw.sample(range(100, 200), size)
    made = nx.Graph()
    made.add_weighted_edges_from((names[u], names[v], w) for u, v, w in edges)
    stream = io.BytesIO()
    if weighted:
        nx.write_weighted_edgelist(made, stream)
    else:
        nx.write_edgelist(made, stream, data=False)
    return stream.getvalue().decode(), names, False


def read_graph(path: Path) -> object:
    """Read a graph file with the reader under test."""
    return _contents(MaxCut.from_edge_list(path))


def _contents(problem: MaxCut) -> object:
    return (
        sorted(map(repr, problem.nodes)),
        sorted(
            (*sorted(repr(problem.nodes[end]) for end in pair), weight)
            for pair, weight in zip(problem.edges.tolist(), problem.weights.tolist(), strict=True)
        ),
    )


def plain_edges(text: str) -> object:
    """Read an edge list of names with NetworkX."""
    lines = [line.partition("#")[0] for line in text.split("\n")]
    lines = [line for line in lines if line.strip()]
    assert all(len(line.split()) in (2, 3) for line in lines)
    padded = [line if len(line.split()) == 3 else f"{line} 1" for line in lines]
    made = nx.parse_edgelist(padded, nodetype=str, data=(("weight", float),))
    return (
        sorted(map(repr, made.nodes)),
        sorted((*sorted((repr(u), repr(v))), w) for u, v, w in made.edges(data="weight")),
    )


def names_only(draw: random.Random) -> Written:
    """An edge list of names, in the form that NetworkX reads too."""
    edges = {tuple(sorted(draw.sample("abcdefgh", 2))) for _ in range(draw.randint(1, 8))}
    lines = [" ".join([*edge, *draw.choice([[], [str(draw.randint(-5, 5))]])]) for edge in edges]
    return Written("\n".join(lines) + "\n", None)


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
    return Written(_encoded(draw, "\n".join(lines)), _plain(tables))


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
