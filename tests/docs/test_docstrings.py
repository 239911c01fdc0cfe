"""The examples in docstrings are true."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import hybrid
from tests.docs.blocks import ROOT
from tests.test_public_names import modules

HOME = Path(hybrid.__file__).parent


def _has_examples(name: str) -> bool:
    path = HOME.joinpath(*name.split(".")[1:])
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ">>> " in file.read_text("utf-8")


WITH_EXAMPLES = [name for name in modules() if _has_examples(name)]


LAUNCHING = ("hybrid.notebook.ranks",)
"""Modules whose examples start ranks, which a rank cannot."""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.launches] if name in LAUNCHING else [])
        for name in WITH_EXAMPLES
    ],
)
def test_the_examples_of_a_module(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    module = importlib.import_module(name)
    told: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    for test in doctest.DocTestFinder(exclude_empty=True).find(module):
        test.globs["__name__"] = "__main__"  # examples are what a user types
        runner.run(test, out=told.append)
    assert runner.failures == 0, "".join(told)
    assert runner.tries > 0


def test_examples_of_the_pennylane_device_are_found() -> None:
    pytest.importorskip("pennylane", reason="needs PennyLane")
    assert "hybrid.pennylane.device" in WITH_EXAMPLES


def test_examples_are_found() -> None:
    assert len(WITH_EXAMPLES) > 40
    assert "hybrid.calls.expectation" in WITH_EXAMPLES


def test_no_example_is_skipped() -> None:
    for name in WITH_EXAMPLES:
        module = importlib.import_module(name)
        for test in doctest.DocTestFinder().find(module):
            for example in test.examples:
                assert doctest.SKIP not in example.options, test.name
