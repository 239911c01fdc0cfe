"""Scans: a family of workloads in one run; starts from neighbours, or all at once."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.ask import Ask
from hybrid.core.errors import InputError, Suspended
from hybrid.core.outcome import Outcome
from hybrid.journal import open_journal
from hybrid.problems import Molecule
from hybrid.runtime import World
from hybrid.runtime.world import use
from hybrid.workloads import Sampling
from tests.journal.test_resume import Stopper
from tests.workloads.test_vqd import _Stop

CURVE = Path(__file__).parents[2] / "examples" / "data" / "lih_curve"
FIELDS = [0.2, 0.6, 1.0, 1.5]


def _chain(strength: float) -> SparsePauliOp:
    terms = [("ZZ", [0, 1], -1.0), ("ZZ", [1, 2], -1.0)]
    return SparsePauliOp.from_sparse_list(
        [*terms, *(("X", [q], -strength) for q in range(3)), ("Z", [0], 0.1)], 3
    )


def _exact(strength: float) -> float:
    return float(np.linalg.eigvalsh(_chain(strength).to_matrix())[0])


def _scan(**arguments: object) -> hybrid.Scan:
    members = [hybrid.VQE(real_amplitudes(3, reps=2), _chain(each)) for each in FIELDS]
    return hybrid.Scan(members, FIELDS, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("together", [False, True])
def test_a_curve_against_exact_diagonalisation(together: bool) -> None:
    scan = _scan(together=together)
    result = hybrid.minimize(scan, seed=5)
    exact = [_exact(each) for each in FIELDS]
    np.testing.assert_allclose(result.values, exact, atol=1e-4)
    assert result.x.shape == (4, 9)
    assert result.value == min(result.values)
    for each, point, value in zip(FIELDS, result.x, result.values, strict=True):
        (again,) = hybrid.expectation(real_amplitudes(3, reps=2), _chain(each), point)
        assert again == pytest.approx(value, abs=1e-12)
    lines = scan.table(result).splitlines()
    assert [line.split()[0] for line in lines] == ["0.2", "0.6", "1.0", "1.5"]
    assert lines[1].split()[1] == f"{result.values[1]:.10f}"
    ends = [line.index("*") for line in scan.chart(result, width=30).splitlines()]
    assert ends == sorted(ends, reverse=True)
    assert ends[0] - ends[-1] == 29


def test_the_dissociation_of_lithium_hydride_against_fci() -> None:
    with (CURVE / "fci.csv").open() as file:
        exact = {row["distance"]: float(row["energy"]) for row in csv.DictReader(file)}
    some = list(exact)[2:5]
    molecules = [Molecule.from_fcidump(CURVE / f"{name}.fcidump") for name in some]
    members = [hybrid.VQE(each.uccsd(), each.hamiltonian()) for each in molecules]
    result = hybrid.minimize(hybrid.Scan(members, some), seed=7, max_iterations=12)
    assert np.all(result.values > np.array([exact[name] for name in some]) - 1e-9)
    np.testing.assert_allclose(result.values, [exact[name] for name in some], atol=1.6e-3)


def test_neighbours_help_where_they_are_near() -> None:
    """Each member takes fewer evaluations than by itself; a far neighbour is not followed."""
    fields = np.linspace(0.9, 1.0, 4)
    members = [hybrid.VQE(real_amplitudes(3, reps=2), _chain(each)) for each in fields]
    scanned = hybrid.minimize(hybrid.Scan(members), seed=5).evaluations
    alone = sum(hybrid.minimize(each, seed=5).evaluations for each in members)
    assert scanned < 0.8 * alone
    rotation = QuantumCircuit(1)
    rotation.append(real_amplitudes(1, reps=0), [0])
    signs = [1.0, -1.0, 1.0]
    flipping = [hybrid.VQE(rotation, SparsePauliOp("Z", each)) for each in signs]
    np.testing.assert_allclose(hybrid.minimize(hybrid.Scan(flipping), seed=2).values, -1.0)


def test_answers_are_those_of_the_members() -> None:
    scan = _scan()
    evaluation = scan.prepare(Sampling())
    random = np.random.default_rng(3)
    numbers = np.array([2.0, 0.0, 2.0, 3.0])
    points = random.normal(size=(4, 9))
    ask = Ask(np.column_stack([numbers, points]), gradient=True, metric=True, variance=True)
    told = evaluation.answer(ask, seed=0, threads=1)
    for row, (number, point) in enumerate(zip(numbers, points, strict=True)):
        inner = scan.members[int(number)].prepare(Sampling())
        own = Ask(point[None], gradient=True, metric=True, variance=True)
        expected = inner.answer(own, seed=0, threads=1)
        assert told.values[row] == pytest.approx(expected.values[0], abs=1e-13)
        np.testing.assert_allclose(told.gradients[row, 1:], expected.gradients[0], atol=1e-12)
        np.testing.assert_allclose(told.metric[row, 1:, 1:], expected.metric[0], atol=1e-12)
        assert told.variances[row] == pytest.approx(expected.variances[0], abs=1e-12)
        assert not told.gradients[row, 0]
        assert not told.metric[row, 0].any()


@pytest.mark.ranks
@pytest.mark.parametrize("together", [False, True])
def test_the_same_bits_on_all_ranks(together: bool, alone: World) -> None:
    scan = _scan(together=together)
    here = hybrid.minimize(scan, seed=3, max_iterations=8)
    with use(alone):
        one = hybrid.minimize(scan, seed=3, max_iterations=8)
    assert here.x.tobytes() == one.x.tobytes()


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("shots", [None, 100])
def test_it_resumes_and_stops(together: bool, shots: int | None, tmp_path: Path) -> None:
    scan = _scan(together=together)
    name = "QNG" if shots is None else "SPSA"
    settings = {"optimizer": name, "seed": 3, "shots": shots, "max_iterations": 6}
    whole = hybrid.minimize(scan, **settings)
    path = tmp_path / "run.db"
    for answers in (3, 5):
        with pytest.raises(Suspended, match="SIGUSR1"):
            hybrid.minimize(scan, journal=path, observer=Stopper(answers), **settings)
    resumed = hybrid.minimize(scan, journal=path, **settings)
    assert resumed.x.tobytes() == whole.x.tobytes()
    assert (whole.standard_error is None) is (shots is None)
    with open_journal(path) as journal:
        assert len(journal) == len(whole.history)
    stopped = hybrid.minimize(scan, observer=_Stop(14, error=False), **settings)
    if not together:
        assert stopped.outcome is Outcome.STOPPED
        assert 1 <= len(stopped.values) == len(stopped.x) < 4
        assert "those before it are kept" in stopped.message
        assert scan.table(stopped).count("\n") == len(stopped.values) - 1
    at_once = hybrid.minimize(scan, observer=_Stop(1, error=False), **settings)
    assert np.isnan(at_once.value)


def test_bad_input() -> None:
    member = hybrid.VQE(real_amplitudes(3, reps=2), _chain(1.0))
    narrow = hybrid.VQE(real_amplitudes(2, reps=2), SparsePauliOp("ZZ"))
    other = hybrid.VQE(real_amplitudes(3, reps=1), _chain(1.0))
    several = hybrid.VQD(real_amplitudes(3, reps=2), _chain(1.0), states=2)
    for members, said in [
        ([], "members: got none"),
        ([member, 5], "member 1: got int"),
        ([member, narrow], "2 qubits and 6 parameters, expected 3 and 9"),
        ([member, other], "3 qubits and 6 parameters, expected 3 and 9"),
        ([member, several], "VQD, which is several optimizations"),
        ([hybrid.QAOA(SparsePauliOp("ZZ"), 2, start="interp")], "which is several optimizations"),
    ]:
        with pytest.raises(InputError, match=said):
            hybrid.Scan(members)
    with pytest.raises(InputError, match="2, one per member"):
        hybrid.Scan([member, member], [1.0])
    with pytest.raises(InputError, match="numbers or names"):
        hybrid.Scan([member], [None])
    with pytest.raises(InputError, match="True or False"):
        hybrid.Scan([member], together="yes")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="a result without such values"):
        hybrid.Scan([member]).table(hybrid.minimize(member, max_iterations=2, seed=1))
