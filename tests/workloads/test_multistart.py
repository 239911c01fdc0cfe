"""Many starts of one workload: merged rounds, early stops, the best of them, resumption."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError, Suspended
from hybrid.core.outcome import Outcome
from hybrid.journal import open_journal
from hybrid.problems import MaxCut
from hybrid.runtime import World
from hybrid.runtime.world import use
from tests.journal.test_resume import Stopper
from tests.workloads.test_vqd import _Stop

ISING = SparsePauliOp(["ZZI", "IZZ", "ZIZ", "XII", "IXI"], [1.0, 0.7, 0.9, 0.4, -0.3])
LOWEST = float(np.linalg.eigvalsh(ISING.to_matrix())[0])


DEEP = hybrid.QAOA(SparsePauliOp(["ZZI", "IZZ"]), 2, start="interp")


class Rastrigin(hybrid.Workload):
    """Minima at all integers; the value at k is k^2, so the lowest, 0, is at the origin."""

    num_parameters = 2

    def run(self, piece, simulator):  # type: ignore[no-untyped-def]
        x = piece.points
        values = np.sum(x**2 + 10.0 * (1.0 - np.cos(2.0 * np.pi * x)), axis=1)
        slopes = 2.0 * x + 20.0 * np.pi * np.sin(2.0 * np.pi * x)
        return (values, slopes) if piece.gradient else values


def _local_minimum(start: FloatArray) -> float:
    return float(hybrid.minimize(Rastrigin(), x0=start).value)


def test_every_start_ends_in_its_own_minimum() -> None:
    """Known minima: each start's value is that of a run of its own."""
    points = np.array([[2.1, 0.1], [0.05, -0.1], [-1.1, 3.05], [1.0, 1.0]])
    alone = sorted(_local_minimum(point) for point in points)
    problem = hybrid.MultiStart(Rastrigin(), points, halve_after=None)
    result = hybrid.minimize(problem, seed=1)
    np.testing.assert_allclose(result.values, alone, atol=1e-6)
    assert result.value == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(result.x, 0.0, atol=1e-5)
    assert result.message.startswith("Start 1 is the best of 4: L-BFGS-B converged")


def test_many_starts_find_what_one_does_not() -> None:
    assert _local_minimum(np.array([3.1, -2.1])) > 5.0
    problem = hybrid.MultiStart(Rastrigin(), 64, low=-5.0, high=5.0)
    result = hybrid.minimize(problem, x0=[3.1, -2.1], seed=1)
    assert result.value < 1.5
    assert (result.success, result.values.shape) == (True, (64,))
    assert np.all(np.diff(result.values) >= 0.0)
    assert result.value == result.values[0]


@pytest.mark.parametrize("name", ["L-BFGS-B", "Adam", "COBYLA", "SPSA", "Nelder-Mead"])
def test_rounds_are_batches_of_all_starts(name: str, tmp_path: Path) -> None:
    problem = hybrid.MultiStart(hybrid.VQE(real_amplitudes(3, reps=1), ISING), 4, halve_after=None)
    path = tmp_path / "run.db"
    result = hybrid.minimize(problem, name, max_iterations=12, seed=3, journal=path)
    with open_journal(path) as journal:
        asks = [answer.ask for answer in journal.answers()]
    sizes = [len(ask.points) for ask in asks]
    assert sizes[0] == 4 * (50 if name == "SPSA" else 1)
    assert result.evaluations == sum(sizes)
    assert len(asks) < sum(sizes) / 2
    own = [hybrid.minimize(
        hybrid.MultiStart(problem.workload, asks[0].points[:4], halve_after=None),
        name, max_iterations=12, seed=3,
    )] if name in ("L-BFGS-B", "Adam") else [result]  # fmt: skip
    assert own[0].value == pytest.approx(result.value, abs=1e-9)


def test_the_worst_are_stopped_early() -> None:
    points = np.array([[0.1, 0.1], [4.1, 4.1], [3.1, 4.1], [2.1, 0.1], [4.1, 2.1]])
    slow = {"learning_rate": 0.01, "max_iterations": 40}
    whole = hybrid.MultiStart(Rastrigin(), points, halve_after=None)
    full = hybrid.minimize(whole, hybrid.optimizers.Adam(**slow), seed=1)
    halved = hybrid.MultiStart(Rastrigin(), points, halve_after=4)
    few = hybrid.minimize(halved, hybrid.optimizers.Adam(**slow), seed=1)
    assert few.value == full.value
    # 5 starts for 4 rounds, then 3 until round 8, 2 until round 16, 1 until the end
    assert few.evaluations == 5 * 4 + 3 * 4 + 2 * 8 + (full.iterations - 16)
    assert full.evaluations == 5 * full.iterations
    assert "the best of 5, 4 of them stopped early" in few.message
    kept = hybrid.MultiStart(Rastrigin(), points, halve_after=4, survivors=3)
    some = hybrid.minimize(kept, hybrid.optimizers.Adam(**slow), seed=1)
    assert some.evaluations == 5 * 4 + 3 * (full.iterations - 4)


@pytest.mark.ranks
def test_the_same_bits_on_all_ranks(alone: World) -> None:
    problem = hybrid.MultiStart(hybrid.VQE(real_amplitudes(3, reps=2), ISING), 6)
    together = hybrid.minimize(problem, seed=3)
    assert together.value == pytest.approx(LOWEST, abs=1e-4)
    with use(alone):
        one = hybrid.minimize(problem, seed=3)
    assert together.x.tobytes() == one.x.tobytes()
    assert together.values.tobytes() == one.values.tobytes()


@pytest.mark.parametrize("shots", [None, 200])
def test_it_resumes_and_stops(shots: int | None, tmp_path: Path) -> None:
    problem = hybrid.MultiStart(hybrid.VQE(real_amplitudes(3, reps=1), ISING), 5, halve_after=3)
    name = "L-BFGS-B" if shots is None else "SPSA"
    settings = {"optimizer": name, "seed": 3, "shots": shots, "max_iterations": 15}
    whole = hybrid.minimize(problem, **settings)
    path = tmp_path / "run.db"
    for answers in (2, 6):
        with pytest.raises(Suspended, match="SIGUSR1"):
            hybrid.minimize(problem, journal=path, observer=Stopper(answers), **settings)
    resumed = hybrid.minimize(problem, journal=path, **settings)
    assert resumed.x.tobytes() == whole.x.tobytes()
    assert (whole.standard_error is None) is (shots is None)
    stopped = hybrid.minimize(problem, observer=_Stop(4, error=False), **settings)
    assert (stopped.outcome, stopped.success) == (Outcome.STOPPED, False)
    assert stopped.x.shape == whole.x.shape
    assert stopped.value == pytest.approx(min(stopped.values))


def test_workloads_of_several_optimizations() -> None:
    """Depth by depth from several starts: Asks of different widths in one round."""
    graph = MaxCut.from_edge_list([(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)])
    inner = hybrid.QAOA(graph.cost(), 2, start="interp")
    starts = np.array([[-0.3, 0.0, 0.4, 0.0], [0.8, 0.0, 0.1, 0.0]])
    result = hybrid.minimize(hybrid.MultiStart(inner, starts), seed=1)
    single = hybrid.minimize(inner, x0=starts[0], seed=1)
    assert result.value <= single.value + 1e-9
    assert result.x.shape == (4,)


def test_bad_input() -> None:
    inner = Rastrigin()
    for make, said in [
        (lambda: hybrid.MultiStart(Rastrigin), "a workload such as"),
        (lambda: hybrid.MultiStart(inner, 0), "starts: got 0"),
        (lambda: hybrid.MultiStart(inner, [[1.0], [2.0]]), r"shape \(B, 2\)"),
        (lambda: hybrid.MultiStart(inner, low=1.0, high=0.0), "low < high"),
        (lambda: hybrid.MultiStart(inner, low="a"), "low and high"),
        (lambda: hybrid.MultiStart(DEEP), "angles of the first layer, and zeros"),
        (lambda: hybrid.MultiStart(inner, halve_after=0), "halve_after: got 0"),
        (lambda: hybrid.MultiStart(inner, survivors=0), "survivors: got 0"),
    ]:
        with pytest.raises(InputError, match=said):
            make()
    problem = hybrid.MultiStart(inner, [[0.1, 0.1], [1.0, 1.0]])
    with pytest.raises(InputError, match="a start besides those of MultiStart"):
        hybrid.minimize(problem, x0=[0.3, 0.3])
