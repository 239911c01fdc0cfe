"""What a journal costs each evaluation: ``python -m tests.faults.overhead``.

The same answers are asked for with and without a journal, alternating; the median of the
differences counts. Once with evaluations that take no time, once with ones of 10 ms.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from qiskit.circuit.library import real_amplitudes

import hybrid
from hybrid.ask import Ask
from hybrid.optimizers import Solution
from hybrid.simulators.native import NativeEvaluation
from tests.faults.small import CHAIN

_PARAMETERS = 9


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


def seconds(evaluations: int, sleep: float, journal: Path | None) -> float:
    """Return how long so many evaluations take."""
    problem = hybrid.VQE(real_amplitudes(3, reps=2), CHAIN)
    assert problem.num_parameters == _PARAMETERS
    run = NativeEvaluation.run

    def sleeping(self: object, *arguments: object, **settings: object) -> object:
        end = time.perf_counter() + sleep
        while time.perf_counter() < end:  # busy, as an evaluation is, but the GIL is let go of
            time.sleep(0.0005)
        return run(self, *arguments, **settings)

    if sleep:
        NativeEvaluation.run = sleeping
    try:
        began = time.perf_counter()
        hybrid.minimize(problem, Walk(evaluations), x0=np.zeros(9), seed=1, journal=journal)
        return time.perf_counter() - began
    finally:
        NativeEvaluation.run = run


def added(evaluations: int, sleep: float, pairs: int) -> tuple[float, float]:
    """Return seconds that a journal adds to an evaluation, and as a fraction of the run."""
    extra, plain = [], []
    for _ in range(pairs):
        with tempfile.TemporaryDirectory() as folder:
            without = seconds(evaluations, sleep, None)
            extra.append(seconds(evaluations, sleep, Path(folder) / "run.db") - without)
            plain.append(without)
    per_evaluation = statistics.median(extra) / evaluations
    return per_evaluation, statistics.median(extra) / statistics.median(plain)


def main() -> int:
    """Run the measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    chosen = parser.parse_args()
    fast, _ = added(2_000, 0.0, chosen.pairs)
    slow, fraction = added(300, 0.01, chosen.pairs)
    print(f"overhead: {1e6 * fast:.1f} µs per evaluation of no length, 50 allowed")
    print(f"overhead: {1e6 * slow:.1f} µs, {fraction:.2%} per evaluation of 10 ms, 1 % allowed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
