"""The electronic structure of a molecule: Hamiltonian, Hartree-Fock state and UCCSD ansatz."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError, nearest
from hybrid.problems.fcidump import read_fcidump
from hybrid.problems.nature import in_fixed_order, qiskit_nature

MAPPERS = ("jordan_wigner", "parity", "bravyi_kitaev")


@dataclass(frozen=True, eq=False)
class Molecule:
    """Electrons in n spatial orbitals; all energies in hartree.

    Attributes:
        one_body: (n, n) float64, kinetic energy and attraction by the nuclei.
        two_body: (n, n, n, n) float64, repulsion in chemists' order, (ij|kl).
        core_energy: repulsion of the nuclei, and frozen orbitals.
        num_electrons: of spin alpha and of spin beta.
        mapper: from spin orbitals to qubits: "jordan_wigner" and "bravyi_kitaev" take 2n
            qubits; "parity" takes 2n - 2, as it drops the two that the electron numbers fix.
            Spin orbitals are ordered alpha first, then beta.
        name: for reports.

    Raises:
        InputError: shapes that do not fit, numbers that are not finite, more electrons than
            orbitals, or an unknown mapper.

    Example:
        >>> from hybrid.problems import Molecule
        >>> hydrogen = Molecule.from_fcidump("examples/data/h2.fcidump")
        >>> hydrogen.num_qubits, len(hydrogen.hamiltonian()), hydrogen.uccsd().num_parameters
        (4, 15, 3)
        >>> round(hydrogen.hartree_fock_energy(), 6)
        -1.116999
    """

    one_body: FloatArray = field(repr=False)
    two_body: FloatArray = field(repr=False)
    core_energy: float
    num_electrons: tuple[int, int]
    mapper: str = "jordan_wigner"
    name: str = "molecule"

    def __post_init__(self) -> None:
        for attribute in ("one_body", "two_body"):
            array = np.array(getattr(self, attribute), dtype=np.float64)
            array.setflags(write=False)
            object.__setattr__(self, attribute, array)
        self._check()

    @classmethod
    def from_fcidump(cls, path: str | Path, *, mapper: str = "jordan_wigner") -> Molecule:
        """Read the integrals from an FCIDUMP file of a spin-restricted calculation.

        Args:
            path: the file. Its orbitals must be ordered by occupation in the Hartree-Fock
                state: the first ones are the occupied ones.
            mapper: see the class.

        Raises:
            InputError: the file is missing, damaged or not of this kind (the message names the
                line), the mapper unknown, or qiskit-nature not installed.
        """
        _check_mapper(mapper)
        read = read_fcidump(path)
        return cls(
            read.one_body,
            read.two_body,
            read.core_energy,
            read.num_electrons,
            mapper,
            Path(path).stem,
        )

    @property
    def num_spatial_orbitals(self) -> int:
        """The number n of orbitals, each of which holds two electrons."""
        return len(self.one_body)

    @property
    def num_qubits(self) -> int:
        """The width of the Hamiltonian and of the circuits."""
        return 2 * self.num_spatial_orbitals - (2 if self.mapper == "parity" else 0)

    def hamiltonian(self) -> SparsePauliOp:
        """Return the Hamiltonian on qubits, the core energy as its identity term.

        Coefficients are real; those below 1e-8 hartree, zeros of symmetry, are dropped.

        Example:
            >>> from hybrid.problems import Molecule
            >>> Molecule.from_fcidump("examples/data/water.fcidump").hamiltonian().num_qubits
            14
        """
        with qiskit_nature():
            from qiskit_nature.second_q.hamiltonians import ElectronicEnergy
            from qiskit_nature.second_q.operators.tensor_ordering import (
                IndexType,
                to_physicist_ordering,
            )

            energy = ElectronicEnergy.from_raw_integrals(
                np.array(self.one_body),
                to_physicist_ordering(np.array(self.two_body), index_order=IndexType.CHEMIST),
                auto_index_order=False,
            )
            # Mapping costs a fixed time per term: merge equal ones first, a third remain.
            merged = in_fixed_order(in_fixed_order(energy.second_q_op()).index_order())
            electrons = self._mapper().map(merged)
        core = SparsePauliOp("I" * self.num_qubits, [self.core_energy])
        total = (core + electrons).simplify(atol=1e-8)
        return SparsePauliOp(total.paulis, total.coeffs.real)

    def hartree_fock(self) -> QuantumCircuit:
        """Return the circuit of X gates that prepares the Hartree-Fock determinant."""
        with qiskit_nature():
            from qiskit_nature.second_q.circuit.library import HartreeFock

            state = HartreeFock(self.num_spatial_orbitals, self.num_electrons, self._mapper())
            circuit = QuantumCircuit(self.num_qubits)
            circuit.compose(state, inplace=True)
        return circuit

    def uccsd(self) -> QuantumCircuit:
        """Return unitary coupled cluster with singles and doubles on the Hartree-Fock state.

        One parameter per excitation, one first-order Trotter step. The circuit is flat: X
        gates, then one ``PauliEvolutionGate`` of commuting strings per excitation. All
        parameters zero is the Hartree-Fock state.

        Raises:
            InputError: no electron can be excited within its spin (all orbitals full or empty).

        Source: A. Peruzzo et al., Nat. Commun. 5, 4213 (2014), doi:10.1038/ncomms5213.
        """
        orbitals = self.num_spatial_orbitals
        if all(count in (0, orbitals) for count in self.num_electrons):
            raise InputError(
                f"UCCSD ansatz of {self.name}",
                got=f"{self.num_electrons} electrons (alpha, beta) in {orbitals} orbitals",
                expected="an occupied and an empty orbital of the same spin",
                advice="use a larger basis set or active space",
            )
        with qiskit_nature():
            from qiskit_nature.second_q.circuit.library import UCCSD

            ansatz = UCCSD(
                orbitals, self.num_electrons, self._mapper(), initial_state=self.hartree_fock()
            )
            circuit: QuantumCircuit = ansatz.decompose()
        circuit.name = f"uccsd_{self.name}"
        return circuit

    def hartree_fock_energy(self) -> float:
        """Return the energy of the Hartree-Fock determinant, from the integrals themselves."""
        alpha, beta = self.num_electrons
        spins = (slice(alpha), slice(beta))
        energy = self.core_energy
        for mine in spins:
            energy += float(np.trace(self.one_body[mine, mine]))
            energy -= 0.5 * float(np.einsum("ijji->", self.two_body[mine, mine, mine, mine]))
            for other in spins:
                repulsion = self.two_body[mine, mine, other, other]
                energy += 0.5 * float(np.einsum("iijj->", repulsion))
        return energy

    def _mapper(self) -> Any:
        """Return qiskit-nature's mapper of that name."""
        from qiskit_nature.second_q import mappers

        if self.mapper == "parity":
            return mappers.ParityMapper(self.num_electrons)
        if self.mapper == "bravyi_kitaev":
            return mappers.BravyiKitaevMapper()
        return mappers.JordanWignerMapper()

    def _check(self) -> None:
        _check_mapper(self.mapper)
        n = len(self.one_body) if self.one_body.ndim else 0
        if n == 0 or self.one_body.shape != (n, n) or self.two_body.shape != (n, n, n, n):
            raise InputError(
                f"integrals of {self.name}",
                got=f"shapes {self.one_body.shape} and {self.two_body.shape}",
                expected="(n, n) and (n, n, n, n) for n orbitals",
                advice="give two_body in full, in chemists' order",
            )
        if not all(np.isfinite(x).all() for x in (self.one_body, self.two_body, self.core_energy)):
            raise InputError(
                f"integrals of {self.name}",
                got="NaN or infinity",
                expected="finite numbers",
                advice="check the calculation that they come from",
            )
        if not all(0 <= count <= n for count in self.num_electrons) or not any(self.num_electrons):
            raise InputError(
                f"electrons of {self.name} (alpha, beta)",
                got=self.num_electrons,
                expected=f"0 to {n} of each spin, and at least one",
                advice="check the number of electrons and the spin",
            )
        if self.num_qubits == 0:
            raise InputError(
                f"mapper of {self.name}",
                got="'parity' for one orbital, which leaves no qubit",
                expected="two orbitals or more",
                advice="use 'jordan_wigner'",
            )


def _check_mapper(mapper: str) -> None:
    if mapper not in MAPPERS:
        raise InputError(
            "mapper",
            got=repr(mapper),
            expected=f"one of {', '.join(MAPPERS)}",
            advice=nearest(str(mapper), MAPPERS),
        )
