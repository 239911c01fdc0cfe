"""Shared integers in a window of one-sided MPI."""

from __future__ import annotations

from typing import Any

import numpy as np

from hybrid.runtime.cells import NUM_CELLS, owner_of
from hybrid.runtime.mpi.library import MPI


class MPICells:
    """Cells in a window of one-sided MPI, at the first rank of each group.

    On one host, operations use the processor's atomic instructions. Over a network without remote
    atomics, the owner executes them when it calls MPI, at least after each of its pieces.
    """

    def __init__(self, comm: Any) -> None:
        rank: int = comm.Get_rank()
        mine = NUM_CELLS if owner_of(rank, comm.Get_size()) == rank else 0
        self._window = MPI.Win.Allocate(8 * mine, 8, comm=comm)
        if mine:
            memory: Any = self._window.tomemory()
            np.frombuffer(memory, dtype=np.int64)[:] = 0
        self._amount = np.zeros(1, dtype=np.int64)
        self._before = np.zeros(1, dtype=np.int64)
        comm.Barrier()
        self._window.Lock_all()

    def fetch_add(self, owner: int, cell: int, amount: int) -> int:
        """Add to a cell of a rank; return its previous value."""
        self._amount[0] = amount
        return self._exchange(owner, cell, MPI.SUM)

    def put(self, owner: int, cell: int, value: int) -> None:
        """Set a cell of a rank; visible to all ranks on return."""
        self._amount[0] = value
        self._exchange(owner, cell, MPI.REPLACE)

    def close(self) -> None:
        """Free the window; collective."""
        self._window.Unlock_all()
        self._window.Free()

    def _exchange(self, owner: int, cell: int, operation: MPI.Op) -> int:
        self._window.Fetch_and_op(self._amount, self._before, owner, cell, operation)
        self._window.Flush(owner)
        return int(self._before[0])
