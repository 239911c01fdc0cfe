"""Workloads: the algorithms whose costs are minimised."""

from hybrid.workloads.adapt import AdaptVQE
from hybrid.workloads.base import Minimizable, Sampling
from hybrid.workloads.custom import Workload
from hybrid.workloads.evolution import TimeEvolution
from hybrid.workloads.expectation import Expectation
from hybrid.workloads.function import workload
from hybrid.workloads.local import LocalSimulator
from hybrid.workloads.mixers import WarmStart, XYMixer
from hybrid.workloads.multistart import MultiStart
from hybrid.workloads.objectives import CVaR, Gibbs
from hybrid.workloads.qaoa import QAOA
from hybrid.workloads.scan import Scan
from hybrid.workloads.supervised import Supervised
from hybrid.workloads.task import Partials, Task
from hybrid.workloads.vqd import VQD
from hybrid.workloads.vqe import VQE

__all__ = [
    "QAOA",
    "VQD",
    "VQE",
    "AdaptVQE",
    "CVaR",
    "Expectation",
    "Gibbs",
    "LocalSimulator",
    "Minimizable",
    "MultiStart",
    "Partials",
    "Sampling",
    "Scan",
    "Supervised",
    "Task",
    "TimeEvolution",
    "WarmStart",
    "Workload",
    "XYMixer",
    "workload",
]
