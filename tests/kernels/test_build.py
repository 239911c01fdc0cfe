"""Choice of the kernel build to import."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hybrid import _kernels

ABOUT = "from hybrid import _kernels; print(_kernels.about()['processor'])"


def imported(build: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"HYBRID_KERNELS": build}
    command = [sys.executable, "-c", ABOUT]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.skipif(
    not str(_kernels.about()["processor"]).startswith("x86-64"), reason="builds of x86-64"
)
def test_a_build_can_be_named() -> None:
    assert imported("v2").stdout.strip() == "x86-64-v2"


def test_a_build_that_does_not_exist() -> None:
    found = imported("v9")
    assert found.returncode != 0
    assert "HYBRID_KERNELS is 'v9', expected one of v4, v3, v2, portable" in found.stderr
