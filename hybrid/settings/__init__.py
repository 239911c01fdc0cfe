"""Run files: TOML files that describe a problem, an ansatz, an optimizer and a simulator.

:func:`load` reads and validates a run file, and reports all errors at once; :func:`build`
reads the files it refers to and makes the workload; :func:`minimize_arguments` returns the rest.
"""

from __future__ import annotations

from hybrid.settings.build import Job, MinimizeArguments, Reference, build, minimize_arguments
from hybrid.settings.environment import from_environment
from hybrid.settings.faults import RunFileError
from hybrid.settings.load import load
from hybrid.settings.tables import RunFile

__all__ = [
    "Job",
    "MinimizeArguments",
    "Reference",
    "RunFile",
    "RunFileError",
    "build",
    "from_environment",
    "load",
    "minimize_arguments",
]
