"""Jobs as Qiskit's primitives return them."""

from __future__ import annotations

from concurrent.futures import Future

from qiskit.primitives import PrimitiveJob


class FinishedJob(PrimitiveJob):
    """A job that is complete when it is returned.

    It runs on the submitting thread, because every rank must make its collective calls in the same
    order. :meth:`result` raises the exception of a failed run.

    Example:
        >>> job = FinishedJob(lambda: 42)
        >>> job._submit()
        >>> job.result(), job.status().name, job.cancel()
        (42, 'DONE', False)
    """

    def _submit(self) -> None:
        future: Future[object] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(self._function(*self._args, **self._kwargs))
        except Exception as error:
            future.set_exception(error)
        self._future = future
