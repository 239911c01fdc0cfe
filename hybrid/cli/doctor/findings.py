"""What is wrong, or could be better, with its remedy."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, or could be better.

    Attributes:
        what: the fact, as a sentence without a period.
        remedy: what to do about it, as a sentence.
        is_problem: whether it makes runs fail, wrong or slow; otherwise something optional is
            missing.
    """

    what: str
    remedy: str
    is_problem: bool = True

    def data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)
