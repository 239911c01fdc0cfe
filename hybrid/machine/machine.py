"""Measured rates of one kind of host, as plain numbers that can be written down."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from hybrid.core.work import CPU

Positive = Annotated[float, Field(gt=0.0)]


class _Strict(BaseModel):
    """Exact types, finite numbers, no other keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Curve(_Strict):
    """Seconds by the width of the state.

    Attributes:
        widths: qubits, ascending.
        seconds: as many, positive.

    Example:
        >>> Curve(widths=(4, 6), seconds=(1.0, 4.0)).at(5)
        2.0
    """

    widths: tuple[int, ...] = Field(min_length=1)
    seconds: tuple[Positive, ...]

    @model_validator(mode="after")
    def _fits(self) -> Curve:
        if len(self.widths) != len(self.seconds):
            raise ValueError("as many seconds as widths are needed")
        if any(b <= a for a, b in zip(self.widths, self.widths[1:], strict=False)):
            raise ValueError("widths must ascend")
        return self

    def at(self, width: int) -> float:
        """Return seconds at a width: straight in the logarithm between those measured.

        Beyond the widest, time doubles with each qubit; below the narrowest it stays.
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
    """What the scheduler knows of a rank's host; every time is for one thread.

    Attributes:
        kind: processor, cores and build of the kernels; hosts of one kind share a file.
        cores: that a job may use on the host.
        memory_bytes: of the host.
        speed: all predicted seconds are divided by it; 1 as measured.
        contention: usual over best time of a call, at least 1, because other processes use the
            host; measured rates include it. Older files call it ``disturbance``.
        rates: curves of seconds by name; each simulator has names of its own, and work for a
            simulator whose rates are not all there is not predicted.
        thread_gain: curves of the time on one thread over the time on all cores.
        ask_seconds: what the runtime does around all pieces of an Ask.
        piece_seconds: what the runtime adds to each piece.
        latency: seconds of a message between two ranks, packed and unpacked.
        bandwidth: bytes a second between two ranks, packed and unpacked.
        copy_bandwidth: bytes a second of copies in memory.
        quick: whether it was guessed from a short measurement.
        devices: what pieces can run on.

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
        """Return the same host, so many times as fast."""
        return self.model_copy(update={"speed": speed})

    def gain(self, threads: int, width: int) -> float:
        """Return how many times faster ``threads`` are than one, for one state of a width.

        Amdahl's law through the gain that was measured with all cores.
        """
        if threads <= 1 or self.cores == 1:
            return 1.0
        measured = self.thread_gain.at(min(width, self.thread_gain.widths[-1]))
        full = min(max(measured, 0.1), float(self.cores))
        serial = (self.cores / full - 1.0) / (self.cores - 1)
        return threads / (1.0 + serial * (threads - 1))
