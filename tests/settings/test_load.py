"""Run files: good ones are read, bad ones get all their faults listed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hybrid.core.errors import InputError
from hybrid.settings import RunFileError, load
from tests.settings.run_files import EXAMPLES, ISING, changed, write


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_example_is_in_order(path: Path) -> None:
    assert load(path).path == path


def test_paths_are_relative_to_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    run_file = load(EXAMPLES / "water.toml")
    assert run_file.beside("data/water.fcidump").is_file()


def test_a_byte_order_mark_and_other_line_ends(tmp_path: Path) -> None:
    path = write(tmp_path, ISING)
    plain = load(path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load(path) == plain


@pytest.mark.parametrize("path", [None, 3, b"run.toml", ["run.toml"]])
def test_what_is_no_path(path: object) -> None:
    with pytest.raises(InputError, match="expected the path of a TOML file"):
        load(path)


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b"])
def test_names_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(RunFileError, match="got a path without a file"):
        load(tmp_path / name)
    for problem in (
        {"kind": "molecule", "fcidump": name},
        {"kind": "maxcut", "edges": name},
    ):
        ansatz = {"kind": "hardware_efficient"}
        with pytest.raises(RunFileError, match="which is not a file in"):
            load(write(tmp_path, {"problem": problem, "ansatz": ansatz}))
    with pytest.raises(RunFileError):
        load(write(tmp_path, changed(ISING, run={"journal": "a\0b"})))


def test_defaults_of_tables_that_are_left_out(tmp_path: Path) -> None:
    run_file = load(write(tmp_path, ISING))
    assert run_file.optimizer.name == "L-BFGS-B"
    assert run_file.simulator.name == "auto"
    assert run_file.simulator.shots is None


def test_overrides_take_the_place_of_the_files_values(tmp_path: Path) -> None:
    path = write(tmp_path, ISING)
    run_file = load(path, {"run.seed": 11, "simulator.shots": 100})
    assert (run_file.run.seed, run_file.simulator.shots) == (11, 100)


def test_overrides_are_checked_too(tmp_path: Path) -> None:
    assert faults(write(tmp_path, ISING), {"simulator.shots": -5}) == [
        "simulator.shots: got -5, expected a positive integer; without the key, values are exact"
    ]


UNKNOWN = [
    ({"optimizer": {"max_iteration": 3}}, "optimizer.max_iteration", "optimizer.max_iterations"),
    ({"run": {"sed": 3}}, "run.sed", "run.seed"),
    ({"run": {"shots": 3}}, "run.shots", "simulator.shots"),
    ({"problem": {"termz": 3}}, "problem.termz", "problem.terms"),
    ({"optimiser": {"name": "Adam"}}, "optimiser", "optimizer"),
    (
        {"simulator": {"name": "aer", "noise": {"readuot": 0.1}}},
        "simulator.noise.readuot",
        "simulator.noise.readout",
    ),
]


@pytest.mark.parametrize(("changes", "key", "near"), UNKNOWN, ids=[case[1] for case in UNKNOWN])
def test_unknown_keys_are_named_in_full_with_the_nearest_known_one(
    tmp_path: Path, changes: dict[str, Any], key: str, near: str
) -> None:
    (fault,) = faults(write(tmp_path, changed(ISING, **changes)))
    assert fault.startswith(f"{key}: got a key that does not exist, expected ")
    assert fault.endswith(f"did you mean '{near}'?")


@pytest.mark.parametrize(
    ("changes", "near"),
    [
        ({"simulator": {"name": "natve"}}, "native"),
        ({"simulator": {"precision": "complex46"}}, "complex64"),
        ({"run": {"stall": "abrt"}}, "abort"),
    ],
)
def test_misspelled_words_are_answered_with_the_nearest_choice(
    tmp_path: Path, changes: dict[str, Any], near: str
) -> None:
    (fault,) = faults(write(tmp_path, changed(ISING, **changes)))
    assert fault.endswith(f"; did you mean '{near}'?")


WRONG = [
    ({"run": {"seed": "7"}}, "run.seed: got '7', expected an integer from 0"),
    ({"run": {"seed": True}}, "run.seed: got true, expected an integer from 0"),
    ({"run": {"seed": -1}}, "run.seed: got -1, expected an integer from 0"),
    ({"run": {"threads": 1.5}}, "run.threads: got 1.5, expected a positive integer"),
    ({"simulator": {"shots": 0}}, "simulator.shots: got 0, expected a positive integer"),
    ({"simulator": {"name": "qiskit"}}, "simulator.name: got 'qiskit', expected one of 'auto'"),
    ({"simulator": {"noise": 3}}, "simulator.noise: got 3, expected a table with depolarizing_1q"),
    ({"optimizer": {"tolerance": 0.0}}, "optimizer.tolerance: got 0.0, expected a number above 0"),
    ({"optimizer": {"name": "Adma"}}, "optimizer.name: got 'Adma', expected one of L-BFGS-B"),
    ({"ansatz": {"kind": "qoa"}}, "ansatz.kind: got 'qoa', expected one of 'uccsd'"),
    ({"ansatz": {"kind": "uccsd"}}, "ansatz.kind: got 'uccsd', which does not fit"),
    ({"problem": {"terms": [["ZQ", 1.0]]}}, "problem.terms.0: got 'ZQ', expected a string of I"),
    ({"problem": {"terms": [["ZZ", 1.0], ["Z", 1.0]]}}, "problem.terms.1: got 'Z' on 1 qubits"),
    ({"problem": {"terms": []}}, "problem.terms: got an empty array, expected an array of pairs"),
    (
        {"problem": {"terms": [["ZZ", "1"]]}},
        "problem.terms.0.1: got '1', expected a number in an array of",
    ),
    ({"simulator": {"sector": True}}, "simulator.sector: got true, expected 'auto', or false"),
    ({"simulator": {"method": "statevector"}}, "simulator.method: got the key with simulator"),
    ({"simulator": {"precision": "complex64"}}, "simulator.precision: got the key with simulator"),
    ({"simulator": {"name": "native", "shots": 9}}, "simulator.shots: got shots with simulator"),
    ({"optimizer": {"options": {"maxcorr": 5}}}, "optimizer: option of L-BFGS-B: got 'maxcorr'"),
    (
        {"optimizer": {"options": {"max_iterations": 5}}},
        "optimizer.options.max_iterations: got the key in [optimizer.options]",
    ),
]


@pytest.mark.parametrize(("changes", "start"), WRONG, ids=[case[1][:40] for case in WRONG])
def test_values_that_are_wrong(tmp_path: Path, changes: dict[str, Any], start: str) -> None:
    tables = changed(ISING, **changes)
    if changes.get("ansatz"):
        tables["ansatz"] = changes["ansatz"]
    (fault,) = faults(write(tmp_path, tables))
    assert fault.startswith(start)
    assert "\n" not in fault


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {
            "problem": {"kind": "molecule", "fcidump": "nowhere.fcidump", "charge": 1},
            "ansatz": {"kind": "qaoa", "depth": 0},
            "optimizer": {"name": "Adma", "tolerance": "small"},
            "simulator": {"name": "native", "method": "statevector"},
            "run": {"sed": 3},
        },
    )
    assert [fault.partition(":")[0] for fault in faults(path)] == [
        "problem.charge",
        "ansatz.depth",
        "optimizer.tolerance",
        "run.sed",
        "problem.fcidump",
        "ansatz.kind",
        "optimizer.name",
        "simulator.method",
    ]


def test_a_table_or_key_that_is_missing(tmp_path: Path) -> None:
    path = write(tmp_path, {"problem": {"kind": "maxcut"}})
    assert faults(path) == [
        "problem.edges: got nothing, expected the path of a graph file: lines 'node node "
        "[weight]', or rudy, DIMACS, MatrixMarket; "
        "add the key",
        "ansatz.kind: got nothing, expected one of 'uccsd', 'adapt', 'hardware_efficient', 'qaoa', "
        "'file'",
    ]


def test_a_data_file_that_is_missing_is_named_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "graph.edges").write_text("0 1\n")
    problem = {"kind": "maxcut", "edges": "graf.edges"}
    path = write(tmp_path, {"problem": problem, "ansatz": {"kind": "qaoa", "depth": 1}})
    (fault,) = faults(path)
    assert fault.startswith("problem.edges: got 'graf.edges', which is not a file in ")
    assert fault.endswith("did you mean 'graph.edges'?")


def test_a_run_file_that_is_missing(tmp_path: Path) -> None:
    write(tmp_path, ISING, "water.toml")
    (fault,) = faults(tmp_path / "watr.toml")
    assert fault.endswith("expected the path of a TOML file; did you mean 'water.toml'?")
    (fault,) = faults(tmp_path)
    assert fault == "file: got no regular file, expected the path of a TOML file"


def test_a_syntax_error_is_reported_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text('[problem]\nkind = "pauli"\nterms = [["Z", 1.0]\n[ansatz]\n')
    (fault,) = faults(path)
    assert fault.startswith("line 4: got '[ansatz]' (")


HOSTILE = {
    "deep": b"a = " + b"[" * 5000,
    "long number": b"a = " + b"9" * 5000,
    "not text": b'a = "\xff"',
    "too large": b"#" * 2**21,
    "long key": b".".join([b"a"] * 5000) + b" = 1",
    "control character": b'[run]\n"\\u001b[31m" = 1',
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_files_are_refused_in_printable_lines(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.toml"
    path.write_bytes(content)
    for fault in faults(path):
        assert fault.isprintable()
        assert len(fault) < 300


def test_the_message_counts_the_faults(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load(write(tmp_path, changed(ISING, run={"sed": 1, "tread": 2})))
    first, *rest = str(caught.value).splitlines()
    assert first.endswith("run.toml has 2 faults; nothing was run")
    assert len(rest) == 2


def faults(path: Path, overrides: dict[str, object] | None = None) -> list[str]:
    with pytest.raises(RunFileError) as caught:
        load(path, overrides)
    return [str(fault) for fault in caught.value.faults]
