"""Texts that are no TOML are refused with the line, and with what was probably meant."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from hybrid.settings import RunFileError, load
from tests.settings.run_files import ISING, changed, write

HABITS = [
    ("seed = True", "true and false are written in lower case"),
    ("seed = None", "remove the key for none"),
    ("name = adam", "strings need quotes"),
    ("name = “Adam”", "strings need straight quotes"),
    ("seed: 7", "write key = value"),
    ("seed", "write key = value, or [name] for a table"),
    ("seed = 7,", "nothing may follow a value on its line"),
    ("tolerance = 1.", "a number needs digits on both sides of the point"),
    ("tolerance = .5", "a number needs digits on both sides of the point"),
    ("; seed", "comments start with #"),
    ("// seed", "comments start with #"),
]


def text(folder: Path) -> str:
    return write(folder, {name: ISING[name] for name in ("problem", "ansatz")}).read_text()


@pytest.mark.parametrize(("line", "advice"), HABITS)
def test_habits_of_other_formats(line: str, advice: str, tmp_path: Path) -> None:
    before = text(tmp_path)
    path = tmp_path / "run.toml"
    path.write_text(f"{before}\n[run]\n{line}\n", encoding="utf-8")
    with pytest.raises(RunFileError) as caught:
        load(path)
    (fault,) = caught.value.faults
    number = before.count("\n") + 3
    assert str(fault).startswith(f"line {number}: got {line!r} (")
    assert str(fault).endswith(f"; {advice}")


@pytest.mark.parametrize("line", ["seed = 8", "[run]"])
def test_what_stands_there_twice(line: str, tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text(f"{text(tmp_path)}\n[run]\nseed = 7\n{line}\n")
    with pytest.raises(RunFileError, match="defined twice"):
        load(path)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_bytes(codecs.BOM_UTF8 + text(tmp_path).encode())
    assert load(path).optimizer.name == "L-BFGS-B"


def test_other_encodings_are_named(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text(text(tmp_path), encoding="utf-16")
    with pytest.raises(RunFileError, match="got UTF-16, expected TOML in UTF-8"):
        load(path)
    path.write_text(f"{text(tmp_path)}# Zürich\n", encoding="latin-1")
    with pytest.raises(RunFileError, match="bytes that are not UTF-8 in line"):
        load(path)


@pytest.mark.parametrize(
    ("table", "keys", "told"),
    [
        ("problem", {"terms": [["ZZ", "1j"]]}, "got '1j', expected a number in an array"),
        ("problem", {"terms": []}, "got an empty array, expected an array of pairs"),
        ("simulator", {"shots": 10**18}, "expected at most 2147483647, a positive integer"),
        ("ansatz", {"layers": 10**9}, "expected at most 10000, a positive integer"),
        ("run", {"shards": 0}, "1 fault; nothing was run\n  run.shards: got 0, expected 'auto' or"),
        ("run", {"groups": "x"}, "run.groups: got 'x', expected 'auto' or a positive integer"),
        ("optimizer", {"name": "lbfgs"}, "did you mean 'L-BFGS-B'?"),
    ],
)
def test_faults_say_what_of_the_value_is_wrong(
    table: str, keys: dict[str, object], told: str, tmp_path: Path
) -> None:
    with pytest.raises(RunFileError) as caught:
        load(write(tmp_path, changed(ISING, **{table: keys})))
    assert told in str(caught.value)


def test_a_kind_in_capitals(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text(text(tmp_path).replace("kind", "Kind"))
    with pytest.raises(RunFileError, match="write 'kind' for 'Kind'"):
        load(path)


def test_a_coefficient_that_is_not_finite(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text(text(tmp_path).replace("-0.5", "nan", 1))
    with pytest.raises(RunFileError, match=r"terms.1.1: got nan, expected a finite number in an"):
        load(path)
