"""The communicator protocol, and its implementation for one rank."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from hybrid.runtime.cells import Cells, LocalCells

SCRIPT_END = "the end of its script"
"""The call name that a rank sends after its script has ended."""


class RanksLost(BaseException):
    """Ranks of the job have died, and the others can continue.

    Derives from BaseException, so that it is not mistaken for a failure of a piece.
    """


class Members(Protocol):
    """A subset of the ranks that exchanges arrays."""

    @property
    def kept(self) -> dict[str, list[Any]]:
        """Objects cached between calls, by name; the same names on all members."""

    @property
    def rank(self) -> int:
        """Index of this process among the members."""

    @property
    def size(self) -> int:
        """Number of members."""

    @property
    def on_one_host(self) -> bool:
        """Whether the members can share memory."""

    def least(self, number: int) -> int:
        """Return the minimum over all members; also a memory barrier for shared memory."""

    def total(self, numbers: Any) -> Any:
        """Return the element-wise sum over all members."""

    def start(self, sends: Sequence[tuple[int, Any]], receives: Sequence[tuple[int, Any]]) -> Any:
        """Start sending and receiving arrays, without waiting."""

    def warn(self) -> None:
        """Tell the other members that this one has failed."""

    def is_warned(self) -> bool:
        """Return whether another member has failed."""

    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Wait until a condition holds that other members fulfil."""

    def shared_memory(self, num_bytes: int) -> list[Any]:
        """Allocate shared memory, one byte array per member; collective."""

    def give_back(self) -> None:
        """Free shared memory; collective."""


class Communicator(Protocol):
    """Byte messages between the ranks of a job.

    :meth:`broadcast` and :meth:`all_gather` are collective: every rank calls them, in the same
    order.
    """

    @property
    def rank(self) -> int:
        """Rank of this process, from 0."""

    @property
    def size(self) -> int:
        """Number of ranks."""

    def broadcast(self, message: bytes | None) -> bytes:
        """Return rank 0's message on every rank; the others pass None and do not busy-wait."""

    def all_gather(self, message: bytes, call: str = "") -> list[bytes]:
        """Return the messages of all ranks, in rank order, on every rank.

        If ``call`` names a collective call and some ranks do not arrive for long, one of the
        waiting ranks reports them.
        """

    def tell(self, message: bytes, ranks: Sequence[int]) -> None:
        """Send from rank 0 to some ranks, which call :meth:`hear`; involves no other rank."""

    def hear(self) -> bytes:
        """Return the next message of :meth:`tell`; does not busy-wait for long."""

    def send(self, message: bytes, to: int) -> None:
        """Send to another rank, which calls :meth:`receive`."""

    def post(self, message: bytes, to: int) -> None:
        """Send to another rank without waiting for delivery."""

    def receive(self, source: int) -> bytes:
        """Return the next message of another rank; does not busy-wait for long."""

    def has_message(self, source: int) -> bool:
        """Return whether a message of another rank has arrived."""

    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Wait until a condition holds that other ranks fulfil; does not busy-wait for long."""

    def name_hosts(self, hosts: Sequence[str]) -> None:
        """Set the host name of each rank, for error messages."""

    def spin_longer(self) -> None:
        """Busy-wait longer from now on, because no other rank needs this rank's core."""

    @property
    def survives_losses(self) -> bool:
        """Whether surviving ranks can continue after losses, by :meth:`revoke`, :meth:`agree` and
        :meth:`shrink`, in this order."""

    def revoke(self) -> None:
        """Make every call on every rank raise RanksLost, so that all ranks reach :meth:`agree`."""

    def agree(self, well: bool) -> bool:
        """Return whether ``well`` is true on every rank and none has died; the same on all."""

    def shrink(self) -> Communicator:
        """Return a communicator of the surviving ranks, in the same order; collective."""

    @property
    def cells(self) -> Cells:
        """Integers that all ranks share; collective on first use."""

    def members(self, ranks: tuple[int, ...]) -> Members:
        """Return a subset of the ranks that includes this one; collective over the subset."""

    def forget(self, ranks: tuple[int, ...]) -> None:
        """Discard the subset of these ranks; the next :meth:`members` creates a new one."""

    def close(self) -> None:
        """Free all resources; collective, at the end of the job."""

    @property
    def is_over(self) -> bool:
        """Whether messages can no longer be sent."""

    def abort(self, code: int) -> None:
        """Terminate all ranks immediately, with an exit code."""


class SerialCommunicator:
    """The communicator of a job of one rank."""

    rank = 0
    size = 1
    survives_losses = False
    is_over = False

    def __init__(self) -> None:
        self.cells: Cells = LocalCells()

    def broadcast(self, message: bytes | None) -> bytes:
        """Return the message."""
        assert message is not None
        return message

    def all_gather(self, message: bytes, call: str = "") -> list[bytes]:
        """Return the message in a list."""
        return [message]

    def tell(self, message: bytes, ranks: Sequence[int]) -> None:
        """Do nothing: there are no other ranks."""

    def hear(self) -> bytes:
        """Raise, because there are no other ranks."""
        raise RuntimeError("a job of one rank receives no messages")

    def send(self, message: bytes, to: int) -> None:
        """Raise, because there are no other ranks."""
        raise RuntimeError(f"a job of one rank cannot send to rank {to}")

    def post(self, message: bytes, to: int) -> None:
        """Raise, because there are no other ranks."""
        self.send(message, to)

    def has_message(self, source: int) -> bool:
        """Return False: there are no other ranks."""
        return False

    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Raise if the condition does not hold, because no other rank can fulfil it."""
        if not is_true():
            raise RuntimeError("a job of one rank cannot wait for others")

    def name_hosts(self, hosts: Sequence[str]) -> None:
        """Do nothing: a single rank never waits."""

    def spin_longer(self) -> None:
        """Do nothing: a single rank never waits."""

    def revoke(self) -> None:
        """Do nothing: there are no other ranks to interrupt."""

    def agree(self, well: bool) -> bool:
        """Return ``well``."""
        return well

    def shrink(self) -> Communicator:
        """Return the communicator itself."""
        return self

    def receive(self, source: int) -> bytes:
        """Raise, because there are no other ranks."""
        raise RuntimeError(f"a job of one rank cannot receive from rank {source}")

    def members(self, ranks: tuple[int, ...]) -> Members:
        """Raise, because there are no other ranks."""
        raise RuntimeError(f"a job of one rank has no members {ranks}")

    def forget(self, ranks: tuple[int, ...]) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def abort(self, code: int) -> None:
        """Terminate this process immediately."""
        os._exit(code)


def host_name() -> str:
    """Return the name of this host."""
    return socket.gethostname()
