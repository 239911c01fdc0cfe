"""The files in ``examples/`` run, with few iterations."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

import hybrid
from hybrid.cli.app import command_line
from tests.docs.blocks import ROOT

EXAMPLES = ROOT / "examples"
SCRIPTS = [
    path for folder in (".", "axes", "learn", "qiskit") for path in (EXAMPLES / folder).glob("*.py")
]
FEW = 2


@pytest.mark.parametrize(
    "path",
    sorted(SCRIPTS),
    ids=lambda p: p.name,
)
def test_scripts(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    minimize = hybrid.minimize

    def few(*arguments: Any, **settings: Any) -> Any:
        most = 30 if "COBYLA" in arguments else FEW  # of which its model of the cost takes 26
        return minimize(*arguments, **(settings | {"max_iterations": most}))

    monkeypatch.setattr(hybrid, "minimize", few)
    runpy.run_path(str(path), run_name="__main__")
    assert capsys.readouterr().out.count("\n") > 0


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda p: p.name)
def test_run_files(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["check", str(path)]) == 0
    assert command_line(["run", str(path), "--max-iterations", str(FEW)]) == 0
    (iterations,) = re.findall(r"in (\d+) iterations", capsys.readouterr().out)
    # So many for each optimization.
    several = path.name in (
        "adapt.toml", "dissociation.toml", "excited_states.toml", "multistart.toml",
        "spin_glass.toml",
    )  # fmt: skip

    assert int(iterations) > FEW if several else int(iterations) == FEW
