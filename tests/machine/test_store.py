"""Machine files, and the references for hosts that nobody measured."""

from __future__ import annotations

import pytest

from hybrid.core.errors import InputError
from hybrid.machine import load, reference, save
from hybrid.simulators.native.cost import name_of

MACHINE = reference().with_speed(1.0)


def test_a_damaged_machine_file_is_refused(tmp_path) -> None:
    path = tmp_path / "machine.json"
    path.write_text(MACHINE.model_dump_json().replace('"cores":', '"kernels":'))
    with pytest.raises(InputError, match="hybrid calibrate"):
        load(path)


def test_machine_files_that_call_contention_disturbance_are_read(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "machine.json"
    save(reference().model_copy(update={"contention": 1.5}), path)
    path.write_text(path.read_text().replace('"contention"', '"disturbance"'))
    assert load(path).contention == 1.5


def test_each_wide_build_has_a_reference_and_others_borrow_one() -> None:
    gate = name_of("gate", gradient=True)
    wide, less_wide = reference("x86-64-v4"), reference("x86-64-v3")
    assert wide.rates[gate].at(16) < less_wide.rates[gate].at(16)
    assert reference("portable") == less_wide
