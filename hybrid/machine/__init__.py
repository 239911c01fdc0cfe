"""What a kind of host can do: measured rates, where they are kept, and what a piece will take."""

from hybrid.machine.machine import Curve, Machine
from hybrid.machine.predict import bytes_of, seconds_of, spread_seconds
from hybrid.machine.store import here, load, reference, save

__all__ = [
    "Curve",
    "Machine",
    "bytes_of",
    "here",
    "load",
    "reference",
    "save",
    "seconds_of",
    "spread_seconds",
]
