"""Linear algebra libraries add in another order with another number of threads; here they have one.

The optimizers' matrices are small, so nothing is lost, and the bits do not depend on the machine's
cores. The kernels have threads of their own and are not concerned.
"""

from __future__ import annotations

import threading
from functools import cache
from types import TracebackType
from typing import Any

from threadpoolctl import ThreadpoolController


class OneBlasThread:
    """Within this context NumPy's and SciPy's linear algebra runs on one thread.

    Contexts may be nested and may overlap in several threads: the libraries, whose setting is the
    process's, get it back when the last context is left.

    Example:
        >>> with OneBlasThread():
        ...     pass
    """

    _lock = threading.Lock()
    _depth = 0
    _limit: Any = None

    def __enter__(self) -> OneBlasThread:
        """Set one thread."""
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
        """Restore what was set before."""
        own = OneBlasThread
        with own._lock:
            own._depth -= 1
            if own._depth == 0:
                own._limit.restore_original_limits()


@cache
def _controller() -> ThreadpoolController:
    """Find the loaded libraries, which takes milliseconds, once."""
    return ThreadpoolController()
