"""hybrid: its public ``expectation``, on the same circuit object again and again."""

from __future__ import annotations

import numpy as np

import hybrid
from bench.engines.task import Answer, Task
from bench.engines.to_qiskit import circuit_of, observable_of, points_of
from bench.workload import Workload
from hybrid.simulators import Native

PACKAGES = ("hybrid-hpc-quantum", "qiskit")


def prepare(
    workload: Workload, gradient: bool, threads: int = 2, precision: str = "complex128"
) -> Task:
    """Return the task: ``hybrid.expectation``, Python overhead included."""
    circuit, observable = circuit_of(workload), observable_of(workload)
    points, labels = points_of(workload), np.array(workload.labels)
    simulator = Native(precision=precision)

    def run():
        return hybrid.expectation(
            circuit, observable, points, gradient=gradient, simulator=simulator, threads=threads
        )

    def loss() -> Answer:
        values, gradients = run()
        errors = values - labels
        by_weight = gradients[:, workload.num_features :]
        return Answer(float(np.mean(errors**2)), 2 * errors @ by_weight / len(labels))

    def energy(found) -> Answer:
        values, gradients = found if gradient else (found, None)
        return Answer(float(values[0]), None if gradients is None else gradients[0])

    return Task(loss, lambda answer: answer) if workload.samples else Task(run, energy)
