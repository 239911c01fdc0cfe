"""``hybrid.ranks``: open ranks for the calls of a notebook or an interactive session."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, NoReturn

import numpy as np

import hybrid
from hybrid.core.errors import HybridError, InputError, RanksEndedError, is_bad_input
from hybrid.loop.observers import Observers
from hybrid.notebook.calls import arguments_of
from hybrid.notebook.channel import Channel, ClosedError, Listener, close_all
from hybrid.notebook.following import Following, display_of
from hybrid.notebook.kept import Kept
from hybrid.notebook.launch import Job, check_no_job, command_of
from hybrid.notebook.reading import Reader
from hybrid.notebook.writing import Writer
from hybrid.runtime.communicator import host_name
from hybrid.runtime.elsewhere import send_calls_to
from hybrid.runtime.failure import error_of
from hybrid.runtime.messages import pack
from hybrid.runtime.protocol import Failure, decode
from hybrid.runtime.stops import Stops

_PROGRAM = ("-P", "-m", "hybrid.notebook.serve")
_LOOK = 0.05
"""Seconds between two looks at whether the user has interrupted the cell, or the job has ended."""


def ranks(
    number: int | None = None,
    *,
    launcher: str | Sequence[str] | None = None,
    progress: bool | None = None,
) -> Ranks:
    """Start MPI ranks, and send them the calls of this process until they are closed.

    For notebooks and interactive sessions; a script is started with ``mpiexec`` instead. Calls such
    as :func:`hybrid.expectation` and :func:`hybrid.minimize`, and those of ``hybrid.Estimator``,
    ``hybrid.Sampler`` and ``hybrid.learn``, run on the ranks and return the same bits as in a
    script. Circuits travel as QPY, everything else as plain data. Functions, and workloads or
    optimizers of classes of your own, do not travel and are refused before anything runs; observers
    run in this process.

    An interrupt of the cell stops :func:`hybrid.minimize` with the best point so far. If a rank
    crashes, the call raises :class:`~hybrid.core.errors.RanksEndedError`. If this process dies, its
    ranks end.

    Args:
        number: number of ranks. If None, return the ranks that are open.
        launcher: command that starts them, followed by ``-n`` and their number. If None, ``srun``
            inside a SLURM allocation, else ``mpiexec``, from beside python or the PATH.
        progress: whether to show the progress of :func:`hybrid.minimize`. If None, in notebooks.

    Returns:
        a context manager that closes the ranks at its end; or close them with its ``close()``.

    Raises:
        InputError: other ranks are open, this process is a rank itself, or there is no MPI.
        RanksEndedError: the ranks ended before they joined into one job.

    Example:
        >>> import hybrid
        >>> from qiskit import QuantumCircuit
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> with hybrid.ranks(2) as job:  # doctest: +ELLIPSIS
        ...     print(job)
        ...     print(hybrid.expectation(QuantumCircuit(1), SparsePauliOp("Z")))
        2 ranks on ..., open
        [1.]
    """
    present = _present()
    if number is None:
        if present is None:
            raise InputError(
                "hybrid.ranks()",
                got="no number while no ranks are open",
                expected="a number of ranks, such as hybrid.ranks(4)",
            )
        return present
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
        raise InputError("ranks", got=repr(number), expected="a positive integer")
    if present is not None:
        raise InputError(
            f"hybrid.ranks({number})",
            got=f"a second call: {present}",
            expected="one job of ranks at a time",
            advice="go on with it, or close it first with hybrid.ranks().close()",
        )
    check_no_job()
    return Ranks(int(number), command_of(int(number), launcher), progress)


class Ranks:
    """A job of ranks that makes the calls of this process; made by :func:`hybrid.ranks`.

    Attributes:
        size: number of ranks.
        hosts: the host of each rank.
    """

    def __init__(self, number: int, command: Sequence[str], progress: bool | None) -> None:
        self.size = number
        self._progress = progress
        self._kept = Kept[None]()
        self._left = False  # whether the ranks still owe a reply
        self._turn = threading.Lock()
        self._links: dict[int, Channel] = {}
        self._end = ""
        listener = Listener()
        program = [sys.executable, *_PROGRAM, str(listener.path), host_name()]
        self._job = Job([*command, *program])
        try:
            self._processes: list[int] = []
            self.hosts = self._connected(listener)
        except BaseException:
            self.close()
            raise
        finally:
            listener.close()
        self._job.is_printing = True
        _Here.ranks = self
        send_calls_to(self)
        atexit.register(self.close)

    @property
    def is_open(self) -> bool:
        """Whether calls can be made."""
        return not self._end

    def __repr__(self) -> str:
        """Return one line: number, hosts, and whether they are open."""
        hosts = list(dict.fromkeys(self.hosts))
        where = hosts[0] if len(hosts) == 1 else f"{len(hosts)} hosts"
        s = "s" if self.size > 1 else ""
        return f"{self.size} rank{s} on {where}, {'open' if self.is_open else 'closed'}"

    def __enter__(self) -> Ranks:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the ranks."""
        self.close()

    def close(self) -> None:
        """End the ranks; calls run in this process again."""
        self._end = self._end or "they were closed"
        self._job.is_printing = False  # the launcher complains of ranks that are ended by force
        if _Here.ranks is self:
            _Here.ranks = None
            send_calls_to(None)
        atexit.unregister(self.close)
        if self._links and not self._left:
            self._ask(pack(None))
        else:
            close_all(self._links.values())  # a rank that computes ends by itself
        self._job.end()
        close_all(self._links.values())
        self._links.clear()

    def call(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Make a public call on the ranks, and return its result.

        Raises:
            InputError: an argument does not travel; raised before anything runs.
            RanksEndedError: the ranks have ended.
            KeyboardInterrupt: the cell was interrupted; the ranks finish the call, and its result
                is dropped.
        """
        known = arguments_of(name)
        given = {each: value for each, value in arguments.items() if each in known or not known}
        observers = Observers.checked(given.pop("observer", None))
        for each in ("journal", "fork", "trace"):
            if isinstance(given.get(each), str | os.PathLike):
                given[each] = os.path.abspath(os.fspath(given[each]))
        with self._taken(name), Following(observers, display_of(self._progress)) as following:
            with Stops() as stops:
                self._send(name, given, following.watching, stops)
                found = self._answer(name, following, stops)
            if name == "minimize":
                following.finished(found)
            return found

    def _send(self, name: str, given: Mapping[str, Any], watching: str, stops: Stops) -> None:
        writer = Writer()
        written = {
            each: writer.write(value, f"{each} of {name}()") for each, value in given.items()
        }
        keys = list(writer.circuits)
        missing = self._kept.missing(keys)
        blobs = {key: writer.blob(key) for key in missing}
        request = _packed(name, [name, written, keys, blobs, watching])
        while self._left:  # the result of an interrupted call is still to come
            self._next(name, None)
            _raise_if(stops)
        _raise_if(stops)
        self._kept.use(keys, dict.fromkeys(missing))
        self._left = True
        if not self._ask(request):
            self._give_up(name)

    def _ask(self, request: bytes) -> bool:
        """Send a packed request to rank 0 and wake the others; return whether rank 0 is there."""
        for rank, link in self._links.items():
            if rank:
                link.wake()
        try:
            self._links[0].send_packed(request)
        except ClosedError:
            return False
        return True

    def _answer(self, name: str, following: Following, stops: Stops) -> Any:
        done = False
        while not done:
            done, value = self._next(name, following)
            if name != "minimize":
                _raise_if(stops)
            elif stops.reason and not done:  # until it stops: the signal is ignored before the run
                os.kill(self._processes[0], signal.SIGINT)
        if following.failure is not None:
            raise following.failure
        if isinstance(value, Failure):
            error = error_of(value)
            if is_bad_input(error):
                error.__cause__ = None  # the user's input, not a rank, is at fault
            raise error
        return value

    def _next(self, name: str, following: Following | None) -> tuple[bool, Any]:
        """Handle the next message, if there is one soon; return whether it was the reply.

        Args:
            name: the call, for messages.
            following: takes reports; None for a call that was interrupted.
        """
        try:
            message = self._links[0].receive(_LOOK)
        except ClosedError:
            self._give_up(name)
        if message is None:
            return False, None
        kind, content = message
        if kind == "result":
            self._left = False
            return True, Reader({}).read(content)
        if kind == "failure":
            self._left = False
            return True, decode(content)
        if following is None:
            self._links[0].send(["go", "the notebook has left the run"])
        else:
            answer = following.answer(kind, Reader({}).read(content))
            if following.watching == "ask":
                self._links[0].send(answer)
        return False, None

    def _connected(self, listener: Listener) -> list[str]:
        """Wait for all ranks of this host; return the hosts of all ranks."""
        hosts: list[str] = []
        process_of: dict[int, int] = {}
        while not hosts or len(self._links) < hosts.count(hosts[0]):
            link = listener.accept(_LOOK)
            if link is None:
                if not self._job.is_running:
                    raise RanksEndedError(
                        f"the {self.size} ranks ended before they joined into one job, with "
                        f"{self._job.ending()}\nstart them with the launcher of the MPI library "
                        "that python loads (see 'hybrid doctor'), for instance launcher='mpiexec'"
                    )
                continue
            hello = link.receive()
            self._links[hello["rank"]] = link
            if (hello["size"], hello["version"]) != (self.size, hybrid.__version__):
                raise InputError(
                    "launcher",
                    got=f"{hello['size']} ranks with hybrid {hello['version']}",
                    expected=f"{self.size} ranks with hybrid {hybrid.__version__}",
                )
            process_of[hello["rank"]] = hello["process"]
            hosts = hello["hosts"]
        self._processes = [process_of[rank] for rank in sorted(process_of)]
        return hosts

    def _give_up(self, name: str) -> NoReturn:
        if not self._end:
            self._end = f"they ended during {name}(), with {self._job.ending()}"
            close_all(self._links.values())
            self._links.clear()
        raise RanksEndedError(self._why())

    def _why(self) -> str:
        again = f"open others with hybrid.ranks({self.size})"
        return f"the {self.size} ranks are gone: {self._end}\n{again}"

    @contextmanager
    def _taken(self, name: str) -> Iterator[None]:
        """Refuse a call of another thread meanwhile, and any call after the end."""
        if self._end:
            raise RanksEndedError(self._why())
        if not self._turn.acquire(blocking=False):
            raise HybridError(
                f"{name}() in thread '{threading.current_thread().name}' while another thread "
                "waits for the ranks: calls are made one at a time; make them all in one thread"
            )
        try:
            yield
        finally:
            self._turn.release()


def _packed(name: str, request: object) -> bytes:
    """Return a request as a message, before anything is promised to the ranks."""
    try:
        return pack(request)
    except ValueError as error:
        raise InputError(
            f"the arguments of {name}()",
            got=f"data that no message holds ({error})",
            expected="arrays and circuits of less than 4 GiB each, and text of Unicode",
            advice="write a script and start it with mpiexec, which needs no message",
        ) from None


def _raise_if(stops: Stops) -> None:
    """Raise KeyboardInterrupt if the user has interrupted the cell."""
    if stops.reason:
        raise KeyboardInterrupt


class _Here:
    """The ranks of this process."""

    ranks: Ranks | None = None


def _present() -> Ranks | None:
    """Return the ranks that are open; those that have ended do not count."""
    return _Here.ranks if _Here.ranks is not None and _Here.ranks.is_open else None


def _forget() -> None:
    """Leave the ranks to the parent of a forked child."""
    if _Here.ranks is not None:
        for link in _Here.ranks._links.values():
            link.drop()
        atexit.unregister(_Here.ranks.close)
        _Here.ranks = None
        send_calls_to(None)


os.register_at_fork(after_in_child=_forget)
