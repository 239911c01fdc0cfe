"""Choosing the distributed qubits for each sweep, with as few moves as possible.

Sweeps and their order are canonical, whatever the shards. Each sweep allows some qubits to be
distributed while it runs (``_kernels.sweeps``); a route only decides which rank holds which
amplitude when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hybrid.sharding.layout import Layout, Move


@dataclass(frozen=True)
class Route:
    """Layouts for a sequence of stations (sweeps, then the reading), and the moves between them.

    Attributes:
        layouts: layout at each station.
        moves: move before each station, or None if the layout stays.
    """

    layouts: tuple[Layout, ...]
    moves: tuple[Move | None, ...]

    @property
    def sent(self) -> float:
        """Data sent by each rank for one state, in shards."""
        return sum(move.sent for move in self.moves if move is not None)

    @property
    def num_moves(self) -> int:
        """Number of moves."""
        return sum(move is not None for move in self.moves)


def plan_route(num_qubits: int, allowed: Sequence[int], num_distributed: int) -> Route:
    """Return a layout for each station, moving few qubits.

    A qubit moves only when it must, and the qubit that can stay distributed longest takes its
    place: the page-replacement rule of Belady (IBM Systems J. 5, 78 (1966)).

    Args:
        num_qubits: width of the state.
        allowed: for each station, a mask of the qubits that may be distributed.
        num_distributed: k, for 2^k shards.

    Raises:
        ValueError: a station allows fewer than k qubits.

    Example:
        >>> route = plan_route(4, [0b1100, 0b1110, 0b0011], 1)
        >>> [layout.distributed for layout in route.layouts], route.num_moves, route.sent
        ([(2,), (2,), (0,)], 1, 0.5)
    """
    masks = _masks(num_qubits, allowed, num_distributed)
    layouts = [Layout.natural(num_qubits, masks[0])]
    moves: list[Move | None] = [None]
    for distributed in masks[1:]:
        layout, move = layouts[-1].to(distributed)
        layouts.append(layout)
        moves.append(move)
    return Route(tuple(layouts), tuple(moves))


def most_distributed(allowed: Sequence[int]) -> int:
    """Return the largest k for which a route exists."""
    return min(mask.bit_count() for mask in allowed)


def _masks(num_qubits: int, allowed: Sequence[int], num_distributed: int) -> list[int]:
    stays = _stays(num_qubits, allowed)
    distributed: list[int] = []
    out = []
    for station, mask in enumerate(allowed):
        if mask.bit_count() < num_distributed:
            raise ValueError(
                f"station {station} allows {mask.bit_count()} qubits of {num_distributed}"
            )
        distributed = [qubit for qubit in distributed if mask >> qubit & 1]
        others = [q for q in range(num_qubits) if mask >> q & 1 and q not in distributed]
        others.sort(key=lambda qubit: (-stays[station][qubit], qubit))
        distributed += others[: num_distributed - len(distributed)]
        out.append(sum(1 << qubit for qubit in distributed))
    return out


def _stays(num_qubits: int, allowed: Sequence[int]) -> list[list[int]]:
    """Return, for each station and qubit, the station at which the qubit must leave."""
    until = [0] * num_qubits
    out = []
    for station in reversed(range(len(allowed))):
        until = [
            max(until[qubit], station + 1) if allowed[station] >> qubit & 1 else 0
            for qubit in range(num_qubits)
        ]
        out.append(until)
    return out[::-1]
