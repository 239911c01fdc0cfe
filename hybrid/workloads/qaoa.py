"""The quantum approximate optimization algorithm."""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError
from hybrid.operators import as_pauli_sum
from hybrid.workloads.compiled import compiled_circuit, compiled_observable
from hybrid.workloads.expectation import Expectation


class QAOA(Expectation):
    """Minimise a diagonal cost (Farhi, Goldstone and Gutmann, arXiv:1411.4028).

    The ansatz applies ``depth`` layers of ``exp(-i gamma C)`` and ``exp(-i beta sum_q X_q)`` to the
    uniform superposition. The parameters are the betas of all layers, then the gammas, in the order
    of ``circuit.parameters``.

    Args:
        cost: a sum of strings of I and Z, for instance ``MaxCut.cost()``; of any class that
            :class:`hybrid.VQE` takes.
        depth: number of layers, at least 1.

    Attributes:
        circuit: the ansatz.

    Raises:
        InputError: the cost is not diagonal or not Hermitian, or the depth is not positive.

    Example:
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> QAOA(SparsePauliOp(["ZZ"]), depth=2).num_parameters
        4
    """

    circuit: QuantumCircuit

    def __init__(self, cost: SparsePauliOp, depth: int) -> None:
        if not isinstance(depth, int | np.integer) or isinstance(depth, bool) or depth < 1:
            raise InputError("depth", got=repr(depth), expected="an integer of at least 1")
        depth = int(depth)
        operator = as_pauli_sum(cost)
        checked = compiled_observable(operator, QuantumCircuit(getattr(operator, "num_qubits", 0)))
        if np.any(checked.x_masks):
            raise InputError(
                "cost",
                got="a string with X or Y",
                expected="a diagonal operator: strings of I and Z",
                advice="minimise other operators with hybrid.VQE and an ansatz of your own",
            )
        circuit = qaoa_circuit(checked.operator, depth)
        super().__init__(compiled_circuit(circuit), (checked,))
        object.__setattr__(self, "circuit", circuit)

    @property
    def description(self) -> str:
        """One line: depth, width, parameters and terms."""
        return f"QAOA of depth {self.depth}: {super().description}"

    @property
    def depth(self) -> int:
        """Number of layers."""
        return self.num_parameters // 2

    def initial_point(self, seed: int) -> FloatArray:
        """Return a linear ramp from mixer to cost, shape (2 depth,); ``seed`` is not used.

        The ramp is a coarse quantum annealing schedule, a good start for many problems
        (Sack and Serbyn, Quantum 5, 491 (2021)). The uniform superposition is the ground state of
        ``-sum X``, so the betas are negative where the gammas are positive. The gammas are scaled
        by the root mean square of the cost's coefficients, so they do not depend on its unit.
        """
        midpoints = (np.arange(self.depth) + 0.5) / self.depth
        weights = self.observable.coefficients[self.observable.z_masks != 0]
        scale = float(np.sqrt(np.mean(weights**2))) if len(weights) else 1.0
        step = 0.75
        return np.concatenate([step * (midpoints - 1.0), step * midpoints / (2.0 * scale)])


def qaoa_circuit(cost: SparsePauliOp, depth: int) -> QuantumCircuit:
    """Return the ansatz; parameters ``beta[k]`` and ``gamma[k]``, sorted by name."""
    num_qubits = cost.num_qubits
    beta = ParameterVector("beta", depth)
    gamma = ParameterVector("gamma", depth)
    circuit = QuantumCircuit(num_qubits)
    circuit.h(range(num_qubits))
    for layer in range(depth):
        circuit.append(PauliEvolutionGate(cost, time=gamma[layer]), range(num_qubits))
        circuit.rx(2.0 * beta[layer], range(num_qubits))
    return circuit
