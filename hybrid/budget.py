"""Core-hours that a run may use, and the moment to stop before they are exceeded."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hybrid.errors import InputError

_UNITS = {"core-seconds": 1.0, "core-minutes": 60.0, "core-hours": 3600.0}


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run may be charged: wall time times the cores that its ranks hold.

    Attributes:
        core_seconds: the limit.

    Example:
        >>> Budget.parse("2core-hours").core_seconds
        7200.0
        >>> Budget(100.0).end_before(elapsed=20.0, cores=4, next_seconds=6.0)
        'the budget of 100 core-seconds would be exceeded'
    """

    core_seconds: float

    @staticmethod
    def parse(text: str) -> Budget:
        """Return the budget that a text such as ``200core-hours`` names.

        Raises:
            InputError: it names none.
        """
        found = re.fullmatch(r"\s*([0-9.]+)\s*(core-(?:seconds|minutes|hours))\s*", text)
        amount = None
        if found is not None:
            try:
                amount = float(found[1])
            except ValueError:
                amount = None
        if found is None or not amount:
            raise InputError(
                "budget",
                got=repr(text),
                expected="a positive number and core-hours, core-minutes or core-seconds",
                advice="for instance 200core-hours",
            )
        return Budget(amount * _UNITS[found[2]])

    def end_before(self, elapsed: float, cores: int, next_seconds: float) -> str | None:
        """Return why the run has to end before its next evaluation, or None if it can go on.

        Args:
            elapsed: seconds since the start.
            cores: that the job holds.
            next_seconds: that the next evaluation will take.
        """
        if (elapsed + next_seconds) * cores <= self.core_seconds:
            return None
        if self.core_seconds < 3600.0:
            return f"the budget of {self.core_seconds:g} core-seconds would be exceeded"
        return f"the budget of {self.core_seconds / 3600.0:g} core-hours would be exceeded"
