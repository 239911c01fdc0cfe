"""Qiskit Aer: the energy alone, by ``save_expectation_value`` on its state-vector method."""

from __future__ import annotations

from qiskit import transpile
from qiskit_aer import AerSimulator

from bench.engines.task import Answer, Task
from bench.engines.to_qiskit import circuit_of, observable_of, points_of
from bench.workload import Workload

PACKAGES = ("qiskit", "qiskit-aer")


def prepare(workload: Workload, gradient: bool) -> Task:
    """Return the task: one run of the bound circuit. Aer has no gradient of its own."""
    if gradient or workload.samples:
        raise ValueError("Aer is compared by the energy alone")
    simulator = AerSimulator(method="statevector")
    circuit = circuit_of(workload).assign_parameters(points_of(workload)[0])
    if any(gate.name == "evolution" for gate in workload.gates):
        circuit = transpile(circuit, simulator, optimization_level=1)
    circuit.save_expectation_value(observable_of(workload), range(workload.num_qubits))
    return Task(
        lambda: simulator.run(circuit).result(),
        lambda result: Answer(float(result.data()["expectation_value"])),
    )
