"""Count the operations of a program and an observable by kind, for the cost model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from hybrid.programs.observable import Observable
from hybrid.programs.program import EVOLUTION, Program

_MANY_STRINGS = 6
"""From this many strings on, a diagonal exponential is a table of phases."""


def count_operations(
    program: Program, observables: Sequence[Observable] = ()
) -> tuple[tuple[str, float], ...]:
    """Return the number of operations of each kind, for one state and its observables.

    The kinds are those of ``simulators/native/cost.py``.
    """
    counts: Counter[str] = Counter()
    evolution = program.kind == EVOLUTION
    controlled = program.control_mask != 0
    weight = np.bitwise_count(program.x_mask)
    narrow = (weight <= 1) & (program.string_count <= 1) & ~controlled
    local = np.array(
        [
            _is_local(program, k) if evolution[k] and narrow[k] else False
            for k in range(len(evolution))
        ],
        dtype=bool,
    )
    diagonal = evolution & (program.x_mask == 0) & ~local
    string = evolution & ~diagonal & ~local & (program.string_count <= 1)
    counts["gate"] = int(np.sum(~evolution)) + int(np.sum(local))
    many = diagonal & (program.string_count >= _MANY_STRINGS)
    counts["phase"] = int(np.sum(many))
    counts["diagonal"] = int(np.sum(program.string_count[diagonal & ~many]))
    counts["string"] = int(np.sum(string))
    counts["excitation"] = int(np.sum(evolution & ~diagonal & ~local & ~string))
    for observable in observables:
        counts["mask"] += int(np.count_nonzero(np.unique(observable.x_masks)))
    return tuple((kind, float(count)) for kind, count in counts.items() if count)


def _is_local(program: Program, place: int) -> bool:
    """Return whether an evolution is a rotation of a single qubit."""
    start = program.string_offset[place]
    strings = program.z_masks[start : start + program.string_count[place]]
    support = int(program.x_mask[place]) | int(np.bitwise_or.reduce(strings, initial=0))
    return support.bit_count() <= 1
