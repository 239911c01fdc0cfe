"""What a journal costs each evaluation: ``python -m tests.faults.overhead``.

The same answers are asked for with and without a journal, alternating in one process; the median of
the differences counts. Once with evaluations that take next to no time, once with ones of 10 ms.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from qiskit.circuit.library import real_amplitudes

import hybrid
from hybrid.core.ask import Ask
from hybrid.optimizers import Solution
from hybrid.simulators.native.evaluation import NativeEvaluation
from tests.faults.small import CHAIN

MOST = 50e-6
"""Seconds that a journal may add to an evaluation whose answer can be computed again."""


@dataclass(frozen=True)
class Walk:
    """An optimizer that only asks."""

    evaluations: int
    name: str = "walk"

    def steps(self, x0: np.ndarray, seed: int) -> Iterator[Ask]:
        """Ask for points and gradients on a line."""
        told = None
        for number in range(self.evaluations):
            told = yield Ask((x0 + 1e-3 * number)[None, :], True, number)
        return Solution(x0, float(told.values[0]) if told else 0.0, True, "", self.evaluations)


@contextmanager
def lasting(length: float) -> Iterator[None]:
    """Let every evaluation keep its core busy for so many seconds first.

    Outside of the interpreter's lock, as the kernels do, and for exactly this long, which they, on
    a machine with neighbours, do not.
    """
    run, work = NativeEvaluation.run, bytes(1 << 17)

    def longer(self: object, *arguments: object, **settings: object) -> object:
        end = time.perf_counter() + length
        while time.perf_counter() < end:
            zlib.crc32(work)
        return run(self, *arguments, **settings)

    NativeEvaluation.run = longer if length else run
    try:
        yield
    finally:
        NativeEvaluation.run = run


def seconds(evaluations: int, journal: Path | None) -> float:
    """Return how long so many evaluations take."""
    problem = hybrid.VQE(real_amplitudes(3, reps=2), CHAIN)
    x0 = np.zeros(problem.num_parameters)
    began = time.perf_counter()
    hybrid.minimize(problem, Walk(evaluations), x0=x0, seed=1, journal=journal)
    return time.perf_counter() - began


def pair(evaluations: int, journal_first: bool) -> tuple[float, float]:
    """Return the seconds of a run without a journal, and of one with."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.db"
        if journal_first:
            recorded = seconds(evaluations, path)
            return seconds(evaluations, None), recorded
        return seconds(evaluations, None), seconds(evaluations, path)


@dataclass(frozen=True)
class Added:
    """What a journal adds to a run, in seconds; medians over pairs.

    Attributes:
        once: to the whole, where there is one evaluation: it is made, and its start committed.
        each: to an evaluation, beside that.
        plain: how long an evaluation takes without.
    """

    once: float
    each: float
    plain: float

    @property
    def fraction(self) -> float:
        """Of the time of an evaluation."""
        return self.each / self.plain


def added(evaluations: int, pairs: int) -> Added:
    """Measure; in each pair another kind of run is first."""
    shorts = [pair(1, k % 2 == 1) for k in range(pairs)]
    once = statistics.median(recorded - plain for plain, recorded in shorts)
    longs = [pair(evaluations, k % 2 == 1) for k in range(pairs)]
    extra = statistics.median(recorded - plain for plain, recorded in longs) - once
    whole = statistics.median(plain for plain, _ in longs)
    return Added(once, extra / evaluations, whole / evaluations)


def main() -> int:
    """Run the measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=15)
    chosen = parser.parse_args()
    seconds(100, None)  # what a first run imports is not to be measured
    fast = added(3_000, chosen.pairs)
    with lasting(0.01):
        slow = added(200, chosen.pairs)
    for found in (fast, slow):
        print(
            f"overhead: {1e6 * found.each:.1f} µs ({found.fraction:.2%}) for each evaluation of "
            f"{1e3 * found.plain:.3g} ms, and {1e3 * found.once:.0f} ms once"
        )
    well = max(fast.each, slow.each) <= MOST and slow.fraction <= 0.01
    print(f"overhead: {'within' if well else 'beyond'} 50 µs each, and 1 % of evaluations of 10 ms")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
