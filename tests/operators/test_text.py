"""Observables in text: every notation means its dense matrix, and what is not one is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.core.errors import InputError
from hybrid.operators import parse_terms, pauli_sum
from hybrid.problems import read_observable
from tests.operators.dense import matrix, random_terms

TERMS = random_terms(4, 12, seed=5)


def plain(terms: list[tuple[float, dict[int, str]]], star: str = " * ") -> str:
    return "\n".join(
        f"{c}{star if w else ''}{' '.join(f'{p}{q}' for q, p in w.items())}" for c, w in terms
    )


def joined(terms: list[tuple[float, dict[int, str]]]) -> str:
    parts = [
        f"{'-' if c < 0 else '+'} {abs(c)}*{'*'.join(f'{p}{q}' for q, p in w.items()) or 'I'}"
        for c, w in terms
    ]
    return " ".join(parts).removeprefix("+ ")


def bracketed(terms: list[tuple[float, dict[int, str]]]) -> str:
    return " +\n".join(f"({c}+0j) [{' '.join(f'{p}{q}' for q, p in w.items())}]" for c, w in terms)


@pytest.mark.parametrize(
    "text",
    [
        plain(TERMS),
        plain(TERMS, star=" "),
        f"# a comment\n\n{plain(TERMS)}  # another\n\n",
        joined(TERMS),
        bracketed(TERMS),
        bracketed(TERMS).replace("+0j)", ")").replace("(", "").replace(")", ""),
    ],
    ids=["lines", "no star", "comments", "one line", "brackets", "real brackets"],
)
def test_notations(tmp_path: Path, text: str) -> None:
    path = tmp_path / "terms.txt"
    path.write_text(text)
    operator = read_observable(path)
    assert operator.num_qubits == 4
    np.testing.assert_allclose(operator.to_matrix(), matrix(TERMS, 4), atol=1e-12)
    wider = read_observable(path, 5).to_matrix()
    np.testing.assert_allclose(wider, matrix(TERMS, 5), atol=1e-12)


def test_qubit_0_is_the_last_letter_of_a_label(tmp_path: Path) -> None:
    path = tmp_path / "terms.txt"
    path.write_text("0.5 * X0 Z3")
    assert read_observable(path).to_list() == [("ZIIX", 0.5)]


def test_signs_and_numbers() -> None:
    text = "X0 - Z1 + -0.5*Y2\n- 1e-3 Z0\n.5 I\n2. X0 Y1\n3 []\n-(0.5-2j) [Z0]"
    assert parse_terms("text", text) == [
        (1, {0: "X"}), (-1, {1: "Z"}), (-0.5, {2: "Y"}), (-1e-3, {0: "Z"}), (0.5, {}),
        (2, {0: "X", 1: "Y"}), (3, {}), (-0.5 + 2j, {0: "Z"}),
    ]  # fmt: skip


WRONG = [
    ("0.5 XIIZ", "line 1: got the label 'XIIZ', without qubit numbers"),
    ("0.5 * X0\n\n0.5 * W1", "line 3: got 'W1'"),
    ("0.5 * x0", "line 1: got 'x0'"),
    ("0.5 *", "got the end of the line, expected letters with qubit numbers"),
    ("0.5 * X0 *\n", "expected a letter with a qubit number after *"),
    ("0.5 [X0 Z1", "expected letters with qubit numbers, and then ]"),
    ("0.5 X0 0.5 Z1", "got '0.5', expected the end of the line, + or -"),
    ("0.5 X0 Z0", "got qubit 0 twice in a term"),
    ("0.5 [X0] +\n", "the text may be cut short"),
    ("1e999 X0", "got the coefficient '1e999', expected a finite number"),
    ("(1+2) X0", "got the coefficient '(1+2)'"),
    ("(nan+0j) X0", "got the coefficient '(nan+0j)'"),
    ("(__import__) X0", "got the coefficient '(__import__)'"),
    ("# nothing", "got no terms"),
    ("X99999999999999999999", "qubit 1000000000, expected qubits 0 to 62"),
    ("[X0]]", "got ']', expected the end of the line"),
]


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[text for text, _ in WRONG])
def test_what_is_not_of_the_notation(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "terms.txt"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_observable(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_qubits_beyond_the_width(tmp_path: Path) -> None:
    path = tmp_path / "terms.txt"
    path.write_text("X0 Z3")
    with pytest.raises(InputError, match="qubit 3, expected qubits 0 to 2"):
        read_observable(path, 3)


@given(st.text("0123IXYZ+-*[]().ej# \n", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        terms = parse_terms("text", text)
        operator = pauli_sum("text", terms)
    except InputError:
        return
    n = operator.num_qubits
    if n <= 4:
        np.testing.assert_allclose(operator.to_matrix(), matrix(terms, n), atol=1e-9)
