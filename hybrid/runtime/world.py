"""The ranks of this job and the cores that they may use."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace

from hybrid.core import launcher
from hybrid.core.errors import InputError
from hybrid.core.notices import notify
from hybrid.runtime.communicator import (
    Communicator,
    RanksLost,
    SerialCommunicator,
    host_name,
)
from hybrid.runtime.cores import usable_cores
from hybrid.runtime.failure import install_excepthook
from hybrid.runtime.messages import pack, unpack


@dataclass(frozen=True, eq=False)
class World:
    """All ranks of the job, as every one of them knows it.

    Attributes:
        communicator: how the ranks talk.
        rank_hosts: for each rank the name of its machine.
        rank_cores: for each rank the numbers of the cores that it may run on.
        lost: ranks that have died, in words, where the others went on without them.
    """

    communicator: Communicator
    rank_hosts: tuple[str, ...]
    rank_cores: tuple[frozenset[int], ...]
    lost: tuple[str, ...] = ()

    @property
    def rank(self) -> int:
        """This process's number, from 0."""
        return self.communicator.rank

    @property
    def size(self) -> int:
        """How many ranks there are."""
        return self.communicator.size

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names of the machines, each once, in order of their first rank."""
        return tuple(dict.fromkeys(self.rank_hosts))


class _Process:
    """What this process knows of its job: all that :func:`world` and :func:`alone` keep.

    Attributes:
        joined: the job, once it is joined; after a loss of ranks the job of the survivors.
        alone: a job of this process only, once somebody has asked for it.
        used: the jobs of all contexts of :func:`use` that are open, the innermost last. Threads
            that are started within such a context see the last one.
        lock: held while the job is joined.
    """

    def __init__(self) -> None:
        self.joined: World | None = None
        self.alone: World | None = None
        self.used: list[World] = []
        self.lock = threading.Lock()


_process = _Process()
_used: ContextVar[World | None] = ContextVar("job", default=None)
"""The job that takes the place of the one this process has joined; see :func:`use`."""


def world() -> World:
    """Return the job that this process belongs to; the first call starts MPI where there is one.

    Collective over the ranks of the job. Without an MPI library, or without mpi4py, it is a job
    of one rank. So it is in a child of a rank, and for code that runs within :func:`use`.

    Raises:
        InputError: a launcher started several processes, and MPI cannot make a job of them.

    Example:
        >>> 0 <= world().rank < world().size
        True
    """
    used = _used.get()
    if used is None and _process.used:
        used = _process.used[-1]  # a thread that was started within a context of use()
    if used is not None:
        return used
    return _process.joined or _join()


@contextmanager
def use(job: World) -> Iterator[None]:
    """Let :func:`world` return another job within this context, and in threads started there.

    Example:
        >>> with use(alone()):
        ...     world() is alone()
        True
    """
    token = _used.set(job)
    _process.used.append(job)
    try:
        yield
    finally:
        _process.used.remove(job)
        _used.reset(token)


def alone() -> World:
    """Return a job of this process only; the same each time.

    It is the job that the process has joined, where that is one of one rank.

    Example:
        >>> alone().size
        1
    """
    if _process.alone is None:
        if _process.joined is not None and _process.joined.size == 1:
            _process.alone = _process.joined
            return _process.alone
        _process.alone = World(SerialCommunicator(), (host_name(),), (usable_cores(),))
    return _process.alone


def join_if_launched() -> None:
    """Join the job at once where an MPI launcher started this process.

    A rank that never calls anything collective then still takes part in the goodbye at its end,
    so the others learn that it has gone instead of waiting for it. Where MPI cannot make a job of
    the processes that were started, this one says so and ends with exit code 2.
    """
    if launcher.is_launched():
        try:
            world()
        except InputError as error:
            notify(f"hybrid: {error}")
            sys.exit(2)


def regroup(communicator: Communicator) -> World:
    """Make a communicator of survivors the job that :func:`world` returns; collective over them.

    Raises:
        RanksLost: another rank died meanwhile; nothing was changed.
    """
    before = world()
    old_ranks = [unpack(m) for m in communicator.all_gather(pack(before.rank))]
    now = _around(communicator)
    install_excepthook(communicator)
    gone = [rank for rank in range(before.size) if rank not in old_ranks]
    lost = tuple(f"rank {rank} on {before.rank_hosts[rank]}" for rank in gone)
    _process.joined = replace(now, lost=(*before.lost, *lost))
    return _process.joined


def shared_cores(world: World, active: Sequence[int]) -> int:
    """Return how many cores each of the active ranks can have to itself, at least 1."""
    active_set = set(active)
    counts = [
        len(world.rank_cores[rank])
        // sum(
            world.rank_hosts[other] == world.rank_hosts[rank]
            and not world.rank_cores[other].isdisjoint(world.rank_cores[rank])
            for other in active_set
        )
        for rank in active_set
    ]
    return max(1, min(counts))


def _join() -> World:
    with _process.lock:
        if _process.joined is None:
            communicator = _communicator()
            job = _around(communicator)
            if communicator.size > 1:
                atexit.register(_say_goodbye, os.getpid())
                install_excepthook(communicator)
                launcher.mark_children()
                os.register_at_fork(after_in_child=_be_a_child)
            _process.joined = job
        return _process.joined


def _communicator() -> Communicator:
    reason = ""
    if launcher.uses_mpi():
        try:
            from hybrid.runtime.mpi import MPICommunicator
        except (ImportError, RuntimeError) as error:
            # mpi4py raises RuntimeError where no MPI library can be loaded.
            reason = f"no MPI library can be loaded ({str(error).splitlines()[0]})"
        else:
            communicator = MPICommunicator()
            if communicator.size > 1:
                return communicator
            reason = "the MPI library that Python loads is not the launcher's"
        if launcher.launched_processes() > 1:
            _refuse_copies(reason)
    return SerialCommunicator()


def _refuse_copies(reason: str) -> None:
    count = launcher.launched_processes()
    raise InputError(
        "launcher",
        got=f"{count} processes that cannot form one job: {reason}",
        expected=f"an MPI job of {count} ranks; as it is, each process would do the whole run",
        advice="use the launcher of the MPI library that mpi4py loads (see 'hybrid doctor'), or "
        "set HYBRID_MPI=off to run separate copies",
    )


def _around(communicator: Communicator) -> World:
    """Return the job of a communicator; collective."""
    mine = pack({"host": host_name(), "cores": sorted(usable_cores())})
    gathered = communicator.all_gather(mine, "the start of hybrid")
    ranks = [unpack(message) for message in gathered]
    hosts = tuple(rank["host"] for rank in ranks)
    communicator.name_hosts(hosts)
    near = [rank["cores"] for rank in ranks if rank["host"] == host_name()]
    if len(near) <= len(set().union(*near)):
        communicator.spin_longer()
    return World(communicator, hosts, tuple(frozenset(rank["cores"]) for rank in ranks))


def _say_goodbye(process: int) -> None:
    """Tell the other ranks that this one has ended its script; see ``agreement``."""
    if os.getpid() != process or _process.joined is None:
        return  # a forked child
    communicator = _process.joined.communicator
    if communicator.is_over:
        return
    from hybrid.runtime.agreement import agree_on_the_end

    with suppress(RanksLost):
        agree_on_the_end(communicator)
        communicator.close()


def _be_a_child() -> None:
    """Make a forked child of a rank a job of its own: the communicator is its parent's."""
    _process.__init__()  # type: ignore[misc]
    _process.alone = World(SerialCommunicator(), (host_name(),), (frozenset({0}),))
    _process.joined = _process.alone
    _used.set(None)
    sys.excepthook = sys.__excepthook__
