"""QAOA: mixers and their states, objectives and their gradients, starts, depth by depth."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import networkx
import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp
from scipy.linalg import expm

import hybrid
from hybrid.core.ask import Ask
from hybrid.core.errors import InputError
from hybrid.core.outcome import Outcome
from hybrid.journal import open_journal
from hybrid.problems import MaxCut
from hybrid.runtime import World
from hybrid.runtime.world import use
from hybrid.workloads import Sampling
from hybrid.workloads.dicke import dicke_state
from hybrid.workloads.distribution import diagonal_of, energy_of
from hybrid.workloads.qaoa import qaoa_circuit
from hybrid.workloads.regular import fixed_angles, interpolated, tree_cut
from tests.workloads.test_vqd import _Stop

DATA = Path(__file__).parents[2] / "examples" / "data"
OBJECTIVES = [hybrid.CVaR(0.3), hybrid.CVaR(1.0), hybrid.Gibbs(0.8)]


def _random_cost(num_qubits: int, seed: int) -> SparsePauliOp:
    random = np.random.default_rng(seed)
    pairs = list(combinations(range(num_qubits), 2))
    terms = [("ZZ", [*pair], random.normal()) for pair in pairs]
    terms += [("Z", [qubit], random.normal()) for qubit in range(num_qubits)]
    return SparsePauliOp.from_sparse_list([*terms, ("", [], 0.7)], num_qubits)


def _cvar(energies: np.ndarray, probabilities: np.ndarray, alpha: float) -> float:
    """The mean of the lowest energies, by hand: fill the tail one basis state after the other."""
    left, total = alpha, 0.0
    for state in np.argsort(energies, kind="stable"):
        taken = min(left, probabilities[state])
        total += taken * energies[state]
        left -= taken
    return total / alpha


def _gibbs(energies: np.ndarray, probabilities: np.ndarray, eta: float) -> float:
    return float(-np.log(probabilities @ np.exp(-eta * energies)) / eta)


def _by_numpy(objective: object, energies: np.ndarray, probabilities: np.ndarray) -> float:
    if isinstance(objective, hybrid.CVaR):
        return _cvar(energies, probabilities, objective.alpha)
    assert isinstance(objective, hybrid.Gibbs)
    return _gibbs(energies, probabilities, objective.eta)


@pytest.mark.parametrize(("width", "ones"), [(2, 1), (4, 2), (5, 3), (5, 4), (6, 2), (3, 3)])
def test_dicke_states(width: int, ones: int) -> None:
    state = hybrid.state(dicke_state(width, ones))
    weights = np.array([index.bit_count() for index in range(1 << width)])
    expected = (weights == ones) / np.sqrt(np.sum(weights == ones))
    np.testing.assert_allclose(state, expected, atol=1e-12)


@pytest.mark.parametrize("pairs", ["ring", "complete"])
@pytest.mark.parametrize("width", [2, 3, 4, 5])
def test_xy_mixers_hop_between_all_pairs_and_keep_the_ones(width: int, pairs: str) -> None:
    mixer = hybrid.XYMixer(ones=1, pairs=pairs)
    rounds = mixer.rounds(width)
    assert all(len({q for pair in each for q in pair}) == 2 * len(each) for each in rounds)
    found = sorted(tuple(sorted(pair)) for each in rounds for pair in each)
    ring = {tuple(sorted((q, (q + 1) % width))) for q in range(width)}
    every = set(combinations(range(width), 2))
    assert found == sorted(every if pairs == "complete" else ring)

    cost = _random_cost(width, 3)
    circuit = qaoa_circuit(cost, 2, mixer)
    point = np.array([0.3, -0.7, 0.4, 0.9])
    state = np.array(hybrid.state(dicke_state(width, 1)))
    for beta, gamma in zip(point[:2], point[2:], strict=True):
        state = expm(-1j * gamma * cost.to_matrix()) @ state
        for a, b in [pair for each in rounds for pair in each]:
            hop = SparsePauliOp.from_sparse_list([("XX", [a, b], 0.5), ("YY", [a, b], 0.5)], width)
            state = expm(-1j * beta * hop.to_matrix()) @ state
    overlap = np.vdot(hybrid.state(circuit, point), state)
    assert abs(overlap) == pytest.approx(1.0, abs=1e-12)


def test_a_warm_start_at_one_half_is_the_x_mixer() -> None:
    cost, point = _random_cost(3, 1), [0.2, -0.5, 0.3, 0.8]
    plain = hybrid.probabilities(qaoa_circuit(cost, 2), point)
    warm = hybrid.probabilities(qaoa_circuit(cost, 2, hybrid.WarmStart([0.5] * 3)), point)
    np.testing.assert_allclose(warm, plain, atol=1e-12)


def test_a_warm_start_is_its_solution_and_helps() -> None:
    mixer = hybrid.WarmStart([0.9, 0.0, 0.5], epsilon=0.1)
    circuit = qaoa_circuit(_random_cost(3, 1), 1, mixer)
    for qubit, chance in enumerate([0.9, 0.1, 0.5]):
        found = hybrid.probabilities(circuit, [0.0, 1.3], [qubit])
        assert found[1] == pytest.approx(chance)
    graph = MaxCut.from_edge_list(DATA / "maxcut_12.edges")
    best = [int(bit) for bit in reversed(graph.best_cut().bitstring)]
    warm = hybrid.QAOA(graph.cost(), 1, mixer=hybrid.WarmStart(best))
    cold = hybrid.QAOA(graph.cost(), 1)
    values = [hybrid.minimize(each, seed=1).value for each in (warm, cold)]
    assert values[0] < values[1] - 0.5


def test_the_diagonal_of_a_cost() -> None:
    problem = hybrid.QAOA(_random_cost(4, 5), 1)
    expected = problem.observable.operator.to_matrix().diagonal().real
    found = diagonal_of(problem.observable)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    one_by_one = [energy_of(problem.observable, f"{index:04b}") for index in range(16)]
    np.testing.assert_allclose(one_by_one, expected, atol=1e-12)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=str)
@pytest.mark.parametrize("mixer", ["x", hybrid.XYMixer(2, "complete")], ids=str)
def test_objectives_and_gradients_from_exact_probabilities(
    objective: object, mixer: object
) -> None:
    problem = hybrid.QAOA(_random_cost(4, 2), 2, objective=objective, mixer=mixer)
    energies = problem.observable.operator.to_matrix().diagonal().real
    points = np.random.default_rng(7).normal(size=(3, 4))
    told = problem.prepare(Sampling()).answer(Ask(points, gradient=True), seed=0, threads=1)

    def value(point: np.ndarray) -> float:
        return _by_numpy(objective, energies, hybrid.probabilities(problem.circuit, point))

    np.testing.assert_allclose(told.values, [value(point) for point in points], atol=1e-12)
    shifts = 1e-5 * np.eye(4)
    slopes = [[(value(p + h) - value(p - h)) / 2e-5 for h in shifts] for p in points]
    np.testing.assert_allclose(told.gradients, slopes, atol=1e-8)


def test_the_cvar_of_everything_is_the_mean() -> None:
    cost, point = _random_cost(5, 4), np.linspace(-0.6, 0.8, 4)[None]
    one = hybrid.QAOA(cost, 2).prepare(Sampling())
    other = hybrid.QAOA(cost, 2, objective=hybrid.CVaR(1.0)).prepare(Sampling())
    mean, tail = (
        each.answer(Ask(point, gradient=True), seed=0, threads=1) for each in (one, other)
    )
    np.testing.assert_allclose(tail.values, mean.values, atol=1e-12)
    np.testing.assert_allclose(tail.gradients, mean.gradients, atol=1e-12)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=str)
@pytest.mark.parametrize("simulator", ["auto", "aer"])
def test_objectives_of_samples(objective: object, simulator: str) -> None:
    """Values of many seeds scatter about the exact one as their standard errors say."""
    problem = hybrid.QAOA(_random_cost(4, 2), 1, objective=objective)
    points = np.tile([-0.4, 0.3], (60, 1))
    exact = problem.prepare(Sampling()).answer(Ask(points[:1]), seed=0, threads=1).values[0]
    sampled = problem.prepare(Sampling(simulator, 2000))
    told = sampled.answer(Ask(points), seed=5, threads=1)
    error = float(np.mean(told.standard_errors))
    assert abs(np.mean(told.values) - exact) < 6 * error / np.sqrt(60)
    assert 0.65 < np.std(told.values) / error < 1.4
    slopes = problem.prepare(Sampling(simulator, 2000, 0.1)).answer(
        Ask(points[:1], gradient=True), seed=5, threads=1
    )
    around = points[0] + 0.1 * np.concatenate([np.eye(2), -np.eye(2)])
    values = problem.prepare(Sampling()).answer(Ask(around), seed=0, threads=1).values
    ideal = (values[:2] - values[2:]) / 0.2
    np.testing.assert_allclose(slopes.gradients[0], ideal, atol=5 * error * np.sqrt(2) / 0.2)


def test_gradients_of_samples_are_refused_before_anything_runs() -> None:
    problem = hybrid.QAOA(_random_cost(3, 2), 1, objective=hybrid.CVaR(0.2))
    with pytest.raises(InputError, match="an optimizer of values, such as 'SPSA'"):
        hybrid.minimize(problem, "L-BFGS-B", shots=100)
    found = hybrid.minimize(problem, "SPSA", shots=100, max_iterations=3, seed=1)
    assert found.standard_error is not None
    truncated = hybrid.simulators.Aer(method="matrix_product_state", max_bond_dimension=2)
    with pytest.raises(InputError, match=r"a simulator with exact states.*give shots"):
        hybrid.minimize(problem, simulator=truncated)


def test_cvar_finds_better_tails() -> None:
    graph = MaxCut.from_edge_list(DATA / "maxcut_12.edges")
    mean = hybrid.minimize(hybrid.QAOA(graph.cost(), 2), seed=1)
    objective = hybrid.CVaR(0.3)
    problem = hybrid.QAOA(graph.cost(), 2, objective=objective)
    tail = hybrid.minimize(problem, seed=1)
    energies = diagonal_of(problem.observable)
    tails = [
        _cvar(energies, hybrid.probabilities(problem.circuit, result.x), 0.3)
        for result in (mean, tail)
    ]
    assert tail.value == pytest.approx(tails[1], abs=1e-9)
    assert tails[1] < tails[0] - 0.01


@pytest.mark.parametrize(
    ("graph", "depth", "share"),
    [
        (networkx.heawood_graph(), 1, 0.6924501),
        (networkx.heawood_graph(), 2, 0.7559065),
        (networkx.cycle_graph(10), 3, 7 / 8),
        (networkx.grid_graph((4, 4), periodic=True), 1, 0.5 + 0.25 * 0.75**1.5),
    ],
    ids=["cubic 1", "cubic 2", "ring 3", "grid 1"],
)
def test_fixed_angles_cut_as_much_as_in_a_tree(graph: object, depth: int, share: float) -> None:
    """Graphs without cycles shorter than twice the depth, and the shares of arXiv:2107.00677."""
    problem = MaxCut.from_graph(graph)
    degree = 2 * problem.num_edges // problem.num_qubits
    workload = hybrid.QAOA(problem.cost(), depth, start="fixed")
    angles = workload.initial_point(0)
    assert tree_cut(degree, angles[:depth], angles[depth:] / 2) == pytest.approx(share, abs=2e-6)
    found = -hybrid.expectation(workload.circuit, problem.cost(), angles)[0] / problem.num_edges
    assert found == pytest.approx(share, abs=2e-6)


@pytest.mark.parametrize("seed", range(4))
def test_one_layer_cuts_enough_of_every_cubic_graph(seed: int) -> None:
    """Farhi, Goldstone and Gutmann: at least 0.6924 of the largest cut."""
    graph = MaxCut.from_graph(networkx.random_regular_graph(3, 12, seed=seed))
    found = -hybrid.minimize(hybrid.QAOA(graph.cost(), 1, start="fixed"), seed=1).value
    assert found >= 0.6924 * graph.best_cut().value


def test_the_unit_of_the_cost_does_not_matter_to_fixed_angles() -> None:
    graph = MaxCut.from_graph(networkx.petersen_graph())
    one = hybrid.QAOA(graph.cost(), 2, start="fixed").initial_point(0)
    other = hybrid.QAOA(5 * graph.cost(), 2, start="fixed").initial_point(0)
    np.testing.assert_allclose(other, np.concatenate([one[:2], one[2:] / 5]))
    np.testing.assert_array_equal(one, fixed_angles(hybrid.QAOA(graph.cost(), 2).observable, 2))


def test_interpolation() -> None:
    np.testing.assert_allclose(interpolated(np.array([3.0])), [3.0, 3.0])
    np.testing.assert_allclose(interpolated(np.array([1.0, 2.0, 4.0])), [1.0, 5 / 3, 8 / 3, 4.0])


@pytest.mark.ranks
def test_depth_by_depth(alone: World) -> None:
    cost = MaxCut.from_graph(networkx.petersen_graph()).cost()
    problem = hybrid.QAOA(cost, 4, start="interp")
    result = hybrid.minimize(problem, seed=3)
    assert result.success
    assert result.x.shape == (8,)
    (value,) = hybrid.expectation(problem.circuit, cost, result.x)
    assert value == pytest.approx(result.value, abs=1e-12)
    assert result.value < hybrid.minimize(hybrid.QAOA(cost, 1), seed=3).value - 0.5
    assert result.value <= hybrid.minimize(hybrid.QAOA(cost, 4), seed=3).value + 1e-6
    with use(alone):
        again = hybrid.minimize(problem, seed=3)
    assert again.x.tobytes() == result.x.tobytes()


def test_depth_by_depth_resumes_and_stops(tmp_path: Path) -> None:
    cost = MaxCut.from_graph(networkx.petersen_graph()).cost()
    problem = hybrid.QAOA(cost, 3, start="interp", objective=hybrid.CVaR(0.5))
    whole = hybrid.minimize(problem, seed=3)
    for after in (2, 20):
        path = tmp_path / f"{after}.db"
        with pytest.raises(RuntimeError, match="out of power"):
            hybrid.minimize(problem, seed=3, journal=path, observer=_Stop(after, error=True))
        resumed = hybrid.minimize(problem, seed=3, journal=path)
        assert resumed.x.tobytes() == whole.x.tobytes()
        with open_journal(path) as journal:
            assert len(journal) == len(whole.history)
        stopped = hybrid.minimize(problem, seed=3, observer=_Stop(after, error=False))
        assert (stopped.outcome, stopped.x.shape) == (Outcome.STOPPED, (6,))
        assert np.isfinite(stopped.value)


def test_bad_input() -> None:
    cost = _random_cost(3, 1)
    for arguments, said in [
        ({"objective": "cvar"}, r"hybrid\.CVaR\(alpha\)"),
        ({"mixer": "xy"}, r"hybrid\.XYMixer\(ones\)"),
        ({"mixer": hybrid.XYMixer(3)}, "from 1 to 2"),
        ({"mixer": hybrid.WarmStart([0.5, 0.5])}, "3, one for each qubit"),
        ({"start": "fixed"}, "the maximum cut of a regular graph"),
        ({"start": "best"}, "'ramp' or 'fixed' or 'interp'"),
    ]:
        with pytest.raises(InputError, match=said):
            hybrid.QAOA(cost, 1, **arguments)
    with pytest.raises(InputError, match=r"got MaxCut.*pass its cost\(\)"):
        hybrid.QAOA(MaxCut.from_graph(networkx.cycle_graph(4)), 1)
    ring = MaxCut.from_graph(networkx.cycle_graph(4)).cost()
    with pytest.raises(InputError, match="start='interp'"):
        hybrid.QAOA(ring, 40, start="fixed")
    with pytest.raises(InputError, match="the mixer 'x'"):
        hybrid.QAOA(ring, 1, start="fixed", mixer=hybrid.XYMixer(1))
    for make, said in [
        (lambda: hybrid.CVaR(0.0), "above 0, at most 1"),
        (lambda: hybrid.CVaR(True), "above 0, at most 1"),
        (lambda: hybrid.Gibbs(-1.0), "positive"),
        (lambda: hybrid.XYMixer(0), "at least 1"),
        (lambda: hybrid.XYMixer(1, "star"), "'ring' or 'complete'"),
        (lambda: hybrid.WarmStart([0.5, 1.5]), "from 0 to 1"),
        (lambda: hybrid.WarmStart([]), "from 0 to 1"),
        (lambda: hybrid.WarmStart([0.5], epsilon=0.7), "at most 0.5"),
    ]:
        with pytest.raises(InputError, match=said):
            make()
    problem = hybrid.QAOA(ring, 2, start="interp")
    with pytest.raises(InputError, match="the angles of the first layer"):
        hybrid.minimize(problem, x0=[0.1, 0.2, 0.3, 0.4])
