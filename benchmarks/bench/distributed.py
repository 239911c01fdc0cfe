"""One state over several ranks: measurements in jobs of their own, and simulations."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

import hybrid
from bench.engines.to_qiskit import circuit_of, observable_of, points_of
from bench.hardware_efficient import hardware_efficient
from bench.workload import Workload
from hybrid.core.ask import Ask
from hybrid.machine import reference
from hybrid.programs import Observable, compile_observable, flatten
from hybrid.programs.program import EVOLUTION, Program
from hybrid.runtime import world
from hybrid.sharding.program import Reading, shardings
from hybrid.simulators.native.evaluation import NativeEvaluation
from hybrid.simulators.predict import distributed_seconds, seconds_of

CALLS = 5
CORES = 64
BANDWIDTH = 25e9
"""200 Gb/s."""
LATENCY = 2e-6


def speed(num_qubits: int, shards: int, threads: int) -> dict[str, Any]:
    """Return the median seconds of a gradient after a warm-up, and its bits."""
    workload = hardware_efficient(num_qubits, 5)
    circuit, observable, points = (
        circuit_of(workload),
        observable_of(workload),
        points_of(workload),
    )
    seconds = []
    for _ in range(CALLS + 1):
        start = time.perf_counter()
        values, gradients = hybrid.expectation(
            circuit, observable, points, gradient=True, shards=shards, threads=threads
        )
        seconds.append(time.perf_counter() - start)
    return {
        "seconds": float(np.median(seconds[1:])),
        "bits": values.tobytes().hex() + gradients.tobytes().hex()[:64],
    }


def memory(num_qubits: int, shards: int, threads: int) -> dict[str, Any]:
    """Return the peak memory of each rank above the interpreter, for one layer."""
    workload = hardware_efficient(num_qubits, 1)
    circuit, observable, points = (
        circuit_of(workload),
        observable_of(workload),
        points_of(workload),
    )
    small = hardware_efficient(14, 1)
    hybrid.expectation(circuit_of(small), observable_of(small), points_of(small), gradient=True)
    with _Peak() as peak:
        hybrid.expectation(
            circuit, observable, points, gradient=True, shards=shards, threads=threads
        )
    peaks = world().communicator.all_gather(str(peak.bytes).encode())
    return {"peaks": [int(each) for each in peaks]}


class _Peak:
    """Peak memory of this process above its start.

    Measured as proportional set size: shared memory is divided equally among its ranks.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self._start = _proportional_bytes()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            self.bytes = max(self.bytes, _proportional_bytes() - self._start)


def _proportional_bytes() -> int:
    with open("/proc/self/smaps_rollup", encoding="ascii") as lines:
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


@dataclass(frozen=True)
class Traffic:
    """Data sent by each rank for one gradient, in shards.

    Attributes:
        shards: ranks that share the state.
        ours: as planned; tests count the same on 2 and 4 ranks.
        naive: a whole shard for each gate, and each term, on a distributed qubit.
        exchanges: number of exchanges.
    """

    shards: int
    ours: float
    naive: float
    exchanges: int


def traffic(workload: Workload) -> Iterator[Traffic]:
    """Yield the traffic of a workload's gradient over 2, 4, 8, ... shards."""
    program, observable = _compiled(workload)
    evaluation = NativeEvaluation(program, (observable,), False)
    active = list(_active(program))
    n = program.num_qubits
    for each in shardings(
        evaluation.kernel_program,
        Reading.EXPECTATION,
        evaluation.kernel_observables[0],
        gradient=True,
    ):
        shard = 16 * 2**n // each.shards
        distributed = (each.shards - 1) * (2**n // each.shards)  # the highest qubits, all the time
        gates = sum((mask & distributed).bit_count() for mask in active)
        terms = sum(1 for mask in observable.x_masks.tolist() if mask & distributed)
        yield Traffic(each.shards, each.sent_bytes / shard, 3.0 * gates + terms, each.exchanges)


@cache
def _compiled(workload: Workload) -> tuple[Program, Observable]:
    program = flatten(circuit_of(workload)).program
    return program, compile_observable(observable_of(workload), workload.num_qubits)


def _active(program: Program) -> Iterator[int]:
    """Yield the mask of mixed qubits of each operation."""
    for k in range(len(program.kind)):
        if program.kind[k] == EVOLUTION:
            yield int(program.x_mask[k])
            continue
        targets = [int(q) for q in program.targets[k] if q >= 0]
        matrix = program.matrices[program.matrix_offset[k] :]
        is_diagonal = len(targets) == 1 and matrix[1] == 0 == matrix[2]
        yield 0 if is_diagonal else sum(1 << q for q in targets)


def simulated(workload: Workload, nodes: int) -> tuple[float, float, int]:
    """Return seconds of work and of exchanges of a gradient over nodes, and bytes sent."""
    program, observable = _compiled(workload)
    evaluation = NativeEvaluation(program, (observable,), False)
    ask = Ask(np.zeros((1, program.angles.num_parameters)), gradient=True)
    work = evaluation.work(ask, evaluation.pieces(ask)[0])
    node = reference().model_copy(
        update={"cores": CORES, "bandwidth": BANDWIDTH, "latency": LATENCY}
    )
    alone = seconds_of(work, node, CORES) or 0.0
    if nodes == 1:
        return alone, 0.0, 0
    sharding = next(each for each in work.shardings if each.shards == nodes)
    total = distributed_seconds(work, node, CORES, sharding, 1)
    return alone / nodes, total - alone / nodes, sharding.sent_bytes
