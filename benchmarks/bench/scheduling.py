"""Measurements of the scheduler; each function runs on all ranks of a job."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
import hybrid.collective.call
from bench.data_batch import data_batch
from bench.engines.to_qiskit import circuit_of, observable_of
from bench.hardware_efficient import hardware_efficient
from bench.molecules import uccsd
from bench.qaoa import maxcut_qaoa
from bench.timing_asks import (
    Found,
    best_seconds,
    call_of,
    drawn,
    durations,
    forced,
    nothing,
    on_ranks,
    prepared,
    seconds_of,
    seconds_together,
    usual_seconds,
)
from hybrid.core.ask import Ask
from hybrid.runtime import world
from hybrid.scheduler import assign
from hybrid.simulators import Aer, Evaluation
from hybrid.workloads import Sampling


def shots_vqe() -> Found:
    """Return seconds of a gradient by 240 parameter-shift circuits with shots on Aer."""
    workload = hybrid.VQE(*shots_problem())
    point = np.random.default_rng(0).normal(size=(1, workload.num_parameters))
    return usual_seconds(workload.prepare(Sampling(Aer(), 1000)), Ask(point, True), 3.0)


def qml_batch() -> Found:
    """Return seconds of the loss and gradient of a data batch."""
    task = supervised(8, 4, 512)
    point = np.random.default_rng(0).normal(size=(1, task.num_parameters))
    return usual_seconds(task.prepare(Sampling()), Ask(point, True), 1.5)


def water_points() -> Found:
    """Return seconds of a call for the energies and gradients of water at 8 points."""
    circuit, observable, points = points_of_water(8)
    return {
        "seconds": seconds_together(
            lambda: hybrid.expectation(circuit, observable, points, gradient=True, threads=1)
        ),
        "value": float(hybrid.expectation(circuit, observable, points[:1])[0]),
    }


def shots_adam() -> Found:
    """Return seconds of an iteration of Adam on the shots workload, 240 circuits and a value."""
    ansatz, chain = shots_problem()
    point = np.random.default_rng(0).normal(size=ansatz.num_parameters)
    iterations = 2

    def run() -> hybrid.Result:
        return hybrid.minimize(
            hybrid.VQE(ansatz, chain),
            "Adam",
            x0=point,
            simulator="aer",
            shots=1000,
            seed=7,
            threads=1,
            max_iterations=iterations,
        )

    return {"seconds": seconds_together(run) / iterations, "value": run().value}


def points_of_water(count: int) -> tuple[QuantumCircuit, SparsePauliOp, np.ndarray]:
    """Return circuit and observable of water, and points near the Hartree-Fock state."""
    work = uccsd("water")
    points = np.random.default_rng(0).normal(scale=0.1, size=(count, len(work.weights)))
    return circuit_of(work), observable_of(work), points


def shots_problem() -> tuple[QuantumCircuit, SparsePauliOp]:
    """Return ansatz and observable of the shots workload."""
    width, layers = 6, 19
    chain = SparsePauliOp.from_sparse_list([("ZZ", [q, q + 1], 1.0) for q in range(5)], width)
    return real_amplitudes(width, reps=layers), chain


def random_sizes() -> Found:
    """Return the makespan of pieces over a factor 100 in size, over total / ranks."""
    sizes = 0.002 * np.exp(np.random.default_rng(3).uniform(0, np.log(100), 80))
    results: Found = {}
    for name, costs in (("drawn", None), ("drawn, costs given", sizes.tolist())):
        best = np.inf
        for _ in range(3):
            hybrid.map(nothing, [0])
            start = time.perf_counter()
            hybrid.map(time.sleep, sizes.tolist(), costs=costs)
            best = min(best, time.perf_counter() - start)
        results[name] = best / (float(sizes.sum()) / world().size)
    return results


def overhead() -> Found:
    """Return the overhead of an evaluation besides the simulator in microseconds, 4 qubits."""
    workload = hybrid.VQE(real_amplitudes(4, reps=2), SparsePauliOp(["ZZII", "IZZI", "XIII"]))
    evaluation = workload.prepare(Sampling())
    one = Ask(np.full((1, workload.num_parameters), 0.3), True)
    points = Ask(np.full((1024, workload.num_parameters), 0.3), False)
    alone = seconds_of(lambda: evaluation.run(one, evaluation.pieces(one)[0], seed=0, threads=1))
    found = {"one point": 1e6 * (best_seconds(evaluation, one, 2000)["seconds"] - alone)}
    found["with Adam and the loop"] = 1e6 * (_seconds_of_iteration(workload) - alone)
    every = forced(lambda pieces, n: assign(pieces, n))
    mine = evaluation.pieces(points)[: -(-len(evaluation.pieces(points)) // world().size)]
    share = seconds_of(
        lambda: [evaluation.run(points, piece, seed=0, threads=1) for piece in mine], 20
    )
    found["two pieces, all ranks"] = 1e6 * (
        best_seconds(evaluation, points, 200, every)["seconds"] - share
    )
    return found


def _seconds_of_iteration(workload: hybrid.VQE) -> float:
    """Return seconds per evaluation in a run: the slope over its length, without its start."""

    def run(iterations: int) -> tuple[float, int]:
        start = time.perf_counter()
        result = hybrid.minimize(
            workload,
            "Adam",
            seed=1,
            threads=1,
            max_iterations=iterations,
            tolerance=1e-300,
        )
        return time.perf_counter() - start, result.evaluations

    run(10)
    best = np.inf
    for _ in range(3):
        (short, few), (long, many) = run(200), run(2200)
        best = min(best, (long - short) / (many - few))
    return best


def regret() -> Found:
    """Return, for each workload, the time of the chosen plan over that of the best plan."""
    found = {}
    for name, evaluation, ask in _regret_set():
        pieces = evaluation.pieces(ask)
        size = world().size
        options: dict[str, Any] = {"chosen": None}
        for ranks in range(1, min(size, len(pieces)) + 1):
            options[f"{ranks} ranks"] = forced(on_ranks(ranks))
        if size > 1 and len(pieces) > 1:
            options["drawn"] = forced(drawn)
        calls = {option: call_of(evaluation, ask, each) for option, each in options.items()}
        spent: dict[str, list[float]] = {option: [] for option in options}
        for _ in range(_TURNS):
            # Alternating, since the speed of the machine varies.
            for option, call in calls.items():
                spent[option] += durations(call, ask, _TURN_SECONDS)
        usual = {option: float(np.median(each)) for option, each in spent.items()}
        fastest = min(usual, key=lambda each: usual[each])
        found[name] = [usual["chosen"] / usual[fastest], fastest]
    return found


def memory() -> Found:
    """Return the peak growth of rank 0's memory over the bytes of 10^5 partials."""
    import tracemalloc

    count, width = 100_000, 64

    class Wide(Evaluation[float]):
        description = "wide partials"

        def pieces(self, ask: Ask) -> Any:
            return everything

        def run(self, ask: Ask, piece: Any, *, seed: int, threads: int) -> Any:
            return np.full(width, float(piece.index))

        def combine(self, ask: Ask, partials: Any) -> float:
            self.current, self.peak = tracemalloc.get_traced_memory()
            return float(sum(partial[0] for partial in partials))

    from hybrid.core.piece import slices

    everything = slices(count, 1, "points")
    wide = Wide()
    ask = Ask(np.zeros((1, 1)))
    call = call_of(wide, ask, None)

    def lead(team: Any) -> list[float]:
        team.plan(ask)
        tracemalloc.start()
        start = time.perf_counter()
        total = team.ask(ask)
        spent = time.perf_counter() - start
        return [total, spent, wide.peak / (8.0 * count * width)]

    (total, spent, ratio), _ = call.team.run(lead)
    assert total == count * (count - 1) / 2
    return {"seconds": spent, "peak over bytes of results": ratio}


def predictions() -> Found:
    """Return predicted and measured seconds of pieces of the benchmark set, on one thread."""
    from hybrid.calibration import here
    from hybrid.machine.timer import timings_of_calls
    from hybrid.simulators.predict import seconds_of

    found: Found = {}
    calls = []
    for name, evaluation, ask in _prediction_set():
        piece = evaluation.pieces(ask)[0]
        predicted = seconds_of(evaluation.work(ask, piece), here(), 1)
        assert predicted is not None
        # The runtime's overhead per piece is not measured here.
        found[name] = [predicted - here().piece_seconds]
        calls.append(lambda e=evaluation, a=ask, p=piece: e.run(a, p, seed=0, threads=1))
    for name, timing in zip(found, timings_of_calls(calls), strict=True):
        found[name].append(timing.usual)
    return found


def simulated() -> Found:
    """Return wall times of an evaluation: simulated, and measured.

    Simulated from predicted costs, and from the times of the pieces in the measured run.
    """
    from hybrid.collective.topology import topology_of
    from hybrid.scheduler import simulate

    found = {}
    topology = topology_of(world(), 1)
    for name, evaluation, ask in _regret_set()[-3:]:
        call = call_of(evaluation, ask, None)
        plan = call.team.plan(ask)
        if plan.prediction is None:
            continue
        pieces: list[list[float]] = [[] for _ in plan.pieces]
        spent = durations(call, ask, 2.0, lambda done, seen=pieces: seen[done.piece].append(done))
        simulated = [simulate(plan, topology).wall, 0.0]
        if world().rank == 0:
            around = topology.machines[0].piece_seconds
            seconds = [np.mean([done.seconds for done in each[1:]]) + around for each in pieces]
            simulated[1] = simulate(plan, topology, np.array(seconds) * topology.speeds[0]).wall
        found[name] = [*simulated, float(np.mean(spent))]
    return found


def supervised(width: int, layers: int, batch: int) -> hybrid.Supervised:
    """Return the data-batch workload of the benchmark set as a hybrid workload."""
    work = data_batch(width, layers, batch)
    circuit = circuit_of(work)
    features = [p for p in circuit.parameters if p.name.startswith("a_")]
    return hybrid.Supervised(
        circuit, observable_of(work), np.array(work.samples), np.array(work.labels), features
    )


def _regret_set() -> list[tuple[str, Any, Ask]]:
    random = np.random.default_rng(0)
    task = supervised(8, 4, 256)
    noisy = hybrid.VQE(real_amplitudes(4, reps=4), SparsePauliOp(["ZZII", "IIXX"], [1.0, 0.5]))
    made: list[tuple[str, Any, Ask]] = []
    for work in (hardware_efficient(12, 5), hardware_efficient(16, 5), uccsd("water")):
        made.append((work.name, *prepared(work, True)))
    made.append((maxcut_qaoa(16, 4).name, *prepared(maxcut_qaoa(16, 4), True)))
    small = hybrid.VQE(real_amplitudes(4, reps=2), SparsePauliOp(["ZZII", "XIII"]))
    ask = Ask(random.normal(size=(2, small.num_parameters)))
    made.append(("4 qubits, 2 points", small.prepare(Sampling()), ask))
    batch = Ask(random.normal(size=(4096, small.num_parameters)), True)
    made.append(("4 qubits, 4096 points", small.prepare(Sampling()), batch))
    wide = hardware_efficient(12, 5)
    evaluation, one = prepared(wide, True)
    made.append(("HEA n=12, 16 points", evaluation, Ask(np.repeat(one.points, 16, 0), True)))
    point = Ask(random.normal(size=(1, task.num_parameters)), True)
    made.append(("QML n=8, 256 samples", task.prepare(Sampling()), point))
    ask = Ask(random.normal(size=(1, noisy.num_parameters)), True)
    made.append(("Aer, exact, parameter shift", noisy.prepare(Sampling(Aer())), ask))
    made.append(("Aer, shots, parameter shift", noisy.prepare(Sampling(Aer(), 500)), ask))
    return made


def _prediction_set() -> list[tuple[str, Any, Ask]]:
    works = [hardware_efficient(n, 5) for n in (4, 8, 12, 16, 20)]
    works += [uccsd("lih"), uccsd("water"), maxcut_qaoa(12, 3), maxcut_qaoa(16, 4)]
    works += [data_batch(8, 4, 256), data_batch(12, 4, 64), data_batch(4, 2, 256)]
    made = [
        (f"{work.name}{', gradient' if gradient else ''}", *prepared(work, gradient))
        for work in works
        for gradient in (False, True)
    ]
    for width in (4, 8, 12, 16):
        workload = hybrid.VQE(
            real_amplitudes(width, reps=4),
            SparsePauliOp.from_sparse_list(
                [("ZZ", [q, q + 1], 1.0) for q in range(width - 1)], width
            ),
        )
        point = np.full((1, workload.num_parameters), 0.3)
        for shots in (None, 1000):
            kind = "exact" if shots is None else f"{shots} shots"
            evaluation = workload.prepare(Sampling(Aer(), shots))
            made.append((f"Aer n={width}, {kind}", evaluation, Ask(point, True)))
    return made


_TURNS, _TURN_SECONDS = 20, 0.03


MEASURES: dict[str, Callable[[], Found]] = {
    "shots_vqe": shots_vqe,
    "qml_batch": qml_batch,
    "water_points": water_points,
    "shots_adam": shots_adam,
    "random_sizes": random_sizes,
    "overhead": overhead,
    "regret": regret,
    "memory": memory,
    "predictions": predictions,
    "simulated": simulated,
}


__all__ = ["MEASURES"]
