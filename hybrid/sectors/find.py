"""Find the sector that a program's states stay in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from hybrid import _kernels
from hybrid.programs import Program
from hybrid.sectors.basis import Basis, basis_of
from hybrid.sectors.charges import Charges, charges_of
from hybrid.sectors.merging import merged
from hybrid.sectors.moves import MOST_VARYING, UntabulatedError, mixes_many, moves_of
from hybrid.sectors.operations import Operation, arrays_of, operations_of
from hybrid.sectors.start import Start, split

NOTHING_CONSERVED = "the circuit conserves no number of particles and no parity"
"""The reason for most circuits, which is not worth a word to the user."""


@dataclass(frozen=True, eq=False)
class Sector:
    """The sector of a program's states, and the program in it.

    Attributes:
        num_qubits: width.
        charges: the conserved charges.
        start: the state before the operations.
        operations: the operations that act within the sector.
        num_angles: number of angle slots of the program.
        basis: the basis states.
    """

    num_qubits: int
    charges: Charges
    start: Start
    operations: tuple[Operation, ...]
    num_angles: int
    basis: Basis

    @property
    def size(self) -> int:
        """The number of amplitudes."""
        return self.basis.size

    @cached_property
    def kernel(self) -> _kernels.SectorProgram:
        """The program in the kernels, loaded on first use.

        Raises:
            ValueError: an operation leaves the sector, or the kernels lack it.
        """
        arrays = arrays_of(self.num_qubits, self.operations)
        return _kernels.SectorProgram(
            self.basis.kernel,
            self.start.states,
            self.start.amplitudes,
            **arrays,
            num_slots=self.num_angles,
        )

    @property
    def description(self) -> str:
        """One phrase: the conserved numbers, and the size beside that of all states."""
        sizes = f"{self.size:,} of {1 << self.num_qubits:,} amplitudes"
        numbers = self._numbers
        return f"sector ({numbers}): {sizes}" if numbers else f"sector: {sizes}"

    @property
    def _numbers(self) -> str:
        sets = self.charges.sets
        if sets is None:
            count = len(self.charges.weights) + len(self.charges.parities)
            return f"{count} conserved charges"
        state = int(self.start.states[0])
        moving = [mask for mask in sets if mask.bit_count() > 1]
        shown = [f"{(state & mask).bit_count()} of {mask.bit_count()}" for mask in moving[:4]]
        more = f", and {len(moving) - 4} more" if len(moving) > 4 else ""
        return f"{', '.join(shown)}{more} particles" if shown else ""


def find_sector(program: Program) -> Sector | str:
    """Return the sector that a program's states stay in, or why there is none.

    Charges are conserved by every operation between all basis states that it couples, whatever the
    angles, so the sector is exact. It is the smallest given by conserved weights of the ones and
    parities.

    Args:
        program: the compiled circuit.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> from qiskit.circuit import ParameterVector
        >>> from hybrid.programs import flatten
        >>> circuit, angles = QuantumCircuit(4), ParameterVector("t", 3)
        >>> _ = circuit.x([0, 1])
        >>> for k, angle in enumerate(angles):
        ...     _ = circuit.rxx(angle, k, k + 1)
        ...     _ = circuit.ryy(angle, k, k + 1)
        >>> find_sector(flatten(circuit).program).description
        'sector (2 of 4 particles): 6 of 16 amplitudes'
    """
    try:
        start, rest = split(operations_of(program), program.angles)
        operations = merged(rest)
        moves = frozenset().union(*(moves_of(operation) for operation in operations))
    except UntabulatedError:
        return f"an operation's coefficient depends on more than {MOST_VARYING} qubits"
    charges = charges_of(moves | start.moves, program.num_qubits)
    if charges.are_none:
        if charges_of(moves, program.num_qubits).are_none:
            return NOTHING_CONSERVED
        return "the circuit starts from a superposition of different particle numbers"
    if any(mixes_many(operation) for operation in operations):
        return "a fixed gate mixes more than two basis states"
    basis = basis_of(charges, int(start.states[0]), program.num_qubits)
    if basis is None:
        return "the sector has too many basis states to list"
    return Sector(
        program.num_qubits, charges, start, tuple(operations), program.angles.num_angles, basis
    )
