"""A group whose members are threads of one process, to test sharding without ranks."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

Result = TypeVar("Result")

_PATIENCE = 10.0


class _Message:
    def __init__(self, values: np.ndarray) -> None:
        self.values = values
        self.is_taken = False


class _Shared:
    def __init__(self, size: int) -> None:
        self.barrier = threading.Barrier(size)
        self.memory: dict[tuple[str, int], np.ndarray] = {}
        self.mail: dict[tuple[int, int], deque[_Message]] = defaultdict(deque)
        self.sums: dict[int, np.ndarray] = {}


class _Transfer:
    """Reads sent arrays on receipt, which exposes buffers that are reused too early."""

    def __init__(
        self,
        sent: list[_Message],
        receives: list[tuple[deque[_Message], np.ndarray]],
    ) -> None:
        self._sent = sent
        self._receives = deque(receives)

    def is_done(self) -> bool:
        while self._receives and self._receives[0][0]:
            mail, buffer = self._receives.popleft()
            message = mail.popleft()
            assert message.values.shape == buffer.shape, "messages cross"
            buffer[:] = message.values
            message.is_taken = True
        return not self._receives and all(message.is_taken for message in self._sent)


class ThreadGroup:
    """One member; counts the bytes that it sends."""

    def __init__(self, rank: int, size: int, shared: _Shared, direct: bool) -> None:
        self.rank = rank
        self.size = size
        self.sent_bytes = 0
        self._shared = shared
        self._direct = direct
        self._receiving: dict[int, _Transfer] = {}

    def memory(self, name: str, count: int, dtype: np.dtype[Any]) -> np.ndarray:
        self._shared.memory[name, self.rank] = np.full(count, np.nan, dtype)
        self._shared.barrier.wait(_PATIENCE)
        return self._shared.memory[name, self.rank]

    def neighbour(self, name: str, rank: int) -> np.ndarray | None:
        return self._shared.memory[name, rank] if self._direct and self.size > 1 else None

    def agree(self) -> None:
        self._shared.barrier.wait(_PATIENCE)

    def start(
        self,
        sends: Sequence[tuple[int, np.ndarray]],
        receives: Sequence[tuple[int, np.ndarray]],
    ) -> _Transfer:
        messages = []
        for to, values in sends:
            self.sent_bytes += values.nbytes
            messages.append(_Message(values))
            self._shared.mail[self.rank, to].append(messages[-1])
        boxes = [(self._shared.mail[source, self.rank], buffer) for source, buffer in receives]
        return _Transfer(messages, boxes)

    def wait_until(self, is_true: Callable[[], bool]) -> None:
        end = time.monotonic() + _PATIENCE
        while not is_true():
            assert time.monotonic() < end, f"member {self.rank} waits for ever"
            time.sleep(0)

    def sum(self, numbers: np.ndarray) -> np.ndarray:
        self._shared.sums[self.rank] = numbers
        self._shared.barrier.wait(_PATIENCE)
        everything = [self._shared.sums[rank] for rank in range(self.size)]
        assert np.all(np.count_nonzero(everything, axis=0) <= 1), "two members gave a number"
        total = np.sum(everything, axis=0)
        self._shared.barrier.wait(_PATIENCE)
        return total


def on_threads(
    size: int, work: Callable[[ThreadGroup], Result], *, direct: bool = False
) -> list[Result]:
    """Return the results of all members of a group; raise the exception of any of them."""
    shared = _Shared(size)
    results: list[Any] = [None] * size
    errors: list[BaseException] = []

    def run(rank: int) -> None:
        try:
            results[rank] = work(ThreadGroup(rank, size, shared, direct))
        except BaseException as error:
            errors.append(error)
            shared.barrier.abort()

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        if not isinstance(error, threading.BrokenBarrierError):
            raise error
    if errors:
        raise errors[0]
    return results
