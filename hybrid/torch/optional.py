"""What to say where PyTorch is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hybrid.core.errors import InputError


@contextmanager
def needs_torch(what: str) -> Iterator[None]:
    """Say what to install if an import of PyTorch, or of safetensors, fails.

    Args:
        what: the name that needs it, for the message.

    Raises:
        InputError: it is not installed, or too old.

    Example:
        >>> with needs_torch("hybrid.train"):
        ...     raise ImportError("No module named 'torch'", name="torch")
        Traceback (most recent call last):
        ...
        hybrid.core.errors.InputError: hybrid.train: got No module named 'torch', expected PyTorch \
2.4 or later and safetensors; pip install 'hybrid-hpc-quantum[torch]'
    """
    try:
        yield
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("torch", "safetensors"):
            raise
        raise InputError(
            what,
            got=str(error),
            expected="PyTorch 2.4 or later and safetensors",
            advice="pip install 'hybrid-hpc-quantum[torch]'",
        ) from error
