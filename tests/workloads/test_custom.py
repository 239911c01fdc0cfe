"""User-defined workloads: every axis, any number of ranks, and clear error messages."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.ask import Ask
from hybrid.core.errors import HybridError, InputError, MismatchError, PieceError, RankError
from hybrid.core.piece import Piece
from hybrid.runtime import World
from hybrid.runtime.world import use
from hybrid.workloads import Supervised
from hybrid.workloads.coverage import checked_pieces
from hybrid.workloads.sums import pairwise_sum

OPERATOR = SparsePauliOp(["ZZI", "IZZ", "XII", "IXI", "IIX"], [-1.0, -1.0, -0.7, -0.7, -0.7])
ANSATZ = real_amplitudes(3, reps=1)


class ByTerms(hybrid.Workload):
    num_parameters, axis, sizes, grain = 6, "terms", {"terms": 5}, 2

    def run(self, piece, simulator):
        values, gradients = simulator.expectation(
            ANSATZ, OPERATOR[piece.slice], piece.point, gradient=True
        )
        return values[0], gradients[0]


class ByComponents(hybrid.Workload):
    num_parameters, axis, grain = 6, "components", 1

    def run(self, piece, simulator):
        values, gradients = simulator.expectation(ANSATZ, OPERATOR, piece.point, gradient=True)
        return np.append(values, gradients[0])[piece.slice]


class ByPoints(hybrid.Workload):
    num_parameters = 6

    def run(self, piece, simulator):
        return simulator.expectation(ANSATZ, OPERATOR, piece.points, gradient=piece.gradient)


@pytest.mark.ranks
@pytest.mark.parametrize("make", [ByTerms, ByComponents, ByPoints])
def test_every_axis_gives_the_same_minimum(make) -> None:
    start = np.linspace(0.1, 0.9, 6)
    expected = hybrid.minimize(hybrid.VQE(ANSATZ, OPERATOR), x0=start)
    found = hybrid.minimize(make(), x0=start)
    assert found.value == pytest.approx(expected.value, abs=1e-6)


@pytest.mark.ranks
def test_batches_of_points_are_cut_for_each_point() -> None:
    found = hybrid.minimize(ByTerms(), "SPSA", seed=3, x0=np.ones(6), max_iterations=2)
    same = hybrid.minimize(
        hybrid.VQE(ANSATZ, OPERATOR), "SPSA", seed=3, x0=np.ones(6), max_iterations=2
    )
    assert found.value == pytest.approx(same.value, abs=1e-12)


def test_shots_add_up_to_a_mean() -> None:
    plus = QuantumCircuit(1)
    angle = ParameterVector("a", 1)
    plus.ry(angle[0], 0)

    @hybrid.workload(num_parameters=1, axis="shots", size=4000, grain=1000)
    def energy(piece, simulator):
        counts = simulator.sample(plus, piece.point, len(piece.piece))[0]
        return (counts.get("0", 0) - counts.get("1", 0)) / 4000

    result = hybrid.minimize(energy, "COBYLA", x0=[1.0], seed=2, max_iterations=30)
    assert result.value < -0.98


@pytest.mark.ranks
def test_supervised_agrees_with_a_loop_over_the_samples() -> None:
    features, weights = ParameterVector("a", 2), ParameterVector("b", 4)
    circuit = QuantumCircuit(2)
    for layer in range(2):
        for qubit in range(2):
            circuit.rx(features[qubit], qubit)
            circuit.ry(weights[2 * layer + qubit], qubit)
        circuit.cx(0, 1)
    observable = SparsePauliOp(["ZI", "IZ"], [0.5, 0.5])
    random = np.random.default_rng(0)
    data, labels = random.uniform(-1, 1, (21, 2)), random.choice([-1.0, 1.0], 21)
    task = Supervised(circuit, observable, data, labels, list(features))
    start = random.normal(size=4)
    points = np.hstack([data, np.tile(start, (21, 1))])
    values, gradients = hybrid.expectation(circuit, observable, points, gradient=True)
    loss = np.mean((values - labels) ** 2)
    slope = 2 * (values - labels) @ gradients[:, 2:] / 21

    result = hybrid.minimize(task, x0=start, max_iterations=1)
    assert result.history.values[0] == pytest.approx(loss, abs=1e-12)
    shifted = [
        np.mean(
            (
                hybrid.expectation(
                    circuit, observable, np.hstack([data, np.tile(start + e, (21, 1))])
                )
                - labels
            )
            ** 2
        )
        for e in 1e-5 * np.eye(4)
    ]
    assert (np.array(shifted) - loss) / 1e-5 == pytest.approx(slope, abs=1e-4)
    assert hybrid.minimize(task, x0=start).value < loss
    found = hybrid.minimize(task, x0=start, max_iterations=3)
    same = hybrid.minimize(task, x0=start, max_iterations=3, simulator="aer")
    assert same.value == pytest.approx(found.value, abs=1e-8)


def test_supervised_losses_must_be_one_for_each_sample() -> None:
    weight, feature = ParameterVector("a", 2)
    circuit = QuantumCircuit(1)
    circuit.ry(weight, 0)
    circuit.rx(feature, 0)

    def mean(outputs, labels):
        return np.mean(outputs - labels), np.ones(len(outputs))

    task = Supervised(
        circuit, SparsePauliOp("Z"), [[0.0], [1.0]], [1.0, -1.0], [feature], loss=mean
    )
    with pytest.raises(PieceError, match=r"losses of shape \(\).*expected shape \(2,\)"):
        hybrid.minimize(task, x0=[0.3])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": [1.0]}, "labels: got shape"),
        ({"data": [[0.0, 1.0]]}, "data: got shape"),
        ({"loss": "cubic"}, "loss: got 'cubic'"),
        ({"features": []}, "data: got shape"),
    ],
)
def test_supervised_refuses(changes: dict, message: str) -> None:
    angles = ParameterVector("a", 2)
    circuit = QuantumCircuit(1)
    circuit.ry(angles[0], 0)
    circuit.ry(angles[1], 0)
    arguments = {
        "data": [[0.0], [1.0]],
        "labels": [1.0, -1.0],
        "features": [angles[0]],
    } | changes
    with pytest.raises(InputError, match=message):
        Supervised(circuit, SparsePauliOp("Z"), **arguments)


def cut(*spans: tuple[int, int]) -> list[Piece]:
    return [Piece(k, "samples", a, b, point=0) for k, (a, b) in enumerate(spans)]


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        (cut((0, 3), (2, 6)), "overlap"),
        (cut((0, 2), (3, 6)), "no piece for samples 2 to 2"),
        (cut((1, 6)), "no piece for samples 0 to 0"),
        (cut((0, 5)), "pieces of all 6 samples"),
        ([], "no pieces"),
        ([Piece(1, "samples", 0, 6, point=0)], "index 1 at place 0"),
        ([Piece(0, "samples", 0, 6, point=3)], "pieces of points"),
        ([Piece(0, "samples", 0, 0, point=0)], "at least one unit"),
        ("no list", "a list of hybrid.Piece"),
    ],
)
def test_pieces_that_do_not_cover_everything_once_are_refused(pieces, message: str) -> None:
    with pytest.raises(InputError, match=message):
        checked_pieces(pieces, Ask(np.zeros((1, 2))), {"samples": 6})


@pytest.mark.ranks
@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (lambda: (1.0, np.ones(3)), "returned shape"),
        (lambda: 1.0, "returned shape"),
        (lambda: (np.nan, np.ones(2)), "returned nan, expected finite"),
        (lambda: "text", "returned a str"),
    ],
)
def test_partials_of_the_wrong_shape_or_not_finite(returned, message: str) -> None:
    @hybrid.workload(num_parameters=2, axis="samples", size=8, grain=1, x0=[0.0, 0.0])
    def broken(piece, simulator):
        return returned()

    with pytest.raises(HybridError, match=message):
        hybrid.minimize(broken)


@pytest.mark.ranks
def test_a_combine_of_the_wrong_shape_is_refused() -> None:
    @hybrid.workload(num_parameters=2, axis="samples", size=8, x0=[0, 0], combine=lambda p: [1, 2])
    def broken(piece, simulator):
        return 1.0

    with pytest.raises(HybridError, match="combine"):
        hybrid.minimize(broken)


@pytest.mark.ranks
def test_a_function_that_raises_names_item_and_rank(job: World) -> None:
    def fails(item: int) -> float:
        if item == 11:
            raise ZeroDivisionError("no such thing")
        return 1.0

    with pytest.raises(HybridError, match="item 11 of map") as caught:
        hybrid.map(fails, range(40))
    assert isinstance(caught.value, PieceError)
    cause = caught.value.__cause__
    if isinstance(cause, RankError):
        assert "ZeroDivisionError: no such thing" in cause.remote_traceback
    else:
        assert isinstance(cause, ZeroDivisionError)


@pytest.mark.ranks
def test_a_function_that_differs_between_ranks(job: World) -> None:
    if job.size == 1:
        return
    rank = job.rank
    with pytest.raises(MismatchError, match="different function"):
        hybrid.map(lambda item: item + rank, [1, 2, 3])


@pytest.mark.ranks
def test_a_map_returns_the_results_in_order_on_every_rank() -> None:
    items = list(range(50))
    results = hybrid.map(lambda item: {"square": item**2, "row": np.full(3, item)}, items)
    assert [each["square"] for each in results] == [item**2 for item in items]
    assert results[7]["row"].tolist() == [7.0] * 3 or results[7]["row"].tolist() == [7, 7, 7]
    assert hybrid.map(lambda item: item, []) == []
    assert hybrid.map(lambda item: item, [5]) == [5]


@pytest.mark.ranks
def test_random_numbers_of_a_map_are_keyed_by_the_item(alone: World) -> None:
    def draw(item, simulator):
        return float(simulator.rng().normal())

    together = hybrid.map(draw, range(20), seed=3)
    with use(alone):
        assert hybrid.map(draw, range(20), seed=3) == together
    assert len(set(together)) == 20


def test_what_cannot_be_sent_is_refused() -> None:
    with pytest.raises(PieceError, match="cannot be sent"):
        hybrid.map(lambda item: object(), [1])
    with pytest.raises(InputError, match="costs"):
        hybrid.map(lambda item: item, [1, 2], costs=[1.0])
    with pytest.raises(InputError, match="function"):
        hybrid.map(3, [1])


@pytest.mark.ranks
def test_overlaps_are_those_of_the_states() -> None:
    points = np.random.default_rng(0).normal(size=(70, 6))
    matrix = hybrid.overlaps(ANSATZ, points)
    from qiskit.quantum_info import Statevector

    states = [Statevector(ANSATZ.assign_parameters(p)).data for p in points[:4]]
    expected = np.abs(np.conj(states) @ np.transpose(states)) ** 2
    assert matrix[:4, :4] == pytest.approx(expected, abs=1e-12)
    assert np.array_equal(matrix, matrix.T)
    other = hybrid.overlaps(ANSATZ, points[:3], points[3:5])
    assert other == pytest.approx(matrix[:3, 3:5], abs=1e-12)


@pytest.mark.ranks
def test_a_session_is_as_reproducible_as_its_seed() -> None:
    def script() -> list:
        with hybrid.Session(seed=4, shots=50, simulator="aer") as session:
            first = session.expectation(ANSATZ, OPERATOR, np.zeros((2, 6)) + 0.3)
            second = session.expectation(ANSATZ, OPERATOR, np.zeros((2, 6)) + 0.3)
            return [first.tolist(), second.tolist(), session.sample(ANSATZ, np.ones(6))]

    one = script()
    assert one == script()
    assert one[0] != one[1]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=100))
def test_pairwise_sums_are_sums(numbers: list[float]) -> None:
    total = pairwise_sum([np.array([number]) for number in numbers])[0]
    assert total == pytest.approx(sum(numbers), abs=1e-6)


SCALE = 1.0


def scaled(item: float) -> float:
    return SCALE * item


@pytest.mark.ranks
@pytest.mark.parametrize("function", [lambda item: SCALE * item, lambda item: scaled(item)])
def test_globals_that_differ_between_ranks(
    job: World, monkeypatch: pytest.MonkeyPatch, function: object
) -> None:
    monkeypatch.setitem(globals(), "SCALE", np.random.default_rng(job.rank).normal())
    if job.size == 1:
        assert hybrid.map(function, [1.0]) == [SCALE]
        return
    with pytest.raises(MismatchError, match="different global 'SCALE' on different ranks"):
        hybrid.map(function, [1.0, 2.0, 3.0, 4.0])


@pytest.mark.ranks
def test_what_cannot_be_compared_is_named_on_rank_0(job: World) -> None:
    generator = np.random.default_rng(0)

    def draw(item: float) -> float:
        return item if generator else 0.0

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        hybrid.map(draw, [1.0, 2.0])
    told = [str(each.message) for each in caught if "cannot compare" in str(each.message)]
    if job.size > 1 and job.rank == 0:
        assert len(told) == 1
        assert told[0].startswith("map(draw) cannot compare the content of generator (Generator)")
    else:
        assert told == []


@pytest.mark.parametrize(
    "function",
    [
        lambda item, sim: sim.rng().integers(1 << 40),
        lambda item, /, s: s.rng().integers(1 << 40),
        lambda item, *, simulator: simulator.rng().integers(1 << 40),
        lambda item, more=1, simulator=None: simulator.rng().integers(1 << 40),
    ],
)
def test_a_simulator_by_place_or_by_name(function: object) -> None:
    assert hybrid.map(function, [0, 1], seed=3) == hybrid.map(
        lambda item, simulator: simulator.rng().integers(1 << 40), [0, 1], seed=3
    )


@pytest.mark.parametrize(
    "function", [lambda a, b, c: 0, lambda: 0, lambda item, *, other: 0, lambda item, a, b, c=1: 0]
)
def test_functions_that_a_map_cannot_call(function: object) -> None:
    with pytest.raises(InputError, match="function of one item"):
        hybrid.map(function, [1])


def test_a_second_argument_with_a_default_is_left_alone() -> None:
    assert hybrid.map(lambda item, power=2: item**power, [3]) == [9]
    assert hybrid.map(round, [2.6]) == [3]
    assert hybrid.map(lambda *items: len(items), [3]) == [1]
