"""Combinatorial problems of run files, and the QAOA workloads that minimise them."""

from __future__ import annotations

from typing import TypeAlias

from qiskit.quantum_info import SparsePauliOp

from hybrid import problems
from hybrid.settings import tables
from hybrid.settings.tables import RunFile
from hybrid.workloads import QAOA, CVaR, Gibbs, XYMixer
from hybrid.workloads.mixers import Mixer, XMixer
from hybrid.workloads.objectives import Objective

Combinatorial: TypeAlias = problems.MaxCut | problems.Binary
"""A problem whose solution is a bit string."""

_BRUTE_FORCE = 20
"""Variables; a wider problem has no reference value."""


def read(run_file: RunFile) -> Combinatorial | None:
    """Return the problem of a run file if its solution is a bit string, else None.

    Raises:
        InputError: its file is damaged.
    """
    problem = run_file.problem
    if isinstance(problem, tables.MaxCut):
        return problems.MaxCut.from_edge_list(run_file.beside(problem.edges))
    if isinstance(problem, tables.QUBO):
        return problems.QUBO.from_file(run_file.beside(problem.path))
    if isinstance(problem, tables.Ising):
        return problems.Ising.from_file(run_file.beside(problem.path))
    if isinstance(problem, tables.Portfolio):
        path = run_file.beside(problem.returns)
        return problems.Portfolio.from_csv(path, problem.budget, problem.risk)
    return None


def cost_of(problem: Combinatorial, ansatz: tables.Ansatz) -> SparsePauliOp:
    """Return the cost; a portfolio's has a penalty unless the mixer keeps its budget."""
    kept = isinstance(ansatz, tables.QAOA) and ansatz.mixer != "x"
    if isinstance(problem, problems.Portfolio) and not kept:
        return problem.penalised()
    return problem.cost()


def lowest(problem: Combinatorial) -> tuple[float, str] | None:
    """Return the lowest cost and how it is found; None where that takes too long."""
    if problem.num_qubits > _BRUTE_FORCE:
        return None
    if isinstance(problem, problems.MaxCut):
        return -problem.best_cut().value, "largest cut, by exhaustive search"
    return problem.best().value, "lowest cost, by exhaustive search"


def qaoa(cost: SparsePauliOp, ansatz: tables.QAOA, budget: int | None) -> QAOA:
    """Return the workload.

    Args:
        cost: diagonal.
        ansatz: its table.
        budget: the number of ones that an XY mixer keeps if the table does not say.

    Raises:
        InputError: mixer or start do not fit the cost.
    """
    objective: Objective | None = None
    if ansatz.objective == "cvar":
        objective = CVaR() if ansatz.alpha is None else CVaR(ansatz.alpha)
    elif ansatz.objective == "gibbs":
        objective = Gibbs() if ansatz.eta is None else Gibbs(ansatz.eta)
    mixer: Mixer = XMixer()
    if ansatz.mixer != "x":
        ones = ansatz.ones if budget is None else budget
        assert ones is not None
        mixer = XYMixer(ones, ansatz.mixer.removeprefix("xy-"))
    return QAOA(
        cost,
        ansatz.depth,
        objective=objective or "expectation",
        mixer=mixer,
        start=ansatz.start,
    )
