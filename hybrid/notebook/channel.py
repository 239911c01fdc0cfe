"""Messages over a Unix socket between a notebook and the ranks of its host.

A message is plain data (:mod:`hybrid.runtime.messages`) behind its length, 8 bytes.
"""

from __future__ import annotations

import os
import select
import socket
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from hybrid.runtime.messages import pack, unpack

_HEADER = 8
_CHUNK = 1 << 20
_LONGEST_PATH = 100
"""Systems limit the path of a Unix socket to 104 or 108 bytes."""


class ClosedError(Exception):
    """The process at the other end has closed the channel, or has died."""


class Channel:
    """A connected socket.

    Example:
        >>> here, there = map(Channel, socket.socketpair())
        >>> here.send(["hello", 1])
        >>> there.receive()
        ['hello', 1]
        >>> here.close()
        >>> there.receive()
        Traceback (most recent call last):
        ...
        hybrid.notebook.channel.ClosedError
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._received = bytearray()

    def send(self, message: object) -> None:
        """Send a message.

        Raises:
            ClosedError: nobody receives it.
            ValueError: it cannot be packed.
        """
        self.send_packed(pack(message))

    def send_packed(self, packed: bytes) -> None:
        """Send a message that is packed; see :meth:`send`."""
        try:
            self._socket.sendall(len(packed).to_bytes(_HEADER, "little") + packed)
        except OSError:
            raise ClosedError from None

    def receive(self, seconds: float | None = None) -> Any:
        """Return the next message; None if it does not arrive within ``seconds``.

        Raises:
            ClosedError: the other end is closed, and no whole message is left.
        """
        packed = self.receive_packed(seconds)
        return None if packed is None else unpack(packed)

    def receive_packed(self, seconds: float | None = None) -> bytes | None:
        """Return the next message as it arrived; see :meth:`receive`."""
        while (message := self._whole()) is None:
            if seconds is not None and not self.is_readable(seconds):
                return None
            try:
                chunk = self._socket.recv(_CHUNK)
            except OSError:
                raise ClosedError from None
            if not chunk:
                raise ClosedError
            self._received += chunk
        return message

    def wake(self) -> None:
        """Send a byte to a rank that sleeps in :meth:`sleep`; one that has died is not told."""
        with suppress(OSError):
            self._socket.send(b"!")

    def sleep(self) -> None:
        """Sleep until the other end calls :meth:`wake`, or is closed."""
        with suppress(OSError):
            self._socket.recv(1)

    def is_readable(self, seconds: float) -> bool:
        """Return whether something arrives, or the other end is closed, within a time."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(1e3 * seconds))

    def await_close(self) -> None:
        """Wait until the other end is closed, whatever arrives before."""
        poll = select.poll()
        poll.register(self._socket, getattr(select, "POLLRDHUP", 0))  # closing needs no request
        poll.poll()

    def close(self) -> None:
        """Close this end; its other end is told, even if a copy of it is open in a child."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self.drop()

    def drop(self) -> None:
        """Forget this end in a forked child; its parent's stays open."""
        self._socket.close()

    def _whole(self) -> bytes | None:
        """Take the first message from what was received, if all of it has arrived."""
        end = _HEADER + int.from_bytes(self._received[:_HEADER], "little")
        if len(self._received) < max(end, _HEADER):
            return None
        message = bytes(self._received[_HEADER:end])
        del self._received[:end]
        return message


class Listener:
    """A socket in a folder that only this user can enter; gone from the disk once closed."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="hybrid-", dir=_short(tempfile.gettempdir())))
        self.path = self._folder / "ranks"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(self.path))
        self._socket.listen(1024)

    def accept(self, seconds: float) -> Channel | None:
        """Return the next connection; None if there is none within ``seconds``."""
        self._socket.settimeout(seconds)
        try:
            connected, _ = self._socket.accept()
        except TimeoutError:
            return None
        connected.setblocking(True)
        return Channel(connected)

    def close(self) -> None:
        """Accept no more connections."""
        self._socket.close()
        self.path.unlink(missing_ok=True)
        self._folder.rmdir()


def connect(path: str) -> Channel:
    """Connect to a listener.

    Raises:
        ClosedError: there is none at the path.
    """
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.connect(path)
    except OSError:
        raise ClosedError from None
    return Channel(made)


def close_all(channels: Iterable[Channel]) -> None:
    """Close several channels."""
    for each in channels:
        each.close()


def _short(folder: str) -> str:
    """Return a folder for temporary files whose path leaves room for the socket's name."""
    return folder if len(os.fsencode(folder)) + 24 <= _LONGEST_PATH else "/tmp"
