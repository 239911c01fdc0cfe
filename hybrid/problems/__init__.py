"""Problems that variational algorithms are run on: molecules and maximum cuts."""

from hybrid.problems.maxcut import Cut, MaxCut
from hybrid.problems.molecule import Molecule
from hybrid.problems.sector import Sector

__all__ = ["Cut", "MaxCut", "Molecule", "Sector"]
