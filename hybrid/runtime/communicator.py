"""What the ranks of a job need of one another, and the communicator of a job of one rank."""

from __future__ import annotations

import os
import socket
from typing import Any, Protocol

from numpy.typing import NDArray

from hybrid.runtime.cells import Cells, LocalCells


class Communicator(Protocol):
    """Messages of bytes between the ranks of a job.

    All methods but :meth:`send` and :meth:`receive` are collective: every rank calls them, in
    the same order.
    """

    @property
    def rank(self) -> int:
        """This process's number, from 0."""

    @property
    def size(self) -> int:
        """How many ranks there are."""

    def broadcast(self, message: bytes | None) -> bytes:
        """Return on every rank what rank 0 gave; the others give None and wait without spinning."""

    def all_gather(self, message: bytes) -> list[bytes]:
        """Return on every rank what each rank gave, in rank order."""

    def send(self, message: bytes, to: int) -> None:
        """Send to another rank, which calls :meth:`receive`."""

    def receive(self, source: int) -> bytes:
        """Return the next message of another rank; waits without spinning for long."""

    def send_array(self, array: NDArray[Any], to: int) -> None:
        """Send the bytes of a contiguous array to a rank, which calls :meth:`receive_array`."""

    def receive_array(self, array: NDArray[Any], source: int) -> None:
        """Receive from another rank into an array of the same size, without a copy."""

    @property
    def cells(self) -> Cells:
        """Integers that all ranks share."""

    def close(self) -> None:
        """Give back what the communicator holds; collective, at the end of the job."""

    def abort(self, code: int) -> None:
        """End the processes of all ranks now, with an exit code."""


class SerialCommunicator:
    """The communicator of a job of one rank, for which there is nobody to talk to."""

    rank = 0
    size = 1

    def __init__(self) -> None:
        self.cells: Cells = LocalCells()

    def broadcast(self, message: bytes | None) -> bytes:
        """Return the message."""
        assert message is not None
        return message

    def all_gather(self, message: bytes) -> list[bytes]:
        """Return the message in a list."""
        return [message]

    def send(self, message: bytes, to: int) -> None:
        """Refuse: a single rank has nobody to send to."""
        raise RuntimeError(f"a job of one rank cannot send to rank {to}")

    def receive(self, source: int) -> bytes:
        """Refuse: a single rank has nobody to hear from."""
        raise RuntimeError(f"a job of one rank cannot receive from rank {source}")

    def send_array(self, array: NDArray[Any], to: int) -> None:
        """Refuse, as :meth:`send`."""
        self.send(b"", to)

    def receive_array(self, array: NDArray[Any], source: int) -> None:
        """Refuse, as :meth:`receive`."""
        self.receive(source)

    def close(self) -> None:
        """Do nothing."""

    def abort(self, code: int) -> None:
        """End this process now."""
        os._exit(code)


def host_name() -> str:
    """Return the name of this machine."""
    return socket.gethostname()
