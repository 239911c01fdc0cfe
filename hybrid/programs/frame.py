"""Frames (qubits, controls, inversion) of operations, and what the reader finds in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from qiskit.circuit import ParameterExpression

from hybrid.programs.step import Step, mask_of

Angle: TypeAlias = ParameterExpression | float


@dataclass(frozen=True, slots=True)
class Found:
    """A step with its angle, or a global phase alone.

    Attributes:
        step: acts on the state; None for a global phase.
        angle: angle of the step's generator, a number if the step is fixed; or the global phase.
        phase: the global phase of the step, in units of the angle.
    """

    step: Step | None
    angle: Angle = 0.0
    phase: float = 0.0


@dataclass(frozen=True, slots=True)
class Frame:
    """The context in which an operation is applied.

    Attributes:
        qubits: qubits of the whole circuit.
        controls: further qubits that control the operation.
        state: control state; bit k is the value of ``controls[k]``.
        inverse: whether the inverse is applied.
        depth: nesting depth of definitions.
    """

    qubits: tuple[int, ...]
    controls: tuple[int, ...] = ()
    state: int = 0
    inverse: bool = False
    depth: int = 0

    def on(self, local: Iterable[int]) -> Frame:
        """Return the frame of a subset of the qubits."""
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
        """Return the frame of the operation's definition."""
        return Frame(self.qubits, self.controls, self.state, self.inverse, self.depth + 1)

    @property
    def is_plain(self) -> bool:
        """Whether there are no controls and no inversion."""
        return not (self.controls or self.inverse)

    @property
    def masks(self) -> tuple[int, int]:
        """Mask and value of the controls."""
        return mask_of(self.controls, self.state) if self.controls else (0, 0)
