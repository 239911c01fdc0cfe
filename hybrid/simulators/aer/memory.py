"""Shot-by-shot classical bits of circuits with mid-circuit measurements, from Aer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from qiskit import QuantumCircuit, transpile

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.piece import Piece
from hybrid.simulators.aer.job import AerJob
from hybrid.simulators.base import Evaluation

_SHOTS_PER_PIECE = 1 << 12
"""Shots per piece: each shot simulates such a circuit anew."""
_BITS_PER_NUMBER = 48
"""Classical bits are packed into float64 numbers, which hold 53-bit integers exactly."""


@dataclass(frozen=True)
class AerMemory(Evaluation[list[np.ndarray[Any, Any]]]):
    """A circuit with measurements anywhere; pieces are slices of the shots of a point.

    Attributes:
        job: the Aer settings.
        circuit: parametrised circuit with classical bits.
        shots: shots per point.
    """

    job: AerJob
    circuit: QuantumCircuit
    shots: int

    @property
    def description(self) -> str:
        """One line."""
        return f"{self.job.description}, {self.shots} shots"

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return slices of the shots, for each point."""
        starts = range(0, self.shots, _SHOTS_PER_PIECE)
        return tuple(
            Piece(
                point * len(starts) + part,
                "shots",
                start,
                min(start + _SHOTS_PER_PIECE, self.shots),
                point=point,
            )
            for point in range(len(ask.points))
            for part, start in enumerate(starts)
        )

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return shape (shots, numbers): the classical bits of each shot, 48 per number."""
        values = ask.points[piece.point]
        binding = dict(zip(self.compiled.parameters, values.tolist(), strict=True))
        bound = self.compiled.assign_parameters(binding)
        result = self.job.result_of(
            bound, shots=len(piece), memory=True, seed_simulator=seed, max_parallel_threads=1
        )
        width = self.circuit.num_clbits
        flat = [_numbers(shot.replace(" ", ""), width) for shot in result.get_memory()]
        return np.array(flat, dtype=np.float64).reshape(len(piece), -1)

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> list[np.ndarray[Any, Any]]:
        """Return the classical bits for each point, shape (shots, bits), uint8."""
        per_point = len(partials) // len(ask.points)
        width = self.circuit.num_clbits
        return [
            _bits(np.concatenate(partials[at : at + per_point]), width)
            for at in range(0, len(partials), per_point)
        ]

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of the state."""
        return self.job.state_bytes

    @cached_property
    def compiled(self) -> QuantumCircuit:
        """The circuit in Aer's gates."""
        return transpile(self.circuit, self.job.backend, optimization_level=0)


def _numbers(shot: str, width: int) -> list[int]:
    """Convert a bit string (first bit last) to 48-bit numbers, lowest first."""
    whole = int(shot or "0", 2)
    mask = (1 << _BITS_PER_NUMBER) - 1
    return [(whole >> at) & mask for at in range(0, max(width, 1), _BITS_PER_NUMBER)]


def _bits(numbers: FloatArray, width: int) -> np.ndarray[Any, Any]:
    whole = numbers.astype(np.int64)
    columns = [
        (whole[:, bit // _BITS_PER_NUMBER] >> (bit % _BITS_PER_NUMBER)) & 1 for bit in range(width)
    ]
    stacked = np.stack(columns, axis=-1) if columns else np.zeros((len(numbers), 0))
    return stacked.astype(np.uint8)
