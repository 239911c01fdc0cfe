"""Learning with circuits, with scikit-learn's interface; the extra ``ml`` brings scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hybrid.learn.classifier import Classifier
    from hybrid.learn.kernels import kernel
    from hybrid.learn.regressor import Regressor
    from hybrid.learn.transformer import Kernel

_HOMES = {
    "Classifier": "hybrid.learn.classifier",
    "Kernel": "hybrid.learn.transformer",
    "Regressor": "hybrid.learn.regressor",
    "kernel": "hybrid.learn.kernels",
}

__all__ = ["Classifier", "Kernel", "Regressor", "kernel"]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: the classes need scikit-learn.

    Raises:
        InputError: it is not installed, or too old.
    """
    if name not in _HOMES:
        raise AttributeError(f"module 'hybrid.learn' has no attribute '{name}'")
    from importlib import import_module

    from hybrid.core.errors import InputError
    from hybrid.core.extras import install

    try:
        found: object = getattr(import_module(_HOMES[name]), name)
    except ImportError as error:
        if not (error.name or "").startswith("sklearn"):
            raise
        raise InputError(
            f"hybrid.learn.{name}",
            got=str(error),
            expected="scikit-learn 1.6 or later",
            advice=install("ml"),
        ) from error
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Return the names of the module, those not yet imported included."""
    return sorted({*globals(), *__all__})
