"""The electronic structure of a molecule: Hamiltonian, Hartree-Fock state and UCCSD ansatz."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError
from hybrid.problems.determinant import (
    Determinants,
    Occupation,
    checked_electrons,
    checked_occupation,
    listed,
)
from hybrid.problems.electronic import (
    ActiveSpace,
    integrals_of_geometry,
    integrals_of_pyscf,
)
from hybrid.problems.fcidump import Integrals, read_fcidump
from hybrid.problems.geometry import read_geometry
from hybrid.problems.integrals import checked_energy, checked_integrals
from hybrid.problems.mapping import check_mapper, excitations_of, mapper_of
from hybrid.problems.nature import in_fixed_order, qiskit_nature
from hybrid.problems.pool import checked_pool, excitations, strings
from hybrid.problems.sector import Sector, number_operator


@dataclass(frozen=True, eq=False)
class Molecule:
    """Electrons in n spatial orbitals; all energies in hartree.

    Attributes:
        one_body: (n, n) float64, kinetic energy and attraction by the nuclei.
        two_body: (n, n, n, n) float64, repulsion in chemists' order, (ij|kl).
        core_energy: repulsion of the nuclei, and frozen orbitals.
        num_electrons: of spin alpha and of spin beta.
        mapper: mapping of spin orbitals to qubits: "jordan_wigner" and "bravyi_kitaev" use 2n
            qubits; "parity" uses 2n - 2, without the two that the electron numbers fix. Spin
            orbitals are ordered alpha first, then beta.
        name: name in reports.
        occupation: occupied orbitals of the reference determinant, of spin alpha and of spin beta,
            counted from 0. If None, the restricted determinant of lowest energy, independent of
            the order of the orbitals.

    Raises:
        InputError: inconsistent shapes; numbers that are not real and finite; integrals without
            the symmetries of real spatial orbitals, or not in chemists' order; invalid electron
            numbers or occupation; or an unknown mapper.

    Example:
        >>> from hybrid.problems import Molecule
        >>> hydrogen = Molecule.from_fcidump("examples/data/h2.fcidump")
        >>> hydrogen.num_qubits, len(hydrogen.hamiltonian()), hydrogen.uccsd().num_parameters
        (4, 15, 3)
        >>> hydrogen.occupation, round(hydrogen.hartree_fock_energy(), 6)
        (((0,), (0,)), -1.116999)
    """

    one_body: FloatArray = field(repr=False)
    two_body: FloatArray = field(repr=False)
    core_energy: float
    num_electrons: tuple[int, int]
    mapper: str = "jordan_wigner"
    name: str = "molecule"
    occupation: Occupation | None = None

    def __post_init__(self) -> None:
        check_mapper(self.mapper)
        one_body, two_body = checked_integrals(self.name, self.one_body, self.two_body)
        num_electrons = checked_electrons(self.name, self.num_electrons, len(one_body))
        if self.occupation is None:
            occupation = Determinants.of(one_body, two_body).chosen(num_electrons)
        else:
            occupation = checked_occupation(
                self.name, self.occupation, num_electrons, len(one_body)
            )
        checked = {
            "one_body": one_body,
            "two_body": two_body,
            "core_energy": checked_energy(self.name, self.core_energy),
            "num_electrons": num_electrons,
            "occupation": occupation,
        }
        for attribute, value in checked.items():
            object.__setattr__(self, attribute, value)
        if self.num_qubits == 0:
            raise InputError(
                f"mapper of {self.name}",
                got="'parity' for one orbital, which leaves no qubit",
                expected="two orbitals or more",
                advice="use 'jordan_wigner'",
            )

    @classmethod
    def from_fcidump(
        cls,
        path: str | os.PathLike[str],
        *,
        mapper: str = "jordan_wigner",
        occupation: Occupation | None = None,
    ) -> Molecule:
        """Read the integrals from an FCIDUMP file of a spin-restricted calculation.

        Args:
            path: the file, with orbitals in any order.
            mapper: see the class.
            occupation: see the class.

        Raises:
            InputError: the file is missing, damaged or not such an FCIDUMP file (the message names
                the line), or see the class.
        """
        check_mapper(mapper)
        return cls._of(read_fcidump(path), Path(path).stem, mapper, occupation)

    @classmethod
    def from_geometry(
        cls,
        geometry: str | os.PathLike[str],
        basis: str = "sto-3g",
        *,
        charge: int = 0,
        spin: int = 0,
        unit: str = "angstrom",
        frozen_core: bool | int = False,
        active_space: ActiveSpace | None = None,
        mapper: str = "jordan_wigner",
        occupation: Occupation | None = None,
    ) -> Molecule:
        """Compute the integrals of a geometry with PySCF (extra ``integrals``).

        The orbitals are those of restricted Hartree-Fock, on one thread.

        Args:
            geometry: the path of an XYZ file, or a text such as ``"H 0 0 0; H 0 0 0.735"``.
            basis: a basis set of PySCF.
            charge: in units of the elementary charge.
            spin: number of unpaired electrons: 0 for a singlet, 1 for a doublet, ...
            unit: of the positions, "angstrom" or "bohr".
            frozen_core: whether the orbitals of each atom's last noble gas stay doubly occupied; or
                the number of such orbitals.
            active_space: numbers of active electrons and spatial orbitals, around the highest
                occupied one. Orbitals below are doubly occupied, orbitals above are empty.
            mapper: see the class.
            occupation: see the class.

        Raises:
            InputError: a damaged or impossible geometry, charge, spin, basis or active space, or
                no PySCF.
            HybridError: Hartree-Fock does not converge.
        """
        check_mapper(mapper)
        read = read_geometry(geometry, unit)
        found = integrals_of_geometry(read, basis, charge, spin, frozen_core, active_space)
        return cls._of(found, read.name, mapper, occupation)

    @classmethod
    def from_pyscf(
        cls,
        molecule: Any,
        *,
        frozen_core: bool | int = False,
        active_space: ActiveSpace | None = None,
        mapper: str = "jordan_wigner",
        occupation: Occupation | None = None,
    ) -> Molecule:
        """Take a molecule from PySCF; see :meth:`from_geometry` for the other arguments.

        Under MPI every rank must have the same orbitals to the last bit: let PySCF run on one
        thread (``OMP_NUM_THREADS=1``), or write an FCIDUMP file.

        Args:
            molecule: a ``pyscf.gto.Mole``, whose Hartree-Fock orbitals are computed, or a converged
                restricted mean-field object (RHF, ROHF, RKS, ...), whose orbitals are used.

        Raises:
            InputError: another object, orbitals that differ between the spins or have not
                converged, or an impossible active space.
        """
        check_mapper(mapper)
        found, name = integrals_of_pyscf(molecule, frozen_core, active_space)
        return cls._of(found, name, mapper, occupation)

    @classmethod
    def _of(
        cls, read: Integrals, name: str, mapper: str, occupation: Occupation | None
    ) -> Molecule:
        one, two, core = read.one_body, read.two_body, read.core_energy
        return cls(one, two, core, read.num_electrons, mapper, name, occupation)

    @property
    def num_spatial_orbitals(self) -> int:
        """The number n of spatial orbitals."""
        return len(self.one_body)

    @property
    def num_qubits(self) -> int:
        """The number of qubits of the Hamiltonian and the circuits."""
        return 2 * self.num_spatial_orbitals - (2 if self.mapper == "parity" else 0)

    def hamiltonian(self) -> SparsePauliOp:
        """Return the qubit Hamiltonian, with the core energy as its identity term.

        Coefficients are real; those below 1e-8 hartree, zeros by symmetry, are dropped. The
        operator acts on all electron numbers: if the circuit does not conserve them, add the
        penalty of :meth:`sector`.

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
        """Return the circuit of X gates that prepares the reference determinant.

        Warns:
            UserWarning: a determinant that differs in one orbital has a lower energy, so the
                reference may not be the intended state.
        """
        if warning := self.warning():
            warnings.warn(warning, stacklevel=2)
        with qiskit_nature():
            from qiskit_nature.second_q.operators import FermionicOp

            mapper, n = self._mapper(), self.num_spatial_orbitals
            occupied = [orbital + n * spin for spin in (0, 1) for orbital in self._occupied()[spin]]
            flips = np.zeros(self.num_qubits, dtype=bool)
            for mode in occupied:
                # Mappings are linear in the occupations: creating an electron flips these qubits.
                creation = FermionicOp({f"+_{mode}": 1.0}, num_spin_orbitals=2 * n)
                flips ^= mapper.map(creation).paulis.x[0]
        circuit = QuantumCircuit(self.num_qubits)
        circuit.x(np.flatnonzero(flips).tolist())
        return circuit

    def warning(self) -> str:
        """Return a warning about the reference determinant, or an empty string."""
        below = self._determinants().below(self._occupied())
        if below is None:
            return ""
        lower, depth = below
        return (
            f"{self.name}: the determinant {listed(lower)} lies {depth:.6f} hartree below the "
            f"reference {listed(self._occupied())}, from which it differs in one orbital; "
            "occupation= sets another reference"
        )

    def uccsd(self, layers: int = 1) -> QuantumCircuit:
        """Return unitary coupled cluster with singles and doubles on the reference determinant.

        One parameter per excitation and layer, and one first-order Trotter step per layer. The
        circuit is flat: X gates, then one ``PauliEvolutionGate`` of commuting strings per
        excitation. With all parameters zero it prepares the reference determinant.

        Args:
            layers: number of layers. One suffices for ground states near the reference; excited
                states (:class:`hybrid.VQD`) mostly need two.

        Raises:
            InputError: the number of layers is not positive, or no electron can be excited within
                its spin (all orbitals full or empty).

        Warns:
            UserWarning: see :meth:`hartree_fock`.

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
        reference = self.hartree_fock()
        with qiskit_nature():
            from qiskit_nature.second_q.circuit.library import UCC

            ansatz = UCC(
                orbitals,
                self.num_electrons,
                self._excitations,
                self._mapper(),
                reps=_checked_layers(layers),
                initial_state=reference,
            )
            circuit: QuantumCircuit = ansatz.decompose()
        circuit.name = f"uccsd_{self.name}"
        return circuit

    def pool(self, kind: str = "fermionic") -> dict[str, SparsePauliOp]:
        """Return operators for :class:`hybrid.AdaptVQE`, by name.

        Args:
            kind: "fermionic" for the single and double excitations of the reference, each ``A`` of
                ``exp(-i t A)``, named as in ``0a 0b -> 1a 1b`` (orbital and spin); or "qubit" for
                their Pauli strings without Zs, named as in ``X0 Y2``, which make shallower
                circuits and do not keep the electron numbers.

        Raises:
            InputError: another kind, or no electron can be excited within its spin.

        Example:
            >>> from hybrid.problems import Molecule
            >>> hydrogen = Molecule.from_fcidump("examples/data/h2.fcidump")
            >>> list(hydrogen.pool()), len(hydrogen.pool("qubit"))
            (['0a -> 1a', '0b -> 1b', '0a 0b -> 1a 1b'], 12)
        """
        checked_pool(kind)
        orbitals = self.num_spatial_orbitals
        modes = self._excitations(orbitals, self.num_electrons)
        found = excitations(self.uccsd(), modes, orbitals)
        return found if kind == "fermionic" else strings(found)

    def sector(self) -> Sector:
        """Return the observables that show whether a state has the molecule's electrons.

        The ground state of :meth:`hamiltonian` over all qubit states may have other electron
        numbers. Circuits that conserve them, such as :meth:`uccsd`, cannot reach it; with others,
        minimise ``hamiltonian() + sector().penalty`` and check that ``sector().deviation`` is zero
        at the end.

        Example:
            >>> from hybrid.problems import Molecule
            >>> hydrogen = Molecule.from_fcidump("examples/data/h2.fcidump")
            >>> alpha, beta = hydrogen.sector().numbers
            >>> alpha
            SparsePauliOp(['IIII', 'IIIZ', 'IIZI'],
                          coeffs=[ 1. +0.j, -0.5+0.j, -0.5+0.j])
        """
        with qiskit_nature():
            from qiskit_nature.second_q.operators import FermionicOp
            from qiskit_nature.second_q.properties import AngularMomentum

            n, mapper = self.num_spatial_orbitals, self._mapper()
            occupied = [FermionicOp({f"+_{mode} -_{mode}": 1.0}, 2 * n) for mode in range(2 * n)]
            numbers = [mapper.map(each) for each in occupied]
            spin = mapper.map(in_fixed_order(AngularMomentum(n).second_q_ops()["AngularMomentum"]))
        alpha, beta = number_operator(numbers[:n]), number_operator(numbers[n:])
        weight = self._determinants().cost_of_leaving(self._occupied())
        return Sector.of(self.num_electrons, (alpha, beta), spin, weight)

    def hartree_fock_energy(self) -> float:
        """Return the energy of the reference determinant, computed from the integrals."""
        return self.core_energy + self._determinants().energy(self._occupied())

    def _determinants(self) -> Determinants:
        return Determinants.of(self.one_body, self.two_body)

    def _occupied(self) -> Occupation:
        assert self.occupation is not None  # set in __post_init__
        return self.occupation

    def _excitations(
        self, num_spatial_orbitals: int, num_particles: tuple[int, int]
    ) -> list[tuple[tuple[int, ...], ...]]:
        """Return single and double excitations of the reference, as spin orbitals."""
        return excitations_of(self._occupied(), num_spatial_orbitals, num_particles)

    def _mapper(self) -> Any:
        """Return qiskit-nature's mapper of that name."""
        return mapper_of(self.mapper, self.num_electrons)


def _checked_layers(layers: object) -> int:
    if isinstance(layers, int | np.integer) and not isinstance(layers, bool) and layers >= 1:
        return int(layers)
    raise InputError("layers", got=repr(layers)[:60], expected="an integer of at least 1")
