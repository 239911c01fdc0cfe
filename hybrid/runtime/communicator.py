"""What the ranks of a job need of one another, and the communicator of a job of one rank."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from hybrid.runtime.cells import Cells, LocalCells

SCRIPT_END = "the end of its script"
"""The name under which a rank that has ended its script takes part in the calls of the others."""


class RanksLost(BaseException):
    """Ranks of the job have died, and the others can go on without them.

    No Exception, so that nothing takes it for a failure of the work at hand.
    """


class Members(Protocol):
    """Some ranks of a job, who move arrays among themselves."""

    @property
    def kept(self) -> dict[str, list[Any]]:
        """What is kept for them from call to call, by name; all members keep alike."""

    @property
    def rank(self) -> int:
        """This process's number among them, from 0."""

    @property
    def size(self) -> int:
        """How many there are."""

    @property
    def on_one_host(self) -> bool:
        """Whether they may share memory."""

    def least(self, number: int) -> int:
        """Return the least of all members' numbers; all see what any has written before."""

    def total(self, numbers: Any) -> Any:
        """Return the element-wise sum of all members' arrays."""

    def start(self, sends: Sequence[tuple[int, Any]], receives: Sequence[tuple[int, Any]]) -> Any:
        """Send arrays to members and receive others, without waiting."""

    def warn(self) -> None:
        """Tell the other members that this one has failed."""

    def is_warned(self) -> bool:
        """Return whether another member has failed."""

    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Return when a condition, which other members bring about, holds."""

    def shared_memory(self, num_bytes: int) -> list[Any]:
        """Return memory for each member that all of them can reach, as bytes; collective."""

    def give_back(self) -> None:
        """Give shared memory back; collective."""


class Communicator(Protocol):
    """Messages of bytes between the ranks of a job.

    :meth:`broadcast` and :meth:`all_gather` are collective: every rank calls them, in the same
    order.
    """

    @property
    def rank(self) -> int:
        """This process's number, from 0."""

    @property
    def size(self) -> int:
        """How many ranks there are."""

    def broadcast(self, message: bytes | None) -> bytes:
        """Return on every rank what rank 0 gave; the others give None and wait without spinning."""

    def all_gather(self, message: bytes, call: str = "") -> list[bytes]:
        """Return on every rank what each rank gave, in rank order.

        Where ``call`` names the call that all ranks meet in, and some are missing for long, one of
        those that wait says so.
        """

    def tell(self, message: bytes, ranks: Sequence[int]) -> None:
        """Send from rank 0 to others, each of which calls :meth:`hear`; nobody else is bothered."""

    def hear(self) -> bytes:
        """Return what rank 0 tells this rank next; waits without spinning for long."""

    def send(self, message: bytes, to: int) -> None:
        """Send to another rank, which calls :meth:`receive`."""

    def post(self, message: bytes, to: int) -> None:
        """Send to another rank without waiting until it has arrived."""

    def receive(self, source: int) -> bytes:
        """Return the next message of another rank; waits without spinning for long."""

    def has_message(self, source: int) -> bool:
        """Return whether a message of another rank has come."""

    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Return when a condition, which other ranks bring about, holds; without spinning long."""

    def name_hosts(self, hosts: Sequence[str]) -> None:
        """Learn the machine of each rank, for messages."""

    def spin_longer(self) -> None:
        """Wait at full speed for longer from now on: no other rank needs this rank's core."""

    @property
    def survives_losses(self) -> bool:
        """Whether the ranks that live can go on without those that die: by :meth:`revoke`,
        :meth:`agree` and :meth:`shrink`, in this order."""

    def revoke(self) -> None:
        """Make every call of every rank raise RanksLost, so that all come to agree."""

    def agree(self, well: bool) -> bool:
        """Return whether all is well with every rank and none has died; the same on all."""

    def shrink(self) -> Communicator:
        """Return a communicator of the ranks that live, in their old order; collective."""

    @property
    def cells(self) -> Cells:
        """Integers that all ranks share; collective on first use."""

    def members(self, ranks: tuple[int, ...]) -> Members:
        """Return some ranks, this one among them, as a job within the job; collective."""

    def forget(self, ranks: tuple[int, ...]) -> None:
        """Make a new job of these ranks when they are wanted next."""

    def close(self) -> None:
        """Give back what the communicator holds; collective, at the end of the job."""

    @property
    def is_over(self) -> bool:
        """Whether no message can be sent any more."""

    def abort(self, code: int) -> None:
        """End the processes of all ranks now, with an exit code."""


class SerialCommunicator:
    """The communicator of a job of one rank, for which there is nobody to talk to."""

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
        """Do nothing: there is nobody to tell."""

    def hear(self) -> bytes:
        """Refuse: a single rank has nobody to hear from."""
        raise RuntimeError("a job of one rank is told nothing")

    def send(self, message: bytes, to: int) -> None:
        """Refuse: a single rank has nobody to send to."""
        raise RuntimeError(f"a job of one rank cannot send to rank {to}")

    def post(self, message: bytes, to: int) -> None:
        """Refuse: a single rank has nobody to send to."""
        self.send(message, to)

    def has_message(self, source: int) -> bool:
        """Return False: there is nobody whose message could come."""
        return False

    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Refuse to wait for a condition that nobody else could bring about."""
        if not is_true():
            raise RuntimeError("a job of one rank cannot wait for others")

    def name_hosts(self, hosts: Sequence[str]) -> None:
        """Do nothing: a single rank never waits."""

    def spin_longer(self) -> None:
        """Do nothing: a single rank never waits."""

    def revoke(self) -> None:
        """Do nothing: there is nobody to interrupt."""

    def agree(self, well: bool) -> bool:
        """Return whether all is well here."""
        return well

    def shrink(self) -> Communicator:
        """Return the communicator itself."""
        return self

    def receive(self, source: int) -> bytes:
        """Refuse: a single rank has nobody to hear from."""
        raise RuntimeError(f"a job of one rank cannot receive from rank {source}")

    def members(self, ranks: tuple[int, ...]) -> Members:
        """Refuse: a single rank has nobody to share with."""
        raise RuntimeError(f"a job of one rank has no members {ranks}")

    def forget(self, ranks: tuple[int, ...]) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def abort(self, code: int) -> None:
        """End this process now."""
        os._exit(code)


def host_name() -> str:
    """Return the name of this machine."""
    return socket.gethostname()
