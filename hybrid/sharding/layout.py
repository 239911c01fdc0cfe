"""Where each amplitude of a distributed state is stored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from hybrid import _kernels


@dataclass(frozen=True)
class Move:
    """A simultaneous swap of distributed qubits with local ones.

    Attributes:
        slots: bits of the rank number that swap their qubit, ascending.
        positions: for each slot, the bit of the shard index it swaps with.
    """

    slots: tuple[int, ...]
    positions: tuple[int, ...]

    @property
    def sent(self) -> float:
        """Fraction of its shard that each rank sends, and receives."""
        return 1.0 - 0.5 ** len(self.slots)


@dataclass(frozen=True)
class Layout:
    """Assignment of qubits to bits of the rank number and of the shard index.

    Attributes:
        num_qubits: n, the width of the state.
        distributed: the k qubits that number the shards; bit j of a rank's number is the value of
            qubit ``distributed[j]``.
        position: bit of the shard index of each qubit, or -1 for distributed qubits.

    Example:
        >>> layout = Layout.natural(4, 0b1000)
        >>> moved, move = layout.to(0b0010)
        >>> moved.distributed, moved.position, move.slots, move.positions
        ((1,), (0, -1, 2, 1), (0,), (1,))
    """

    num_qubits: int
    distributed: tuple[int, ...]
    position: tuple[int, ...]

    @staticmethod
    def natural(num_qubits: int, distributed: int) -> Layout:
        """Return the layout whose local qubits are in ascending order."""
        local = [q for q in range(num_qubits) if not distributed >> q & 1]
        position = [-1] * num_qubits
        for place, qubit in enumerate(local):
            position[qubit] = place
        return Layout(num_qubits, _qubits(distributed), tuple(position))

    @property
    def num_local(self) -> int:
        """Number of qubits that index a shard."""
        return self.num_qubits - len(self.distributed)

    @cached_property
    def distributed_mask(self) -> int:
        """Mask of the distributed qubits."""
        return sum(1 << qubit for qubit in self.distributed)

    def value(self, rank: int) -> int:
        """Return the values of a rank's distributed qubits, as bits of a basis state."""
        return sum(1 << qubit for slot, qubit in enumerate(self.distributed) if rank >> slot & 1)

    def rank(self, basis: int) -> int:
        """Return the rank that holds a basis state."""
        return sum(1 << slot for slot, qubit in enumerate(self.distributed) if basis >> qubit & 1)

    def placement(self, rank: int, fixed: int = 0, value: int = 0) -> _kernels.Placement:
        """Return the placement of a rank's amplitudes with ``value`` on the qubits ``fixed``."""
        return _kernels.Placement(
            list(self.position), self.distributed_mask | fixed, self.value(rank) | value
        )

    def cut_out(self, rank: int, fixed: int, value: int) -> _kernels.Placement:
        """Return their placement in a packed copy of the amplitudes with ``value`` on ``fixed``."""
        taken = self.bits(fixed)
        position = [
            -1
            if fixed >> qubit & 1 or place < 0
            else place - (taken & ((1 << place) - 1)).bit_count()
            for qubit, place in enumerate(self.position)
        ]
        return _kernels.Placement(position, self.distributed_mask | fixed, self.value(rank) | value)

    def bits(self, qubits: int) -> int:
        """Return the mask of index bits of some local qubits."""
        return sum(1 << self.position[qubit] for qubit in _qubits(qubits))

    def to(self, distributed: int) -> tuple[Layout, Move | None]:
        """Return the layout with other distributed qubits, and the move to it.

        Qubits that stay distributed keep their slot; the others swap in ascending order.
        """
        leaving = [
            slot for slot, qubit in enumerate(self.distributed) if not distributed >> qubit & 1
        ]
        coming = _qubits(distributed & ~self.distributed_mask)
        if not leaving:
            return self, None
        leaving.sort(key=lambda slot: self.distributed[slot])
        pairs = sorted(zip(leaving, coming, strict=True))
        new_distributed, new_position = list(self.distributed), list(self.position)
        for slot, qubit in pairs:
            new_position[self.distributed[slot]] = self.position[qubit]
            new_position[qubit] = -1
            new_distributed[slot] = qubit
        move = Move(
            tuple(slot for slot, _ in pairs), tuple(self.position[qubit] for _, qubit in pairs)
        )
        return Layout(self.num_qubits, tuple(new_distributed), tuple(new_position)), move


def _qubits(mask: int) -> tuple[int, ...]:
    return tuple(qubit for qubit in range(mask.bit_length()) if mask >> qubit & 1)
