"""What computes expectation values: the project's kernels, Qiskit Aer, any Qiskit estimator."""

from hybrid.simulators.aer import Aer
from hybrid.simulators.base import Estimation, Evaluation, Simulator
from hybrid.simulators.choice import Choice, choose, content_of, names
from hybrid.simulators.native import Native
from hybrid.simulators.primitive import Primitive

__all__ = [
    "Aer",
    "Choice",
    "Estimation",
    "Evaluation",
    "Native",
    "Primitive",
    "Simulator",
    "choose",
    "content_of",
    "names",
]
