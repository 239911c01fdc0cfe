"""Where the amplitudes of a state lie when they are distributed over a group of ranks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from hybrid import _kernels


@dataclass(frozen=True)
class Move:
    """Qubits that leave the ranks for the shards and the reverse, at once.

    Attributes:
        slots: bits of a rank's number in its group that change their qubit, ascending.
        positions: for each of them the bit of the index in a shard that it changes with.
    """

    slots: tuple[int, ...]
    positions: tuple[int, ...]

    @property
    def sent(self) -> float:
        """The part of its shard that each rank sends, and receives."""
        return 1.0 - 0.5 ** len(self.slots)


@dataclass(frozen=True)
class Layout:
    """Which qubits number the shards, and which bit of the index in a shard each other qubit has.

    Attributes:
        num_qubits: n, of the state.
        distributed: the k qubits that number the shards; bit j of a rank's number is the value of
            qubit ``distributed[j]``.
        position: for each qubit its bit in the index, or -1 for those of ``distributed``.

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
        """Return the layout in which the qubits of a shard are in ascending order."""
        local = [q for q in range(num_qubits) if not distributed >> q & 1]
        position = [-1] * num_qubits
        for place, qubit in enumerate(local):
            position[qubit] = place
        return Layout(num_qubits, _qubits(distributed), tuple(position))

    @property
    def num_local(self) -> int:
        """How many qubits index a shard."""
        return self.num_qubits - len(self.distributed)

    @cached_property
    def distributed_mask(self) -> int:
        """The qubits on which shards differ, as a mask."""
        return sum(1 << qubit for qubit in self.distributed)

    def value(self, rank: int) -> int:
        """Return the values of a rank's distributed qubits, as bits of a basis state."""
        return sum(1 << qubit for slot, qubit in enumerate(self.distributed) if rank >> slot & 1)

    def rank(self, basis: int) -> int:
        """Return which rank of the group holds a basis state."""
        return sum(1 << slot for slot, qubit in enumerate(self.distributed) if basis >> qubit & 1)

    def placement(self, rank: int, fixed: int = 0, value: int = 0) -> _kernels.Placement:
        """Return where a rank's amplitudes lie; only those that have ``value`` on ``fixed``."""
        return _kernels.Placement(
            list(self.position), self.distributed_mask | fixed, self.value(rank) | value
        )

    def cut_out(self, rank: int, fixed: int, value: int) -> _kernels.Placement:
        """Return where they lie in a copy of those alone that have ``value`` on ``fixed``."""
        taken = self.bits(fixed)
        position = [
            -1
            if fixed >> qubit & 1 or place < 0
            else place - (taken & ((1 << place) - 1)).bit_count()
            for qubit, place in enumerate(self.position)
        ]
        return _kernels.Placement(position, self.distributed_mask | fixed, self.value(rank) | value)

    def bits(self, qubits: int) -> int:
        """Return the bits of the index that some of a shard's qubits have."""
        return sum(1 << self.position[qubit] for qubit in _qubits(qubits))

    def to(self, distributed: int) -> tuple[Layout, Move | None]:
        """Return the layout in which other qubits number the shards, and the move there.

        Qubits that stay keep their place; of the others, the lowest changes with the lowest.
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
