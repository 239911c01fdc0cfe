"""Messages arrive as they were sent, and hold nothing that could be executed."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from hybrid.runtime.messages import pack, unpack

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_plain_data_arrives_unchanged(message: object) -> None:
    assert repr(unpack(pack(message))) == repr(message)


@given(
    st.sampled_from(["<f8", "<f4", "<c16", "<c8", "<i8", "<u8"]).flatmap(
        lambda dtype: arrays(dtype, array_shapes(min_dims=0, max_dims=3, min_side=0))
    )
)
def test_arrays_arrive_bit_for_bit_and_writable(array: np.ndarray) -> None:
    arrived = unpack(pack({"a": array}))["a"]
    assert arrived.dtype == array.dtype
    assert arrived.shape == array.shape
    assert arrived.tobytes() == array.tobytes()
    assert arrived.flags.writeable


@pytest.mark.parametrize("message", [object(), {1, 2}, np.array([object()]), np.array(["text"])])
def test_anything_else_is_refused(message: object) -> None:
    with pytest.raises(TypeError, match="cannot be sent"):
        pack(message)


@given(st.binary(max_size=200))
def test_garbage_is_a_value_error_or_plain_data(garbage: bytes) -> None:
    with contextlib.suppress(ValueError, IndexError, TypeError):
        unpack(garbage)
