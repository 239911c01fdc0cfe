"""How an operation inside a circuit is applied, and what it turns out to be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from qiskit.circuit import ParameterExpression

from hybrid.programs.step import Step, mask_of

Angle: TypeAlias = ParameterExpression | float


@dataclass(frozen=True, slots=True)
class Found:
    """A step with the angle that drives it, or a global phase alone.

    Attributes:
        step: what acts on the state; None for a global phase.
        angle: of the step's generator, a number where the step is fixed; of a phase, the phase.
        phase: the global phase that comes with the angle, in units of it.
    """

    step: Step | None
    angle: Angle = 0.0
    phase: float = 0.0


@dataclass(frozen=True, slots=True)
class Frame:
    """How an operation is applied.

    Attributes:
        qubits: on which qubits of the whole circuit.
        controls: under which further ones.
        state: the values that they must hold; bit k is ``controls[k]``.
        inverse: whether its inverse is meant.
        depth: how many definitions it is inside of.
    """

    qubits: tuple[int, ...]
    controls: tuple[int, ...] = ()
    state: int = 0
    inverse: bool = False
    depth: int = 0

    def on(self, local: Iterable[int]) -> Frame:
        """Return the frame of some of the qubits."""
        qubits = tuple([self.qubits[k] for k in local])
        return Frame(qubits, self.controls, self.state, self.inverse, self.depth)

    def under(self, num_controls: int, state: int) -> Frame:
        """Return the frame in which the first qubits control the others."""
        controls = self.controls + self.qubits[:num_controls]
        values = self.state | state << len(self.controls)
        return Frame(self.qubits[num_controls:], controls, values, self.inverse, self.depth)

    def inverted(self) -> Frame:
        """Return the frame of the inverse."""
        return Frame(self.qubits, self.controls, self.state, not self.inverse, self.depth)

    def deeper(self) -> Frame:
        """Return the frame of what defines an operation."""
        return Frame(self.qubits, self.controls, self.state, self.inverse, self.depth + 1)

    @property
    def is_plain(self) -> bool:
        """Whether an operation is applied as it is."""
        return not (self.controls or self.inverse)

    @property
    def masks(self) -> tuple[int, int]:
        """Mask and value of the controls."""
        return mask_of(self.controls, self.state) if self.controls else (0, 0)
