"""This host, as the scheduler is to see it."""

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
    """Return this host: as calibrated, else as kept, else a quick guess that is then kept.

    Raises:
        InputError: the file that ``HYBRID_MACHINE`` names is not usable.
    """
    named = os.environ.get(VARIABLE)
    if named:
        return load(Path(named))
    kept = path_of(kind_of_host())
    if kept.is_file():
        try:
            return load(kept)
        except InputError:
            pass  # damaged or of another version: measured again, and written anew
    found = quick(reference(_kernels.about()["processor"]))
    save(found, kept)
    return found
