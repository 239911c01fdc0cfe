"""Qiskit's primitives and gradients, computed by this package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hybrid.primitives.estimator import Estimator
from hybrid.primitives.sampler import Sampler

if TYPE_CHECKING:
    from hybrid.primitives.gradients import QGT, EstimatorGradient

__all__ = ["QGT", "Estimator", "EstimatorGradient", "Sampler"]


def __getattr__(name: str) -> object:
    """Import what needs qiskit-algorithms when it is first used."""
    if name not in ("QGT", "EstimatorGradient"):
        raise AttributeError(f"module 'hybrid.primitives' has no attribute '{name}'")
    from hybrid.primitives import gradients

    return getattr(gradients, name)
