"""Standard streams that accept any text and never raise."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TextIO, cast

_PLAIN = str.maketrans(
    {"±": "+-", "µ": "u", "·": "-", "…": "...", "│": "|", "├": "|", "└": "`", "─": "-"}
)
"""Replacements for the program's own symbols in encodings that lack them."""


LEAST_COLUMNS = 40
"""Narrower tables would lose content."""


class Output(io.TextIOBase):
    """A stream wrapper that stores the first error instead of raising it.

    A run of hours must not fail because its log cannot be written. Characters that the encoding
    lacks are replaced. After the first error all text is dropped.

    Args:
        stream: the wrapped stream; None if the process was started with it closed.

    Attributes:
        failure: why text could not be written, or None.
        reader_left: whether the error is a broken pipe.

    Example:
        >>> latin = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        >>> output = Output(latin)
        >>> _ = output.write("0.5 ± 0.1")
        >>> output.flush()
        >>> latin.buffer.getvalue(), output.failure
        (b'0.5 +- 0.1', None)
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.failure: str | None = "it is closed" if stream is None else None
        self.reader_left = False

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the stream."""
        return getattr(self._stream, "encoding", None) or "ascii"

    def write(self, text: str) -> int:
        """Write text; replace characters that the encoding lacks."""
        if self._stream is not None and self.failure is None:
            try:
                try:
                    self._stream.write(text)
                except UnicodeEncodeError:
                    self._stream.write(plain(text, self.encoding))
            except (OSError, ValueError) as error:
                self._fail(error)
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        if self._stream is not None and self.failure is None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._fail(error)

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        return self._stream is not None and self.failure is None and self._stream.isatty()

    def fileno(self) -> int:
        """Return the file descriptor.

        Raises:
            OSError: there is none.
        """
        if self._stream is None:
            raise OSError("a closed stream has no descriptor")
        return self._stream.fileno()

    def writable(self) -> bool:
        """Return True."""
        return True

    def _fail(self, error: OSError | ValueError) -> None:
        self.failure = (error.strerror if isinstance(error, OSError) else None) or str(error)
        self.reader_left = isinstance(error, BrokenPipeError)
        _forget_buffered(self)


def safe(stream: TextIO | None) -> TextIO:
    """Wrap a stream in :class:`Output`, unless it is one."""
    return cast(TextIO, stream if isinstance(stream, Output) else Output(stream))


@contextmanager
def safe_streams() -> Iterator[Output]:
    """Replace the standard streams by :class:`Output`; yield that of standard output."""
    with redirect_stdout(Output(sys.stdout)) as output, redirect_stderr(Output(sys.stderr)):
        yield output


def plain(text: str, encoding: str) -> str:
    """Replace or escape the characters that an encoding lacks.

    Example:
        >>> plain("3 µs · Zürich", "ascii")
        '3 us - Z\\\\xfcrich'
    """
    return text.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)


def mend_size() -> None:
    """Remove invalid terminal sizes from the environment.

    ``COLUMNS=0``, for instance, would print nothing.
    """
    for name, least in (("COLUMNS", LEAST_COLUMNS), ("LINES", 1)):
        value = os.environ.get(name, "")
        if value and not (value.isdecimal() and value.isascii() and int(value[:9]) >= least):
            del os.environ[name]


def _forget_buffered(output: Output) -> None:
    """Discard buffered text; otherwise the interpreter fails to write it at exit."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, output.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        pass  # the stream has no file descriptor
