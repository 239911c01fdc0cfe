"""All simulators, one row each, and from what a user says to the one that runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from qiskit.primitives import BaseEstimatorV2

from hybrid.core.errors import InputError, nearest
from hybrid.simulators.aer import Aer
from hybrid.simulators.base import Estimation, Simulator
from hybrid.simulators.native import Native
from hybrid.simulators.primitive import Primitive

Choice: TypeAlias = str | Simulator | BaseEstimatorV2
"""``"auto"``, a name, a simulator, or a Qiskit estimator."""

SIMULATORS: Mapping[str, type[Simulator]] = {
    "native": Native,
    "aer": Aer,
}
"""By name, in the order in which ``"auto"`` tries them.

Choice, run files, predictions and calibration all read this table.
"""


def names() -> tuple[str, ...]:
    """Return the simulators that can be chosen by name.

    Example:
        >>> names()
        ('native', 'aer')
    """
    return tuple(SIMULATORS)


def choose(simulator: Choice, estimation: Estimation) -> Simulator:
    """Return the simulator that was chosen; for ``"auto"`` the first that suits the estimation.

    Raises:
        InputError: it does not exist, is no simulator, or does not suit.
    """
    chosen = _named(simulator, estimation) if isinstance(simulator, str) else _given(simulator)
    refusal = chosen.refusal(estimation)
    if refusal is not None:
        raise InputError(
            "simulator", got=repr(chosen.name), expected="one that suits", advice=refusal
        )
    return chosen


def content_of(simulator: Choice) -> str:
    """Return what identifies a choice, equal on ranks that were given the same one."""
    if isinstance(simulator, str):
        return simulator
    given = _given(simulator)
    return f"{given.name} {given.content()}"


def _named(name: str, estimation: Estimation) -> Simulator:
    if name == "auto":
        suiting = [make for make in SIMULATORS.values() if make().refusal(estimation) is None]
        return suiting[0]()
    if name not in SIMULATORS:
        raise InputError(
            "simulator",
            got=repr(name),
            expected=f"one of auto, {', '.join(names())}, a simulator, or a Qiskit estimator",
            advice=nearest(name, ["auto", *names()]),
        )
    return SIMULATORS[name]()


def _given(simulator: Simulator | BaseEstimatorV2) -> Simulator:
    if isinstance(simulator, BaseEstimatorV2):
        return Primitive(simulator)
    if isinstance(simulator, Simulator):
        return simulator
    raise InputError(
        "simulator",
        got=type(simulator).__name__,
        expected="a name, a hybrid.simulators.Simulator, or a Qiskit estimator",
        advice="noise models go into hybrid.simulators.Aer(noise_model=...)",
    )
