"""Which circuits the ranks hold: both ends keep the same keys without asking each other."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")

CAPACITY = 64


class Kept(Generic[T]):
    """The most recently used values by key; equal sequences of keys keep equal keys.

    Example:
        >>> kept = Kept[int](2)
        >>> kept.use(["a", "b"], {"a": 1, "b": 2})
        {'a': 1, 'b': 2}
        >>> kept.missing(["a", "c"])
        ['c']
        >>> kept.use(["a", "c"], {"c": 3})
        {'a': 1, 'c': 3}
        >>> kept.missing(["b"])
        ['b']
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._values: OrderedDict[str, T] = OrderedDict()

    def missing(self, keys: Iterable[str]) -> list[str]:
        """Return the keys that have no value."""
        return [key for key in keys if key not in self._values]

    def values(self) -> list[T]:
        """Return the values that are kept."""
        return list(self._values.values())

    def use(self, keys: Iterable[str], new: dict[str, T]) -> dict[str, T]:
        """Return the values of keys, and keep them in place of those unused for longest.

        Args:
            keys: each once.
            new: values of those that were missing.
        """
        used = {key: new[key] if key in new else self._values.pop(key) for key in keys}
        self._values.update(used)
        while len(self._values) > max(self._capacity, len(used)):
            self._values.popitem(last=False)
        return used
