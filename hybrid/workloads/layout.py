"""Point out observables that were not mapped to the qubits of a transpiled circuit."""

from __future__ import annotations

import warnings

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.errors import InputError
from hybrid.runtime.world import world

_MAP = "observable.apply_layout(circuit.layout)"


def check_mapped(circuit: QuantumCircuit, operator: SparsePauliOp) -> None:
    """Point out an operator that may not be meant for the qubits of a transpiled circuit.

    Qiskit's transpiler moves qubits, and pads circuits to the width of the device. An operator for
    the original circuit then has another width, and is refused. If the widths are equal, nothing
    tells for sure: rank 0 warns if the operator acts where no qubit of the original circuit ends,
    or if all qubits of the device were permuted.

    Raises:
        InputError: the operator has another width than the transpiled circuit.

    Warns:
        UserWarning: it may not have been mapped.
    """
    layout = getattr(circuit, "layout", None)
    if layout is None:
        return
    width = circuit.num_qubits
    if operator.num_qubits != width:
        raise InputError(
            "observable",
            got=f"an operator on {operator.num_qubits} qubits",
            expected=f"one on the {width} qubits of the device that the circuit was transpiled for",
            advice=f"pass {_MAP}",
        )
    places = _places(layout)
    if places is None or world().rank > 0:
        return
    idle = np.setdiff1d(np.flatnonzero(_acts_on(operator)), places)
    moved = len(places) == width and places != list(range(width))
    if len(idle):
        why = f"the observable acts on qubit {idle[0]}, where none of them ends"
    elif moved and not operator.apply_layout(places).equiv(operator):
        why = "the observable is taken on the qubits of the transpiled circuit"
    else:
        return
    warnings.warn(
        f"the circuit was transpiled, and its qubits end on {places}; {why}. If it was written for "
        f"the circuit before transpiling, pass {_MAP}",
        stacklevel=2,
    )


def _places(layout: object) -> list[int] | None:
    """Return where each qubit of the original circuit ends, or None if that is unknown."""
    try:
        return list(layout.final_index_layout(filter_ancillas=True))  # type: ignore[attr-defined]
    except Exception:  # layouts that other importers make
        return None


def _acts_on(operator: SparsePauliOp) -> np.ndarray:
    """Return for each qubit whether a string has a letter on it, shape (n,)."""
    found: np.ndarray = (operator.paulis.x | operator.paulis.z).any(axis=0)
    return found
