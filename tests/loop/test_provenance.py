"""A journal is of one script: what its functions read, and the file they stand in, are recorded."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

import hybrid
from hybrid.core.errors import RecordError

SCRIPT = """
import numpy as np
import hybrid

Z = np.random.default_rng(1).normal(size=3)


def helper(point):
    return float(((point - 2.0) ** 2).sum())


@hybrid.workload(num_parameters=3, x0=[0.0, 0.0, 0.0])
def cost(piece, simulator):
    return [helper(point - Z) for point in piece.points]
"""


def load(path: Path, source: str) -> ModuleType:
    """Run a script of the user's."""
    path.write_text(source)
    # Bytecode of a file that changed within a second, at equal length, counts as fresh.
    shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)
    spec = importlib.util.spec_from_file_location("users_workload", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["users_workload"] = module
    spec.loader.exec_module(module)
    return module


def minimized(path: Path, source: str) -> hybrid.Result:
    workload = load(path, source).cost
    journal = path.with_suffix(".db")
    return hybrid.minimize(workload, "SPSA", seed=1, max_iterations=3, journal=journal)


CHANGES = {
    "a global": ("default_rng(1)", "default_rng(2)", "global 'Z'"),
    "a helper": ("- 2.0", "- 3.0", "global 'helper'"),
    "the function": ("point - Z", "point + Z", "function"),
    "the file": ("# end", "# the end", "code"),
}


@pytest.mark.parametrize(("before", "after", "named"), CHANGES.values(), ids=CHANGES)
def test_a_script_that_has_changed(tmp_path: Path, before: str, after: str, named: str) -> None:
    source = SCRIPT + "# end\n"
    path = tmp_path / "script.py"
    first = minimized(path, source)
    assert minimized(path, source).value == first.value
    with pytest.raises(RecordError, match="records another run") as caught:
        minimized(path, source.replace(before, after))
    assert any(line.startswith(f"{named}: recorded") for line in caught.value.differences)
