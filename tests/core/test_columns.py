"""Answers packed into rows come back with the same bits and shapes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hybrid.core.ask import Ask, Told
from hybrid.core.columns import Columns

WANTS = list(itertools.product([False, True], repeat=5))


@pytest.mark.parametrize("observables", [1, 3])
@pytest.mark.parametrize("wants", WANTS)
def test_answers_come_back(observables: int, wants: tuple[bool, ...]) -> None:
    gradient, metric, variance, overlaps, force = wants
    others = np.ones((5, 2)) if overlaps else None
    ask = Ask(
        np.zeros((4, 2)), gradient, metric=metric, variance=variance, others=others, force=force
    )
    columns = Columns(ask, observables)
    m = () if observables == 1 else (observables,)
    expected = {"values": (4, *m)}
    expected |= {"gradients": (4, *m, 2)} if gradient else {}
    expected |= {"metric": (4, 2, 2)} if metric else {}
    expected |= {"variances": (4, *m)} if variance else {}
    expected |= {"overlaps": (4, 5)} if overlaps else {}
    expected |= {"overlap_gradients": (4, 5, 2)} if overlaps and gradient else {}
    expected |= {"forces": (4, *m, 2)} if force else {}
    random = np.random.default_rng(observables)
    parts = {name: random.normal(size=shape) for name, shape in expected.items()}
    rows = columns.rows(parts)
    assert rows.shape == (4, columns.width)
    told = columns.told(rows)
    for name in set(Told.__slots__) - {"standard_errors"}:
        found = getattr(told, name)
        if name in parts:
            assert found.shape == expected[name]
            assert found.tobytes() == parts[name].tobytes()
        else:
            assert found is None
