"""Variational quantum algorithms on a laptop or a supercomputer: the same script, the same bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hybrid import optimizers as optimizers
    from hybrid import problems as problems
    from hybrid import simulators as simulators
    from hybrid.estimate import estimate as estimate
    from hybrid.estimate import expectation as expectation
    from hybrid.estimate import sample as sample
    from hybrid.journal import open_journal as open_journal
    from hybrid.loop import minimize as minimize
    from hybrid.mapping import map as map
    from hybrid.piece import Piece as Piece
    from hybrid.pulling import pull_back as pull_back
    from hybrid.session import Session as Session
    from hybrid.session import overlaps as overlaps
    from hybrid.states import amplitudes as amplitudes
    from hybrid.states import metric as metric
    from hybrid.states import probabilities as probabilities
    from hybrid.states import state as state
    from hybrid.workloads import QAOA as QAOA
    from hybrid.workloads import VQE as VQE
    from hybrid.workloads import Supervised as Supervised
    from hybrid.workloads import Workload as Workload
    from hybrid.workloads import workload as workload

__version__ = "0.1.0"

_HOMES = {
    "QAOA": "hybrid.workloads",
    "Piece": "hybrid.piece",
    "Session": "hybrid.session",
    "Supervised": "hybrid.workloads",
    "VQE": "hybrid.workloads",
    "Workload": "hybrid.workloads",
    "amplitudes": "hybrid.states",
    "estimate": "hybrid.estimate",
    "expectation": "hybrid.estimate",
    "map": "hybrid.mapping",
    "metric": "hybrid.states",
    "minimize": "hybrid.loop",
    "open_journal": "hybrid.journal",
    "optimizers": "hybrid.optimizers",
    "overlaps": "hybrid.session",
    "problems": "hybrid.problems",
    "probabilities": "hybrid.states",
    "pull_back": "hybrid.pulling",
    "sample": "hybrid.estimate",
    "simulators": "hybrid.simulators",
    "workload": "hybrid.workloads",
    "state": "hybrid.states",
}

__all__ = [*sorted(_HOMES), "__version__"]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that ``import hybrid`` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'hybrid' has no attribute '{name}'")
    from importlib import import_module

    module = import_module(_HOMES[name])
    return module if _HOMES[name] == f"hybrid.{name}" else getattr(module, name)
