"""Problems for variational algorithms: molecules, binary optimization, circuits in files."""

from hybrid.problems.binary import QUBO, Assignment, Binary, Ising
from hybrid.problems.circuits import read_circuit
from hybrid.problems.maxcut import Cut, MaxCut
from hybrid.problems.molecule import Molecule
from hybrid.problems.observables import read_observable
from hybrid.problems.portfolio import Portfolio
from hybrid.problems.sector import Sector

__all__ = [
    "QUBO",
    "Assignment",
    "Binary",
    "Cut",
    "Ising",
    "MaxCut",
    "Molecule",
    "Portfolio",
    "Sector",
    "read_circuit",
    "read_observable",
]
