"""Digests are equal where, and only where, the content is."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np
import pytest

from hybrid.core.digest import digest

DISTINCT: list[tuple[Any, ...]] = [
    (),
    (None,),
    ("None",),
    (0,),
    (False,),
    (0.0,),
    (-0.0,),
    ("0",),
    ("",),
    ([],),
    ([1, 2],),
    (1, 2),
    ([1], 2),
    ([1], [2]),
    ([[1], 2],),
    ("1;int 2",),
    (np.zeros(2),),
    (np.zeros((1, 2)),),
    (np.zeros((2, 1)),),
    (np.zeros(2, dtype=np.float32),),
    (np.zeros(2, dtype=np.int64),),
    (np.zeros(2, dtype=">f8"),),
]


def test_different_contents_have_different_digests() -> None:
    assert len({digest(*parts) for parts in DISTINCT}) == len(DISTINCT)


def test_what_is_hashed() -> None:
    assert digest("a", 1, 0.5) == sha256(b"str 'a';int 1;float 0x1.0000000000000p-1;").hexdigest()


def test_how_an_array_lies_in_memory_does_not_count() -> None:
    array = np.arange(12.0).reshape(3, 4)
    assert (
        digest(array)
        == digest(np.asfortranarray(array))
        == digest(np.hstack([array, array])[:, :4])
    )
    assert digest(array) != digest(array.T)


def test_tuples_and_numbers_of_numpy_count_as_what_they_hold() -> None:
    assert digest((1, 2.0)) == digest([np.int64(1), np.float64(2.0)])
    assert digest(np.bool_(True)) == digest(True)


@pytest.mark.parametrize("part", [{"a": 1}, {1}, 1j, b"a", object()])
def test_other_types_are_refused(part: Any) -> None:
    with pytest.raises(TypeError, match=f"no digest for {type(part).__name__}"):
        digest([part])
