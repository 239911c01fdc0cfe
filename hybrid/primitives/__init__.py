"""Qiskit's primitives, computed by this package: change the class, keep the script."""

from hybrid.primitives.estimator import Estimator
from hybrid.primitives.sampler import Sampler

__all__ = ["Estimator", "Sampler"]
