"""Plain data as arguments and results; the inverse of :mod:`~hybrid.notebook.writing`.

Only the classes listed here and in :mod:`~hybrid.notebook.classes` are made, by their constructors.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.primitives import BitArray
from qiskit.primitives.containers import BindingsArray, ObservablesArray
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.primitives.containers.sampler_pub import SamplerPub
from qiskit.quantum_info import PauliList, SparseObservable, SparsePauliOp

from hybrid.core.errors import InputError
from hybrid.core.outcome import Outcome
from hybrid.notebook.classes import RECORDS, workload_class


class Reader:
    """Reads what one :class:`~hybrid.notebook.writing.Writer` has written.

    Args:
        circuits: circuits by key.

    Example:
        >>> Reader({}).read(["tuple", 1, ["complex", 0.0, 1.0]])
        (1, 1j)
    """

    def __init__(self, circuits: Mapping[str, QuantumCircuit]) -> None:
        self._circuits = circuits
        self._used: list[QuantumCircuit] = []

    def read(self, written: Any) -> Any:
        """Return a value.

        Raises:
            ValueError: not written by a Writer.
            InputError: a workload that was made again differs from the one that was sent.
        """
        if not isinstance(written, list):
            return written
        tag, *parts = written
        if tag not in _READERS:
            raise ValueError(f"a message holds a value of the unknown kind {tag!r}")
        return _READERS[tag](self, *parts)

    def _list(self, *parts: Any) -> list[Any]:
        return [self.read(each) for each in parts]

    def _dict(self, keys: Sequence[Any], values: Sequence[Any]) -> dict[Any, Any]:
        return dict(zip(self._list(*keys), self._list(*values), strict=True))

    def _array_of(self, shape: Sequence[int], items: Sequence[Any]) -> Any:
        read = self._list(*items)
        if all(isinstance(each, str) for each in read):
            return np.array(read).reshape(shape)
        array = np.empty(len(read), dtype=object)
        array[:] = read
        return array.reshape(shape)

    def _circuit(self, key: str) -> QuantumCircuit:
        self._used.append(self._circuits[key])
        return self._used[-1]

    def _parameter(self, number: int, column: int) -> Parameter:
        return self._used[number].parameters[column]

    def _record(self, name: str, values: Mapping[str, Any]) -> Any:
        if name not in RECORDS:
            raise ValueError(f"a message holds an object of the unknown class {name!r}")
        return RECORDS[name](**{each: self.read(value) for each, value in values.items()})

    def _workload(
        self, name: str, arguments: Sequence[Any], named: Sequence[Any], contents: Mapping[str, str]
    ) -> Any:
        made = workload_class(name)(*self._list(*arguments), **self._dict(*named))
        found = dict(made.contents())
        different = [what for what in contents if found.get(what) != contents[what]]
        if different:
            raise InputError(
                f"workload {name}",
                got=f"one whose {different[0]} has changed since it was made",
                expected="a workload that its arguments still describe",
                advice="make it again",
            )
        return made

    def _estimator_pub(self, circuit: Any, observables: Any, values: Any, precision: Any) -> Any:
        made = self.read(circuit)
        array = ObservablesArray(self.read(observables), num_qubits=made.num_qubits)
        return EstimatorPub(made, array, _bindings(made, values), precision)

    def _sampler_pub(self, circuit: Any, values: Any, shots: int) -> SamplerPub:
        made = self.read(circuit)
        return SamplerPub(made, _bindings(made, values), shots)

    def _noise_model(self, written: Any, basis: Sequence[str]) -> Any:
        """Read a noise model; the writer has checked that Aer reads it in full."""
        from qiskit_aer.noise import NoiseModel

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            made = NoiseModel.from_dict(self.read(written))
        made._basis_gates = set(basis)  # which dictionaries leave out
        return made

    def _sum(self, z: Any, x: Any, phase: Any, coefficients: Any) -> SparsePauliOp:
        paulis = PauliList.from_symplectic(z, x, phase)
        return SparsePauliOp(paulis, self.read(coefficients), ignore_pauli_phase=True)

    def _observable(
        self, width: int, coeffs: Any, terms: Any, indices: Any, boundaries: Any
    ) -> SparseObservable:
        letters = [SparseObservable.BitTerm(each) for each in terms.tolist()]
        ends = (indices.tolist(), boundaries.tolist())
        return SparseObservable.from_raw_parts(width, coeffs.tolist(), letters, *ends)


def _bindings(circuit: QuantumCircuit, values: Any) -> BindingsArray:
    if circuit.num_parameters == 0:
        return BindingsArray(shape=values.shape[:-1])
    return BindingsArray({tuple(circuit.parameters): values}, shape=values.shape[:-1])


_READERS: Mapping[str, Callable[..., Any]] = {
    "int": lambda reader, digits: int(digits),
    "complex": lambda reader, real, imaginary: complex(real, imaginary),
    "list": Reader._list,
    "tuple": lambda reader, *parts: tuple(reader._list(*parts)),
    "dict": Reader._dict,
    "range": lambda reader, *parts: range(*parts),
    "slice": lambda reader, *parts: slice(*parts),
    "array of": Reader._array_of,
    "circuit": Reader._circuit,
    "parameter": Reader._parameter,
    "sum": Reader._sum,
    "observable": Reader._observable,
    "record": Reader._record,
    "workload": Reader._workload,
    "estimator pub": Reader._estimator_pub,
    "sampler pub": Reader._sampler_pub,
    "bits": lambda reader, array, num_bits: BitArray(array, num_bits),
    "outcome": lambda reader, value: Outcome(value),
    "noise model": Reader._noise_model,
}
