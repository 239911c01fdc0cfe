"""Noise models for Aer from run files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hybrid.settings.tables import Noise

if TYPE_CHECKING:
    from qiskit_aer.noise import NoiseModel

_ONE_QUBIT_GATES = ["x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg", "rx", "ry", "rz", "r"]
_ONE_QUBIT_GATES += ["p", "u", "u1", "u2", "u3", "id"]
_TWO_QUBIT_GATES = ["cx", "cy", "cz", "ch", "cp", "crx", "cry", "crz", "cu", "csx", "swap", "ecr"]
_TWO_QUBIT_GATES += ["rxx", "ryy", "rzz", "rzx"]


def noise_model(table: Noise | None) -> NoiseModel | None:
    """Return the noise model of a table, or None.

    Each gate on k qubits is followed by the depolarizing channel
    ``rho -> (1 - p) rho + p I / 2^k``. A measured bit is flipped with probability ``readout``.

    Example:
        >>> noise_model(Noise(readout=0.02)).noise_instructions
        ['measure']
    """
    if table is None:
        return None
    from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

    model = NoiseModel()
    if table.depolarizing_1q > 0.0:
        error = depolarizing_error(table.depolarizing_1q, 1)
        model.add_all_qubit_quantum_error(error, _ONE_QUBIT_GATES)
    if table.depolarizing_2q > 0.0:
        error = depolarizing_error(table.depolarizing_2q, 2)
        model.add_all_qubit_quantum_error(error, _TWO_QUBIT_GATES)
    if table.readout > 0.0:
        flip = table.readout
        model.add_all_qubit_readout_error(ReadoutError([[1 - flip, flip], [flip, 1 - flip]]))
    return model
