"""Arguments and results as plain data: numbers, arrays, operators, circuits and our own classes.

Code does not travel: a function, or an object of a class of the user's, is refused with the name of
its argument. :mod:`~hybrid.notebook.reading` is the inverse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.circuit.parametertable import ParameterView
from qiskit.primitives import BitArray
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.primitives.containers.sampler_pub import SamplerPub
from qiskit.quantum_info import SparseObservable, SparsePauliOp

from hybrid.core.errors import InputError
from hybrid.core.outcome import Outcome
from hybrid.notebook import circuits
from hybrid.notebook.classes import record_name, workload_name
from hybrid.operators import as_pauli_sum
from hybrid.runtime.messages import pack, unpack
from hybrid.simulators import Aer

_PLAIN = (type(None), bool, str, bytes, float)
_EXPECTED = "circuits, operators, numbers, strings, or workloads, optimizers, simulators of hybrid"
_SCRIPT = "write a script and start it with mpiexec: code does not travel from a notebook to ranks"


class Writer:
    """Writes the arguments of one call.

    Attributes:
        circuits: circuits of the call by key, in the order of their first use.
    """

    def __init__(self) -> None:
        self.circuits: dict[str, QuantumCircuit] = {}
        self._where: dict[str, str] = {}
        self._used: list[QuantumCircuit] = []

    def blob(self, key: str) -> bytes:
        """Return one of the circuits as QPY.

        Raises:
            InputError: QPY does not keep all of it.
        """
        return circuits.written(self.circuits[key], self._where[key])

    def write(self, value: Any, where: str) -> Any:
        """Return a value as plain data.

        Args:
            value: the value.
            where: the argument that holds it, for messages.

        Raises:
            InputError: it does not travel.
        """
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind is int:
            return value if -(2**63) <= value < 2**64 else ["int", str(value)]
        if kind in (list, tuple):
            return [kind.__name__, *self._several(value, where)]
        for base, write in _WRITERS.items():
            if isinstance(value, base) and (base in _WITH_SUBCLASSES or kind is base):
                return write(self, value, where)
        return self._of_ours(value, where)

    def _several(self, values: Iterable[Any], where: str) -> list[Any]:
        values = list(values)
        if {type(each) for each in values} <= {float, bool, str}:
            return values
        return [self.write(each, f"{where}[{number}]") for number, each in enumerate(values)]

    def _of_ours(self, value: Any, where: str) -> Any:
        name = record_name(value)
        if name is not None:
            return ["record", name, self._fields(value, where)]
        name = workload_name(value)
        if name is not None:
            arguments, named = value.made_with
            return [
                "workload",
                name,
                self._several(arguments, where),
                self._dict(named, where)[1:],
                dict(value.contents()),
            ]
        operator = as_pauli_sum(value, self._used[-1].num_qubits if self._used else None)
        if isinstance(operator, SparsePauliOp):
            return _sum(self, operator, where)
        if _is_array(value):
            return self._array(np.asarray(value), where)
        raise _refusal(value, where)

    def _fields(self, value: Any, where: str) -> dict[str, Any]:
        names = [each.name for each in fields(value) if each.init]
        return {name: self.write(getattr(value, name), f"{name} of {where}") for name in names}

    def _array(self, array: Any, where: str) -> Any:
        if np.ma.is_masked(array):
            raise InputError(
                where, got="a masked array", expected="an array without missing entries"
            )
        array = np.asarray(array)
        if array.dtype.kind == "U":
            return ["array of", list(array.shape), array.ravel().tolist()]
        if array.dtype.kind == "O":
            return ["array of", list(array.shape), self._several(array.ravel().tolist(), where)]
        if array.dtype.kind not in "biufc" or array.dtype.itemsize > 16 or array.dtype.char in "gG":
            raise InputError(
                where, got=f"an array of {array.dtype}", expected="an array of numbers"
            )
        return array.astype(array.dtype.newbyteorder("<"), copy=False)

    def _dict(self, value: Mapping[Any, Any], where: str) -> list[Any]:
        items = [self.write(each, f"{where}[{key!r}]") for key, each in value.items()]
        return ["dict", self._several(value, where), items]

    def _circuit(self, circuit: QuantumCircuit, where: str) -> list[Any]:
        key = circuits.key_of(circuit)
        self.circuits.setdefault(key, circuit)
        self._where.setdefault(key, where)
        self._used.append(circuit)
        return ["circuit", key]

    def _parameter(self, parameter: Parameter, where: str) -> list[Any]:
        """Write a parameter as its place in a circuit of the same call."""
        for number, circuit in enumerate(self._used):
            for column, each in enumerate(circuit.parameters):
                if each == parameter:
                    return ["parameter", number, column]
        raise InputError(
            where, got=f"{parameter.name!r}", expected="parameters of the circuit of this call"
        )

    def _estimator_pub(self, pub: EstimatorPub, where: str) -> list[Any]:
        observables = pub.observables.sparse_observables_array()
        return [
            "estimator pub",
            self.write(pub.circuit, where),
            self._array(np.asarray(observables, dtype=object), where),
            pub.parameter_values.as_array(pub.circuit.parameters),
            None if pub.precision is None else float(pub.precision),
        ]

    def _sampler_pub(self, pub: SamplerPub, where: str) -> list[Any]:
        values = pub.parameter_values.as_array(pub.circuit.parameters)
        return ["sampler pub", self.write(pub.circuit, where), values, pub.shots]

    def _aer(self, aer: Aer, where: str) -> list[Any]:
        """Write a simulator with its noise model, if reading gives the same one."""
        written = self._fields(replace(aer, noise_model=None), where)
        if aer.noise_model is not None:
            written["noise_model"] = self._noise(aer, where)
        return ["record", "Aer", written]

    def _noise(self, aer: Aer, where: str) -> list[Any]:
        """Write a noise model as Aer's own dictionaries.

        Raises:
            InputError: Aer does not read it back as it was.
        """
        from hybrid.notebook.reading import Reader

        model: Any = aer.noise_model
        written = self.write(model.to_dict(), f"noise_model of {where}")
        message = ["noise model", written, sorted(model.basis_gates)]
        read = Reader({}).read(unpack(pack(message)))
        if replace(aer, noise_model=read).content() != aer.content():
            raise InputError(
                f"noise_model of {where}",
                got="a model that Aer does not write whole, such as one with relaxation passes",
                expected="errors on gates and on readout",
                advice="write a script and start it with mpiexec",
            )
        return message


def _sum(writer: Writer, operator: SparsePauliOp, where: str) -> list[Any]:
    paulis = operator.paulis
    coefficients = writer.write(operator.coeffs, f"coefficients of {where}")
    return ["sum", paulis.z, paulis.x, np.asarray(paulis.phase, dtype=np.int64), coefficients]


def _observable(writer: Writer, operator: SparseObservable, where: str) -> list[Any]:
    parts = (operator.coeffs, operator.bit_terms, operator.indices, operator.boundaries)
    arrays = [np.asarray(each) for each in parts]
    return [
        "observable",
        operator.num_qubits,
        arrays[0],
        *(each.astype("i8") for each in arrays[1:]),
    ]


_WRITERS: Mapping[type, Callable[[Writer, Any, str], Any]] = {
    complex: lambda writer, value, where: ["complex", value.real, value.imag],
    np.generic: lambda writer, value, where: writer.write(value.item(), where),
    np.ndarray: Writer._array,
    dict: Writer._dict,
    Mapping: Writer._dict,
    range: lambda writer, value, where: ["range", value.start, value.stop, value.step],
    slice: lambda writer, value, where: ["slice", value.start, value.stop, value.step],
    QuantumCircuit: Writer._circuit,
    SparsePauliOp: _sum,
    SparseObservable: _observable,
    Parameter: Writer._parameter,
    ParameterVector: lambda writer, value, where: writer.write(list(value), where),
    ParameterView: lambda writer, value, where: writer.write(list(value), where),
    EstimatorPub: Writer._estimator_pub,
    SamplerPub: Writer._sampler_pub,
    BitArray: lambda writer, value, where: ["bits", value.array, value.num_bits],
    Outcome: lambda writer, value, where: ["outcome", value.value],
    Aer: Writer._aer,
}
_WITH_SUBCLASSES = (np.generic, np.ndarray, Mapping, QuantumCircuit, Parameter, Outcome)
"""Subclasses of these are written as their base: they hold nothing else that a value depends on."""


def _is_array(value: object) -> bool:
    """Return whether another library's object is an array, as a tensor or a data frame is."""
    return hasattr(value, "__array__") and not type(value).__module__.startswith("qiskit")


def _refusal(value: object, where: str) -> InputError:
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    got = f"an object of class {name}"
    if isinstance(value, type):
        got = f"the class {value.__qualname__}"
    elif callable(value) and hasattr(value, "__name__"):
        got = f"the function {value.__name__}"
    return InputError(where, got=got, expected=_EXPECTED, advice=_SCRIPT)
