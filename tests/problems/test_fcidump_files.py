"""FCIDUMP files: read as written, or refused with the place and the cure; never anything else."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid.core.errors import InputError
from hybrid.problems.fcidump import read_fcidump

DATA = Path(__file__).parents[2] / "examples" / "data"
H2 = (DATA / "h2.fcidump").read_text()
HEADER, BODY = H2[: H2.index("&END") + 5], H2[H2.index("&END") + 5 :]


def refusal(folder: Path, text: str | bytes) -> str:
    """The message with which a file of this content is refused."""
    path = folder / "molecule.fcidump"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        read_fcidump(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def read_plainly(text: str) -> tuple[np.ndarray, np.ndarray, float]:
    """An oracle of a few lines: every integral put in all the places that symmetry gives it."""
    size = int(re.findall(r"(?i)NORB\s*=\s*\+?([0-9]+)", text)[0])
    one, two, core = np.zeros((size, size)), np.zeros((size,) * 4), 0.0
    for line in text.split("&END\n")[1].replace("\r", "\n").split("\n"):
        if not (columns := line.partition("!")[0].split()):
            continue
        number = re.sub(r"(?<=[0-9.])([+-][0-9]{3})$", r"e\1", re.sub("[dD]", "e", columns[0]))
        value, (i, j, k, l) = float(number), (int(x) - 1 for x in columns[1:])  # noqa: E741
        if k >= 0:
            for a, b in ((i, j), (j, i)):
                for c, d in ((k, l), (l, k)):
                    two[a, b, c, d] = two[c, d, a, b] = value
        elif j >= 0:
            one[i, j] = one[j, i] = value
        elif i < 0:
            core = value
    return one, two, core


@pytest.mark.parametrize("name", ["h2", "lih", "water", "n2"])
def test_reads_every_integral_to_its_place(name: str) -> None:
    read = read_fcidump(DATA / f"{name}.fcidump")
    one, two, core = read_plainly((DATA / f"{name}.fcidump").read_text())
    np.testing.assert_array_equal(read.one_body, one)
    np.testing.assert_array_equal(read.two_body, two)
    assert read.core_energy == core


ENTRIES = "NORB=2,NELEC=2,MS2=0,\nORBSYM=1,1,\nISYM=1,\n"
D_EXPONENTS = re.sub(r"(?m)^ ( ?-?[0-9.]+)", r" \1D+00", BODY)

DIALECTS = {
    "slash": H2.replace("&END", "/"),
    "capitals and not": H2.lower(),
    "dollar": H2.replace("&", "$"),
    "ampersand alone": H2.replace("&END", "&"),
    "blank before the comma": H2.replace("NORB=   2,", "NORB=2 ,"),
    "no comma at the end": H2.replace("MS2=0,", "MS2= 0"),
    "blanks for commas": f"&FCI NORB = 2 NELEC = 2 MS2 = 0 ORBSYM = 1 1 ISYM = 1 &END\n{BODY}",
    "line ends for commas": f"&FCI\nNORB=2\nNELEC=2\nMS2=0\nORBSYM=1\n1\nISYM=1\n&END\n{BODY}",
    "end after an entry": f"&FCI {ENTRIES.strip()} &END\n{BODY}",
    "end right after an entry": f" &FCI {ENTRIES.strip()}/\n{BODY}",
    "end after no comma": f"&FCI NORB=2,NELEC=2,MS2=0,ISYM=1 /\n{BODY}",
    "order of entries": f"&FCI ISYM=1,MS2=0,NELEC=2,ORBSYM=2*1,NORB=2,\n/\n{BODY}",
    "comments": f"! written by hand\n!\n\n&FCI ! two orbitals / &END\n{ENTRIES}&END\n{BODY}",
    "comments between integrals": H2.replace("&END\n", "&END ! integrals\n! (ij|kl)\n"),
    "blank lines": f"\n\n{HEADER}\n \n{BODY}\n\n",
    "Windows": H2.replace("\n", "\r\n"),
    "byte order mark": f"\ufeff{H2}",
    "tabs": re.sub("(?<=[0-9]) +", "\t", H2),
    "D exponents": HEADER + D_EXPONENTS,
    "d exponents": HEADER + D_EXPONENTS.replace("D+00", "d0"),
    "E exponents": HEADER + D_EXPONENTS.replace("D", "E"),
    "tiny numbers": H2.replace("\n 0.7199", "\n 0.1234-105 2 1 0 0\n 0.7199"),
    "orbital energies": H2.replace("\n 0.7199", "\n -0.58 1 0 0 0\n 0.7199"),
    "other order of indices": H2.replace("2    1    2    1", "1    2    2    1"),
    "no spin": H2.replace("MS2=0,", ""),
    "flags that are off": H2.replace("ISYM=1,", "ISYM=0,UHF=.FALSE.,IUHF=0,TREL=F,NSPIN=1"),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_reads_every_dialect(tmp_path: Path, dialect: str) -> None:
    assert DIALECTS[dialect] != H2, "the case must differ from the usual file"
    path = tmp_path / "dialect.fcidump"
    path.write_bytes(DIALECTS[dialect].encode())
    read, (one, two, core) = read_fcidump(path), read_plainly(H2)
    np.testing.assert_allclose(read.one_body, one, rtol=0.0, atol=1e-99)
    np.testing.assert_array_equal(read.two_body, two)
    assert (read.core_energy, read.num_electrons) == (core, (1, 1))


def test_high_spin(tmp_path: Path) -> None:
    path = tmp_path / "triplet.fcidump"
    path.write_text(H2.replace("MS2=0", "MS2=2"))
    assert read_fcidump(path).num_electrons == (2, 0)
    path.write_text(H2.replace("MS2=0", "MS2=-2"))
    assert read_fcidump(path).num_electrons == (0, 2)


def test_cut_anywhere_is_refused(tmp_path: Path) -> None:
    for length in range(len(H2.rstrip("\n"))):
        refusal(tmp_path, H2[:length])


BROKEN = {
    "empty": ("", "empty file"),
    "blank": (" \n\n", "empty file"),
    "binary": (b"\x93NUMPY\xff\xfe\x00", "not text"),
    "other format": ("2\n\nH 0 0 0\nH 0 0 0.7\n", "line 1: got '2', expected the header"),
    "header open": (H2.replace("&END", ""), "without an end"),
    "no NORB": (H2.replace("NORB", "N"), "N: got an entry of unknown"),
    "no NELEC": (H2.replace("NELEC= 2,", ""), "NELEC: got nothing"),
    "fraction": (H2.replace("NELEC= 2", "NELEC= 2.5"), "NELEC: got 2.5, expected NELEC=<whole"),
    "two numbers": (H2.replace("NELEC= 2", "NELEC= 2 2"), "NELEC: got 2 2"),
    "entry twice": (H2.replace("ISYM=1", "MS2=0"), "MS2: got the entry twice"),
    "no value": (H2.replace("MS2=0", "MS2="), "got 'MS2="),
    "two commas": (H2.replace("1,1,", "1,,1,"), "got 'ORBSYM=1,,1"),
    "words": (H2.replace("&FCI", "&FCI hydrogen"), "got 'hydrogen', expected entries"),
    "other namelist": (H2.replace("&FCI", "&FCIDUMP"), "expected the header of an FCIDUMP"),
    "unknown entry": (H2.replace("ISYM", "NFROZEN"), "NFROZEN: got an entry of unknown meaning"),
    "core in the header": (H2.replace("ISYM=1", "CORE=0.5"), "CORE: got 0.5"),
    "too few symmetries": (H2.replace("1,1,", "1,"), "ORBSYM: got 1 values"),
    "text after the header": (H2.replace("&END\n", "&END 0.5 "), "after its end"),
    "no orbitals": (H2.replace("NORB=   2", "NORB=0"), "expected 1 to 32 spatial orbitals"),
    "huge": (H2.replace("NORB=   2", "NORB=100000"), "choose a smaller active space"),
    "no electrons": (H2.replace("NELEC= 2", "NELEC=0"), "NELEC: got 0"),
    "too many electrons": (H2.replace("NELEC= 2", "NELEC=5"), "1 to 4 electrons"),
    "wrong parity": (H2.replace("MS2=0", "MS2=1"), "even, from -2 to 2"),
    "too much spin": (H2.replace("MS2=0", "MS2=4"), "even, from -2 to 2"),
    "too negative a spin": (H2.replace("MS2=0", "MS2=-4"), "even, from -2 to 2"),
    "UHF": (H2.replace("ISYM=1", "UHF=.TRUE."), "spin-unrestricted"),
    "UHF, other words": (H2.replace("ISYM=1", "iuhf=1"), "spin-unrestricted"),
    "GHF": (H2.replace("ISYM=1", "IGHF=1"), "general spin orbitals"),
    "relativistic": (H2.replace("ISYM=1", "TREL=.TRUE."), "spinors"),
    "two spins": (H2.replace("ISYM=1", "NSPIN=2"), "NSPIN: got 2"),
    "odd flag": (H2.replace("ISYM=1", "UHF=maybe"), "UHF: got MAYBE, expected .TRUE. or .FALSE."),
    "index too large": (H2.replace("2    2  0  0", "3    2  0  0"), "line 11: got orbitals 3 2 0"),
    "odd indices": (H2.replace("2    2  0  0", "2    2  1  0"), "line 11: got orbitals 2 2 1"),
    "negative index": (H2.replace("2    2  0  0", "2   -2  0  0"), "line 11: got '2 -2 0 0'"),
    "column lost": (H2.replace("2    2  0  0", "2    2  0"), "line 11: got 4 columns"),
    "NaN": (H2.replace("0.181", "nan 0.181", 1).replace(" 0.180931199784", " nan"), "'nan'"),
    "infinity": (H2.replace("0.180931199784", "1e999"), "line 7: got '1e999'"),
    "complex": (H2.replace("0.180931199784", "(0.18,0.0)"), "real number"),
    "contradiction": (
        H2.replace("0.664581730255    2    2    1", "0.1    2    2    1"),
        "line 8: got 0.1 for (2 2|1 1), expected 0.664581730255, as on line 6",
    ),
    "two cores": (H2 + " 0.5 0 0 0 0\n", "line 13: got a second core energy"),
    "no core": (H2[: H2.rindex(" 0.7199")], "no core energy"),
    "no one-electron": (
        "".join(line for line in H2.splitlines(True) if not line.endswith("1  0  0\n")).replace(
            " -0.471896007281    2    2  0  0\n", ""
        ),
        "no one-electron integrals",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_files_are_refused_with_the_place_and_the_reason(tmp_path: Path, case: str) -> None:
    text, expected = BROKEN[case]
    assert text != H2, "the case must differ from the sound file"
    assert expected in refusal(tmp_path, text)


def test_messages_hold_nothing_that_controls_a_terminal(tmp_path: Path) -> None:
    for text in (
        H2.replace("2,NELEC", "\x1b[31m,NELEC"),
        f"\x07{H2}",
        H2.replace("&END", "&END \x1b"),
    ):
        assert refusal(tmp_path, text).isprintable()


def test_missing_file_and_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_fcidump(tmp_path / "nowhere.fcidump")
    with pytest.raises(InputError, match="a directory"):
        read_fcidump(tmp_path)


def test_oversized_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "big.fcidump"
    with path.open("wb") as file:
        file.truncate(2**40)  # sparse: takes no disk, and would take a terabyte to read
    with pytest.raises(InputError, match="bytes"):
        read_fcidump(path)


@st.composite
def mutilated(draw: st.DrawFn) -> bytes:
    """A sound file with a few bytes overwritten, and lines dropped, doubled or cut."""
    lines = bytearray(H2.encode()).splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        match draw(st.sampled_from(["byte", "byte", "drop", "double", "cut"])):
            case "byte":
                if line:
                    common = st.sampled_from(b"0123456789.-+eEdD,=/&() \nnaif")
                    place = draw(st.integers(0, len(line) - 1))
                    line[place] = draw(st.one_of(common, st.integers(0, 255)))
            case "drop" if len(lines) > 1:
                del lines[at]
            case "double":
                lines.insert(at, bytearray(line))
            case _:
                lines[at] = line[: draw(st.integers(0, len(line)))]
    return b"".join(lines)


@settings(max_examples=400, deadline=None)
@given(content=mutilated())
def test_mutilated_files_are_read_as_written_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "mutilated.fcidump"
    path.write_bytes(content)
    read, refusal = None, ""
    try:
        read = read_fcidump(path)
    except InputError as error:  # no other exception may come out
        refusal = str(error)
    assert read or str(path) in refusal
    if read and content.count(b"&END\n") == 1:
        one, two, core = read_plainly(content.decode())
        np.testing.assert_allclose(read.one_body, one, atol=1e-7)
        np.testing.assert_allclose(read.two_body, two, atol=1e-7)
        assert read.core_energy == core
