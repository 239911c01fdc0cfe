"""Exceptions travel between ranks as plain data and keep what they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.core.errors import InputError, JournalError, PieceError, RankError, RecordError
from hybrid.runtime.failure import describe, error_of
from hybrid.runtime.messages import pack
from hybrid.runtime.protocol import Stop, decode, encode


class StrangeError(ValueError):
    """An exception that only one rank's script knows."""


class StrangerError(Exception):
    """One without a base that other ranks know."""


def arrived(error: BaseException) -> BaseException:
    """Return an exception as another rank raises it."""
    try:
        raise error
    except BaseException as raised:
        return error_of(decode(encode(describe(raised, 3))))


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        KeyError("name"),
        ZeroDivisionError(),
        FileNotFoundError(2, "No such file", "a.txt"),
        UnicodeDecodeError("utf-8", b"x", 0, 1, "bad"),
        TypeError("a", 2),
        PieceError("item 3 of map(f) failed"),
        InputError("shots", got=-5, expected="a positive integer", advice="leave it out"),
        RecordError("run.db", ["seed: recorded 7, now 8"]),
        JournalError("no"),
        MemoryError(),
    ],
)
def test_known_exceptions_keep_type_text_and_arguments(error: Exception) -> None:
    found = arrived(error)
    assert type(found) is type(error)
    assert str(found) == str(error)
    assert isinstance(found.__cause__, RankError)
    assert found.__cause__.rank == 3
    assert "Traceback" in found.__cause__.remote_traceback


def test_attributes_of_our_own_exceptions_arrive() -> None:
    found = arrived(InputError("points", got=object, expected="numbers"))
    assert isinstance(found, InputError)
    assert (found.what, found.got, found.expected) == ("points", str(object), "numbers")
    record = arrived(RecordError("run.db", ["seed: recorded 7, now 8"]))
    assert isinstance(record, RecordError)
    assert list(record.differences) == ["seed: recorded 7, now 8"]


def test_other_exceptions_arrive_as_their_nearest_known_base() -> None:
    found = arrived(StrangeError("odd"))
    assert type(found) is ValueError
    assert str(found) == "StrangeError: odd"
    assert type(arrived(np.linalg.LinAlgError("singular"))) is ValueError
    assert type(arrived(ValueError(object()))) is ValueError
    strangest = arrived(StrangerError("odd"))
    assert type(strangest) is RankError
    assert "StrangerError: odd" in str(strangest)


def test_an_exit_keeps_its_code() -> None:
    assert [arrived(SystemExit(code)).code for code in (None, 0, 3, "text")] == [0, 0, 3, 1]


@pytest.mark.parametrize(
    "name", ["exec", "KeyboardInterrupt", "GeneratorExit", "print", "__import__"]
)
def test_no_name_makes_anything_but_an_exception(name: str) -> None:
    failure = describe(ValueError("x"), 0)
    forged = decode(encode(type(failure)(0, "", "", "", False, name, ["1"], {})))
    assert type(error_of(forged)) is RankError


@given(st.binary(max_size=60))
def test_bytes_that_are_no_message_are_refused(data: bytes) -> None:
    try:
        message = decode(data)
    except ValueError:
        return
    assert encode(message)


def test_unknown_kinds_and_fields_are_refused() -> None:
    for forged in ([99], [4], [4, 1, 2], ["Stop", 1], [-1, 1]):
        with pytest.raises(ValueError, match="message"):
            decode(pack(forged))
    assert decode(encode(Stop(2))) == Stop(2)
