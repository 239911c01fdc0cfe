"""H psi and <psi|H psi> for a state distributed over a group of ranks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hybrid import _kernels
from hybrid.core.arrays import FloatArray
from hybrid.sharding.exchange import chunk_bits, subsets
from hybrid.sharding.group import Amplitudes, Group, Transfer
from hybrid.sharding.layout import Layout


@dataclass(frozen=True)
class DistributedState:
    """A distributed state whose expectation value is computed.

    Attributes:
        group: the ranks that hold the state.
        layout: layout of the shards.
        threads: threads of this member.
    """

    group: Group
    layout: Layout
    threads: int

    def image(
        self,
        observable: _kernels.PauliSum,
        differences: Sequence[int],
        psi: tuple[str, Amplitudes],
        image: Amplitudes,
    ) -> None:
        """Set ``image`` to this member's shard of H psi.

        An X mask pairs a shard with the one whose number differs by the mask's bits on the
        distributed qubits. Each such shard is read once, whatever the number of terms, in ascending
        order of its basis states: the canonical order of the sum.

        Args:
            observable: H.
            differences: the distinct X masks of H, restricted to ``layout.distributed_mask``.
            psi: name of the memory of this member's shard, and the shard.
            image: uninitialised memory for the result.
        """
        name, shard = psi
        self.group.agree()
        image_at = self.layout.placement(self.group.rank)
        fresh = True
        for source_at, source in self._sources(name, shard, differences):
            _kernels.image_from(observable, source_at, source, image_at, image, fresh, self.threads)
            fresh = False
        self.group.agree()

    def product(self, psi: Amplitudes, image: Amplitudes) -> FloatArray:
        """Return this member's strip sums of <psi|image>; 0.0 for strips of other members."""
        strips = _kernels.expectation_strips(self.layout.num_qubits)
        sums = np.zeros(1 << strips.bit_count())
        at = self.layout.placement(self.group.rank)
        _kernels.image_product(at, psi, image, sums, self.threads)
        return sums

    def _sources(
        self, name: str, shard: Amplitudes, differences: Sequence[int]
    ) -> Iterator[tuple[_kernels.Placement, Amplitudes]]:
        layout, me = self.layout, self.group.rank
        mine = layout.value(me)
        partners = {layout.rank(mine ^ difference) for difference in differences} | {me}
        # Basis states of shards interleave if a local qubit lies above a distributed one.
        above = ((1 << layout.num_qubits) - 1) & ~layout.distributed_mask
        above &= ~((1 << min(layout.distributed)) - 1)
        order = sorted(
            (layout.value(rank) | value, rank, value)
            for rank in partners
            for value in subsets(above)
        )
        direct = self.group.neighbour(name, me ^ 1) is not None
        if direct:
            for _, rank, value in order:
                source = self.group.neighbour(name, rank) if rank != me else shard
                assert source is not None
                yield layout.placement(rank, above, value), source
            return
        yield from _Stream(self, shard, above, partners - {me}).sources(order)


class _Stream:
    """Chunks of shards streamed between partners, in both directions."""

    def __init__(
        self, at: DistributedState, shard: Amplitudes, above: int, partners: set[int]
    ) -> None:
        self._at = at
        self._shard = shard
        self._partners = sorted(partners)
        self._chunk = above | self._finer(above)
        count = len(shard) >> self._chunk.bit_count()
        self._above = above
        self._to_send = deque(subsets(self._chunk)) if partners else deque()
        self._to_receive: deque[tuple[int, int]] = deque()
        self._buffers = [np.empty(count, shard.dtype) for _ in range(4 if partners else 0)]
        self._sending: deque[tuple[Transfer, Amplitudes]] = deque()
        self._receiving: deque[tuple[int, int, Transfer, Amplitudes]] = deque()

    def sources(
        self, order: Sequence[tuple[int, int, int]]
    ) -> Iterator[tuple[_kernels.Placement, Amplitudes]]:
        """Yield the terms of the sum in order, as they arrive."""
        layout, me = self._at.layout, self._at.group.rank
        finer = self._chunk & ~self._above
        for _, rank, value in order:
            if rank != me:
                self._to_receive.extend((rank, value | fine) for fine in subsets(finer))
        for _, rank, value in order:
            if rank == me:
                self._progress()
                yield layout.placement(me, self._above, value), self._shard
                continue
            for fine in subsets(finer):
                self._await(lambda: bool(self._receiving) and self._receiving[0][2].is_done())
                source, chunk, _, buffer = self._receiving.popleft()
                assert (source, chunk) == (rank, value | fine)
                yield layout.cut_out(rank, self._chunk, chunk), buffer
                self._buffers.append(buffer)
        self._await(lambda: not self._to_send and not self._sending)

    def _finer(self, above: int) -> int:
        """Return further local qubits that cut chunks; none inside a block."""
        layout = self._at.layout
        free = ((1 << layout.num_qubits) - 1) & ~layout.distributed_mask & ~above
        free &= ~_kernels.expectation_block(layout.num_qubits)
        finer, wanted = 0, chunk_bits(self._shard)
        while (above | finer).bit_count() < wanted and free & ~finer:
            finer |= 1 << ((free & ~finer).bit_length() - 1)
        return finer

    def _await(self, is_true: Callable[[], bool]) -> None:
        def progressed() -> bool:
            self._progress()
            return is_true()

        self._at.group.wait_until(progressed)

    def _progress(self) -> None:
        """Start transfers: at most two chunks out and two chunks in at a time."""
        layout, group = self._at.layout, self._at.group
        while self._sending and self._sending[0][0].is_done():
            self._buffers.append(self._sending.popleft()[1])
        while self._to_receive and len(self._receiving) < 2 and self._buffers:
            rank, chunk = self._to_receive.popleft()
            buffer = self._buffers.pop()
            transfer = group.start([], [(rank, buffer)])
            self._receiving.append((rank, chunk, transfer, buffer))
        while self._to_send and len(self._sending) < 2 and self._buffers:
            chunk = self._to_send.popleft()
            buffer = self._buffers.pop()
            mask, value = layout.bits(self._chunk), layout.bits(chunk)
            _kernels.copy_out(self._shard, mask, value, buffer, self._at.threads)
            transfer = group.start([(rank, buffer) for rank in self._partners], [])
            self._sending.append((transfer, buffer))
