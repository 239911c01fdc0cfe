"""Limit BLAS to one thread, because its results depend on the number of threads.

The optimizers' matrices are small, so this costs no time, and the bits do not depend on the number
of cores. The kernels use their own threads and are not affected.
"""

from __future__ import annotations

import threading
from functools import cache
from types import TracebackType
from typing import Any

from threadpoolctl import ThreadpoolController


class OneBlasThread:
    """Context in which NumPy's and SciPy's linear algebra runs on one thread.

    Contexts may be nested and may overlap in several threads. The process-wide setting is restored
    when the last context exits.

    Example:
        >>> with OneBlasThread():
        ...     pass
    """

    _lock = threading.Lock()
    _depth = 0
    _limit: Any = None

    def __enter__(self) -> OneBlasThread:
        """Limit BLAS to one thread."""
        kind = OneBlasThread
        with kind._lock:
            if kind._depth == 0:
                kind._limit = _controller().limit(limits=1, user_api="blas")
            kind._depth += 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Restore the previous limit."""
        own = OneBlasThread
        with own._lock:
            own._depth -= 1
            if own._depth == 0:
                own._limit.restore_original_limits()


@cache
def _controller() -> ThreadpoolController:
    """Find the loaded libraries once; this takes milliseconds."""
    return ThreadpoolController()
