"""The identity of a run: everything that decides its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CODE = ("hybrid", "code", "kernels", "numpy", "scipy", "qiskit", "qiskit-aer")
"""Contents that describe the code and its versions, not the problem."""

_NOT_IN_ANSWERS = ("optimizer", "start point", *CODE)
"""Contents that do not change the answer at a given point, except by rounding."""

_DIGEST_LENGTH = 64
_SHOWN = 12


@dataclass(frozen=True)
class Identity:
    """Everything that decides the numbers of a run.

    Attributes:
        contents: a digest or short text of each, by name.
        seed: the master seed; None matches any.
    """

    contents: Mapping[str, str]
    seed: int | None


def differences(recorded: Identity, given: Identity) -> dict[str, str]:
    """Return one line for each difference, by name.

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
    """Return whether recorded answers remain valid for a run with these differences."""
    return all(name in _NOT_IN_ANSWERS for name in differing)


def _show(content: str) -> str:
    if len(content) == _DIGEST_LENGTH and set(content) <= set("0123456789abcdef"):
        return f"{content[:_SHOWN]}..."
    return content[:200] if content else "the default"
