"""Peak memory of one of our evaluations, in a process of its own, above the interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.hardware_efficient import hardware_efficient
from bench.process import HERE


@dataclass(frozen=True)
class Peak:
    """An evaluation and its target memory, in GiB."""

    title: str
    num_qubits: int
    gradient: bool
    precision: str
    target: float


PEAKS = (
    Peak("adjoint gradient, n=26, complex128", 26, True, "complex128", 2.2),
    Peak("energy, n=28, complex64", 28, False, "complex64", 2.3),
)
QUICK_PEAKS = (
    Peak("adjoint gradient, n=20, complex128", 20, True, "complex128", 0.1),
    Peak("energy, n=22, complex64", 22, False, "complex64", 0.1),
)


def measure_peak(peak: Peak, python: str, threads: int) -> tuple[float, float]:
    """Return peak GiB above the interpreter with everything imported, and the seconds taken."""
    wanted = [peak.num_qubits, peak.gradient, peak.precision, threads]
    done = subprocess.run(
        [python, "-m", "bench.peak", json.dumps(wanted)],
        cwd=HERE,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    gib, seconds = json.loads(done.stdout.splitlines()[-1])
    return gib, seconds


def _main(num_qubits: int, gradient: bool, precision: str, threads: int) -> None:
    import time

    from bench.engines import ours

    ours.prepare(hardware_efficient(4, 1), gradient, threads, precision).run()
    before = _status_kib("VmRSS")
    start = time.perf_counter()
    ours.prepare(hardware_efficient(num_qubits, 1), gradient, threads, precision).run()
    seconds = time.perf_counter() - start
    # VmHWM, not ru_maxrss: the latter starts at the parent's peak.
    print(json.dumps([(_status_kib("VmHWM") - before) / 2**20, seconds]))


def _status_kib(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(name)))


if __name__ == "__main__":
    _main(*json.loads(sys.argv[1]))
