"""Limits of this process's control groups, set by containers and batch systems."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_MOUNT = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")


def control_groups(controller: str) -> list[Path]:
    """Return the folders of this process's control groups and of their parents, innermost first.

    Supports control groups of versions 1 and 2. A limit in any of these folders applies.

    Args:
        controller: ``"memory"`` or ``"cpu"``.

    Example:
        >>> all(folder.is_dir() for folder in control_groups("cpu"))
        True
    """
    found = [folder for folder in _candidates(controller) if folder.is_dir()]
    return list(dict.fromkeys(found))


def read_numbers(path: Path) -> list[int | None]:
    """Return the numbers in a control group file, None for ``max``; empty if unreadable."""
    text = read(path)
    return [int(part) if part.isdecimal() else None for part in text.split()]


def read(path: Path | str) -> str:
    """Return a small file as text, unbuffered; empty if it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return os.read(descriptor, 1 << 16).decode(errors="replace")
    except OSError:
        return ""
    finally:
        os.close(descriptor)


def _candidates(controller: str) -> Iterator[Path]:
    for line in read(_MEMBERSHIP).splitlines():
        number, names, path = (*line.split(":", 2), "", "")[:3]
        inside = Path(path.lstrip("/"))
        for folder in (inside, *inside.parents):
            if number == "0":
                yield _MOUNT / folder
            elif controller in names.split(","):
                yield _MOUNT / names / folder
                yield _MOUNT / controller / folder
