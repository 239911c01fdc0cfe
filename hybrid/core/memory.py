"""Refusing work that does not fit in memory."""

from __future__ import annotations

import math

from hybrid.core.errors import InputError

_UNITS = ((1e6, "MB"), (1e3, "kB"), (1.0, "B"))


def check_memory(
    needed: int, free: int, *, ranks_on_host: int, num_qubits: int, halves: bool = True
) -> None:
    """Refuse an evaluation that does not fit, and say what would.

    Args:
        needed: bytes allocated by each rank with work.
        free: free bytes on the host.
        ranks_on_host: number of ranks on the host that allocate at once.
        num_qubits: width of the state, for the advice; memory doubles with each qubit.
        halves: whether to suggest complex64.

    Raises:
        InputError: it does not fit.

    Example:
        >>> check_memory(2**30, 2**34, ranks_on_host=2, num_qubits=26)
    """
    total = needed * ranks_on_host
    if total <= free:
        return
    fits = num_qubits - math.ceil(math.log2(total / max(free, 1)))
    each = f" on each of {ranks_on_host} ranks of a host" if ranks_on_host > 1 else ""
    fewer_ranks = free // needed
    also = f", or at most {fewer_ranks} ranks on a host" if 0 < fewer_ranks < ranks_on_host else ""
    advice = f"{fits} qubit{'s' if fits > 1 else ''} would fit{also}" if fits > 0 else ""
    if advice and halves:
        advice += "; complex64 halves the memory"
    raise InputError(
        "memory",
        got=f"a state of {num_qubits} qubits that needs {gigabytes(needed)}{each}",
        expected=f"at most the {gigabytes(free)} that are free there",
        advice=advice,
    )


def gigabytes(num_bytes: int) -> str:
    """Format a number of bytes.

    Example:
        >>> gigabytes(68_700_000_000), gigabytes(8192), gigabytes(1)
        ('68.7 GB', '8.19 kB', '1 B')
    """
    if num_bytes >= 1e8:
        return f"{num_bytes / 1e9:,.1f} GB"
    unit, name = next((u, n) for u, n in _UNITS if num_bytes >= 0.9995 * u or n == "B")
    return f"{num_bytes / unit:.3g} {name}"
