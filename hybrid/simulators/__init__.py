"""Simulators: the native kernels, Qiskit Aer, and any estimator, sampler or backend of Qiskit."""

from hybrid.simulators.aer.simulator import Aer
from hybrid.simulators.base import (
    CotangentsOf,
    Estimation,
    Estimator,
    Evaluation,
    PulledBack,
    Simulator,
)
from hybrid.simulators.derived import DerivedEstimator
from hybrid.simulators.device.simulator import Device
from hybrid.simulators.native.simulator import Native
from hybrid.simulators.primitive import Primitive
from hybrid.simulators.registry import SIMULATORS, Choice, choose, content_of, names

__all__ = [
    "SIMULATORS",
    "Aer",
    "Choice",
    "CotangentsOf",
    "DerivedEstimator",
    "Device",
    "Estimation",
    "Estimator",
    "Evaluation",
    "Native",
    "Primitive",
    "PulledBack",
    "Simulator",
    "choose",
    "content_of",
    "names",
]
