"""What a run is, so that another is not taken for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CODE = ("hybrid", "code", "kernels", "numpy", "scipy", "qiskit", "qiskit-aer")
"""Names of contents that say with what a run computes, rather than what."""

_NOT_IN_ANSWERS = ("optimizer", "start point", *CODE)
"""Contents that an answer, as a function of its points, does not depend on (but for rounding)."""

_DIGEST_LENGTH = 64
_SHOWN = 12


@dataclass(frozen=True)
class Identity:
    """All that decides the numbers of a run.

    Attributes:
        contents: digest or short text of each thing, by name.
        seed: of the run; None where any will do.
    """

    contents: Mapping[str, str]
    seed: int | None


def differences(recorded: Identity, given: Identity) -> dict[str, str]:
    """Return for each thing that differs a line that shows how.

    Example:
        >>> differences(Identity({"optimizer": "Adam()"}, 7), Identity({"optimizer": "SPSA()"}, 7))
        {'optimizer': 'optimizer: recorded Adam(), now SPSA()'}
    """
    names = [*recorded.contents, *(n for n in given.contents if n not in recorded.contents)]
    pairs = {n: (recorded.contents.get(n, ""), given.contents.get(n, "")) for n in names}
    if given.seed is not None:
        pairs["seed"] = (str(recorded.seed), str(given.seed))
    return {
        name: f"{name}: recorded {_show(before)}, now {_show(now)}"
        for name, (before, now) in pairs.items()
        if before != now
    }


def carries_over(differing: Mapping[str, str]) -> bool:
    """Return whether recorded answers stay answers of a run that differs in these things."""
    return all(name in _NOT_IN_ANSWERS for name in differing)


def _show(content: str) -> str:
    if len(content) == _DIGEST_LENGTH and set(content) <= set("0123456789abcdef"):
        return f"{content[:_SHOWN]}..."
    return content[:200] if content else "the default"
