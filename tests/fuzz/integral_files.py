"""Random files of integrals (FCIDUMP), and a plain reader of them."""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np

from hybrid.problems.fcidump import read_fcidump
from tests.fuzz.written import Written, encoded


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
    return Written(encoded(draw, text), (one.tolist(), two.tolist(), float(core), counts))


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
