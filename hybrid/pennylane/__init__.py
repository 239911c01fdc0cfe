"""The PennyLane device ``hybrid.qubit``; the extra ``pennylane`` brings PennyLane."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hybrid.pennylane.device import HybridQubit

__all__ = ["HybridQubit"]


def __getattr__(name: str) -> object:
    """Import the device when it is first used: it needs PennyLane.

    Raises:
        InputError: PennyLane is not installed, or too old.
    """
    if name != "HybridQubit":
        raise AttributeError(f"module 'hybrid.pennylane' has no attribute '{name}'")
    from hybrid.core.errors import InputError

    try:
        from hybrid.pennylane.device import HybridQubit
    except ImportError as error:
        if not (error.name or "").startswith("pennylane"):
            raise
        raise InputError(
            "hybrid.pennylane.HybridQubit",
            got=str(error),
            expected="PennyLane 0.45",
            advice="pip install 'hybrid-hpc-quantum[pennylane]'",
        ) from error
    globals()[name] = HybridQubit
    return HybridQubit


def __dir__() -> list[str]:
    """Return the names of the module, those not yet imported included."""
    return sorted({*globals(), *__all__})
