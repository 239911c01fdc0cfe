"""From run files to workloads: what is built is what the file says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit, qpy
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.errors import InputError
from hybrid.problems import Molecule
from hybrid.settings import Reference, build, load, minimize_arguments
from hybrid.settings.build import CHEMICAL_ACCURACY
from hybrid.settings.noise import noise_model
from hybrid.settings.tables import Noise
from hybrid.simulators import Aer, Native
from tests import oracle
from tests.settings.run_files import EXAMPLES, ISING, changed, write


def test_water_has_the_size_that_it_should() -> None:
    job = build(load(EXAMPLES / "water.toml"))
    assert (job.workload.num_qubits, job.workload.num_parameters) == (14, 140)
    assert job.reference == Reference(
        -75.0125782, "reference of the run file", "hartree", CHEMICAL_ACCURACY
    )


def test_a_pauli_problem_keeps_its_terms(tmp_path: Path) -> None:
    job = build(load(write(tmp_path, ISING)))
    assert job.workload.num_qubits == 2
    assert job.workload.observable.num_terms == 3
    assert job.workload.num_parameters == job.circuit.num_parameters == 4
    assert job.reference is None


def test_a_pauli_problem_reads_qubit_0_at_the_right(tmp_path: Path) -> None:
    tables = changed(ISING, problem={"terms": [["IZ", 2.0]]})
    observable = build(load(write(tmp_path, tables))).workload.observable
    assert observable.z_masks.tolist() == [0b01]


def test_the_reference_of_a_maximum_cut_is_the_largest_one(tmp_path: Path) -> None:
    (tmp_path / "square.edges").write_text("0 1\n1 2\n2 3\n3 0\n")
    problem = {"kind": "maxcut", "edges": "square.edges"}
    path = write(tmp_path, {"problem": problem, "ansatz": {"kind": "qaoa", "depth": 2}})
    job = build(load(path))
    assert job.workload.num_parameters == 4
    assert job.reference is not None
    assert job.reference.value == -4.0
    assert job.sampled is not None


@pytest.mark.parametrize("circuit", ["efficient_su2", "real_amplitudes"])
def test_hardware_efficient_layers(tmp_path: Path, circuit: str) -> None:
    ansatz = {"kind": "hardware_efficient", "circuit": circuit, "layers": 2}
    job = build(load(write(tmp_path, changed(ISING, ansatz=ansatz))))
    rotations = 2 if circuit == "efficient_su2" else 1
    assert job.circuit.num_parameters == 2 * rotations * (2 + 1)


def test_a_molecule_with_a_hardware_efficient_ansatz(tmp_path: Path) -> None:
    problem = {"kind": "molecule", "fcidump": str(EXAMPLES / "data" / "h2.fcidump")}
    tables = {"problem": problem, "ansatz": {"kind": "hardware_efficient", "layers": 1}}
    assert build(load(write(tmp_path, tables))).workload.num_qubits == 4


def test_a_damaged_data_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cut.fcidump").write_text("&FCI NORB=2,NELEC=2,MS2=0,\n")
    problem = {"kind": "molecule", "fcidump": "cut.fcidump"}
    path = write(tmp_path, {"problem": problem, "ansatz": {"kind": "uccsd"}})
    with pytest.raises(InputError, match=r"cut\.fcidump"):
        build(load(path))


def test_arguments_of_minimize(tmp_path: Path) -> None:
    tables = changed(
        ISING,
        optimizer={"name": "SLSQP", "max_iterations": 5, "tolerance": 1e-6},
        simulator={"name": "native", "precision": "complex64", "sector": False},
        run={"seed": 3, "threads": 2},
    )
    assert minimize_arguments(load(write(tmp_path, tables))) == {
        "optimizer": "SLSQP",
        "options": {},
        "max_iterations": 5,
        "tolerance": 1e-6,
        "gradient": "exact",
        "simulator": Native(precision="complex64"),
        "shots": None,
        "seed": 3,
        "threads": 2,
        "shards": "auto",
        "groups": "auto",
        "sector": False,
        "journal": None,
        "time_limit": None,
        "stall": "report",
    }


def test_aer_gets_its_method_and_noise(tmp_path: Path) -> None:
    simulator = {"name": "aer", "method": "density_matrix", "noise": {"readout": 0.25}}
    arguments = minimize_arguments(load(write(tmp_path, changed(ISING, simulator=simulator))))
    chosen = arguments["simulator"]
    assert isinstance(chosen, Aer)
    assert chosen.method == "density_matrix"
    assert chosen.noise_model.noise_instructions == ["measure"]


def test_readout_noise_flips_the_share_of_bits_that_it_says() -> None:
    from qiskit import QuantumCircuit
    from qiskit_aer import AerSimulator

    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    shots, flip = 4000, 0.25
    simulator = AerSimulator(noise_model=noise_model(Noise(readout=flip)), seed_simulator=1)
    flipped = simulator.run(circuit, shots=shots).result().get_counts().get("1", 0)
    assert abs(flipped - shots * flip) < 5 * np.sqrt(shots * flip * (1 - flip))


def test_depolarizing_noise_shrinks_an_expectation_value_by_its_probability() -> None:
    from qiskit import QuantumCircuit
    from qiskit_aer import AerSimulator

    circuit = QuantumCircuit(2)
    circuit.x(0)
    circuit.cx(0, 1)
    circuit.save_density_matrix()
    noise = noise_model(Noise(depolarizing_1q=0.1, depolarizing_2q=0.2))
    simulator = AerSimulator(method="density_matrix", noise_model=noise)
    state = simulator.run(circuit).result().data()["density_matrix"]
    z_of_qubit_1 = np.diag([1.0, 1.0, -1.0, -1.0])
    assert np.trace(np.asarray(state) @ z_of_qubit_1).real == pytest.approx(-0.9 * 0.8)


def test_a_molecule_too_wide_is_refused_before_it_is_mapped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def mapped(_: Molecule) -> None:
        raise AssertionError("mapping takes minutes")

    molecule = {
        "problem": {"kind": "molecule", "fcidump": str(EXAMPLES / "data" / "water.fcidump")},
        "ansatz": {"kind": "uccsd"},
    }
    run_file = load(write(tmp_path, molecule))
    dense = load(write(tmp_path, {**molecule, "simulator": {"sector": False}}))
    in_sector = 8 * 21 * 21  # real numbers
    assert build(run_file, 2 * in_sector).workload.num_qubits == 14
    monkeypatch.setattr(Molecule, "hamiltonian", mapped)
    for each, needed in ((run_file, in_sector), (dense, 16 << 14)):
        with pytest.raises(InputError, match="a state of 14 qubits that needs"):
            build(each, needed - 1)
    sampled = load(write(tmp_path, {**molecule, "simulator": {"name": "aer"}}))
    with pytest.raises(AssertionError, match="mapping"):
        build(sampled, 1)


def _ansatz_file(folder: Path, *, measured: bool = False) -> None:
    circuits = [QuantumCircuit(1, name="narrow"), real_amplitudes(2, reps=1)]
    if measured:
        circuits[1].measure_all()
    with (folder / "ansatz.qpy").open("wb") as file:
        qpy.dump(circuits, file)


@pytest.mark.parametrize("measured", [False, True])
def test_an_ansatz_from_a_file(tmp_path: Path, measured: bool) -> None:
    _ansatz_file(tmp_path, measured=measured)
    ansatz = {"kind": "file", "path": "ansatz.qpy", "index": 1}
    tables = {"problem": ISING["problem"], "ansatz": ansatz}
    job = build(load(write(tmp_path, tables)))
    point = np.array([0.1, 0.2, 0.3, 0.4])
    observable = job.workload.observable.operator
    assert oracle.value(job.circuit, observable, point) == pytest.approx(
        oracle.value(real_amplitudes(2, reps=1), observable, point), abs=1e-12
    )
    assert job.notes == (
        ("the final measurements of ansatz.qpy are left out: the problem says what to measure",)
        if measured
        else ()
    )


def test_ansatz_files_that_do_not_fit(tmp_path: Path) -> None:
    _ansatz_file(tmp_path)
    tables = {"problem": ISING["problem"], "ansatz": {"kind": "file", "path": "ansatz.qpy"}}

    def refusal(**keys: object) -> str:
        ansatz = {**tables["ansatz"], **keys}
        with pytest.raises(InputError) as caught:
            build(load(write(tmp_path, {**tables, "ansatz": ansatz})))
        return str(caught.value)

    assert "got 2 circuits (0: narrow, 1: " in refusal()
    assert "a circuit on 1 qubits, expected one on 2 qubits" in refusal(index=0)
    (tmp_path / "fixed.qasm").write_text('OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; h q;')
    assert "without parameters, expected at least one parameter" in refusal(path="fixed.qasm")
    assert "ansatz.path: got 'gone.qpy', which is not a file" in refusal(path="gone.qpy")
    assert "ansatz.index: got -1, expected an integer from 0" in refusal(index=-1)


def test_an_observable_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "terms.txt").write_text("-1.0 * Z0 Z1\n-0.5 * X0\n-0.5 * X1\n")
    problem = {"kind": "observable", "path": "terms.txt", "reference_energy": -1.4}
    tables = {"problem": problem, "ansatz": ISING["ansatz"]}
    job = build(load(write(tmp_path, tables)))
    right = SparsePauliOp(*zip(*ISING["problem"]["terms"], strict=True))
    assert job.workload.observable.operator.equiv(right)
    assert job.reference == Reference(-1.4, "reference of the run file")
    with pytest.raises(InputError, match=r"problem\.path: got 'gone\.txt', which is not a file"):
        load(write(tmp_path, changed(tables, problem={"path": "gone.txt"})))


def test_an_observable_from_a_file_is_as_wide_as_its_circuit(tmp_path: Path) -> None:
    _ansatz_file(tmp_path)
    (tmp_path / "terms.txt").write_text("0.5 Z0")
    ansatz = {"kind": "file", "path": "ansatz.qpy", "index": 1}
    tables = {"problem": {"kind": "observable", "path": "terms.txt"}, "ansatz": ansatz}
    assert build(load(write(tmp_path, tables))).workload.num_qubits == 2


def test_a_molecule_from_a_geometry(tmp_path: Path) -> None:
    pytest.importorskip("pyscf")
    (tmp_path / "lih.xyz").write_text("2\n\nLi 0 0 0\nH 0 0 1.595\n")
    problem = {"kind": "geometry", "xyz": "lih.xyz", "active_space": [2, 2], "mapper": "parity"}
    tables = {"problem": problem, "ansatz": {"kind": "uccsd"}}
    job = build(load(write(tmp_path, tables)))
    assert (job.workload.num_qubits, job.workload.num_parameters) == (2, 3)
    whole = {**tables, "problem": {"kind": "geometry", "xyz": "lih.xyz", "frozen_core": True}}
    assert build(load(write(tmp_path, whole))).workload.num_qubits == 10

    def refusal(**keys: object) -> str:
        with pytest.raises(InputError) as caught:
            build(load(write(tmp_path, changed(tables, problem=keys))))
        return str(caught.value)

    assert "got 0 (a singlet) for 3 electrons, expected an odd" in refusal(charge=1)
    assert "problem.active_space" in refusal(active_space=[2])
    assert "problem.xyz: got 'gone.xyz', which is not a file" in refusal(xyz="gone.xyz")
    assert "problem.frozen_core: got 'core', expected true, false" in refusal(frozen_core="core")
