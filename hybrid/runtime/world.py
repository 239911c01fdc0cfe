"""The ranks of this job and their cores."""

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
    """All ranks of the job; the same on every rank.

    Attributes:
        communicator: communicator of the ranks.
        rank_hosts: host name of each rank.
        rank_cores: cores that each rank may run on.
        lost: descriptions of ranks that have died.
    """

    communicator: Communicator
    rank_hosts: tuple[str, ...]
    rank_cores: tuple[frozenset[int], ...]
    lost: tuple[str, ...] = ()

    @property
    def rank(self) -> int:
        """Rank of this process, from 0."""
        return self.communicator.rank

    @property
    def size(self) -> int:
        """Number of ranks."""
        return self.communicator.size

    @property
    def is_first_of_host(self) -> bool:
        """Whether this is the lowest rank on its host."""
        return self.rank_hosts.index(self.rank_hosts[self.rank]) == self.rank

    @property
    def hosts(self) -> tuple[str, ...]:
        """The distinct host names, in order of their first rank."""
        return tuple(dict.fromkeys(self.rank_hosts))


class _Process:
    """State of :func:`world` and :func:`alone` in this process.

    Attributes:
        joined: the job, after joining; after a loss of ranks, the job of the survivors.
        alone: a job of this process only, after the first call of :func:`alone`.
        used: the jobs of all open :func:`use` contexts, the innermost last. Threads started within
            such a context use the last one.
        lock: held while joining.
    """

    def __init__(self) -> None:
        self.joined: World | None = None
        self.alone: World | None = None
        self.used: list[World] = []
        self.lock = threading.Lock()


_process = _Process()
_used: ContextVar[World | None] = ContextVar("job", default=None)
"""Overrides the joined job; see :func:`use`."""


def world() -> World:
    """Return the job of this process; the first call starts MPI, if there is one.

    The first call is collective. Without an MPI library or mpi4py, in a child of a rank, and within
    ``use(alone())``, it is a job of one rank.

    Raises:
        InputError: a launcher started several processes that MPI cannot join into one job.

    Example:
        >>> 0 <= world().rank < world().size
        True
    """
    used = _used.get()
    if used is None and _process.used:
        used = _process.used[-1]  # a thread started within use()
    if used is not None:
        return used
    return _process.joined or _join()


@contextmanager
def use(job: World) -> Iterator[None]:
    """Make :func:`world` return ``job`` within this context, and in threads started there.

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


def is_nested() -> bool:
    """Return whether :func:`world` returns the job of a :func:`use` context.

    Example:
        >>> with use(alone()):
        ...     is_nested()
        True
    """
    return _used.get() is not None or bool(_process.used)


def alone() -> World:
    """Return a job of this process only; the same object each time.

    If the joined job has one rank, it is that job.

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
    """Join the job if an MPI launcher started this process.

    Then even a rank without collective calls tells the others at its end that it has ended, and
    they do not wait for it. If MPI cannot join the started processes into one job, print an error
    and exit with code 2.
    """
    if launcher.is_launched():
        try:
            world()
        except InputError as error:
            notify(f"hybrid: {error}")
            sys.exit(2)


def regroup(communicator: Communicator) -> World:
    """Make the survivors the job that :func:`world` returns; collective over them.

    Raises:
        RanksLost: another rank died meanwhile; nothing has changed.
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
    """Return the number of cores per active rank, at least 1."""
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
            # mpi4py raises RuntimeError if no MPI library can be loaded.
            reason = f"no MPI library can be loaded ({str(error).splitlines()[0]})"
        else:
            communicator = MPICommunicator()
            if communicator.size > 1:
                return communicator
            reason = "the MPI library that Python loads does not match the launcher"
        if launcher.launched_processes() > 1:
            _refuse_copies(reason)
    return SerialCommunicator()


def _refuse_copies(reason: str) -> None:
    count = launcher.launched_processes()
    raise InputError(
        "launcher",
        got=f"{count} processes that cannot form one job: {reason}",
        expected=f"an MPI job of {count} ranks; otherwise each process would do the whole run",
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
    """Tell the other ranks that this script has ended; see ``agreement``."""
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
    """Give a forked child its own job of one rank, because the communicator is its parent's."""
    _process.__init__()  # type: ignore[misc]
    _process.alone = World(SerialCommunicator(), (host_name(),), (frozenset({0}),))
    _process.joined = _process.alone
    _used.set(None)
    sys.excepthook = sys.__excepthook__
