"""The algorithms: what is minimised, as values."""

from hybrid.workloads.base import Sampling, Workload
from hybrid.workloads.expectation import Expectation
from hybrid.workloads.qaoa import QAOA
from hybrid.workloads.vqe import VQE

__all__ = ["QAOA", "VQE", "Expectation", "Sampling", "Workload"]
