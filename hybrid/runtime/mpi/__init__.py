"""The job over MPI; the only package that imports mpi4py, through ``library.py``."""

from hybrid.runtime.mpi.communicator import MPICommunicator
from hybrid.runtime.mpi.library import library

__all__ = ["MPICommunicator", "library"]
