"""Quantum kernels: matrices of similarities between samples, for support vector machines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp
from scipy.spatial.distance import cdist, pdist, squareform

from hybrid.calls.expectation import expectation
from hybrid.calls.overlaps import overlaps
from hybrid.collective.call import checked_together
from hybrid.core.arrays import FloatArray
from hybrid.core.checks import real_array
from hybrid.core.errors import InputError
from hybrid.learn.encodings import Encoding, check_order, encoding_of, features_of
from hybrid.simulators import Choice

Kind = Literal["fidelity", "projected"]


def kernel(
    circuit: str | QuantumCircuit,
    X: ArrayLike,  # noqa: N803
    Y: ArrayLike | None = None,  # noqa: N803
    *,
    kind: Kind = "fidelity",
    features: Iterable[Parameter | str] | None = None,
    gamma: float = 1.0,
    simulator: Choice = "auto",
    shots: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
) -> FloatArray:
    """Return the kernel matrix of samples.

    The fidelity kernel is ``|<psi(x)|psi(y)>|^2`` (Havlicek et al., Nature 567, 209 (2019)). The
    projected kernel is ``exp(-gamma sum_q ||rho_q(x) - rho_q(y)||^2)``, with the reduced density
    matrix of each qubit and the Frobenius norm (Huang et al., Nature Communications 12, 2631
    (2021)); it takes one state for each sample, and the states' expectation values of X, Y and Z.

    Collective: every rank makes the same call, and all get the same bits, whatever their number.

    Args:
        circuit: "zz", "angle", "reuploading" or "amplitude" (see :class:`hybrid.learn.Classifier`),
            or a circuit whose parameters are the features.
        X: shape (A, F), finite; one sample a row. An array or a data frame.
        Y: shape (B, F); None for ``X`` again, of which half of the entries are computed.
        kind: "fidelity" or "projected".
        features: for a circuit its parameters, or their names, in the order of the columns. If
            None, ``circuit.parameters``.
        gamma: of the projected kernel, positive.
        simulator: of the projected kernel, see :func:`hybrid.expectation`. The fidelity kernel is
            computed by the native kernels.
        shots: of the projected kernel. If None, values are exact.
        seed: seed of the shots. If None, a fresh one is drawn.
        threads: threads of each rank. If None, ranks share the cores of their host.

    Returns:
        shape (A, B), float64; symmetric where ``Y`` is None.

    Raises:
        InputError: an argument or data that are not usable; raised before anything runs.

    Example:
        >>> kernel("angle", [[0.0], [np.pi]]).round(6).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
        >>> kernel("angle", [[0.0]], [[np.pi / 2]], kind="projected", gamma=0.5).round(6).tolist()
        [[0.606531]]
    """

    def check() -> tuple[QuantumCircuit, FloatArray, FloatArray | None, float]:
        _check_kind(kind, simulator, shots)
        rows = _rows(X, "X")
        made = _encoding(circuit, rows.shape[1], features)
        _check_columns(X, made, circuit)
        width, none = _gamma(gamma) / 2.0, np.empty(0)
        points = made.points(rows, none)
        if Y is None:
            return made.circuit, points, None, width
        others = _rows(Y, "Y")
        _check_columns(Y, made, circuit)
        if others.shape[1] != rows.shape[1]:
            raise InputError(
                "Y", got=f"{others.shape[1]} features", expected=f"{rows.shape[1]}, as many as X"
            )
        return made.circuit, points, made.points(others, none), width

    encoded, points, others, width = checked_together("kernel()", check)
    if kind == "fidelity":
        found = overlaps(encoded, points, others, threads=threads)
        # Rounding differs on the two sides of the diagonal within a tile.
        return found if others is not None else np.triu(found) + np.triu(found, 1).T
    every = points if others is None else np.concatenate([points, others])
    paulis = [
        SparsePauliOp.from_sparse_list([(pauli, [qubit], 1.0)], encoded.num_qubits)
        for qubit in range(encoded.num_qubits)
        for pauli in "XYZ"
    ]
    read = expectation(
        encoded, paulis, every, simulator=simulator, shots=shots, seed=seed, threads=threads
    )
    if others is None:
        distances = squareform(pdist(read, "sqeuclidean"))
    else:
        distances = cdist(read[: len(points)], read[len(points) :], "sqeuclidean")
    similar: FloatArray = np.exp(-width * distances)
    return similar


def _check_kind(kind: object, simulator: object, shots: object) -> None:
    if kind not in ("fidelity", "projected"):
        raise InputError("kind", got=repr(kind), expected="'fidelity' or 'projected'")
    if kind == "fidelity" and (shots is not None or simulator not in ("auto", "native")):
        raise InputError(
            "shots" if shots is not None else "simulator",
            got=repr(simulator if shots is None else shots)[:60],
            expected="none beside kind='fidelity', which is exact",
            advice="kind='projected' takes simulators and shots",
        )


def _encoding(
    circuit: str | QuantumCircuit, columns: int, features: Iterable[Parameter | str] | None
) -> Encoding:
    """Return the circuit, all of whose parameters are features."""
    made = encoding_of(circuit, columns, features)
    others = [each.name for each in made.circuit.parameters if each not in made.features]
    if others:
        raise InputError(
            "circuit",
            got=f"parameters that are no features: {', '.join(others)}"[:200],
            expected="features alone",
            advice="bind the others with circuit.assign_parameters",
        )
    return made


def _check_columns(data: object, made: Encoding, circuit: str | QuantumCircuit) -> None:
    if isinstance(circuit, QuantumCircuit):
        check_order(getattr(data, "columns", ()), features_of(circuit, made.features))


def _rows(data: ArrayLike, what: str) -> FloatArray:
    """Return samples as an array of shape (N, F).

    Raises:
        InputError: another shape, no samples, NaN or infinity.
    """
    rows = real_array(data, what)
    if rows.ndim != 2 or 0 in rows.shape:
        raise InputError(
            what,
            got=f"shape {rows.shape}",
            expected="shape (N, F), one sample a row",
            advice=f"{what}.reshape(-1, 1) is N samples of one feature" if rows.ndim == 1 else "",
        )
    if not np.isfinite(rows).all():
        sample, column = np.argwhere(~np.isfinite(rows))[0]
        raise InputError(
            what,
            got=f"{rows[sample, column]} in sample {sample}, feature {column}",
            expected="finite numbers",
        )
    return rows


def _gamma(gamma: object) -> float:
    good = isinstance(gamma, int | float | np.integer | np.floating) and not isinstance(gamma, bool)
    if not good or not 0.0 < gamma < np.inf:  # type: ignore[operator]
        raise InputError("gamma", got=repr(gamma)[:60], expected="a positive number")
    return float(gamma)  # type: ignore[arg-type]
