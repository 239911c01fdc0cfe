"""Compare the PennyLane device with Lightning: ``python benchmarks/pennylane_device.py --write``.

Both devices run the same QNodes in one process, in turns, on the same number of threads
(OMP_NUM_THREADS). It needs the extras ``pennylane`` and ``chemistry``, and takes about two minutes.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pennylane as qml
from pennylane import numpy as np

HERE = Path(__file__).parent
RESULTS = HERE / "PENNYLANE.md"
OURS, THEIRS = "hybrid.qubit", "lightning.qubit"
WATER = HERE.parent / "examples" / "data" / "water.fcidump"
_RUNS_OF_SHORT_WORK = 200
_ALONE = os.environ.get("OMP_NUM_THREADS") == "1"
_CLOCK = time.process_time if _ALONE else time.perf_counter
"""On one thread, seconds of the processor: those of other processes do not count."""


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        name: for the table.
        target: least ratio of their time to ours.
        make: returns the call to time, for a device's name; its result is compared.
        pairs: number of alternating runs.
        calls: calls per run.
    """

    name: str
    target: float
    make: Callable[[str], Callable[[], Any]]
    pairs: int
    calls: int = 1


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, help="alternating runs of each row")
    parser.add_argument("--only", nargs="+", help="rows whose names contain one of these words")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", message="Casting complex values")
    lines = []
    for line in _report(arguments.pairs, arguments.only):
        print(line, flush=True)
        lines.append(line)
    if arguments.write:
        RESULTS.write_text("\n".join(lines) + "\n")


def _report(pairs: int | None, only: list[str] | None) -> Iterator[str]:
    yield "# The PennyLane device beside Lightning"
    yield ""
    yield "`python benchmarks/pennylane_device.py --write` makes this table. Both devices run the"
    yield "same QNodes with `diff_method='best'`, in turns, in one process. A ratio is the time of"
    yield "Lightning over ours in one pair of runs; values and gradients agree to 1e-8. Times are"
    yield "medians, of processor time on one thread, or of wall time on several."
    yield ""
    yield f"PennyLane {qml.version()}, {platform.machine()}, OMP_NUM_THREADS={_threads()},"
    yield f"load average at the start {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores."
    yield ""
    yield "| QNode | ours | Lightning | ratio: median (least to most) | target | pairs |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for row in ROWS:
        if only is None or any(word in row.name for word in only):
            yield _measured(row, pairs or row.pairs)


def _measured(row: Row, pairs: int) -> str:
    ours, theirs = row.make(OURS), row.make(THEIRS)
    one, other = ours(), theirs()  # warm up: compile, and compare
    for a, b in zip(one, other, strict=True):
        if not np.allclose(a, b, rtol=0, atol=1e-8):
            raise SystemExit(f"{row.name}: the devices disagree, {a} and {b}")
    times: dict[str, list[float]] = {OURS: [], THEIRS: []}
    for _ in range(pairs):
        for name, call in ((OURS, ours), (THEIRS, theirs)):
            start = _CLOCK()
            for _ in range(row.calls):
                call()
            times[name].append((_CLOCK() - start) / row.calls)
    ratios = [b / a for a, b in zip(times[OURS], times[THEIRS], strict=True)]
    median = statistics.median(ratios)
    missed = "" if median >= row.target else " **missed**"
    spread = f"{median:.2f} ({min(ratios):.2f} to {max(ratios):.2f}){missed}"
    mine, their = (statistics.median(times[name]) for name in (OURS, THEIRS))
    columns = (row.name, _seconds(mine), _seconds(their), spread, f"{row.target:g}", str(pairs))
    return f"| {' | '.join(columns)} |"


def _hardware_efficient(num_wires: int, layers: int) -> Callable[[str], Any]:
    angles = np.random.default_rng(7).uniform(-3, 3, (layers, num_wires, 2))
    bonds = [qml.Z(k) @ qml.Z(k + 1) for k in range(num_wires - 1)]
    fields = [qml.X(k) for k in range(num_wires)]
    operator = qml.Hamiltonian([1.0] * len(bonds) + [0.7] * len(fields), bonds + fields)

    def make(device: str) -> Any:
        @qml.qnode(qml.device(device, wires=num_wires))
        def energy(angles: Any) -> Any:
            for layer in angles:
                for wire in range(num_wires):
                    qml.RY(layer[wire, 0], wires=wire)
                    qml.RZ(layer[wire, 1], wires=wire)
                for wire in range(num_wires - 1):
                    qml.CNOT(wires=[wire, wire + 1])
            return qml.expval(operator)

        return energy, angles

    return make


def _gradient(make: Callable[[str], Any]) -> Callable[[str], Callable[[], Any]]:
    def of_device(device: str) -> Callable[[], Any]:
        energy, point = make(device)
        slope = qml.grad(energy)

        def call() -> Any:
            gradient = slope(point)
            return slope.forward, gradient

        return call

    return of_device


def _value(make: Callable[[str], Any]) -> Callable[[str], Callable[[], Any]]:
    def of_device(device: str) -> Callable[[], Any]:
        energy, point = make(device)
        return lambda: (energy(point),)

    return of_device


def _water(template: str) -> Callable[[str], Any]:
    def make(device: str) -> Any:
        operator, electrons, width = _molecule()
        singles, doubles = qml.qchem.excitations(electrons, width)
        state = qml.qchem.hf_state(electrons, width)
        angles = np.random.default_rng(7).uniform(-0.1, 0.1, len(singles) + len(doubles))

        @qml.qnode(qml.device(device, wires=width))
        def energy(angles: Any) -> Any:
            if template == "UCCSD":
                wires = qml.qchem.excitations_to_wires(singles, doubles)
                qml.UCCSD(angles, range(width), *wires, state)
            else:
                qml.AllSinglesDoubles(angles, range(width), state, singles, doubles)
            return qml.expval(operator)

        return energy, angles

    return make


def _molecule() -> tuple[Any, int, int]:
    """Return water's Hamiltonian on interleaved spin orbitals, its electrons and its wires."""
    from qiskit_nature.second_q.formats.fcidump import FCIDump
    from qiskit_nature.second_q.operators.symmetric_two_body import unfold

    dump = FCIDump.from_file(WATER)
    one, two = np.asarray(dump.hij), np.asarray(unfold(dump.hijkl))
    two = np.einsum("psqr->pqrs", two)
    constant = np.array([dump.constant_energy])
    sentence = qml.qchem.fermionic_observable(constant, one, two)
    operator = qml.jordan_wigner(sentence, ps=True)
    operator.simplify(tol=1e-10)
    terms = operator.operation().terms()
    coefficients = [float(c.real) for c in terms[0]]  # constants, as PennyLane's are trainable
    return qml.Hamiltonian(coefficients, terms[1]), dump.num_electrons, 2 * len(one)


def _threads() -> str:
    return os.environ.get("OMP_NUM_THREADS", "unset")


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1e3 * seconds:.3g} ms"


_SMALL = _hardware_efficient(4, 3)
ROWS = (
    Row(
        "hardware-efficient, 20 wires, 5 layers, gradient",
        20.0,
        _gradient(_hardware_efficient(20, 5)),
        5,
    ),
    Row("water, AllSinglesDoubles, 14 wires, gradient", 8.0, _gradient(_water("ASD")), 3),
    Row("water, UCCSD, 14 wires, gradient", 8.0, _gradient(_water("UCCSD")), 3),
    Row(
        "hardware-efficient, 4 wires, 3 layers, value", 1.0, _value(_SMALL), 7, _RUNS_OF_SHORT_WORK
    ),
    Row(
        "hardware-efficient, 4 wires, 3 layers, gradient",
        1.0,
        _gradient(_SMALL),
        7,
        _RUNS_OF_SHORT_WORK,
    ),
)

if __name__ == "__main__":
    main()
