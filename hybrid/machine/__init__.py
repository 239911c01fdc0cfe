"""What a kind of host can do: its measured rates, where they are kept, and how calls are timed."""

from hybrid.machine.machine import Curve, Machine
from hybrid.machine.store import load, may_save, path_of, reference, save

__all__ = ["Curve", "Machine", "load", "may_save", "path_of", "reference", "save"]
