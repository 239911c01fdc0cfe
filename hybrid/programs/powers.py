"""Powers of operations: repetition for integer exponents, matrix roots for others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from qiskit.circuit import Operation, ParameterExpression
from qiskit.circuit.library import UnitaryGate
from qiskit.quantum_info import Operator

from hybrid.core.arrays import ComplexArray
from hybrid.programs.dense import WIDEST
from hybrid.programs.frame import Found, Frame
from hybrid.programs.matrix import number_of
from hybrid.programs.reads import Reads
from hybrid.programs.refusals import is_driven, is_free, not_understood

_MOST_REPEATED = 4096


def power_of(
    reader: Reads, operation: Operation, power: float | ParameterExpression, frame: Frame
) -> Iterator[Found]:
    """Yield a power of an operation.

    Roots are principal ones, on the branch of Qiskit's ``Operator.power``.

    Raises:
        InputError: a root of a gate with parameters, or of a gate on many qubits.
    """
    if is_free(power):
        raise not_understood(
            operation, "a parameter as its power", "a number", "bind it with assign_parameters"
        )
    exponent = number_of(power, operation)
    whole = exponent.is_integer()
    driven = is_driven(operation)
    if not driven and operation.num_qubits <= WIDEST and exponent != 1.0:
        matrix = reader.matrix(operation, frame.depth)
        raised = np.linalg.matrix_power(matrix, int(exponent)) if whole else _root(matrix, exponent)
        yield from _of_matrix(reader, raised, frame)
    elif not whole:
        raise not_understood(
            operation,
            f"the power {exponent:g}",
            "an integer power of a gate with parameters"
            if driven
            else f"an integer power of a gate on more than {WIDEST} qubits",
            "write the gate that is meant; of a rotation, with its angle times the power",
        )
    elif abs(exponent) > _MOST_REPEATED:
        raise not_understood(
            operation,
            f"the power {exponent:g}",
            f"at most {_MOST_REPEATED} repetitions",
            "write the gate that is meant; of a rotation, with its angle times the power",
        )
    else:
        inside = frame.inverted() if exponent < 0 else frame
        for _ in range(abs(int(exponent))):
            yield from reader.operation(operation, inside)


def _root(matrix: ComplexArray, exponent: float) -> ComplexArray:
    return np.asarray(Operator(matrix).power(exponent).data, dtype=np.complex128)


def _of_matrix(reader: Reads, matrix: ComplexArray, frame: Frame) -> Iterator[Found]:
    yield from reader.fixed(UnitaryGate(matrix), frame)
