"""At most one run writes to a journal: a lock that the kernel releases when the process ends."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from pathlib import Path

from hybrid.core.errors import JournalError, JournalPathError

_WHERE = 0x40000000 + 0x100000
"""A byte beyond those that SQLite locks (from 1 GiB on); it need not exist."""

_STANDARD_ERROR = 2

_held: set[tuple[int, int]] = set()
"""Files that this process has locked. Closing any other descriptor of them drops SQLite's locks."""


class RunLock:
    """An exclusive lock on a byte of the file itself, held until :meth:`release`.

    It belongs to the open file description (fcntl(2), F_OFD_SETLK), so it is independent of
    SQLite's own short locks, works on NFS, leaves nothing behind when the process is killed, and
    readers are not kept out.

    Args:
        path: of an existing file.

    Raises:
        JournalError: another run holds it, it is not writable, or its file system has no locks.
    """

    def __init__(self, path: Path) -> None:
        try:
            status = path.stat()
            self._key = (status.st_dev, status.st_ino)
            if self._key in _held:
                raise _taken(path)
            self._descriptor = _opened(path)
        except OSError as error:
            raise unwritable(path, error) from None
        try:
            fcntl.fcntl(self._descriptor, fcntl.F_OFD_SETLK, _request(fcntl.F_WRLCK))
        except OSError as error:
            os.close(self._descriptor)
            if error.errno in (errno.EAGAIN, errno.EACCES):
                raise _taken(path) from None
            raise JournalError(
                f"{path}: its file system does not offer locks ({error.strerror}), which keep "
                "two runs from one journal; put the journal on another file system"
            ) from None
        _held.add(self._key)

    def release(self) -> None:
        """Release the lock, after SQLite's connection is closed."""
        if self._key in _held:
            _held.discard(self._key)
            # Unlock explicitly: forked children keep the open file description alive.
            fcntl.fcntl(self._descriptor, fcntl.F_OFD_SETLK, _request(fcntl.F_UNLCK))
            os.close(self._descriptor)


def is_locked(path: Path) -> bool | None:
    """Return whether a run is writing to a journal, or None where the file system cannot say.

    Not to be called in the process of that run, where it would drop SQLite's locks.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        told = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _request(fcntl.F_RDLCK))
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return bool(struct.unpack_from("@h", told)[0] != fcntl.F_UNLCK)


def _opened(path: Path) -> int:
    """Return a descriptor that is none of the standard streams'.

    Where those are closed it would be, and what a library prints would overwrite the journal.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    if descriptor > _STANDARD_ERROR:
        return descriptor
    try:
        return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _STANDARD_ERROR + 1)
    finally:
        os.close(descriptor)


def _request(kind: int) -> bytes:
    """Return a ``struct flock`` for one byte, padded to its full size."""
    return struct.pack("@hhqqi0q", kind, os.SEEK_SET, _WHERE, 1, 0)


def unwritable(path: Path, error: OSError) -> JournalPathError:
    """Return the error for a journal that the file system does not let us write."""
    return JournalPathError(
        "journal",
        got=f"{path}, which cannot be written ({error.strerror})",
        expected="a file that may be written, in a folder that exists",
    )


def _taken(path: Path) -> JournalError:
    return JournalError(
        f"{path}: another run is writing this journal; wait for its end, or give this run a "
        "journal of its own ('hybrid journal' shows where the other one runs)"
    )
