"""The tables of a run file and their keys.

Each key's description completes the sentence "expected ..." of its error message.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

MAX_SEED = 2**63 - 1
_MAX_COUNT = 2**31 - 1

Count: TypeAlias = Annotated[int, Field(ge=1, le=_MAX_COUNT)]
Layers: TypeAlias = Annotated[int, Field(ge=1, le=10_000)]
Probability: TypeAlias = Annotated[float, Field(ge=0.0, le=1.0)]
Term: TypeAlias = Annotated[tuple[str, float], Field(strict=False)]  # TOML has arrays, no tuples

ActiveSpace: TypeAlias = Annotated[tuple[Count, Count], Field(strict=False)]
Occupation: TypeAlias = Annotated[tuple[list[int], list[int]], Field(strict=False)]


class Table(BaseModel):
    """A table of a run file: exact types, finite numbers, no other keys."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Molecule(Table):
    """``[problem] kind = "molecule"``: the electronic ground state of an FCIDUMP file."""

    kind: Literal["molecule"]
    fcidump: str = Field(min_length=1, description="the path of an FCIDUMP file")
    mapper: Literal["jordan_wigner", "parity", "bravyi_kitaev"] = Field(
        "jordan_wigner", description="one of 'jordan_wigner', 'parity', 'bravyi_kitaev'"
    )
    occupation: Occupation | None = Field(
        None,
        description="orbitals of the reference determinant, counted from 0, as two arrays: of spin "
        "alpha and of spin beta",
    )
    reference_energy: float | None = Field(
        None, description="a finite number, in hartree, to compare the result with"
    )


class Geometry(Table):
    """``[problem] kind = "geometry"``: the electronic ground state of an XYZ file, with PySCF."""

    kind: Literal["geometry"]
    xyz: str = Field(min_length=1, description="the path of a geometry in XYZ format")
    basis: str = Field("sto-3g", min_length=1, description="the name of a basis set of PySCF")
    charge: int = Field(0, description="an integer")
    spin: int = Field(0, ge=0, description="an integer from 0, the number of unpaired electrons")
    unit: Literal["angstrom", "bohr"] = Field("angstrom", description="'angstrom' or 'bohr'")
    frozen_core: bool | int = Field(False, description="true, false, or a number of orbitals")
    active_space: ActiveSpace | None = Field(
        None, description="an array of two positive integers: electrons, and spatial orbitals"
    )
    mapper: Literal["jordan_wigner", "parity", "bravyi_kitaev"] = Field(
        "jordan_wigner", description="one of 'jordan_wigner', 'parity', 'bravyi_kitaev'"
    )
    occupation: Occupation | None = Field(
        None,
        description="orbitals of the reference determinant, counted from 0, as two arrays: of spin "
        "alpha and of spin beta",
    )
    reference_energy: float | None = Field(
        None, description="a finite number, in hartree, to compare the result with"
    )


class MaxCut(Table):
    """``[problem] kind = "maxcut"``: the largest cut of a weighted graph."""

    kind: Literal["maxcut"]
    edges: str = Field(
        min_length=1,
        description="the path of a graph file: lines 'node node [weight]', or rudy, DIMACS, "
        "MatrixMarket",
    )


class QUBO(Table):
    """``[problem] kind = "qubo"``: the bits of lowest quadratic cost."""

    kind: Literal["qubo"]
    path: str = Field(min_length=1, description="the path of a file of qbsolv or dimod")


class Ising(Table):
    """``[problem] kind = "ising"``: the spins of lowest energy."""

    kind: Literal["ising"]
    path: str = Field(min_length=1, description="the path of a file of dimod or qbsolv")


class Portfolio(Table):
    """``[problem] kind = "portfolio"``: the assets to choose, by return and risk."""

    kind: Literal["portfolio"]
    returns: str = Field(
        min_length=1,
        description="the path of a CSV file: a line of titles, then a line for each period",
    )
    budget: Count = Field(description="a positive integer, the number of assets to choose")
    risk: Probability = Field(0.5, description="a number from 0 to 1, the weight of the variance")


class Pauli(Table):
    """``[problem] kind = "pauli"``: the ground state of a Hamiltonian written out."""

    kind: Literal["pauli"]
    terms: list[Term] = Field(
        min_length=1, description='an array of pairs like ["ZZI", -1.0], qubit 0 at the right'
    )
    reference_energy: float | None = Field(
        None, description="a finite number, in the unit of the terms, to compare the result with"
    )


class Observable(Table):
    """``[problem] kind = "observable"``: the ground state of an observable in a text file."""

    kind: Literal["observable"]
    path: str = Field(min_length=1, description="the path of a file of terms such as '0.5 * X0 Z3'")
    reference_energy: float | None = Field(
        None, description="a finite number, in the unit of the terms, to compare the result with"
    )


class UCCSD(Table):
    """``[ansatz] kind = "uccsd"``: unitary coupled cluster on the Hartree-Fock state."""

    kind: Literal["uccsd"]
    layers: Layers = Field(1, description="a positive integer")


class HardwareEfficient(Table):
    """``[ansatz] kind = "hardware_efficient"``: layers of rotations and CNOTs from |0...0>."""

    kind: Literal["hardware_efficient"]
    layers: Layers = Field(3, description="a positive integer")
    circuit: Literal["efficient_su2", "real_amplitudes"] = Field(
        "efficient_su2", description="'efficient_su2' (RY and RZ) or 'real_amplitudes' (RY alone)"
    )
    entanglement: Literal["linear", "reverse_linear", "circular", "pairwise", "full"] = Field(
        "reverse_linear",
        description="one of 'linear', 'reverse_linear', 'circular', 'pairwise', 'full'",
    )


class QAOA(Table):
    """``[ansatz] kind = "qaoa"``: alternating layers of the cost and of a mixer."""

    kind: Literal["qaoa"]
    depth: Layers = Field(description="a positive integer, the number of layers")
    objective: Literal["expectation", "cvar", "gibbs"] = Field(
        "expectation", description="'expectation', 'cvar' or 'gibbs'"
    )
    alpha: float | None = Field(
        None, gt=0.0, le=1.0, description="a number above 0, at most 1: the tail of 'cvar'"
    )
    eta: float | None = Field(
        None, gt=0.0, description="a number above 0, the inverse temperature of 'gibbs'"
    )
    mixer: Literal["x", "xy-ring", "xy-complete"] = Field(
        "x", description="'x', 'xy-ring' or 'xy-complete'"
    )
    ones: Count | None = Field(
        None, description="a positive integer, the number of ones that an 'xy' mixer keeps"
    )
    start: Literal["ramp", "fixed", "interp"] = Field(
        "ramp", description="'ramp', 'fixed' (regular graphs) or 'interp' (depth by depth)"
    )


class CircuitFile(Table):
    """``[ansatz] kind = "file"``: the circuit of an OpenQASM or QPY file."""

    kind: Literal["file"]
    path: str = Field(min_length=1, description="the path of a circuit in OpenQASM or QPY")
    index: int | None = Field(
        None, ge=0, description="an integer from 0, which circuit of a QPY file"
    )


class Adapt(Table):
    """``[ansatz] kind = "adapt"``: excitations of the Hartree-Fock state, chosen one by one."""

    kind: Literal["adapt"]
    pool: Literal["fermionic", "qubit"] = Field(
        "fermionic", description="'fermionic' (excitations) or 'qubit' (their Pauli strings)"
    )
    gradient_tolerance: float | None = Field(
        None, gt=0.0, description="a number above 0, the norm of the pool's gradients to stop at"
    )
    energy_tolerance: float | None = Field(
        None, gt=0.0, description="a number above 0, the gain by an operator to stop at"
    )
    max_operators: Count | None = Field(None, description="a positive integer")


class VQD(Table):
    """``[workload] kind = "vqd"``: the lowest states, one after the other."""

    kind: Literal["vqd"]
    states: Count = Field(description="a positive integer, the number of states")
    weight: float | None = Field(
        None, gt=0.0, description="a number above 0, the weight of penalties for overlaps"
    )
    starts: Count = Field(4, description="a positive integer, searches for each further state")


class Evolution(Table):
    """``[workload] kind = "evolution"``: time evolution, from the state at zero parameters."""

    kind: Literal["evolution"]
    times: list[float] = Field(
        min_length=1,
        strict=False,
        description="an array of ascending numbers from 0, times at which to keep the state",
    )
    imaginary: bool = Field(False, description="true for imaginary time, else false")
    tolerance: float = Field(1e-6, gt=0.0, description="a number above 0, the error per step")
    regularization: float = Field(
        1e-6, gt=0.0, lt=1.0, description="a number from 0 to 1, the regularization of the metric"
    )


class MultiStart(Table):
    """``[workload] kind = "multistart"``: optimizations from many starting points at once."""

    kind: Literal["multistart"]
    starts: Count = Field(16, description="a positive integer, the number of starts")
    low: float = Field(-math.pi, description="a finite number, the lower end of each parameter")
    high: float = Field(math.pi, description="a finite number above 'low'")
    halve_after: Literal["never"] | Count = Field(
        10, description="'never' or a positive integer, rounds before the worse half is stopped"
    )
    survivors: Count = Field(1, description="a positive integer, starts that are not stopped")


class Scan(Table):
    """``[workload] kind = "scan"``: the problem, and others like it in further files."""

    kind: Literal["scan"]
    files: list[str] = Field(
        min_length=1, description="an array of paths of further files of the problem's kind"
    )
    labels: list[float] | list[str] | None = Field(
        None, description="an array of numbers or of names, one for each member"
    )
    together: bool = Field(False, description="true or false, whether to optimise all at once")


class Optimizer(Table):
    """``[optimizer]``: the method, its limits and its options."""

    name: str = Field("L-BFGS-B", description="the name of an optimizer")
    max_iterations: Count | None = Field(None, description="a positive integer")
    tolerance: float | None = Field(None, gt=0.0, description="a number above 0")
    gradient: Literal["exact", "finite-difference"] = Field(
        "exact", description="'exact' or 'finite-difference'"
    )
    options: dict[str, object] = Field(
        default_factory=dict, description="a table of options of the optimizer"
    )


class Noise(Table):
    """``[simulator.noise]``: a simple noise model for Aer; all keys are optional.

    Each gate on one (two) qubits is followed by a depolarizing channel with the given probability,
    and each measured bit is flipped with probability ``readout``.
    """

    depolarizing_1q: Probability = Field(0.0, description="a probability, 0 to 1")
    depolarizing_2q: Probability = Field(0.0, description="a probability, 0 to 1")
    readout: Probability = Field(0.0, description="a probability, 0 to 1")


class Simulator(Table):
    """``[simulator]``: the simulator and its settings."""

    name: str = Field("auto", description="'auto' or the name of a simulator")
    shots: Count | None = Field(
        None, description="a positive integer; without the key, values are exact"
    )
    precision: Literal["complex128", "complex64"] | None = Field(
        None, description="'complex128' or 'complex64'"
    )
    method: str | None = Field(None, description="a method of Aer, such as 'statevector'")
    noise: Noise | None = Field(
        None, description="a table with depolarizing_1q, depolarizing_2q, readout"
    )
    sector: Literal["auto", False] = Field("auto", description="'auto', or false for dense states")
    options: dict[str, object] = Field(
        default_factory=dict, description="a table of other arguments of the simulator"
    )

    def settings(self) -> dict[str, object]:
        """Return the given keys that only some simulators support."""
        keys = {"precision": self.precision, "method": self.method, "noise": self.noise}
        return {key: value for key, value in keys.items() if value is not None}


class Run(Table):
    """``[run]``: settings of the whole run."""

    seed: int | None = Field(None, ge=0, le=MAX_SEED, description="an integer from 0 to 2^63 - 1")
    threads: Count | None = Field(None, description="a positive integer, threads of each rank")
    shards: Literal["auto"] | Count = Field(
        "auto", description="'auto' or a power of two, ranks that share one state"
    )
    groups: Literal["auto"] | Count = Field(
        "auto", description="'auto' or a positive integer, groups of ranks that work in parallel"
    )
    journal: str | None = Field(
        None, min_length=1, description="the name of a file that records the run"
    )
    time_limit: str | None = Field(None, description="a duration such as '55m'")
    budget: str | None = Field(
        None, description="an amount such as '200core-hours', for each start of the run"
    )
    stall: Literal["report", "abort"] = Field("report", description="'report' or 'abort'")


Problem: TypeAlias = Molecule | Geometry | MaxCut | QUBO | Ising | Portfolio | Pauli | Observable
Ansatz: TypeAlias = UCCSD | Adapt | HardwareEfficient | QAOA | CircuitFile

KINDS: Mapping[str, Mapping[str, type[Table]]] = {
    "problem": {
        "molecule": Molecule,
        "geometry": Geometry,
        "maxcut": MaxCut,
        "qubo": QUBO,
        "ising": Ising,
        "portfolio": Portfolio,
        "pauli": Pauli,
        "observable": Observable,
    },
    "ansatz": {
        "uccsd": UCCSD,
        "adapt": Adapt,
        "hardware_efficient": HardwareEfficient,
        "qaoa": QAOA,
        "file": CircuitFile,
    },
    "workload": {"vqd": VQD, "evolution": Evolution, "multistart": MultiStart, "scan": Scan},
}
"""Tables with a ``kind``."""

FILE_OF: Mapping[str, str] = {
    "molecule": "fcidump",
    "geometry": "xyz",
    "maxcut": "edges",
    "qubo": "path",
    "ising": "path",
    "portfolio": "returns",
    "observable": "path",
}
"""For each kind of problem that is read from a file, the key of its path."""

OPTIONAL = ("workload",)
"""Those of them that may be left out: the smallest value is then looked for."""

PLAIN: Mapping[str, type[Table]] = {"optimizer": Optimizer, "simulator": Simulator, "run": Run}
"""The tables of one kind; each may be left out."""

FITTING: Mapping[str, tuple[str, ...]] = {
    "molecule": ("uccsd", "adapt", "hardware_efficient", "file"),
    "geometry": ("uccsd", "adapt", "hardware_efficient", "file"),
    "maxcut": ("qaoa", "hardware_efficient", "file"),
    "qubo": ("qaoa", "hardware_efficient", "file"),
    "ising": ("qaoa", "hardware_efficient", "file"),
    "portfolio": ("qaoa", "hardware_efficient", "file"),
    "pauli": ("hardware_efficient", "qaoa", "file"),
    "observable": ("hardware_efficient", "qaoa", "file"),
}
"""For each kind of problem the kinds of ansatz that fit it."""


@dataclass(frozen=True)
class RunFile:
    """A valid run file.

    Attributes:
        path: path of the file.
        problem, ansatz, optimizer, simulator, run: its tables.
        workload: its table, or None where it has none.
    """

    path: Path
    problem: Problem
    ansatz: Ansatz
    optimizer: Optimizer
    simulator: Simulator
    run: Run
    workload: VQD | Evolution | MultiStart | Scan | None = None

    def beside(self, name: str) -> Path:
        """Resolve a path in the file, relative to the file's folder."""
        return self.path.parent / name
