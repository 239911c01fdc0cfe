"""Without scikit-learn the kernel matrix works, and the classes say what is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hybrid.core.extras import install

WITHOUT = """
import sys

import hybrid

hybrid.learn
assert "sklearn" not in sys.modules
sys.modules["sklearn"] = None
print(hybrid.learn.kernel("angle", [[0.0]]).tolist())
for name in ("Classifier", "Regressor", "Kernel"):
    try:
        getattr(hybrid.learn, name)
    except hybrid.core.errors.InputError as error:
        print(error)
"""


@pytest.mark.launches
def test_without_scikit_learn() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    first, *others = ended.stdout.splitlines()
    assert first == "[[1.0]]"
    assert [line.partition(":")[0] for line in others] == [
        "hybrid.learn.Classifier", "hybrid.learn.Regressor", "hybrid.learn.Kernel",
    ]  # fmt: skip
    for line in others:
        assert f"expected scikit-learn 1.6 or later; {install('ml')}" in line


def test_names_of_the_module() -> None:
    import hybrid.learn as learn

    assert {"Classifier", "Kernel", "Regressor", "kernel"} <= set(dir(learn))
    with pytest.raises(AttributeError, match="no attribute 'classifier_'"):
        learn.classifier_  # noqa: B018
