"""Limits of the machine, measured in the same run, for comparison with our kernels."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.workload import Gate, Workload

SOURCE = Path(__file__).with_name("probe.cpp")
FLAGS = ("-O3", "-march=native", "-fopenmp", "-std=c++20")


@dataclass(frozen=True)
class Limits:
    """Vector peak in GFLOP/s (a multiply-add is two), and memory traffic in GB/s, both ways."""

    double: float
    single: float
    copy: float
    update: float


def measure_limits(threads: int, compiler: str = "g++") -> Limits:
    """Compile the probe for this processor and run it."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "probe"
        subprocess.run([compiler, *FLAGS, str(SOURCE), "-o", str(program)], check=True)
        environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
        done = subprocess.run(
            [str(program)], env=environment, check=True, capture_output=True, text=True
        )
    return Limits(*(float(word) for word in done.stdout.split()))


ROTATE = 6
"""Operations on one amplitude: a real 2x2 matrix on a pair, or a complex factor."""
OVERLAP = 4
"""Operations on one amplitude: its part of an inner product, one component."""
MASK = 4
"""Operations on one amplitude: one X mask of the observable, scaled and added."""


def nominal_gigaflops(workload: Workload, gradient: bool) -> float | None:
    """Return the arithmetic of the adjoint method done gate by gate, or None if not countable.

    A rotation costs ``ROTATE`` going forward; going back it is undone on two states and an
    overlap is taken. Permutations and merged gates are free, so an engine that merges gates does
    fewer operations than this; the count is of the method, not of a program.
    """
    driven = [gate for gate in workload.gates if gate.weight is not None]
    if workload.samples or not all(map(_touches_everything_once, driven)):
        return None
    masks = {
        tuple(q for p, q in zip(s.letters, s.qubits, strict=True) if p in "XY")
        for s in workload.observable
    }
    per_gate = 3 * ROTATE + OVERLAP if gradient else ROTATE
    operations = len(driven) * per_gate + len(masks) * MASK + OVERLAP
    return operations * 2.0**workload.num_qubits * 1e-9


def _touches_everything_once(gate: Gate) -> bool:
    """Return whether the gate is a one-qubit rotation or a diagonal."""
    return gate.name in ("rx", "ry", "rz") or all(set(s.letters) <= {"Z"} for s in gate.strings)


def copies_in(seconds: float, workload: Workload, limits: Limits, amplitude_bytes: int) -> float:
    """Return the number of times the state could be copied in that time."""
    return seconds * limits.copy * 1e9 / (2 * amplitude_bytes * 2.0**workload.num_qubits)
