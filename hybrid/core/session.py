"""Whether this process is an interactive session, or a notebook."""

from __future__ import annotations

import sys
from typing import Any


def is_interactive() -> bool:
    """Return whether the user types at a prompt, or in a notebook, of this process.

    Example:
        >>> is_interactive()
        False
    """
    return hasattr(sys, "ps1") or bool(sys.flags.interactive) or _shell() is not None


def is_notebook() -> bool:
    """Return whether the user works in a notebook (a kernel of Jupyter)."""
    return type(_shell()).__name__ == "ZMQInteractiveShell"


def _shell() -> Any:
    """Return the shell of IPython in this process, or None."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()
