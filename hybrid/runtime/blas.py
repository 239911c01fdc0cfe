"""Linear algebra libraries add in another order with another number of threads; here they have one.

The optimizers' matrices are small, so nothing is lost, and the bits do not depend on the machine's
cores. The kernels have threads of their own and are not concerned.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController


def one_blas_thread() -> AbstractContextManager[object]:
    """Return a context in which NumPy's and SciPy's linear algebra runs on one thread.

    Example:
        >>> with one_blas_thread():
        ...     pass
    """
    limits: AbstractContextManager[object] = _controller().limit(limits=1, user_api="blas")
    return limits


@cache
def _controller() -> ThreadpoolController:
    """Find the loaded libraries, which takes milliseconds, once."""
    return ThreadpoolController()
