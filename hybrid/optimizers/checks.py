"""Validate optimizer options.

Each check returns a plain Python value, so that ``np.int64(20)`` and ``20`` are the same option.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np

from hybrid.core.checks import real_array
from hybrid.core.errors import InputError

_LARGEST = 2**31 - 1
"""Largest C int, which SciPy's compiled methods use for counts."""


def check_count(what: str, value: object, least: int = 1) -> int:
    """Return an integer of at least ``least``.

    Raises:
        InputError: not an integer, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
        raise InputError(what, got=_shown(value), expected=f"an integer of at least {least}")
    if int(value) > _LARGEST:
        raise InputError(what, got=_shown(value), expected=f"an integer of at most {_LARGEST}")
    return int(value)


def check_real(
    what: str,
    value: object,
    *,
    above: float | None = None,
    least: float | None = None,
    below: float | None = None,
    infinite: bool = False,
) -> float:
    """Return a number within the given bounds.

    Raises:
        InputError: not a number, or out of bounds.
    """
    if (
        isinstance(value, Real)
        and not isinstance(value, bool)
        and _fits(value)
        and not math.isnan(value)
        and (infinite or math.isfinite(value))
        and (above is None or float(value) > above)
        and (least is None or float(value) >= least)
        and (below is None or float(value) < below)
    ):
        return float(value)
    bounds = (("above", above), ("of at least", least), ("and below", below))
    words = [f"{word} {bound:g}" for word, bound in bounds if bound is not None]
    raise InputError(
        what,
        got=_shown(value),
        expected=" ".join(["a number" if infinite else "a finite number", *words]),
    )


def check_flag(what: str, value: object) -> bool:
    """Return a bool.

    Raises:
        InputError: not a bool.
    """
    if not isinstance(value, bool | np.bool_):
        raise InputError(what, got=_shown(value), expected="true or false")
    return bool(value)


def check_array(what: str, value: object) -> object:
    """Return nested lists of finite numbers from any array-like.

    Raises:
        InputError: not an array, or with components that are not finite.
    """
    try:
        array = real_array(value, what)
        if bool(np.all(np.isfinite(array))):
            return array.tolist()
    except InputError:
        pass
    raise InputError(what, got=_shown(value), expected="an array of finite numbers")


@dataclass(frozen=True, slots=True)
class Options:
    """Validates the fields of an optimizer, a frozen dataclass; converts them to plain types."""

    optimizer: object

    def count(self, name: str, least: int = 1) -> None:
        """Check an integer field; see :func:`check_count`."""
        self._set(name, check_count(self._what(name), getattr(self.optimizer, name), least))

    def real(
        self,
        name: str,
        *,
        above: float | None = None,
        least: float | None = None,
        below: float | None = None,
    ) -> None:
        """Check a real field; see :func:`check_real`."""
        value = getattr(self.optimizer, name)
        what = self._what(name)
        self._set(name, check_real(what, value, above=above, least=least, below=below))

    def flag(self, name: str) -> None:
        """Check a field that is true or false; see :func:`check_flag`."""
        self._set(name, check_flag(self._what(name), getattr(self.optimizer, name)))

    def _what(self, name: str) -> str:
        return f"{name} of {type(self.optimizer).__name__}"

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self.optimizer, name, value)


def _fits(value: Real) -> bool:
    """Return whether a number can be represented as a float."""
    try:
        float(value)
    except OverflowError:
        return False
    return True


def _shown(value: object) -> str:
    """Return a value as a user writes it (``2``, not ``np.int64(2)``), truncated if long."""
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return text if len(text) <= 80 else f"{text[:77]}..."
