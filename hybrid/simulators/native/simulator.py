"""The native simulator: exact values and adjoint gradients of state vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from hybrid.core.checks import WhetherSector, checked_sector
from hybrid.core.errors import InputError
from hybrid.core.work import Work
from hybrid.machine import Curve, Machine
from hybrid.programs import FlatCircuit
from hybrid.simulators.base import (
    Counts,
    Estimation,
    Evaluation,
    Simulator,
    unsupported,
)
from hybrid.simulators.native import cost as native_cost
from hybrid.simulators.native.evaluation import NativeEvaluation
from hybrid.simulators.native.sector import prepared

PRECISIONS = ("complex128", "complex64")


@dataclass(frozen=True)
class Native(Simulator):
    """State vectors in the native kernels, with gradients by the adjoint method.

    The adjoint method (Jones and Gacon, arXiv:2009.02823) computes all derivatives in the time of
    about three forward passes and the memory of two states.

    Attributes:
        precision: ``complex128``, or ``complex64`` for half the memory; sums use double precision.
        sector: ``"auto"`` to hold only the amplitudes of a symmetry sector, such as those with a
            fixed number of particles, if the circuit stays in one that is small enough and the
            precision is ``complex128``; False for dense states.

    Example:
        >>> Native(precision="complex64").name
        'native'
    """

    precision: str = "complex128"
    sector: WhetherSector = "auto"
    name: ClassVar[str] = "native"
    settings: ClassVar[Mapping[str, str]] = {"precision": "precision"}
    exact_only: ClassVar[bool] = True
    rates: ClassVar[frozenset[str]] = native_cost.NAMES

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise InputError(
                "precision", got=repr(self.precision), expected=" or ".join(PRECISIONS)
            )
        checked_sector(self.sector)

    @property
    def single(self) -> bool:
        """Whether amplitudes are complex64."""
        return self.precision == "complex64"

    def refusal(self, estimation: Estimation) -> str | None:
        """Return why the estimation is not supported, or None if it is."""
        if estimation.shots is not None:
            return "'native' does not support shots; use 'aer'"
        return None

    def content(self) -> str:
        """Return a string that identifies the settings."""
        return self.precision if self.sector else f"{self.precision}, dense"

    def sampler(self, circuit: FlatCircuit, shots: int) -> Evaluation[list[Counts]]:
        """Compile sampling of all qubits from the exact state, by inverse transform."""
        from hybrid.simulators.native.sampling import SamplingEvaluation

        return SamplingEvaluation(circuit.program, shots)

    @property
    def inexact(self) -> str | None:
        """None: its states are exact."""
        return None

    def prepare(self, estimation: Estimation) -> NativeEvaluation:
        """Compile the estimation to flat arrays and load it into the kernels."""
        refusal = self.refusal(estimation)
        if refusal is not None:
            raise unsupported(self.name, refusal)
        program, observables = estimation.circuit.program, estimation.observables
        if self.single:
            return NativeEvaluation(program, observables, single=True)
        wanted = self.sector == estimation.sector == "auto"
        return prepared(program, observables, sector=wanted)

    @classmethod
    def seconds(cls, work: Work, machine: Machine) -> float | None:
        """Return the seconds of the counted operations on one thread."""
        return native_cost.seconds(work, machine)

    @classmethod
    def gain(cls, work: Work, machine: Machine, threads: int) -> float:
        """Return the speedup of several threads, over points or within one state."""
        return native_cost.gain(work, machine, threads)

    @classmethod
    def measured(cls) -> Mapping[str, Curve]:
        """Measure the rates of the kernels on this host; takes about 6 s."""
        from hybrid.simulators.native.rates import native_rates, native_timings

        return native_rates(native_timings())
