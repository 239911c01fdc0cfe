"""Problems for variational algorithms: molecules, cuts, and circuits and observables in files."""

from hybrid.problems.circuits import read_circuit
from hybrid.problems.maxcut import Cut, MaxCut
from hybrid.problems.molecule import Molecule
from hybrid.problems.observables import read_observable
from hybrid.problems.sector import Sector

__all__ = ["Cut", "MaxCut", "Molecule", "Sector", "read_circuit", "read_observable"]
