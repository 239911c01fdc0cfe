"""Problems for variational algorithms: molecules and maximum cuts."""

from hybrid.problems.maxcut import Cut, MaxCut
from hybrid.problems.molecule import Molecule
from hybrid.problems.sector import Sector

__all__ = ["Cut", "MaxCut", "Molecule", "Sector"]
