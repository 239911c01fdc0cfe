"""hybrid: its public ``expectation`` and ``pull_back``, on the same circuit repeatedly."""

from __future__ import annotations

from typing import Literal

import numpy as np

import hybrid
from bench.engines.task import Answer, Task
from bench.engines.to_qiskit import circuit_of, observable_of, points_of
from bench.workload import Workload
from hybrid.core.ask import Ask
from hybrid.simulators import Native
from hybrid.workloads.base import Sampling

PACKAGES = ("hybrid-hpc-quantum", "qiskit")


def prepare(
    workload: Workload,
    gradient: bool,
    threads: int = 2,
    precision: str = "complex128",
    sector: Literal["auto", False] = "auto",
    inside: bool = False,
) -> Task:
    """Return the task: ``hybrid.expectation``, or ``hybrid.pull_back`` for losses over samples.

    Python overhead is included. With ``inside``, the task is an evaluation inside
    ``hybrid.minimize``, which does not look for changes of the circuit.
    """
    circuit, observable = circuit_of(workload), observable_of(workload)
    points, labels = points_of(workload), np.array(workload.labels)
    simulator = Native(precision=precision, sector=sector)

    def run():
        return hybrid.expectation(
            circuit, observable, points, gradient=gradient, simulator=simulator, threads=threads
        )

    if inside:
        evaluation = hybrid.VQE(circuit, observable).prepare(Sampling(simulator))

        def run():
            told = evaluation.answer(Ask(points, gradient=gradient), seed=0, threads=threads)
            return (told.values, told.gradients) if gradient else told.values

    def slopes(values, which):
        return 2 / len(labels) * (values - labels[which])

    def loss() -> Answer:
        values, slope = hybrid.pull_back(circuit, observable, points, slopes, threads=threads)
        return Answer(float(np.mean((values - labels) ** 2)), slope[workload.num_features :])

    def energy(found) -> Answer:
        values, gradients = found if gradient else (found, None)
        return Answer(float(values[0]), None if gradients is None else gradients[0])

    return Task(loss, lambda answer: answer) if workload.samples else Task(run, energy)
