"""Seconds predicted from the rates of a machine."""

from __future__ import annotations

import pytest

from hybrid.core.work import Work
from hybrid.machine import load, reference, save
from hybrid.simulators.predict import seconds_of

MACHINE = reference().with_speed(1.0)


@pytest.mark.parametrize("engine", ["native", "aer"])
def test_rates_that_a_machine_file_lacks_leave_the_other_engines_predicted(
    engine, tmp_path
) -> None:
    path = tmp_path / "machine.json"
    gates = (("gate", 100.0),)
    rates = {name: curve for name, curve in MACHINE.rates.items() if not name.startswith(engine)}
    one_left = next(name for name in MACHINE.rates if name.startswith(engine))
    for some in (rates, rates | {one_left: MACHINE.rates[one_left]}):
        save(MACHINE.model_copy(update={"rates": some}), path)
        for other in ("native", "aer"):
            work = Work(other, 8, 1, gates)
            expected = None if other == engine else seconds_of(work, MACHINE, 1)
            assert seconds_of(work, load(path), 1) == expected


def test_points_side_by_side_come_in_eights() -> None:
    def of(circuits: int, width: int) -> float:
        work = Work("native", width, circuits, (("gate", 100.0),))
        return seconds_of(work, MACHINE, 1) or 0.0

    assert of(2, 8) == of(8, 8) < of(9, 8)
    assert of(2, 12) < of(3, 12)
