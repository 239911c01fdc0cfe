"""Registry of simulators, and the choice of one from user settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from qiskit.primitives import BaseEstimatorV2, BaseSamplerV2
from qiskit.providers import BackendV2

from hybrid.core.errors import InputError, nearest
from hybrid.programs import FlatCircuit
from hybrid.simulators.aer.simulator import Aer
from hybrid.simulators.base import Counts, Estimation, Evaluation, Simulator, unsupported
from hybrid.simulators.device.simulator import Device
from hybrid.simulators.native.simulator import Native
from hybrid.simulators.primitive import Primitive

Choice: TypeAlias = str | Simulator | BaseEstimatorV2 | BaseSamplerV2 | BackendV2
"""``"auto"``, a name, a simulator, or an estimator, sampler or backend of Qiskit."""

SIMULATORS: Mapping[str, type[Simulator]] = {
    "native": Native,
    "aer": Aer,
    "device": Device,
}
"""Simulators by name, in the order in which ``"auto"`` tries those that are ``automatic``.

Read by the choice of simulator, run files, predictions and calibration.
"""


def names() -> tuple[str, ...]:
    """Return the names of the registered simulators.

    Example:
        >>> names()
        ('native', 'aer', 'device')
    """
    return tuple(SIMULATORS)


def choose(simulator: Choice, estimation: Estimation) -> Simulator:
    """Return the chosen simulator; for ``"auto"``, the first that supports the estimation.

    Raises:
        InputError: it does not exist, is not a simulator, or does not support the estimation.
    """
    chosen = _named(simulator, estimation) if isinstance(simulator, str) else _given(simulator)
    refusal = chosen.refusal(estimation)
    if refusal is not None:
        raise unsupported(chosen.name, refusal)
    return chosen


def sampler(simulator: Choice, circuit: FlatCircuit, shots: int) -> Evaluation[list[Counts]]:
    """Return the measurement of all qubits of a circuit by the chosen simulator.

    ``"auto"`` samples the exact state in the native kernels.

    Raises:
        InputError: the simulator does not exist, or does not support sampling.
    """
    return _unasked(simulator).sampler(circuit, shots)


def check_exact(simulator: Choice, shots: int | None, what: str) -> None:
    """Refuse settings that contradict an exact answer by the native kernels.

    Args:
        simulator: the user's choice.
        shots: the user's shots, or None.
        what: kind of answer for the message, such as ``"overlaps"``.

    Raises:
        InputError: shots are given, or the simulator's states are not exact.
    """
    chosen = _unasked(simulator)
    why = chosen.inexact
    if why is not None:
        raise InputError(
            "simulator",
            got=f"{chosen.name!r}: {why}",
            expected=f"a simulator with exact states: {what} are computed from exact states only",
            advice="omit the simulator, or estimate expectation values instead",
        )
    if shots is not None:
        raise InputError(
            "shots",
            got=str(shots),
            expected=f"no shots: {what} are exact",
            advice="omit shots, or estimate expectation values instead",
        )


def _unasked(simulator: Choice) -> Simulator:
    """Return the chosen simulator when there is no estimation; ``"auto"`` is native."""
    if isinstance(simulator, str):
        return Native() if simulator == "auto" else _by_name(simulator)
    return _given(simulator)


def content_of(simulator: Choice) -> str:
    """Return a string that identifies a choice; equal choices give equal strings on all ranks."""
    if isinstance(simulator, str):
        return simulator
    given = _given(simulator)
    return f"{given.name} {given.content()}"


def _named(name: str, estimation: Estimation) -> Simulator:
    if name == "auto":
        tried = [make for make in SIMULATORS.values() if make.automatic]
        suiting = [make for make in tried if make().refusal(estimation) is None]
        return (suiting or tried[-1:])[0]()
    return _by_name(name)


def _by_name(name: str) -> Simulator:
    if name not in SIMULATORS:
        raise InputError(
            "simulator",
            got=repr(name),
            expected=f"one of auto, {', '.join(names())}, a simulator, or a Qiskit estimator, "
            "sampler or backend",
            advice=nearest(name, ["auto", *names()]),
        )
    return SIMULATORS[name]()


def _given(simulator: Simulator | BaseEstimatorV2 | BaseSamplerV2 | BackendV2) -> Simulator:
    if isinstance(simulator, BaseEstimatorV2):
        return Primitive(simulator)
    if isinstance(simulator, BaseSamplerV2 | BackendV2):
        return Device(simulator)
    if isinstance(simulator, Simulator):
        return simulator
    raise InputError(
        "simulator",
        got=type(simulator).__name__,
        expected="a name, a hybrid.simulators.Simulator, or a Qiskit estimator, sampler or backend",
        advice="noise models go into hybrid.simulators.Aer(noise_model=...)",
    )
