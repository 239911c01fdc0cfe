"""Compile circuits and observables into flat arrays shared by all simulators."""

from hybrid.programs.counts import count_operations
from hybrid.programs.flat import FlatCircuit
from hybrid.programs.flatten import flatten, refuse_changeable
from hybrid.programs.generator import Generator
from hybrid.programs.observable import Observable, compile_observable
from hybrid.programs.parameters import ParameterMap
from hybrid.programs.program import Program
from hybrid.programs.step import Step

__all__ = [
    "FlatCircuit",
    "Generator",
    "Observable",
    "ParameterMap",
    "Program",
    "Step",
    "compile_observable",
    "count_operations",
    "flatten",
    "refuse_changeable",
]
