"""Variational quantum algorithms on a laptop or a supercomputer: the same script, the same bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hybrid import jax as jax
    from hybrid import learn as learn
    from hybrid import observers as observers
    from hybrid import optimizers as optimizers
    from hybrid import problems as problems
    from hybrid import simulators as simulators
    from hybrid import torch as torch
    from hybrid.calls.expectation import estimate as estimate
    from hybrid.calls.expectation import expectation as expectation
    from hybrid.calls.map import map as map
    from hybrid.calls.overlaps import overlaps as overlaps
    from hybrid.calls.pull_back import pull_back as pull_back
    from hybrid.calls.sample import sample as sample
    from hybrid.calls.session import Session as Session
    from hybrid.calls.states import amplitudes as amplitudes
    from hybrid.calls.states import metric as metric
    from hybrid.calls.states import probabilities as probabilities
    from hybrid.calls.states import state as state
    from hybrid.core.piece import Piece as Piece
    from hybrid.display import progress as progress
    from hybrid.journal import open_journal as open_journal
    from hybrid.loop.minimize import minimize as minimize
    from hybrid.notebook.ranks import ranks as ranks
    from hybrid.primitives import QGT as QGT
    from hybrid.primitives import Estimator as Estimator
    from hybrid.primitives import EstimatorGradient as EstimatorGradient
    from hybrid.primitives import Sampler as Sampler
    from hybrid.torch.train import train as train
    from hybrid.workloads import QAOA as QAOA
    from hybrid.workloads import VQD as VQD
    from hybrid.workloads import VQE as VQE
    from hybrid.workloads import AdaptVQE as AdaptVQE
    from hybrid.workloads import CVaR as CVaR
    from hybrid.workloads import Gibbs as Gibbs
    from hybrid.workloads import MultiStart as MultiStart
    from hybrid.workloads import Scan as Scan
    from hybrid.workloads import Supervised as Supervised
    from hybrid.workloads import TimeEvolution as TimeEvolution
    from hybrid.workloads import WarmStart as WarmStart
    from hybrid.workloads import Workload as Workload
    from hybrid.workloads import XYMixer as XYMixer
    from hybrid.workloads import workload as workload

__version__ = "0.1.0"

_HOMES = {
    "AdaptVQE": "hybrid.workloads",
    "CVaR": "hybrid.workloads",
    "Gibbs": "hybrid.workloads",
    "QAOA": "hybrid.workloads",
    "Estimator": "hybrid.primitives",
    "EstimatorGradient": "hybrid.primitives",
    "MultiStart": "hybrid.workloads",
    "Piece": "hybrid.core.piece",
    "QGT": "hybrid.primitives",
    "Sampler": "hybrid.primitives",
    "Scan": "hybrid.workloads",
    "Session": "hybrid.calls.session",
    "Supervised": "hybrid.workloads",
    "VQD": "hybrid.workloads",
    "TimeEvolution": "hybrid.workloads",
    "VQE": "hybrid.workloads",
    "WarmStart": "hybrid.workloads",
    "Workload": "hybrid.workloads",
    "XYMixer": "hybrid.workloads",
    "amplitudes": "hybrid.calls.states",
    "estimate": "hybrid.calls.expectation",
    "expectation": "hybrid.calls.expectation",
    "jax": "hybrid.jax",
    "learn": "hybrid.learn",
    "map": "hybrid.calls.map",
    "metric": "hybrid.calls.states",
    "minimize": "hybrid.loop.minimize",
    "open_journal": "hybrid.journal",
    "observers": "hybrid.observers",
    "optimizers": "hybrid.optimizers",
    "overlaps": "hybrid.calls.overlaps",
    "problems": "hybrid.problems",
    "progress": "hybrid.display",
    "probabilities": "hybrid.calls.states",
    "ranks": "hybrid.notebook.ranks",
    "pull_back": "hybrid.calls.pull_back",
    "sample": "hybrid.calls.sample",
    "simulators": "hybrid.simulators",
    "torch": "hybrid.torch",
    "train": "hybrid.torch.train",
    "workload": "hybrid.workloads",
    "state": "hybrid.calls.states",
}

__all__ = [*sorted(_HOMES), "__version__"]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that ``import hybrid`` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'hybrid' has no attribute '{name}'")
    from importlib import import_module

    module = import_module(_HOMES[name])
    found = module if _HOMES[name] == f"hybrid.{name}" else getattr(module, name)
    globals()[name] = found
    return found


def load_ipython_extension(shell: Any) -> None:
    """Add the magic ``%ranks`` to a notebook: ``%load_ext hybrid``."""
    from hybrid.notebook.magic import register

    register(shell)


def __dir__() -> list[str]:
    """Return the names of the module, those not yet imported included."""
    return sorted({*globals(), *__all__})


def _join_if_launched() -> None:
    """Join the job where a launcher started this process.

    So a rank that ends before its first call still tells the others, which would wait for it.
    """
    import sys

    from hybrid.core import launcher

    # ``python -m hybrid`` and ``hybrid`` join by themselves, once they keep signals.
    program = sys.argv[0].rpartition("/")[2] if sys.argv else ""
    if program in ("-m", "hybrid") or not launcher.is_launched():
        return
    from hybrid.runtime.world import join_if_launched

    join_if_launched()


def _show_progress_in_notebooks() -> None:
    """Show what takes long below the cells of a notebook, from the first call on."""
    import sys

    if "IPython" not in sys.modules:
        return
    from hybrid.core import phases, session

    if session.is_notebook():

        def display() -> object:
            from hybrid.display.here import display_here

            return display_here()

        phases.show_by_default(display)


_join_if_launched()
_show_progress_in_notebooks()
