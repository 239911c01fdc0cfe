"""Measured rates of one kind of host, as plain numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from hybrid.core.work import CPU

Positive = Annotated[float, Field(gt=0.0)]


class _Strict(BaseModel):
    """A frozen model without extra keys, NaN or infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Curve(_Strict):
    """Seconds as a function of the width of the state.

    Attributes:
        widths: numbers of qubits, ascending.
        seconds: seconds at each width, positive.

    Example:
        >>> Curve(widths=(4, 6), seconds=(1.0, 4.0)).at(5)
        2.0
    """

    widths: tuple[int, ...] = Field(min_length=1)
    seconds: tuple[Positive, ...]

    @model_validator(mode="after")
    def _fits(self) -> Curve:
        if len(self.widths) != len(self.seconds):
            raise ValueError("widths and seconds must have the same length")
        if any(b <= a for a, b in zip(self.widths, self.widths[1:], strict=False)):
            raise ValueError("widths must ascend")
        return self

    def at(self, width: int) -> float:
        """Return seconds at a width, interpolated linearly in the logarithm.

        Above the widest measured width, time doubles with each qubit; below the narrowest, it is
        constant.
        """
        widths, seconds = self.widths, self.seconds
        if width <= widths[0]:
            return seconds[0]
        if width >= widths[-1]:
            return seconds[-1] * 2.0 ** min(width - widths[-1], 1000)
        place = next(k for k, known in enumerate(widths) if known >= width)
        share = (width - widths[place - 1]) / (widths[place] - widths[place - 1])
        low, high = math.log(seconds[place - 1]), math.log(seconds[place])
        return math.exp(low + share * (high - low))


class Machine(_Strict):
    """The scheduler's model of a host; all times are for one thread.

    Attributes:
        kind: processor, cores and build of the kernels; hosts of one kind share a file.
        cores: cores of the host that a job may use.
        memory_bytes: memory of the host.
        speed: divisor of all predicted seconds; 1 as measured.
        contention: usual over best time of a call, at least 1, because other processes use the
            host; measured rates include it. Older files call it ``disturbance``.
        rates: curves of seconds by name; each simulator defines its names. Work is not predicted
            if its simulator lacks one of them.
        thread_gain: ratio of the time on one thread to the time on all cores.
        ask_seconds: overhead of the runtime per Ask.
        piece_seconds: overhead of the runtime per piece.
        latency: seconds of a message between two ranks, packing and unpacking included.
        bandwidth: bytes per second between two ranks, packing and unpacking included.
        copy_bandwidth: bytes per second of copies in memory.
        quick: whether the rates are scaled from a reference by a short measurement.
        devices: devices that can run pieces.

    Example:
        >>> from hybrid.machine import reference
        >>> reference().cores >= 1
        True
    """

    kind: str
    cores: int = Field(ge=1)
    memory_bytes: int = Field(ge=1)
    speed: Positive = 1.0
    contention: Annotated[
        float, Field(ge=1.0, validation_alias=AliasChoices("contention", "disturbance"))
    ] = 1.0
    rates: Mapping[str, Curve]
    thread_gain: Curve
    ask_seconds: Positive
    piece_seconds: Positive
    latency: Positive
    bandwidth: Positive
    copy_bandwidth: Positive
    quick: bool = False
    devices: tuple[str, ...] = Field(default=(CPU,), min_length=1)

    def with_speed(self, speed: float) -> Machine:
        """Return the same host with another speed."""
        return self.model_copy(update={"speed": speed})

    def gain(self, threads: int, width: int) -> float:
        """Return the speed-up of ``threads`` over one thread, for one state of a width.

        Amdahl's law, fitted to the measured gain on all cores.
        """
        if threads <= 1 or self.cores == 1:
            return 1.0
        measured = self.thread_gain.at(min(width, self.thread_gain.widths[-1]))
        full = min(max(measured, 0.1), float(self.cores))
        serial = (self.cores / full - 1.0) / (self.cores - 1)
        return threads / (1.0 + serial * (threads - 1))
