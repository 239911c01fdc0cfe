"""Results have the bits that were recorded for this build of the kernels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from threadpoolctl import threadpool_info

from hybrid import _kernels
from tests.bits.cases import CASES, found

ABOUT = _kernels.about()
RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text())
COMPILER = "12.2.0"  # of the recorded bits; others may contract or order operations differently
USES_BLAS = {"quasi_newton": "Haswell"}  # and the cores for whose BLAS it was recorded


@pytest.mark.skipif(ABOUT["processor"] not in RECORDED, reason="not recorded for this build")
@pytest.mark.skipif(ABOUT["compiler"] != COMPILER, reason="recorded with another compiler")
@pytest.mark.parametrize("name", CASES)
def test_bits_are_those_recorded(name: str) -> None:
    cores = {str(each.get("architecture")) for each in threadpool_info()}
    if name in USES_BLAS and USES_BLAS[name] not in cores:
        pytest.skip("recorded with another BLAS")
    assert found(name) == RECORDED[ABOUT["processor"]][name]
