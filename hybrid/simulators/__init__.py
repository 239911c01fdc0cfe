"""What computes expectation values: the project's kernels, Qiskit Aer, any Qiskit estimator."""

from hybrid.simulators.aer import Aer
from hybrid.simulators.base import CotangentsOf, Estimation, Estimator, Evaluation, Simulator
from hybrid.simulators.native import Native
from hybrid.simulators.primitive import Primitive
from hybrid.simulators.registry import SIMULATORS, Choice, choose, content_of, names

__all__ = [
    "SIMULATORS",
    "Aer",
    "Choice",
    "CotangentsOf",
    "Estimation",
    "Estimator",
    "Evaluation",
    "Native",
    "Primitive",
    "Simulator",
    "choose",
    "content_of",
    "names",
]
