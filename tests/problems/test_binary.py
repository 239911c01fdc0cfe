"""QUBO, Ising and portfolio problems: costs, files, exhaustive search, samples and bad input."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest

import hybrid
from hybrid.core.errors import InputError
from hybrid.problems import QUBO, Binary, Ising, MaxCut, Portfolio

DATA = Path(__file__).parents[2] / "examples" / "data"


def _qubo(size: int, seed: int) -> QUBO:
    half = np.random.default_rng(seed).normal(size=(size, size))
    return QUBO(half + half.T, 0.3)


def _ising(size: int, seed: int) -> Ising:
    random = np.random.default_rng(seed)
    return Ising(random.normal(size=size), np.triu(random.normal(size=(size, size)), 1), -0.2)


def _portfolio(size: int, seed: int) -> Portfolio:
    random = np.random.default_rng(seed)
    series = random.normal(size=(3 * size, size))
    return Portfolio(series.mean(axis=0), np.cov(series.T), 2, 0.4)


def _direct(problem: Binary, bits: np.ndarray) -> float:
    """The cost by its definition, one assignment at a time."""
    if isinstance(problem, QUBO):
        return float(bits @ problem.matrix @ bits + problem.constant)
    if isinstance(problem, Ising):
        spins = 1 - 2 * bits
        value = problem.fields @ spins + spins @ problem.couplings @ spins
        return float(value + problem.constant)
    assert isinstance(problem, Portfolio)
    variance = bits @ problem.covariance @ bits
    return float(problem.risk * variance - (1 - problem.risk) * problem.returns @ bits)


PROBLEMS = [_qubo(4, 1), _ising(4, 2), _portfolio(4, 3)]


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda each: type(each).__name__)
def test_operator_values_and_exhaustive_search_agree(problem: Binary) -> None:
    diagonal = problem.cost().to_matrix().diagonal().real
    every = [np.array(bits[::-1]) for bits in product((0, 1), repeat=4)]
    direct = [_direct(problem, bits) for bits in every]
    np.testing.assert_allclose(diagonal, direct, atol=1e-12)
    np.testing.assert_allclose([problem.value(bits) for bits in every], direct, atol=1e-12)
    np.testing.assert_allclose(problem.quadratic.all(), direct, atol=1e-12)
    allowed = [k for k in range(16) if problem.allows(f"{k:04b}")]
    assert len(allowed) == (6 if isinstance(problem, Portfolio) else 16)
    lowest = min(allowed, key=lambda k: direct[k])
    assert problem.best().bitstring == f"{lowest:04b}"
    counts = {f"{k:04b}": 1 + k for k in range(16)}
    assert problem.interpret(counts) == problem.best()
    assert problem.chart(counts).count("\n") == 12  # more values than rows: intervals


def test_a_penalty_keeps_the_budget() -> None:
    problem = _portfolio(5, 4)
    diagonal = problem.penalised().to_matrix().diagonal().real
    assert f"{int(np.argmin(diagonal)):05b}" == problem.best().bitstring
    kept = [k for k in range(32) if k.bit_count() == 2]
    np.testing.assert_allclose(
        diagonal[kept], problem.cost().to_matrix().diagonal().real[kept], atol=1e-9
    )


def test_a_portfolio_by_brute_force_and_by_qaoa() -> None:
    stocks = Portfolio.from_csv(DATA / "stocks_10.csv", budget=3)
    table = np.genfromtxt(DATA / "stocks_10.csv", delimiter=",", skip_header=1)[:, 1:]
    np.testing.assert_allclose(stocks.returns, table.mean(axis=0))
    np.testing.assert_allclose(stocks.covariance, np.cov(table.T), atol=1e-15)
    costs = {}
    for chosen in combinations(range(10), 3):
        bits = np.isin(np.arange(10), chosen).astype(int)
        costs[chosen] = _direct(stocks, bits)
    best = min(costs, key=lambda chosen: costs[chosen])
    assert stocks.chosen(stocks.best().bitstring) == tuple(stocks.assets[k] for k in best)
    mixer = hybrid.XYMixer(ones=3)
    problem = hybrid.QAOA(stocks.cost(), 2, objective=hybrid.CVaR(0.1), mixer=mixer)
    result = hybrid.minimize(problem, seed=7, max_iterations=30)
    counts = hybrid.sample(problem.circuit, result.x, shots=500, seed=7)
    assert all(stocks.allows(bits) for bits in counts)
    assert stocks.interpret(counts) == stocks.best()


QBSOLV = "c a comment\np qubo 0 3 2 2\n0 0 -1\n2 2 0.5\n0 1 2\n1 2 -3.5\n"
BITS = "# vartype=BINARY\n0 0 -1\n2 2 0.5\n0 1 2\n2 1 -3.5\n"
SPINS = "# vartype = spin\n0 0 -1\n2 2 0.5\n0 1 2\n1 2 -3.5\n"


@pytest.mark.parametrize("text", [QBSOLV, BITS])
def test_files_of_bits(tmp_path: Path, text: str) -> None:
    path = tmp_path / "problem.txt"
    path.write_text(text)
    expected = [[-1, 1, 0], [1, 0, -1.75], [0, -1.75, 0.5]]
    np.testing.assert_allclose(QUBO.from_file(path).matrix, expected)
    bits = product("01", repeat=3)
    as_spins = Ising.from_file(path)
    for each in map("".join, bits):
        assert as_spins.value(each) == pytest.approx(QUBO.from_file(path).value(each))


def test_files_of_spins(tmp_path: Path) -> None:
    path = tmp_path / "problem.coo"
    path.write_text(SPINS)
    problem = Ising.from_file(path)
    np.testing.assert_allclose(problem.fields, [-1, 0, 0.5])
    np.testing.assert_allclose(problem.couplings, [[0, 2, 0], [0, 0, -3.5], [0, 0, 0]])
    assert problem.constant == pytest.approx(0.0)
    for each in map("".join, product("01", repeat=3)):
        assert QUBO.from_file(path).value(each) == pytest.approx(problem.value(each))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 0 -1\n0 1 2\n", "vartype=BINARY"),
        ("# vartype=SPIN\n# vartype=BINARY\n0 1 2\n", "vartype=BINARY"),
        ("# vartype=SPIN\n", "neither a line"),
        ("# vartype=SPIN\n0 1 2\n1 0 3\n", "line 3: got the pair 0 1 again"),
        ("# vartype=SPIN\n0 1 nan\n", "line 2: got the weight 'nan'"),
        ("# vartype=SPIN\n0 1\n", "two variables and a weight"),
        ("# vartype=SPIN\n0 9999 1\n", "variables from 0 to 4095"),
        ("p qubo 0 3 1 2\n0 0 1\n0 1 2\n", "1 diagonals and 1 couplers, expected 1 and 2"),
        ("p qubo 0 2 0 1\n0 2 2\n", "variables from 0 to 1"),
        ("p cnf 3 2\n1 2 0\n", "p qubo 0 <variables>"),
    ],
)
def test_files_that_are_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "problem.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        QUBO.from_file(path)
    with pytest.raises(InputError, match=said):
        Ising.from_file(path)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: QUBO([[0, 1], [2, 0]]), r"1 at \(0, 1\) and 2 at \(1, 0\).*\(Q \+ Q.T\) / 2"),
        (lambda: QUBO([[0, 1, 2], [1, 0, 2]]), r"shape \(2, 3\)"),
        (lambda: QUBO([[0, np.nan], [np.nan, 0]]), "NaN"),
        (lambda: QUBO(np.zeros((2, 2))), "zeros only"),
        (lambda: QUBO([[1.0]], np.inf), "a finite number"),
        (lambda: Ising([1.0], [[0, 1], [0, 0]]), "2 finite numbers"),
        (lambda: Ising([0, 1], [[0, 1], [1, 0]]), "on or below the diagonal"),
        (lambda: Portfolio([1, 2], [[1, 0], [1, 1]], 1), "not symmetric"),
        (lambda: Portfolio([1, 2], [[1, 2], [2, 1]], 1), "eigenvalue -1"),
        (lambda: Portfolio([1, 2], np.eye(2), 2), "from 1 to 1"),
        (lambda: Portfolio([1, 2, 3], np.eye(2), 1), r"shape \(2,\)"),
        (lambda: Portfolio([1, 2], np.eye(2), 1, risk=2.0), "from 0 to 1"),
        (lambda: Portfolio([1, 2], np.eye(2), 1).penalised(0.0), "positive"),
        (lambda: QUBO(np.eye(23)).best(), "at most 22"),
        (lambda: _qubo(2, 1).interpret({}), "no outcomes"),
        (lambda: _qubo(2, 1).interpret({"000": 1}), "2 of 0 and 1"),
        (lambda: _portfolio(3, 1).interpret({"000": 1}), "the constraints allow"),
    ],
)
def test_bad_input(make: Callable[[], object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        make()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("month,A\n1,0.1\n2,0.1\n3,0.2\n", "1 assets and 3 periods"),
        ("month,A,B\n1,0.1,0.2\n2,0.1,0.2\n", "2 assets and 2 periods"),
        ("month,A,B\n1,0.1,0.2\n2,0.1\n3,0.1,0.2\n", "line 3: got 2 columns"),
        ("month,A,B\n1,0.1,0.2\n2,0.1,\n3,0.1,0.2\n", "line 3: got the weight ''"),
    ],
)
def test_tables_that_are_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "returns.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        Portfolio.from_csv(path, 1)


def test_charts_add_up_equal_values() -> None:
    graph = MaxCut.from_edge_list([(0, 1), (1, 2)])
    lines = graph.chart({"000": 5, "010": 10, "001": 3, "110": 2}).splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [
        ["0", "25.0%"],
        ["1", "25.0%"],
        ["2", "50.0%"],
    ]
