"""Content of observables, by which compiled ones are found again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

import numpy as np
import pennylane as qml
from scipy import sparse

_PAULIS = frozenset({qml.X, qml.Y, qml.Z, qml.Identity})
_KEPT = 256


class ObservableKeys:
    """Finds keys of observables that are equal if and only if their contents are.

    The content of a large sum is read once per object; an operator is not changed in place, as
    PennyLane assumes, too.
    """

    def __init__(self) -> None:
        self._read: OrderedDict[int, tuple[Any, tuple[Any, ...], object]] = OrderedDict()
        self._tokens: OrderedDict[Hashable, object] = OrderedDict()

    def of(self, obs: Any) -> Hashable:
        """Return the key of an observable, or None for none."""
        if obs is None:
            return None
        if type(obs) in _PAULIS:
            return type(obs), obs.wires.labels
        data = tuple(obs.data)
        known = self._read.get(id(obs))
        if known is not None and known[0] is obs and _is_same(known[1], data):
            return known[2]
        content = content_of(obs)
        token = self._tokens.get(content)
        if token is None:
            token = self._tokens[content] = object()
        # The observable is kept, so that no other one gets its id.
        self._read[id(obs)] = (obs, data, token)
        for store in (self._read, self._tokens):
            if len(store) > _KEPT:
                store.popitem(last=False)
        return token


def content_of(obs: Any) -> Hashable:
    """Return the content of an observable."""
    if obs.pauli_rep is not None:
        terms = obs.pauli_rep.items()
        return "Pauli", tuple((tuple(word.items()), complex(c)) for word, c in terms)
    if isinstance(obs, qml.ops.SProd):
        return type(obs), complex(obs.scalar), content_of(obs.base)
    if isinstance(obs, qml.ops.Sum | qml.ops.Prod):
        return type(obs), tuple(content_of(each) for each in obs.operands)
    return type(obs), obs.name, obs.wires.labels, tuple(_bytes_of(each) for each in obs.data)


def _bytes_of(data: Any) -> Hashable:
    if sparse.issparse(data):
        rows = data.tocsr()
        return rows.shape, rows.data.tobytes(), rows.indices.tobytes(), rows.indptr.tobytes()
    array = np.asarray(data)
    return array.dtype.str, array.shape, array.tobytes()


def _is_same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Return whether data are the same scalars; arrays may have been changed in place."""
    return len(one) == len(other) and all(
        a is b and np.ndim(a) == 0 and not sparse.issparse(a)
        for a, b in zip(one, other, strict=True)
    )
