"""Molecules against energies that PySCF found without qubits."""

from __future__ import annotations

import subprocess
import sys
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector
from scipy.optimize import minimize

from hybrid.core.errors import InputError
from hybrid.problems import Molecule

DATA = Path(__file__).parents[2] / "examples" / "data"

HARTREE_FOCK = {"h2": -1.1169990, "lih": -7.8620239, "water": -74.9630231, "n2": -107.4965005}
FCI = {"h2": -1.1373060, "lih": -7.8824019, "water": -75.0125782}
# name: qubits, terms, UCCSD parameters
SIZES = {"h2": (4, 15, 3), "lih": (12, 631, 92), "water": (14, 1086, 140)}


def load(name: str, **options: str) -> Molecule:
    return Molecule.from_fcidump(DATA / f"{name}.fcidump", **options)


def basis_state(circuit: QuantumCircuit) -> int:
    """The index that a circuit of X gates prepares."""
    assert {step.operation.name for step in circuit.data} == {"x"}
    return sum(1 << circuit.find_bit(step.qubits[0]).index for step in circuit.data)


def diagonal_entry(operator: SparsePauliOp, index: int) -> float:
    """<index|operator|index>, from the strings of I and Z alone."""
    bits = np.array([index >> qubit & 1 for qubit in range(operator.num_qubits)])
    diagonal = ~operator.paulis.x.any(axis=1)
    signs = 1 - 2 * ((operator.paulis.z[diagonal] & bits.astype(bool)).sum(axis=1) % 2)
    return float((operator.coeffs.real[diagonal] * signs).sum())


def sector_ground_energy(molecule: Molecule) -> float:
    """The lowest eigenvalue among states with the right number of electrons of each spin."""
    n = molecule.num_spatial_orbitals
    states = [
        state
        for state in range(4**n)
        if ((state % 2**n).bit_count(), (state >> n).bit_count()) == molecule.num_electrons
    ]
    matrix = molecule.hamiltonian().to_matrix(sparse=True).tocsr()[states][:, states]
    return float(np.linalg.eigvalsh(matrix.toarray())[0])


@pytest.mark.parametrize("name", FCI)
def test_ground_energy_is_that_of_full_configuration_interaction(name: str) -> None:
    assert sector_ground_energy(load(name)) == pytest.approx(FCI[name], abs=1e-6)


@pytest.mark.parametrize("name", HARTREE_FOCK)
def test_hartree_fock_energy(name: str) -> None:
    assert load(name).hartree_fock_energy() == pytest.approx(HARTREE_FOCK[name], abs=1e-7)


@pytest.mark.parametrize(
    ("name", "mapper"),
    [("water", "jordan_wigner"), ("lih", "parity"), ("h2", "bravyi_kitaev"), ("h2", "parity")],
)
def test_hartree_fock_state_has_the_hartree_fock_energy(name: str, mapper: str) -> None:
    molecule = load(name, mapper=mapper)
    state = molecule.hartree_fock()
    assert state.num_qubits == molecule.num_qubits
    energy = diagonal_entry(molecule.hamiltonian(), basis_state(state))
    assert energy == pytest.approx(molecule.hartree_fock_energy(), abs=1e-8)


def test_high_spin_hartree_fock_energy(tmp_path: Path) -> None:
    """A triplet: the formula sums over each spin's own occupied orbitals."""
    path = tmp_path / "triplet.fcidump"
    path.write_text((DATA / "lih.fcidump").read_text().replace("MS2=0", "MS2=2"))
    triplet = Molecule.from_fcidump(path)
    energy = diagonal_entry(triplet.hamiltonian(), basis_state(triplet.hartree_fock()))
    assert energy == pytest.approx(triplet.hartree_fock_energy(), abs=1e-8)
    assert energy > HARTREE_FOCK["lih"]


@pytest.mark.parametrize("name", SIZES)
def test_sizes_and_kinds(name: str) -> None:
    molecule = load(name)
    hamiltonian, ansatz = molecule.hamiltonian(), molecule.uccsd()
    assert (molecule.num_qubits, len(hamiltonian), ansatz.num_parameters) == SIZES[name]
    assert hamiltonian.num_qubits == ansatz.num_qubits == molecule.num_qubits
    assert not hamiltonian.coeffs.imag.any()
    assert abs(hamiltonian.coeffs).min() > 1e-8
    kinds = [step.operation.name for step in ansatz.data]
    electrons = sum(molecule.num_electrons)
    assert kinds == ["x"] * electrons + ["PauliEvolution"] * ansatz.num_parameters
    times = [step.operation.params[0] for step in ansatz.data[electrons:]]
    assert times == list(ansatz.parameters)


def test_each_excitation_is_of_commuting_strings_with_one_x_mask() -> None:
    """What lets the kernels turn pairs of amplitudes instead of running CNOT ladders."""
    for step in load("lih").uccsd().data[4:]:
        paulis = step.operation.operator.paulis
        assert all((paulis.x == paulis.x[0]).all(axis=1))
        assert all(a.commutes(b) for a, b in pairwise(paulis))
        assert len(paulis) in (2, 8)


@pytest.mark.parametrize("mapper", ["jordan_wigner", "parity", "bravyi_kitaev"])
def test_uccsd_reaches_the_ground_state_of_hydrogen(mapper: str) -> None:
    """With two electrons singles and doubles are all there is, so UCCSD is exact."""
    molecule = load("h2", mapper=mapper)
    ansatz, matrix = molecule.uccsd(), molecule.hamiltonian().to_matrix()

    def energy(point: np.ndarray) -> float:
        state = Statevector(ansatz.assign_parameters(point)).data
        return float((state.conj() @ matrix @ state).real)

    assert energy(np.zeros(3)) == pytest.approx(HARTREE_FOCK["h2"], abs=1e-7)
    assert minimize(energy, np.zeros(3)).fun == pytest.approx(FCI["h2"], abs=1e-6)


def test_the_core_energy_is_part_of_the_identity_term() -> None:
    water = load("water")
    shifted = Molecule(
        water.one_body, water.two_body, water.core_energy + 1.5, water.num_electrons
    ).hamiltonian()
    difference = (shifted - water.hamiltonian()).simplify(atol=1e-10)
    assert difference.paulis.to_labels() == ["I" * 14]
    assert difference.coeffs[0] == pytest.approx(1.5, abs=1e-10)


def test_no_warnings_reach_the_user() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        molecule = load("h2")
        molecule.hamiltonian()
        molecule.uccsd()


def test_chemistry_is_imported_only_when_asked_for() -> None:
    code = "import sys, hybrid.problems; print('qiskit_nature' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_arrays_cannot_be_changed() -> None:
    molecule = load("h2")
    with pytest.raises(ValueError, match="read-only"):
        molecule.one_body[0, 0] = 1.0


def test_bad_input() -> None:
    one, two = np.eye(2), np.zeros((2, 2, 2, 2))
    with pytest.raises(InputError, match="did you mean 'parity'"):
        load("h2", mapper="partiy")
    with pytest.raises(InputError, match="shapes"):
        Molecule(one, np.zeros((3, 3, 3, 3)), 0.0, (1, 1))
    with pytest.raises(InputError, match="NaN"):
        Molecule(one * np.nan, two, 0.0, (1, 1))
    with pytest.raises(InputError, match="0 to 2 of each spin"):
        Molecule(one, two, 0.0, (3, 1))
    with pytest.raises(InputError, match="leaves no qubit"):
        Molecule(np.eye(1), np.zeros((1, 1, 1, 1)), 0.0, (1, 0), mapper="parity")
    with pytest.raises(InputError, match="larger basis"):
        Molecule(one, two, 0.0, (2, 0)).uccsd()


def test_hamiltonian_has_the_same_bits_in_whatever_order_its_terms_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # qiskit-nature lists the terms in an order that differs from process to process
    from qiskit_nature.second_q.hamiltonians import ElectronicEnergy
    from qiskit_nature.second_q.operators import FermionicOp

    molecule = Molecule.from_fcidump(DATA / "h2.fcidump")
    expected = molecule.hamiltonian()
    original = ElectronicEnergy.second_q_op

    def backwards(energy: ElectronicEnergy) -> FermionicOp:
        operator = original(energy)
        terms = dict(list(operator.items())[::-1])
        return FermionicOp(terms, num_spin_orbitals=operator.num_spin_orbitals)

    monkeypatch.setattr(ElectronicEnergy, "second_q_op", backwards)
    found = molecule.hamiltonian()
    assert found.paulis == expected.paulis
    assert found.coeffs.tobytes() == expected.coeffs.tobytes()
