"""Parse sums of Pauli strings that are written out.

Two notations, which a text may mix::

    0.5 * X0 Z3             # one term a line, or several joined by + and -
    (0.5+0j) [X0 Z3] +      # as OpenFermion prints a QubitOperator
    -0.25 []                # the identity

Qubits are always numbered. Labels without numbers (``XIIZ``) are refused, since packages disagree
on which end is qubit 0.
"""

from __future__ import annotations

import cmath
import re
from dataclasses import dataclass

from hybrid.core.errors import InputError

Term = tuple[complex, dict[int, str]]

_TOKEN = re.compile(
    r"""(?P<complex>\([^()\n]*\))
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?j?)
    |(?P<label>[IXYZ]{2,})
    |(?P<pauli>[IXYZ]\d+)
    |(?P<identity>I)
    |(?P<sign>[+-])
    |(?P<times>\*)
    |(?P<open>\[)
    |(?P<close>\])
    |(?P<line>\n)""",
    re.VERBOSE,
)
_BLANK = re.compile(r"[ \t]+|\#[^\n]*")
_INSIDE = re.compile(r"[0-9eEj.+-]+")
_EXPECTED = "terms such as '0.5 * X0 Z3', or '(0.5+0j) [X0 Z3] +' as OpenFermion prints them"


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    line: int


def parse_terms(name: str, text: str) -> list[Term]:
    """Return the terms of a sum of Pauli strings: coefficients, and letters by qubit.

    Args:
        name: of the text, for messages.
        text: the sum; comments start with ``#``.

    Raises:
        InputError: something that is not of the notation; the message has the line.

    Example:
        >>> parse_terms("example", "0.5 * X0 Z3 - Y1")
        [((0.5+0j), {0: 'X', 3: 'Z'}), ((-1+0j), {1: 'Y'})]
        >>> parse_terms("example", "(0.5+0j) [X0 Z3] +\\n2.0 []")
        [((0.5+0j), {0: 'X', 3: 'Z'}), ((2+0j), {})]
    """
    return _Parser(name, _tokens(name, text)).terms()


def _tokens(name: str, text: str) -> list[_Token]:
    found, place, line = [], 0, 1
    while place < len(text):
        blank = _BLANK.match(text, place)
        if blank:
            place = blank.end()
            continue
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup == "label":
            raise _unknown(name, line, text[place:].split("\n")[0], match)
        assert match.lastgroup is not None
        found.append(_Token(match.lastgroup, match[0], line))
        line += match[0] == "\n"
        place = match.end()
    return [*found, _Token("line", "\n", line), _Token("end", "", line)]


def _unknown(name: str, line: int, rest: str, label: re.Match[str] | None) -> InputError:
    if label is not None:
        return InputError(
            f"{name}, line {line}",
            got=f"the label {label[0]!r}, without qubit numbers",
            expected=_EXPECTED,
            advice="packages disagree on which end of a label is qubit 0: number the letters",
        )
    return InputError(f"{name}, line {line}", got=repr(rest[:40]), expected=_EXPECTED)


class _Parser:
    """Reads the tokens of one text, from the first to the last."""

    def __init__(self, name: str, tokens: list[_Token]) -> None:
        self._name = name
        self._tokens = tokens
        self._place = 0

    def terms(self) -> list[Term]:
        """Return all terms."""
        found = []
        self._skip_lines()
        while self._next.kind != "end":
            found.append(self._term())
            if self._next.kind not in ("line", "sign"):
                raise self._fault("the end of the line, + or -")
            self._skip_lines()
        if not found:
            raise InputError(self._name, got="no terms", expected=_EXPECTED)
        return found

    def _term(self) -> Term:
        sign = 1.0
        while self._next.kind == "sign":
            sign *= -1.0 if self._take().text == "-" else 1.0
            self._skip_lines()
            if self._next.kind == "end":
                raise self._fault("a term after the last sign: the text may be cut short")
        coefficient = self._coefficient()
        if coefficient is None:
            return sign + 0j, self._word(needed=True)
        times = self._next.kind == "times"
        if times:
            self._take()
        return sign * coefficient, self._word(needed=times)

    def _coefficient(self) -> complex | None:
        if self._next.kind not in ("number", "complex"):
            return None
        token = self._take()
        text = token.text.strip("()").replace(" ", "").replace("\t", "")
        try:
            number = complex(text) if _INSIDE.fullmatch(text) else cmath.nan
        except ValueError:
            number = cmath.nan
        if not cmath.isfinite(number):
            raise InputError(
                f"{self._name}, line {token.line}",
                got=f"the coefficient {token.text[:40]!r}",
                expected="a finite number such as 0.5, 1e-3 or (0.5+0j)",
            )
        return complex(number)

    def _word(self, *, needed: bool) -> dict[int, str]:
        """Return the letters of a term by qubit."""
        if self._next.kind == "open":
            self._take()
            word = self._letters(separated=False)
            if self._next.kind != "close":
                raise self._fault("letters with qubit numbers, and then ]")
            self._take()
            return word
        if needed and self._next.kind not in ("pauli", "identity"):
            raise self._fault("letters with qubit numbers, such as X0 Z3, or I")
        return self._letters(separated=True)

    def _letters(self, *, separated: bool) -> dict[int, str]:
        word: dict[int, str] = {}
        while self._next.kind in ("pauli", "identity"):
            token = self._take()
            qubit = int(token.text[1:] or "-1") if len(token.text) < 12 else 10**9
            if qubit in word:
                raise InputError(
                    f"{self._name}, line {token.line}",
                    got=f"qubit {qubit} twice in a term",
                    expected="at most one letter for each qubit",
                    advice="write the product of the letters",
                )
            if token.kind == "pauli":
                word[qubit] = token.text[0]
            if separated and self._next.kind == "times":
                self._take()
                if self._next.kind not in ("pauli", "identity"):
                    raise self._fault("a letter with a qubit number after *")
        return {qubit: letter for qubit, letter in word.items() if letter != "I"}

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _take(self) -> _Token:
        self._place += 1
        return self._tokens[self._place - 1]

    def _skip_lines(self) -> None:
        while self._next.kind == "line":
            self._place += 1

    def _fault(self, expected: str) -> InputError:
        token = self._next
        shown = {"line": "the end of the line", "end": "the end"}.get(token.kind, repr(token.text))
        return InputError(f"{self._name}, line {token.line}", got=shown, expected=expected)
