"""The machine model of this host."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from hybrid import _kernels
from hybrid.calibration.calibrate import kind_of_host, quick
from hybrid.core.errors import InputError
from hybrid.machine import Machine, load, path_of, reference, save
from hybrid.machine.store import VARIABLE


@cache
def here() -> Machine:
    """Return the machine model of this host.

    Read from the file named by ``HYBRID_MACHINE``, else from the file of this kind of host, else
    guessed by :func:`~hybrid.calibration.quick` and saved.

    Raises:
        InputError: the file named by ``HYBRID_MACHINE`` is not usable.
    """
    named = os.environ.get(VARIABLE)
    if named:
        return load(Path(named))
    kept = path_of(kind_of_host())
    if kept.is_file():
        try:
            return load(kept)
        except InputError:
            pass  # damaged, or of another version: measure again and overwrite
    found = quick(reference(_kernels.about()["processor"]))
    save(found, kept)
    return found
