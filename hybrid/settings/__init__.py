"""Run files: a TOML file that says what to minimise, how, and on what simulator.

:func:`load` reads and checks one, and reports all its faults at once; :func:`build` reads the
files that it names and makes the workload; :func:`minimize_arguments` gives the rest.
"""

from __future__ import annotations

from hybrid.settings.build import Job, MinimizeArguments, Reference, build, minimize_arguments
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
    "load",
    "minimize_arguments",
]
