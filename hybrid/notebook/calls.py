"""The table of public calls: which are sent to the ranks, and which are not."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import hybrid

NAMES = (
    "amplitudes",
    "estimate",
    "expectation",
    "metric",
    "minimize",
    "overlaps",
    "probabilities",
    "pull_back",
    "sample",
)
"""Functions that are sent; the ranks make the same call."""

METHODS = ("Estimator.run", "Sampler.run", "EstimatorGradient.run", "QGT.run")
"""Methods whose computation is sent; the notebook holds the objects."""

REFUSED = {
    "map": "its function is code, which does not travel",
    "train": "its model and its data stay in this process",
}
"""Calls that are refused while ranks are open, and why."""

HERE = {
    "open_journal": "it reads a file",
    "progress": "it shows the calls of this process; ranks(progress=) shows those on ranks",
    "ranks": "it opens the ranks",
    "state": "every process computes the state that it holds",
    "workload": "it defines a workload",
}
"""Functions that run in the notebook's process, and why."""


def function_of(name: str) -> Callable[..., Any]:
    """Return what the ranks call for a name of the table.

    Raises:
        ValueError: the name is not in the table.

    Example:
        >>> function_of("expectation") is hybrid.expectation
        True
    """
    if name in _METHODS:
        return _METHODS[name]
    if name in NAMES:
        found: Callable[..., Any] = getattr(hybrid, name)
        return found
    raise ValueError(f"a message asks for the unknown call {name!r}")


@lru_cache(maxsize=64)
def arguments_of(name: str) -> frozenset[str]:
    """Return the names of the arguments of a call; empty if it takes any."""
    parameters = inspect.signature(function_of(name)).parameters.values()
    if any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters):
        return frozenset()
    return frozenset(each.name for each in parameters)


def _estimator(pubs: Sequence[Any], **settings: Any) -> Any:
    return hybrid.Estimator(**settings).values_of(pubs)


def _sampler(pubs: Sequence[Any], **settings: Any) -> Any:
    return hybrid.Sampler(**settings).bits_of(pubs)


def _gradient(
    circuits: Sequence[Any], observables: Any, points: Any, precision: Any, **settings: Any
) -> Any:
    gradient = hybrid.EstimatorGradient(hybrid.Estimator(**settings))
    return gradient.derivatives(circuits, observables, points, precision)


def _metric(circuits: Sequence[Any], points: Any, **settings: Any) -> Any:
    return hybrid.QGT(hybrid.Estimator(**settings)).metrics(circuits, points)


_METHODS: Mapping[str, Callable[..., Any]] = dict(
    zip(METHODS, (_estimator, _sampler, _gradient, _metric), strict=True)
)
