"""What ranks and journals compare of the user's functions and objects, and what they cannot."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from hybrid.core.fingerprint import fingerprint_of
from hybrid.runtime import world

_SHOWN = 5


def contents_of(value: object, name: str, user: str) -> Mapping[str, str]:
    """Return digests of a value, and of each global that functions in it read, by name.

    What is compared by its class alone is named in a warning on rank 0; Python's filters show it
    once.

    Args:
        value: a function, or anything with functions in it.
        name: under which its own digest stands.
        user: what takes the value, for the warning.
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
