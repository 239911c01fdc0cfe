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

    The Pauli strings of an observable, which PennyLane computes once, are read once.
    """

    def __init__(self) -> None:
        self._read: OrderedDict[int, tuple[Any, object]] = OrderedDict()
        self._tokens: OrderedDict[Hashable, object] = OrderedDict()

    def of(self, obs: Any) -> Hashable:
        """Return the key of an observable, or None for none."""
        if obs is None:
            return None
        if type(obs) in _PAULIS:
            return type(obs), obs.wires.labels
        sentence = obs.pauli_rep
        if sentence is None:  # arrays, which may have been changed in place
            return self._token(content_of(obs))
        known = self._read.get(id(sentence))
        if known is not None and known[0] is sentence:
            return known[1]
        token = self._token(content_of(obs))
        self._read[id(sentence)] = (sentence, token)  # kept, so that no other one gets its id
        if len(self._read) > _KEPT:
            self._read.popitem(last=False)
        return token

    def _token(self, content: Hashable) -> object:
        """Return a small object that stands for the content."""
        token = self._tokens.setdefault(content, object())
        if len(self._tokens) > _KEPT:
            self._tokens.popitem(last=False)
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
