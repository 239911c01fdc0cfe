"""Exchanging amplitudes to move qubits between rank numbers and shard indices."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from hybrid import _kernels
from hybrid.sharding.group import Amplitudes, Group, Transfer
from hybrid.sharding.layout import Move

CHUNK_BITS = 5
"""Chunks are at most 1/32 of a shard; the four message buffers hold at most 1/8."""
_LARGEST_CHUNK = 1 << 30
"""In bytes; MPI counts the bytes of a message in a signed 32-bit integer."""


def run_move(
    group: Group,
    move: Move,
    states: Mapping[str, Amplitudes],
    threads: int,
    chunk_mask: int = 0,
    then: Callable[[int], None] | None = None,
) -> None:
    """Perform a move in place: exchange parts of shards between ranks.

    Each rank exchanges with all ranks whose numbers differ from its own in the moving slots only:
    it sends the part of its shard whose moving index bits equal the other's slots. With shared
    memory each of the two does half of an exchange; otherwise chunks travel as messages, two at a
    time.

    Args:
        group: the ranks; all members make the call.
        move: the move.
        states: this member's shards, by the name of their memory.
        threads: threads for copying.
        chunk_mask: index bits that cut a shard into chunks; none of ``move.positions``.
        then: called for each complete chunk, ascending, with its value of ``chunk_mask``, while
            the next chunk is in transit.
    """
    group.agree()
    if all(group.neighbour(name, group.rank ^ 1) is not None for name in states):
        for name, shard in states.items():
            _in_memory(group, move, name, shard, threads)
        group.agree()
        if then is not None:
            for value in subsets(chunk_mask):
                then(value)
        return
    _by_messages(group, move, list(states.values()), threads, chunk_mask, then)


def subsets(mask: int) -> Iterator[int]:
    """Yield all values of the bits of a mask, ascending.

    Example:
        >>> list(subsets(0b101))
        [0, 1, 4, 5]
    """
    value = 0
    while True:
        yield value
        value = (value - mask) & mask
        if value == 0:
            return


def chunk_bits(shard: Amplitudes) -> int:
    """Return the number of index bits that cut a shard into single messages."""
    wanted = max(CHUNK_BITS, (-(-shard.nbytes // _LARGEST_CHUNK) - 1).bit_length())
    return min(wanted, (len(shard) - 1).bit_length())


def _parts(group: Group, move: Move) -> tuple[int, list[tuple[int, int, int]]]:
    """Return the mask of moving positions, and per other rank (rank, value to send, its value)."""
    mask = sum(1 << position for position in move.positions)

    def bits_of(rank: int) -> int:
        pairs = zip(move.slots, move.positions, strict=True)
        return sum(1 << position for slot, position in pairs if rank >> slot & 1)

    mine = bits_of(group.rank)
    slots = sum(1 << slot for slot in move.slots)
    others = [group.rank ^ difference for difference in subsets(slots) if difference]
    return mask, [(other, bits_of(other), mine) for other in others]


def _in_memory(group: Group, move: Move, name: str, shard: Amplitudes, threads: int) -> None:
    mask, parts = _parts(group, move)
    half = _highest(len(shard) - 1 & ~mask)
    for other, mine, theirs in parts:
        its_shard = group.neighbour(name, other)
        assert its_shard is not None
        my_half = half if group.rank > other else 0
        if half == 0 and group.rank > other:
            continue
        _kernels.exchange(shard, mine | my_half, its_shard, theirs | my_half, mask | half, threads)


def _by_messages(
    group: Group,
    move: Move,
    shards: Sequence[Amplitudes],
    threads: int,
    chunk_mask: int,
    then: Callable[[int], None] | None,
) -> None:
    mask, parts = _parts(group, move)
    whole = len(shards[0]) - 1
    finer = 0
    while (mask | chunk_mask | finer).bit_count() < chunk_bits(shards[0]):
        finer |= _highest(whole & ~mask & ~chunk_mask & ~finer)
    cut = mask | chunk_mask | finer
    pipeline = _Pipeline(group, len(shards[0]) >> cut.bit_count(), shards[0].dtype, threads)
    for chunk in subsets(chunk_mask):
        for shard, (other, mine, _), fine in product(shards, parts, list(subsets(finer))):
            pipeline.exchange(shard, cut, mine | chunk | fine, other, chunk)
        if then is not None and chunk:
            # One chunk behind, to overlap work with messages.
            previous = (chunk - 1) & chunk_mask
            pipeline.finish(previous)
            then(previous)
    pipeline.finish(chunk_mask)
    if then is not None:
        then(chunk_mask)


class _Pipeline:
    """Exchanges by messages, at most two in transit."""

    def __init__(self, group: Group, count: int, dtype: np.dtype[Any], threads: int) -> None:
        self._group = group
        self._threads = threads
        self._free = [(np.empty(count, dtype), np.empty(count, dtype)) for _ in range(2)]
        self._under_way: deque[tuple[int, Transfer, Callable[[], None]]] = deque()

    def exchange(self, shard: Amplitudes, mask: int, value: int, other: int, chunk: int) -> None:
        """Start exchanging part of a shard with another rank."""
        if not self._free:
            self._finish_oldest()
        out, back = self._free.pop()
        _kernels.copy_out(shard, mask, value, out, self._threads)
        transfer = self._group.start([(other, out)], [(other, back)])

        def arrive() -> None:
            _kernels.copy_in(back, shard, mask, value, self._threads)
            self._free.append((out, back))

        self._under_way.append((chunk, transfer, arrive))

    def finish(self, chunk: int) -> None:
        """Wait until a chunk and all earlier ones are in place."""
        while self._under_way and self._under_way[0][0] <= chunk:
            self._finish_oldest()

    def _finish_oldest(self) -> None:
        _, transfer, arrive = self._under_way.popleft()
        self._group.wait_until(transfer.is_done)
        arrive()


def _highest(mask: int) -> int:
    return 1 << (mask.bit_length() - 1) if mask else 0
