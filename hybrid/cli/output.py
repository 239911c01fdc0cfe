"""Standard output and standard error as streams that take any text and never raise."""

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
"""What stands for the program's own symbols in an encoding that lacks them."""


class Output(io.TextIOBase):
    """A stream that writes to another; where that fails, the failure is kept, not raised.

    A run that has taken hours must not end because its log cannot be written. Characters that the
    encoding lacks are replaced. After the first failure everything is dropped.

    Args:
        stream: where text goes; None where the process was started with it closed.

    Attributes:
        failure: why text could not be written; None as long as all was.
        reader_left: whether the failure is that of a pipe that nobody reads any more.

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
        """Write a text, in plain characters where the encoding lacks some of it."""
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
        """Write what is buffered."""
        if self._stream is not None and self.failure is None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._fail(error)

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        return self._stream is not None and self.failure is None and self._stream.isatty()

    def fileno(self) -> int:
        """Return the descriptor of the stream.

        Raises:
            OSError: it has none.
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
    """Return a stream that never raises; the one given where it is such."""
    return cast(TextIO, stream if isinstance(stream, Output) else Output(stream))


@contextmanager
def safe_streams() -> Iterator[Output]:
    """Replace the standard streams by ones that never raise; yield that of standard output."""
    with redirect_stdout(Output(sys.stdout)) as output, redirect_stderr(Output(sys.stderr)):
        yield output


def plain(text: str, encoding: str) -> str:
    """Return a text that an encoding can hold, its other characters replaced or spelled out.

    Example:
        >>> plain("3 µs · Zürich", "ascii")
        '3 us - Z\\\\xfcrich'
    """
    return text.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)


def _forget_buffered(output: Output) -> None:
    """Let buffered text go nowhere; else the interpreter fails to write it once more at its end."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, output.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        pass  # no file stands behind the stream
