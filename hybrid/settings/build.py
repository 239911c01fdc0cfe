"""Build the workload, and the arguments of the loop, from a run file."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypedDict

from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from hybrid import problems
from hybrid.core.checks import WhetherSector
from hybrid.scheduler import check_memory
from hybrid.settings import optimization, tables
from hybrid.settings.ansatz import circuit_of
from hybrid.settings.durations import seconds_of
from hybrid.settings.noise import noise_model
from hybrid.settings.tables import RunFile
from hybrid.simulators import SIMULATORS, Choice
from hybrid.workloads import (
    VQD,
    VQE,
    AdaptVQE,
    Expectation,
    Minimizable,
    MultiStart,
    Scan,
    TimeEvolution,
)

CHEMICAL_ACCURACY = 1.6e-3
"""Hartree; 1 kcal/mol, the accuracy of good thermochemical measurements."""


@dataclass(frozen=True)
class Reference:
    """A reference value for the result.

    Attributes:
        value: in the unit of the result.
        name: source of the value.
        unit: "hartree", or empty for the problem's own unit.
        accuracy: accepted error, or None if there is no convention.
    """

    value: float
    name: str
    unit: str = ""
    accuracy: float | None = None


@dataclass(frozen=True, eq=False)
class Electrons:
    """Observables that show whether a state has the molecule's electrons.

    Attributes:
        energy: the Hamiltonian, without penalty.
        sector: observables of the electrons.
    """

    energy: SparsePauliOp
    sector: problems.Sector


@dataclass(frozen=True)
class Job:
    """The workload of a run file.

    Attributes:
        workload: the workload to minimise.
        circuit: its ansatz.
        reference: what its minimum can be compared with, if anything.
        sampled: the problem, if its solution is a bit string: it is sampled from the final state.
        electrons: where the ansatz may leave the electrons of a molecule: the energy and how to
            count them. The workload then minimises the energy with a penalty.
        notes: sentences that the user should read before the run.
    """

    workload: Minimizable
    circuit: QuantumCircuit
    reference: Reference | None
    sampled: optimization.Combinatorial | None = None
    electrons: Electrons | None = None
    notes: tuple[str, ...] = ()


class MinimizeArguments(TypedDict):
    """The keyword arguments of :func:`hybrid.minimize` from a run file."""

    optimizer: str
    options: dict[str, Any]
    max_iterations: int | None
    tolerance: float | None
    gradient: Literal["exact", "finite-difference"]
    simulator: Choice
    shots: int | None
    seed: int | None
    threads: int | None
    shards: int | Literal["auto"]
    groups: int | Literal["auto"]
    sector: WhetherSector
    journal: Path | None
    time_limit: float | None
    stall: Literal["report", "abort"]


def build(run_file: RunFile, memory_bytes: int | None = None) -> Job:
    """Read the files that a run file refers to, and build its workload.

    Args:
        run_file: checked.
        memory_bytes: free on all hosts of the job together. If given, a molecule whose state does
            not fit is refused before it is mapped to qubits, which takes minutes where it is wide.

    Raises:
        InputError: one of those files is damaged, or a state does not fit in memory.
    """
    job, asked = _ground_state(run_file, memory_bytes), run_file.workload
    if isinstance(asked, tables.Scan):
        return _scan(run_file, asked, job, memory_bytes)
    if isinstance(asked, tables.MultiStart):
        halve_after = None if asked.halve_after == "never" else asked.halve_after
        workload: Minimizable = MultiStart(
            job.workload,
            asked.starts,
            low=asked.low,
            high=asked.high,
            halve_after=halve_after,
            survivors=asked.survivors,
        )
        return replace(job, workload=workload)
    if asked is None:
        return job
    assert isinstance(job.workload, Expectation)
    observable = job.workload.observable.operator
    if isinstance(asked, tables.Evolution):
        workload = TimeEvolution(
            job.circuit,
            observable,
            asked.times,
            imaginary=asked.imaginary,
            tolerance=asked.tolerance,
            regularization=asked.regularization,
        )
        return replace(job, workload=workload, reference=job.reference if asked.imaginary else None)
    workload = VQD(job.circuit, observable, asked.states, asked.weight, asked.starts)
    return replace(job, workload=workload)


def _scan(run_file: RunFile, asked: tables.Scan, first: Job, memory_bytes: int | None) -> Job:
    """Return the problem and those of further files as one family; nothing is sampled."""
    key = tables.FILE_OF[run_file.problem.kind]
    jobs = [first]
    for name in asked.files:
        problem = run_file.problem.model_copy(update={key: name})
        jobs.append(_ground_state(replace(run_file, problem=problem), memory_bytes))
    workload = Scan([job.workload for job in jobs], asked.labels, together=asked.together)
    notes = tuple(dict.fromkeys(note for job in jobs for note in job.notes))
    return Job(workload, first.circuit, None, notes=notes)


def _ground_state(run_file: RunFile, memory_bytes: int | None) -> Job:
    """Return what a run file asks for where it wants the smallest value alone."""
    problem = run_file.problem
    if (sampled := optimization.read(run_file)) is not None:
        found = optimization.lowest(sampled)
        reference = None if found is None else Reference(*found)
        cost = optimization.cost_of(sampled, run_file.ansatz)
        return _job(run_file, cost, reference, sampled)
    if isinstance(problem, tables.Pauli):
        labels, coefficients = zip(*problem.terms, strict=True)
        return _job(run_file, SparsePauliOp(list(labels), list(coefficients)), _given(problem))
    if isinstance(problem, tables.Observable):
        return _job(run_file, _observable(run_file, problem), _given(problem))
    assert isinstance(problem, tables.Molecule | tables.Geometry)
    return _molecule(run_file, problem, memory_bytes)


def _observable(run_file: RunFile, problem: tables.Observable) -> SparsePauliOp:
    """Return the observable of a file, as wide as a circuit from a file."""
    width, ansatz = None, run_file.ansatz
    if isinstance(ansatz, tables.CircuitFile):
        width = problems.read_circuit(run_file.beside(ansatz.path), ansatz.index).num_qubits
    return problems.read_observable(run_file.beside(problem.path), width)


def _molecule(
    run_file: RunFile, problem: tables.Molecule | tables.Geometry, memory_bytes: int | None
) -> Job:
    """Return the ground state of a molecule, kept to its electrons."""
    molecule = _read_molecule(run_file, problem)
    if memory_bytes is not None and _holds_states(run_file.simulator):
        single = run_file.simulator.precision == "complex64"
        needed = (8 if single else 16) * _amplitudes(run_file, molecule)
        check_memory(
            needed, memory_bytes, ranks_on_host=1, num_qubits=molecule.num_qubits, halves=not single
        )
    hamiltonian, ansatz = molecule.hamiltonian(), run_file.ansatz
    if isinstance(ansatz, tables.UCCSD):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # it is among the notes
            circuit = molecule.uccsd(ansatz.layers)
        notes = tuple(filter(None, [molecule.warning()]))
        return Job(VQE(circuit, hamiltonian), circuit, _given(problem), notes=notes)
    if isinstance(ansatz, tables.Adapt):
        return _adapt(molecule, hamiltonian, ansatz, _given(problem))
    circuit, notes = circuit_of(run_file, molecule.num_qubits)
    sector = molecule.sector()
    alpha, beta = molecule.num_electrons
    note = (
        f"the ansatz may leave the {alpha} + {beta} electrons (alpha + beta) of {molecule.name}: "
        f"the value holds a penalty of {sector.weight:.4g} hartree for each squared deviation"
    )
    return Job(
        VQE(circuit, (hamiltonian + sector.penalty).simplify()),
        circuit,
        _given(problem),
        electrons=Electrons(hamiltonian, sector),
        notes=(*notes, note),
    )


def _read_molecule(
    run_file: RunFile, problem: tables.Molecule | tables.Geometry
) -> problems.Molecule:
    """Return the molecule of a file of integrals, or of a geometry."""
    given = problem.occupation
    occupation = None if given is None else (tuple(given[0]), tuple(given[1]))
    if isinstance(problem, tables.Molecule):
        path = run_file.beside(problem.fcidump)
        return problems.Molecule.from_fcidump(path, mapper=problem.mapper, occupation=occupation)
    return problems.Molecule.from_geometry(
        run_file.beside(problem.xyz),
        problem.basis,
        charge=problem.charge,
        spin=problem.spin,
        unit=problem.unit,
        frozen_core=problem.frozen_core,
        active_space=problem.active_space,
        mapper=problem.mapper,
        occupation=occupation,
    )


def _adapt(
    molecule: problems.Molecule,
    hamiltonian: SparsePauliOp,
    ansatz: tables.Adapt,
    reference: Reference | None,
) -> Job:
    """Return the ground state by an ansatz that grows; the job's circuit is what it grows on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it is among the notes
        circuit, pool = molecule.hartree_fock(), molecule.pool(ansatz.pool)
    workload = AdaptVQE(
        circuit,
        pool,
        hamiltonian,
        gradient_tolerance=ansatz.gradient_tolerance,
        energy_tolerance=ansatz.energy_tolerance,
        max_operators=ansatz.max_operators,
    )
    return Job(workload, circuit, reference, notes=tuple(filter(None, [molecule.warning()])))


def _holds_states(table: tables.Simulator) -> bool:
    """Return whether a simulator stores all amplitudes of a state, on one rank or several."""
    return table.shots is None and table.name in ("auto", "native")


def _amplitudes(run_file: RunFile, molecule: problems.Molecule) -> int:
    """Return the number of complex amplitudes that a molecule's states take at least."""
    table, ansatz = run_file.simulator, run_file.ansatz
    conserves = isinstance(ansatz, tables.UCCSD) or getattr(ansatz, "pool", "") == "fermionic"
    finds = table.sector == "auto" and table.precision != "complex64"
    if not (conserves and finds and molecule.mapper == "jordan_wigner"):
        return 1 << molecule.num_qubits
    orbitals = molecule.num_spatial_orbitals
    of_spins = (math.comb(orbitals, count) for count in molecule.num_electrons)
    return -(-math.prod(of_spins) // 2)  # real numbers


def minimize_arguments(run_file: RunFile) -> MinimizeArguments:
    """Return the arguments of :func:`hybrid.minimize`."""
    optimizer = run_file.optimizer
    journal, limit = run_file.run.journal, run_file.run.time_limit
    return {
        "optimizer": optimizer.name,
        "options": dict(optimizer.options),
        "max_iterations": optimizer.max_iterations,
        "tolerance": optimizer.tolerance,
        "gradient": optimizer.gradient,
        "simulator": simulator(run_file.simulator),
        "shots": run_file.simulator.shots,
        "seed": run_file.run.seed,
        "threads": run_file.run.threads,
        "shards": run_file.run.shards,
        "groups": run_file.run.groups,
        "sector": run_file.simulator.sector,
        "journal": None if journal is None else run_file.beside(journal),
        "time_limit": None if limit is None else seconds_of(limit, "run.time_limit"),
        "stall": run_file.run.stall,
    }


def simulator(table: tables.Simulator) -> Choice:
    """Return the simulator that a table describes.

    Raises:
        InputError: the simulator does not accept an argument.
    """
    if table.name == "auto":
        return "auto"
    chosen = SIMULATORS[table.name]
    arguments = {
        chosen.settings[key]: noise_model(value) if isinstance(value, tables.Noise) else value
        for key, value in table.settings().items()
    }
    return chosen(**arguments, **table.options)


def _job(
    run_file: RunFile,
    observable: SparsePauliOp,
    reference: Reference | None,
    sampled: optimization.Combinatorial | None = None,
) -> Job:
    ansatz = run_file.ansatz
    if isinstance(ansatz, tables.QAOA):
        workload = optimization.qaoa(observable, ansatz, getattr(sampled, "budget", None))
        return Job(workload, workload.circuit, reference, sampled)
    circuit, notes = circuit_of(run_file, observable.num_qubits)
    return Job(VQE(circuit, observable), circuit, reference, sampled, notes=notes)


def _given(
    problem: tables.Molecule | tables.Geometry | tables.Pauli | tables.Observable,
) -> Reference | None:
    if problem.reference_energy is None:
        return None
    if isinstance(problem, tables.Pauli | tables.Observable):
        return Reference(problem.reference_energy, "reference of the run file")
    return Reference(
        problem.reference_energy, "reference of the run file", "hartree", CHEMICAL_ACCURACY
    )
