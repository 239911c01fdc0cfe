"""Molecules with an ansatz that may leave their electrons: the right ion, or no energy."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from hybrid.cli.app import command_line
from tests.settings.run_files import EXAMPLES, changed, write

H2_PLUS = Path(__file__).parents[1] / "problems" / "data" / "h2_plus.fcidump"
ION: dict[str, Any] = {
    "problem": {
        "kind": "molecule",
        "fcidump": str(H2_PLUS),
        "reference_energy": -0.581667,  # of PySCF; neutral, the two nuclei have -1.101150
    },
    "ansatz": {"kind": "hardware_efficient"},
    "run": {"seed": 7},
}


def closing(capsys: pytest.CaptureFixture[str], path: Path) -> str:
    assert command_line(["run", str(path), "--quiet"]) == 0
    return " ".join(capsys.readouterr().out.replace("│", " ").split())


@pytest.mark.parametrize("mapper", ["jordan_wigner", "parity"])
def test_an_ion_keeps_its_electrons(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, mapper: str
) -> None:
    text = closing(capsys, write(tmp_path, changed(ION, problem={"mapper": mapper})))
    energy = float(re.findall(r"energy (-?[0-9.]+) hartree", text)[0])
    assert energy == pytest.approx(-0.581667, abs=1e-5)
    assert "within chemical accuracy" in text
    assert "1.0000 alpha, 0.0000 beta, off by 0.00" in text
    assert "the molecule has 1 and 0" in text


def test_a_neutral_molecule_keeps_them_too(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    hydrogen = {"fcidump": str(EXAMPLES / "data" / "h2.fcidump"), "reference_energy": -1.137306}
    text = closing(capsys, write(tmp_path, changed(ION, problem=hydrogen, run={"seed": 1})))
    assert "within chemical accuracy" in text
    assert "1.0000 alpha, 1.0000 beta" in text
    assert "S^2 0.0000; at least 0 with its electrons" in text
    # From here it falls into the triplet, whose electrons are right.
    text = closing(capsys, write(tmp_path, changed(ION, problem=hydrogen, run={"seed": 5})))
    assert "outside chemical accuracy" in text
    assert "S^2 2.0000" in text


def test_what_is_not_the_molecules_is_not_called_its_energy(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    early = changed(ION, ansatz={"layers": 1}, optimizer={"max_iterations": 2})
    text = closing(capsys, write(tmp_path, early))
    assert "not a state of the molecule, so the value is not its energy" in text
    assert "energy -" not in text
    assert "error" not in text
    assert "chemical accuracy" not in text


def test_sampled_numbers_have_errors(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    shots = {"simulator": {"name": "aer", "shots": 400}}
    spsa = {"name": "SPSA", "max_iterations": 3}
    text = closing(capsys, write(tmp_path, changed(ION, **shots, optimizer=spsa)))
    assert re.search(r"[0-9.]+ \+/- [0-9.]+ alpha, [0-9.]+ \+/- [0-9.]+ beta", text)


def test_the_penalty_is_told_before_the_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = write(tmp_path, changed(ION, optimizer={"max_iterations": 1}))
    for command in ("check", "run"):
        assert command_line([command, str(path)]) == 0
        text = " ".join(capsys.readouterr().out.replace("│", " ").split())
        assert "may leave the 1 + 0 electrons" in text
        assert "a penalty of 1.491 hartree" in text


def test_a_determinant_below_the_reference_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    problem = {
        "kind": "molecule",
        "fcidump": str(EXAMPLES / "data" / "h2.fcidump"),
        "occupation": [[1], [0]],
    }
    path = write(tmp_path, {"problem": problem, "ansatz": {"kind": "uccsd"}})
    assert command_line(["check", str(path)]) == 0
    text = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "the determinant (alpha 0; beta 0) lies" in text
    problem["occupation"] = [[1, 0], [0]]
    assert command_line(["check", str(write(tmp_path, {**ION, "problem": problem}))]) == 2
    assert "1 different orbitals of spin alpha" in capsys.readouterr().err
