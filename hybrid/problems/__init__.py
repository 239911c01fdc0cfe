"""Problems for variational algorithms: molecules, maximum cuts, and circuits from files."""

from hybrid.problems.circuits import read_circuit
from hybrid.problems.maxcut import Cut, MaxCut
from hybrid.problems.molecule import Molecule
from hybrid.problems.sector import Sector

__all__ = ["Cut", "MaxCut", "Molecule", "Sector", "read_circuit"]
