"""All simulators, one row each, and from what a user says to the one that runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from qiskit.primitives import BaseEstimatorV2

from hybrid.core.errors import InputError, nearest
from hybrid.programs import FlatCircuit
from hybrid.simulators.aer.simulator import Aer
from hybrid.simulators.base import Counts, Estimation, Evaluation, Simulator
from hybrid.simulators.native.simulator import Native
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


def sampler(simulator: Choice, circuit: FlatCircuit, shots: int) -> Evaluation[list[Counts]]:
    """Return what measures all qubits of a circuit by the simulator that was chosen.

    ``"auto"`` draws from the exact state, in the native kernels.

    Raises:
        InputError: the simulator does not exist, or draws no bit strings.
    """
    return _unasked(simulator).sampler(circuit, shots)


def check_exact(simulator: Choice, shots: int | None, what: str) -> None:
    """Refuse settings under which an exact answer of the native kernels would be another one.

    Args:
        simulator: as chosen.
        shots: as set, or None.
        what: the answer, for the message, such as ``"overlaps"``.

    Raises:
        InputError: there are shots, or the simulator's states are not the exact ones.
    """
    chosen = _unasked(simulator)
    why = chosen.inexact
    if why is not None:
        raise InputError(
            "simulator",
            got=f"{chosen.name!r}: {why}",
            expected=f"a simulator of exact states: {what} are computed from these alone",
            advice="leave the simulator out here, or estimate expectation values instead",
        )
    if shots is not None:
        raise InputError(
            "shots",
            got=str(shots),
            expected=f"no shots: {what} are exact",
            advice="leave shots out here, or estimate expectation values instead",
        )


def _unasked(simulator: Choice) -> Simulator:
    """Return the simulator that was chosen, where there is no estimation to choose by."""
    if isinstance(simulator, str):
        return Native() if simulator == "auto" else _by_name(simulator)
    return _given(simulator)


def content_of(simulator: Choice) -> str:
    """Return what identifies a choice, equal on ranks that were given the same one."""
    if isinstance(simulator, str):
        return simulator
    given = _given(simulator)
    return f"{given.name} {given.content()}"


def _named(name: str, estimation: Estimation) -> Simulator:
    if name == "auto":
        suiting = [make for make in SIMULATORS.values() if make().refusal(estimation) is None]
        return (suiting or list(SIMULATORS.values())[-1:])[0]()
    return _by_name(name)


def _by_name(name: str) -> Simulator:
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
