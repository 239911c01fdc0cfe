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
FOLDERS = (".", "axes", "learn", "pennylane", "qiskit")
SCRIPTS = [path for folder in FOLDERS for path in (EXAMPLES / folder).glob("*.py")]
FEW = 2
OPTIONAL = {
    "pennylane": "pennylane",
    "kernel.py": "qiskit_machine_learning",
    "networks.py": "qiskit_machine_learning",
    "optimization.py": "qiskit_optimization",
}
"""Packages that some examples, or all in a folder, need beside those of the tests."""


@pytest.mark.parametrize(
    "path",
    sorted(SCRIPTS),
    ids=lambda p: p.name,
)
def test_scripts(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    needed = OPTIONAL.get(path.name, OPTIONAL.get(path.parent.name))
    if needed:
        pytest.importorskip(needed, reason="the example needs it")
    minimize = hybrid.minimize

    def few(*arguments: Any, **settings: Any) -> Any:
        if arguments[0].own_method:
            return minimize(*arguments, **settings)
        most = 30 if "COBYLA" in arguments else FEW  # of which its model of the cost takes 26
        return minimize(*arguments, **(settings | {"max_iterations": most}))

    monkeypatch.setattr(hybrid, "minimize", few)
    runpy.run_path(str(path), run_name="__main__")
    assert capsys.readouterr().out.count("\n") > 0


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda p: p.name)
def test_run_files(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["check", str(path)]) == 0
    limit = ["--max-iterations", str(FEW)] if path.name != "quench.toml" else []
    assert command_line(["run", str(path), *limit]) == 0
    (iterations,) = re.findall(r"in (\d+) iterations", capsys.readouterr().out)
    # So many for each optimization.
    several = path.name in (
        "adapt.toml", "dissociation.toml", "excited_states.toml", "multistart.toml",
        "quench.toml",
        "spin_glass.toml",
    )  # fmt: skip

    assert int(iterations) > FEW if several else int(iterations) == FEW
