"""Mappings of spin orbitals to qubits, and excitations, by qiskit-nature."""

from __future__ import annotations

from typing import Any

from hybrid.core.errors import InputError, nearest
from hybrid.problems.determinant import Occupation

MAPPERS = ("jordan_wigner", "parity", "bravyi_kitaev")


def check_mapper(mapper: str) -> None:
    """Refuse the name of an unknown mapper.

    Raises:
        InputError: there is no such mapper.
    """
    if mapper not in MAPPERS:
        raise InputError(
            "mapper",
            got=repr(mapper),
            expected=f"one of {', '.join(MAPPERS)}",
            advice=nearest(str(mapper), MAPPERS),
        )


def mapper_of(name: str, num_electrons: tuple[int, int]) -> Any:
    """Return qiskit-nature's mapper of a name."""
    from qiskit_nature.second_q import mappers

    if name == "parity":
        return mappers.ParityMapper(num_electrons)
    if name == "bravyi_kitaev":
        return mappers.BravyiKitaevMapper()
    return mappers.JordanWignerMapper()


def excitations_of(
    occupation: Occupation, num_spatial_orbitals: int, num_particles: tuple[int, int]
) -> list[tuple[tuple[int, ...], ...]]:
    """Return single and double excitations of a determinant, as spin orbitals."""
    from qiskit_nature.second_q.circuit.library.ansatzes.utils import (
        generate_fermionic_excitations,
    )

    # qiskit-nature excites from the first orbitals: count occupied ones first, then rename.
    n = num_spatial_orbitals
    order = [
        orbital + n * spin
        for spin, occupied in enumerate(occupation)
        for orbital in (*occupied, *sorted(set(range(n)) - set(occupied)))
    ]
    return [
        tuple(tuple(order[mode] for mode in modes) for modes in excitation)
        for rank in (1, 2)
        for excitation in generate_fermionic_excitations(rank, n, num_particles)
    ]
