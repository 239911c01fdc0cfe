"""Measured rates of hosts: the model, its files, and timing of calls."""

from hybrid.machine.machine import Curve, Machine
from hybrid.machine.store import load, may_save, path_of, reference, save

__all__ = ["Curve", "Machine", "load", "may_save", "path_of", "reference", "save"]
