"""The MPI communicator; ``library.py`` is the only module that imports mpi4py."""

from hybrid.runtime.mpi.communicator import MPICommunicator
from hybrid.runtime.mpi.library import library

__all__ = ["MPICommunicator", "library"]
