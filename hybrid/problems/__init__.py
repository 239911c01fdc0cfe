"""Problems for variational algorithms: molecules, maximum cuts, QUBO, Ising, portfolios."""

from hybrid.problems.binary import QUBO, Assignment, Binary, Ising
from hybrid.problems.maxcut import Cut, MaxCut
from hybrid.problems.molecule import Molecule
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
]
