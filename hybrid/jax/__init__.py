"""Circuits as functions of JAX; the extra ``jax`` brings JAX."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hybrid.jax.function import quantum_function

__all__ = ["quantum_function"]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: it needs JAX.

    Raises:
        InputError: JAX is not installed.
    """
    if name not in __all__:
        raise AttributeError(f"module 'hybrid.jax' has no attribute '{name}'")
    from hybrid.core.errors import InputError

    try:
        from hybrid.jax.function import quantum_function
    except ImportError as error:
        if not (error.name or "").startswith("jax"):
            raise
        raise InputError(
            f"hybrid.jax.{name}",
            got=str(error),
            expected="JAX 0.4.34 or later",
            advice="pip install 'hybrid-hpc-quantum[jax]'",
        ) from error
    globals()[name] = quantum_function
    return quantum_function


def __dir__() -> list[str]:
    """Return the names of the module, those not yet imported included."""
    return sorted({*globals(), *__all__})
