"""The files in ``examples/torch/`` run, with few epochs, steps and geometries."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import hybrid
from tests.docs.blocks import ROOT

pytest.importorskip("torch", reason="PyTorch is not installed")
SCRIPTS = sorted((ROOT / "examples" / "torch").glob("*.py"))
NEEDS = {"energies.py": "pyscf"}
SHORTER = {
    "energies.py": ("1.5, 7), np.linspace(0.5, 1.3, 7)", "1.5, 2), np.linspace(0.5, 1.3, 2)"),
    "generative.py": ("3, 4, 4, 300", "2, 2, 1, 2"),
    "lorenz.py": ("0.05, 600, 3", "0.05, 450, 1"),
}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if path.name in NEEDS:
        pytest.importorskip(NEEDS[path.name], reason=f"{NEEDS[path.name]} is not installed")
    train = hybrid.train

    def short(*arguments: Any, **settings: Any) -> Any:
        return train(*arguments, **(settings | {"epochs": 1}))

    monkeypatch.setattr(hybrid, "train", short)
    monkeypatch.setattr("sys.argv", [str(path)])
    code = path.read_text("utf-8")
    assert code.count("\n") <= 80
    if path.name in SHORTER:
        before, after = SHORTER[path.name]
        assert before in code
        code = code.replace(before, after)
    exec(compile(code, str(path), "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out.count("\n") > 0


def test_every_script_says_how_to_start_it() -> None:
    for path in SCRIPTS:
        name = path.relative_to(ROOT)
        text = path.read_text("utf-8")
        assert f"python {name}\n" in text
        assert re.search(rf"^sbatch examples/slurm/train\.sbatch {name}", text, re.MULTILINE)
