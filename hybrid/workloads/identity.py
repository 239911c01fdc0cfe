"""Digests of user-defined functions and objects, as ranks and journals compare them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from hybrid.core.fingerprint import fingerprint_of
from hybrid.runtime.world import world

_SHOWN = 5


def contents_of(value: object, name: str, user: str) -> Mapping[str, str]:
    """Return digests of a value, and of each global that its functions read, by name.

    Rank 0 warns of objects that can be compared by class only; Python's filters show each warning
    once.

    Args:
        value: a function, or an object that holds functions.
        name: key of the value's own digest.
        user: caller that takes the value, for the warning.
    """
    found = fingerprint_of(value)
    if found.unknown and world().rank == 0:
        rest = f" and {len(found.unknown) - _SHOWN} more" if len(found.unknown) > _SHOWN else ""
        warnings.warn(
            f"{user} cannot compare the content of {', '.join(found.unknown[:_SHOWN])}{rest} "
            "between ranks and runs; make sure that it is the same in all of them",
            stacklevel=2,
        )
    return found.contents(name)
