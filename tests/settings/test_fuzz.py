"""Whatever stands in a run file, it is read or refused with an InputError; never anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid.core.errors import InputError
from hybrid.settings import load
from hybrid.settings.tables import KINDS, PLAIN
from tests.settings.run_files import EXAMPLES, ISING, changed, write

TABLES = [*KINDS, *PLAIN]
KEYS = sorted(
    {
        key
        for model in [*PLAIN.values(), *(m for kinds in KINDS.values() for m in kinds.values())]
        for key in model.model_fields
    }
)
KIND_NAMES = [kind for kinds in KINDS.values() for kind in kinds]

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = st.one_of(
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([*KIND_NAMES, "aer", "native", "L-BFGS-B", "SPSA", "Adam", "ZZ", "XX", ""]),
    words,
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3), max_leaves=6)
keys = st.one_of(
    st.sampled_from(KEYS), st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
)
tables = st.dictionaries(keys, st.one_of(values, st.dictionaries(keys, values, max_size=3)))
files = st.dictionaries(st.one_of(st.sampled_from(TABLES), keys), tables, max_size=6)


@given(files)
@settings(max_examples=150)
def test_random_values_for_random_keys(tmp_path: Path, tables: dict[str, Any]) -> None:
    refused_or_read(write(tmp_path, tables))


@given(st.sampled_from(TABLES), keys, values)
@settings(max_examples=150)
def test_one_random_value_in_a_good_file(
    tmp_path: Path, table: str, key: str, value: object
) -> None:
    refused_or_read(write(tmp_path, changed(ISING, **{table: {key: value}})))


@given(st.data())
@settings(max_examples=100)
def test_one_random_byte_in_an_example(tmp_path: Path, data: st.DataObject) -> None:
    example = data.draw(st.sampled_from(sorted(EXAMPLES.glob("*.toml"))))
    content = bytearray(example.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "run.toml"
    path.write_bytes(bytes(content))
    refused_or_read(path)


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_random_bytes(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.toml"
    path.write_bytes(content)
    refused_or_read(path)


def refused_or_read(path: Path) -> None:
    """Work a file; let only an InputError pass, of lines that are fit for a terminal."""
    message = ""
    try:
        load(path)
    except InputError as error:
        message = str(error)
    assert all(line.isprintable() for line in message.split("\n"))
