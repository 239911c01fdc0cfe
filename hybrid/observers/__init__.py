"""Observers that report the progress of a run to other tools.

Pass one to ``hybrid.minimize(..., observer=)``. They are called on rank 0 only.
"""

from hybrid.observers.mlflow import MLflow
from hybrid.observers.tensorboard import TensorBoard

__all__ = ["MLflow", "TensorBoard"]
