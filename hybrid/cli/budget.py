"""A budget of core-hours, converted to a time limit."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hybrid.core.errors import InputError

_UNITS = {"core-seconds": 1.0, "core-minutes": 60.0, "core-hours": 3600.0}


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit on wall time multiplied by the cores that the ranks hold.

    Attributes:
        core_seconds: the limit.

    Example:
        >>> Budget.parse("2core-hours").core_seconds
        7200.0
    """

    core_seconds: float

    @staticmethod
    def parse(text: str) -> Budget:
        """Parse a text such as ``200core-hours``.

        Raises:
            InputError: not a positive number with a unit.
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
