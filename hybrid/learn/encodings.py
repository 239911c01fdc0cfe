"""Circuits that take a sample's features as angles: by name, or a circuit of the user's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.circuit.library import RYGate, z_feature_map, zz_feature_map

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError, nearest

_MOST_QUBITS = 30
"""Wider circuits from a name are mistaken for narrow data: one qubit for each feature."""


@dataclass(frozen=True)
class Encoding:
    """A circuit, and how a sample becomes numbers for some of its parameters.

    Attributes:
        circuit: its other parameters are weights.
        features: F parameters, in the order of the columns of :meth:`angles`.
        columns: number of columns of the data, at most.
        amplitudes: whether samples are amplitudes, of which the features are angles.
    """

    circuit: QuantumCircuit
    features: tuple[Parameter, ...]
    columns: int
    amplitudes: bool = False

    def angles(self, rows: FloatArray) -> FloatArray:
        """Return the values of the features, shape (N, F), for samples of shape (N, columns)."""
        return _tree(rows, len(self.features) + 1) if self.amplitudes else rows

    def points(self, rows: FloatArray, weights: FloatArray) -> FloatArray:
        """Return the circuit's parameter points of samples, shape (N, P), for one set of weights.

        Args:
            rows: shape (N, columns).
            weights: in the order of ``circuit.parameters`` without the features.
        """
        order = list(self.circuit.parameters)
        places = [order.index(each) for each in self.features]
        points = np.empty((len(rows), len(order)))
        points[:, places] = self.angles(rows)
        points[:, np.setdiff1d(np.arange(len(order)), places)] = weights
        return points


def encoding_of(
    encoding: str | QuantumCircuit,
    columns: int,
    features: Iterable[Parameter | str] | None = None,
    *,
    layers: int = 0,
) -> Encoding:
    """Return the circuit of a name, or that of the user, for data of so many columns.

    Args:
        encoding: a key of :data:`ENCODINGS`, or a circuit.
        columns: number of features of a sample.
        features: for a circuit its parameters, or their names, in the order of the columns.
        layers: of rotations and entangling gates with weights; 0 for the encoding alone.

    Raises:
        InputError: an unknown name, features that the circuit has not, more or fewer of them than
            columns, or too many for a name.

    Example:
        >>> made = encoding_of("angle", 2, layers=1)
        >>> made.circuit.num_qubits, len(made.features), len(made.circuit.parameters)
        (2, 2, 8)
    """
    if isinstance(encoding, QuantumCircuit):
        return _of_user(encoding, columns, features)
    if not isinstance(encoding, str) or encoding not in ENCODINGS:
        raise InputError(
            "encoding",
            got=repr(encoding)[:60],
            expected=f"a QuantumCircuit, or one of {', '.join(map(repr, ENCODINGS))}",
            advice=nearest(encoding, ENCODINGS) if isinstance(encoding, str) else "",
        )
    if features is not None:
        raise InputError(
            "features",
            got=repr(features)[:60],
            expected="None beside an encoding by name, which takes all columns in order",
        )
    if isinstance(layers, bool) or not isinstance(layers, int | np.integer) or layers < 0:
        raise InputError("layers", got=repr(layers), expected="an integer, at least 0")
    if encoding != "amplitude" and columns > _MOST_QUBITS:
        raise InputError(
            "X",
            got=f"{columns} features",
            expected=f"at most {_MOST_QUBITS}, one for each qubit of encoding '{encoding}'",
            advice="reduce them, for instance with sklearn.decomposition.PCA(n_components=8)",
        )
    return ENCODINGS[encoding](columns, int(layers))


def _of_user(
    circuit: QuantumCircuit, columns: int, features: Iterable[Parameter | str] | None
) -> Encoding:
    known = {each.name: each for each in circuit.parameters}
    listed = features_of(circuit, features)
    found = [known.get(each) if isinstance(each, str) else each for each in listed]
    for given, each in zip(listed, found, strict=True):
        if not isinstance(each, Parameter) or known.get(each.name) != each:
            raise InputError(
                "features",
                got=f"{given!s} that the circuit has not",
                expected=f"parameters of the circuit: {', '.join(known) or 'it has none'}"[:200],
            )
    chosen = tuple(each for each in found if isinstance(each, Parameter))
    if len(set(chosen)) < len(chosen):
        raise InputError("features", got="one of them twice", expected="each once")
    if len(chosen) != columns:
        raise InputError(
            "X",
            got=f"{columns} features",
            expected=f"{len(chosen)}, as many as the circuit takes",
            advice="name the circuit's parameters that take them in features=",
        )
    return Encoding(circuit, chosen, columns)


def features_of(
    circuit: QuantumCircuit, features: Iterable[Parameter | str] | None
) -> Sequence[Parameter | str]:
    """Return the features that the user named; all parameters of the circuit where none are.

    Raises:
        InputError: they are no list.
    """
    if features is None:
        return list(circuit.parameters)
    if isinstance(features, str) or not isinstance(features, Iterable):
        raise InputError(
            "features",
            got=repr(features)[:60],
            expected="a list of parameters of the circuit, or of their names",
        )
    return list(features)


def check_order(columns: Iterable[object], features: Sequence[Parameter | str]) -> None:
    """Refuse a data frame whose columns are the circuit's features in another order.

    Args:
        columns: names of the columns; none for an array.
        features: in the order in which the circuit takes them.

    Raises:
        InputError: they are the same names in another order.
    """
    given = [str(each) for each in columns]
    names = [each if isinstance(each, str) else each.name for each in features]
    if set(given) == set(names) and given != names:
        raise InputError(
            "X",
            got=f"columns in the order {', '.join(given)}"[:200],
            expected=f"the order of the circuit's features: {', '.join(names)}"[:200],
            advice=f"pass X[{names}]"[:200],
        )


def _layered(
    circuit: QuantumCircuit, layers: int, before: Callable[[QuantumCircuit], None] | None = None
) -> QuantumCircuit:
    """Add layers of RY, RZ and a chain of CNOT gates, and rotations RY at the end.

    Args:
        circuit: is added to.
        layers: none adds nothing but ``before``, once.
        before: is applied before each layer.
    """
    qubits = range(circuit.num_qubits)
    weights = iter(ParameterVector("w", (2 * layers + 1) * circuit.num_qubits))
    for _ in range(layers):
        if before is not None:
            before(circuit)
        for qubit in qubits:
            circuit.ry(next(weights), qubit)
            circuit.rz(next(weights), qubit)
        for qubit in qubits[1:]:
            circuit.cx(qubit - 1, qubit)
    if layers:
        for qubit in qubits:
            circuit.ry(next(weights), qubit)
    elif before is not None:
        before(circuit)
    return circuit


def _angle(columns: int, layers: int) -> Encoding:
    """Return RY(x_q) on qubit q."""
    features = ParameterVector("x", columns)
    circuit = QuantumCircuit(columns)
    for qubit, feature in enumerate(features):
        circuit.ry(feature, qubit)
    return Encoding(_layered(circuit, layers), tuple(features), columns)


def _reuploading(columns: int, layers: int) -> Encoding:
    """Return RX(x_q) on qubit q before each layer (Perez-Salinas et al., Quantum 4, 226 (2020))."""
    features = ParameterVector("x", columns)

    def upload(circuit: QuantumCircuit) -> None:
        for qubit in range(circuit.num_qubits):
            circuit.rx(features[qubit], qubit)

    circuit = _layered(QuantumCircuit(columns), layers, upload)
    return Encoding(circuit, tuple(features), columns)


def _zz(columns: int, layers: int) -> Encoding:
    """Return two repetitions of the map of Havlicek et al., Nature 567, 209 (2019)."""
    alone = z_feature_map if columns == 1 else zz_feature_map
    mapped = alone(columns, reps=2)
    circuit = QuantumCircuit(columns)
    circuit.compose(mapped, range(columns), inplace=True)
    return Encoding(_layered(circuit, layers), tuple(mapped.parameters), columns)


def _amplitude(columns: int, layers: int) -> Encoding:
    """Return a state whose amplitudes are the sample, divided by its norm and padded with zeros.

    Each qubit, from the highest on, is turned by an angle for each state of those above it.
    """
    qubits = max(1, (columns - 1).bit_length())
    features = ParameterVector("x", 2**qubits - 1)
    circuit = QuantumCircuit(qubits)
    angles = iter(features)
    for level in range(qubits):
        above = list(range(qubits - level, qubits))
        target = qubits - 1 - level
        for state in range(2**level):
            gate = RYGate(next(angles))
            if level:
                gate = gate.control(level, ctrl_state=state, annotated=True)
            circuit.append(gate, [*above, target])
    return Encoding(_layered(circuit, layers), tuple(features), columns, amplitudes=True)


def _tree(rows: FloatArray, size: int) -> FloatArray:
    """Return the angles of :func:`_amplitude` for samples, from the first qubit's on.

    Raises:
        InputError: a sample of zeros, which has no direction.
    """
    zeros = np.flatnonzero(~rows.any(axis=1))
    if len(zeros):
        raise InputError(
            "X",
            got=f"zeros alone in sample {zeros[0]}",
            expected="a number that is not zero, which encoding 'amplitude' can scale to norm 1",
        )
    padded = np.zeros((len(rows), size))
    padded[:, : rows.shape[1]] = rows / np.abs(rows).max(axis=1, keepdims=True)
    angles: list[FloatArray] = []
    while padded.shape[1] > 1:
        even, odd = padded[:, 0::2], padded[:, 1::2]
        angles.insert(0, 2.0 * np.arctan2(odd, even))
        padded = np.hypot(even, odd)
    return np.concatenate(angles, axis=1)


ENCODINGS: Mapping[str, Callable[[int, int], Encoding]] = {
    "angle": _angle,
    "reuploading": _reuploading,
    "zz": _zz,
    "amplitude": _amplitude,
}
"""From columns and layers to a circuit."""
