"""The classes of this package whose objects travel between a notebook and its ranks."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

import hybrid
from hybrid import optimizers
from hybrid.core.ask import Told
from hybrid.loop.result import History, Progress, Result, RunDescription
from hybrid.simulators import Aer, Native
from hybrid.workloads import Workload
from hybrid.workloads.base import OneRun


def _is_optimizer(kind: Any) -> bool:
    return inspect.isclass(kind) and is_dataclass(kind) and hasattr(kind, "steps")


RECORDS: Mapping[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        *filter(_is_optimizer, (getattr(optimizers, name) for name in optimizers.__all__)),
        Aer,
        Native,
        Told,
        History,
        Progress,
        Result,
        RunDescription,
    )
}
"""Dataclasses that are written field by field, by name."""


def record_name(value: object) -> str | None:
    """Return the name of a value's class among :data:`RECORDS`, or None.

    Example:
        >>> record_name(Native()), record_name(7)
        ('Native', None)
    """
    name = type(value).__name__
    return name if RECORDS.get(name) is type(value) else None


def workload_name(value: object) -> str | None:
    """Return the name of a workload's class if it is one of this package's, or None."""
    name = "learn.Readout" if type(value).__name__ == "Readout" else type(value).__name__
    try:
        return name if workload_class(name) is type(value) else None
    except ValueError:
        return None


def workload_class(name: str) -> type[Any]:
    """Return a class of workloads by its public name.

    Raises:
        ValueError: there is none.
    """
    kind: Any = None
    if name == "learn.Readout":
        from hybrid.learn.readout import Readout as kind  # noqa: N813
    elif name in hybrid.__all__:
        kind = getattr(hybrid, name)
    if inspect.isclass(kind) and issubclass(kind, OneRun) and kind is not Workload:
        return kind
    raise ValueError(f"a message holds a workload of the unknown class {name!r}")
