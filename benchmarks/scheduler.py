"""Measure the scheduler: ``python benchmarks/scheduler.py --write`` writes SCHEDULER.md."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
RESULTS = HERE / "SCHEDULER.md"
MARK = "RESULT "
RIVALS = HERE / "bench" / "rivals"
_PAIRS = 7
PEERS = HERE.parent / ".venv-peers" / "bin"


def main() -> int:
    """Run the selected measurements, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--only", nargs="+", help="measure these only")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    arguments = parser.parse_args()
    if arguments.worker:
        return _work(arguments.worker)
    lines = list(_report(arguments.only))
    if arguments.write:
        RESULTS.write_text("\n".join(lines) + "\n")
    return 0


def _work(name: str) -> int:
    from bench.scheduling import MEASURES

    from hybrid.runtime import world

    found = MEASURES[name]()
    if world().rank == 0:
        print(MARK + json.dumps(found), flush=True)
    return 0


def _run(name: str, ranks: int) -> dict[str, Any]:
    command = [*_launch(ranks), str(HERE / "scheduler.py"), "--worker", name]
    return _found(command, 1)


def _launch(ranks: int) -> list[str]:
    beside = Path(sys.executable).parent / "mpiexec"
    mpiexec = str(beside) if beside.exists() else str(shutil.which("mpiexec"))
    return [mpiexec, "-n", str(ranks), sys.executable]


def _two_at_once(name: str) -> float:
    """Return the mean seconds reported by two concurrent jobs of one rank."""
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: _run(name, 1)["seconds"], range(2)))
    return float(np.mean(found))


def _found(command: list[str], threads: int) -> dict[str, Any]:
    """Run a command, and return the result on its marked line."""
    done = subprocess.run(
        command,
        env=os.environ | {"OMP_NUM_THREADS": str(threads)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    for line in done.stdout.splitlines():
        if line.startswith(MARK):
            found: dict[str, Any] = json.loads(line.removeprefix(MARK))
            return found
    raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")


def _report(only: list[str] | None) -> Iterator[str]:
    parts = {
        "calibrate": _calibrate,
        "predictions": _predictions,
        "speedup": _speedups,
        "rivals": _rivals,
        "random_sizes": _random_sizes,
        "overhead": _overheads,
        "memory": _memory,
        "scale": _at_scale,
        "simulated": _simulated,
        "regret": _regrets,
    }
    yield from _say("# Scheduler: results", "")
    yield from _say(
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, one thread per rank, load average "
        f"{os.getloadavg()[0]:.1f} at the start.",
        "Reproduce with `python benchmarks/scheduler.py --write`.",
        "",
    )
    for name, part in parts.items():
        if only is None or name in only:
            try:
                yield from part()
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                yield from _say(f"{name}: failed: {str(error)[-2000:]}", "")


def _say(*lines: str) -> Iterator[str]:
    for line in lines:
        print(line, flush=True)
        yield line


def _calibrate() -> Iterator[str]:
    """Calibrate this host for all following measurements, in a temporary file."""
    folder = tempfile.mkdtemp(prefix="hybrid-benchmark-")
    path = str(Path(folder) / "machine.json")
    start = time.perf_counter()
    subprocess.run(
        [*_launch(2), "-m", "hybrid", "calibrate", "--output", path],
        check=True,
        capture_output=True,
        timeout=300,
    )
    spent = time.perf_counter() - start
    os.environ["HYBRID_MACHINE"] = path
    contention = json.loads(Path(path).read_text())["contention"]
    yield from _say(
        "## The host",
        "",
        f"`hybrid calibrate` on two ranks took {spent:.1f} s, start of Python included (target: "
        f"less than 20 s). Contention: usual over best time {contention:.2f}.",
        "",
    )


def _speedups() -> Iterator[str]:
    yield from _say(
        "## Ranks",
        "",
        "Limit of the cores: twice the time of a job of one rank alone, over its time beside a "
        "second such job.",
        "",
        "| workload | 1 rank | 2 ranks | ratio (min .. max) | limit of the cores | target |",
        "| --- | --- | --- | --- | --- | --- |",
    )
    titles = {
        "shots_vqe": "gradient by 240 parameter-shift circuits, Aer, 1000 shots",
        "qml_batch": "QML batch n=8, L=4, 512 samples, loss and gradient",
    }
    for name, title in titles.items():
        pairs, given = [], []
        for _ in range(_PAIRS):
            pairs.append((_run(name, 1)["seconds"], _run(name, 2)["seconds"]))
            given.append(2.0 * pairs[-1][0] / _two_at_once(name))
        ratios = sorted(one / two for one, two in pairs)
        middle = float(np.median(ratios))
        one, two = (1e3 * float(np.median([pair[k] for pair in pairs])) for k in (0, 1))
        yield from _say(
            f"| {title} | {one:.1f} ms | {two:.1f} ms | {middle:.2f} "
            f"({ratios[0]:.2f} .. {ratios[-1]:.2f}) | {np.median(given):.2f} | 1.9 |"
        )
    yield from _say("")


def _rivals() -> Iterator[str]:
    from bench.molecules import uccsd

    yield from _say("## Compared with scripts without hybrid, on the same two cores", "")
    yield from _say("| workload | method | seconds | over ours | first value |")
    yield from _say("| --- | --- | --- | --- | --- |")
    batch = "water, energies and gradients at 8 points"
    adam = "240 parameter-shift circuits and a value, 1000 shots: an iteration of Adam"
    rows = [(batch, f"hybrid, {ranks} ranks", _run("water_points", ranks)) for ranks in (1, 2)]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(json.dumps(uccsd("water").to_json()))
        file.flush()
        futures = ["-m", "mpi4py.futures", str(RIVALS / "futures_lightning.py"), file.name, "8"]
        for workers in (1, 2):
            found = _rival(["-n", str(workers + 1)], futures)
            rows.append((batch, f"mpi4py.futures, Lightning, {workers} workers", found))
    rows += [(adam, f"hybrid, {ranks} ranks", _run("shots_adam", ranks)) for ranks in (1, 2)]
    for kind, name in (("shots", "BackendEstimatorV2 on Aer"), ("noise", "Aer's EstimatorV2")):
        script = [str(RIVALS / "algorithms_vqe.py"), kind, "1000", "2"]
        how = f"qiskit-algorithms VQE, {name}, 2 threads"
        rows.append((adam, how, _rival(["-n", "1"], script)))
    best = {what: found["seconds"] for what, how, found in rows if how == "hybrid, 2 ranks"}
    for what, how, found in rows:
        yield from _say(
            f"| {what} | {how} | {found['seconds']:.3f} | {found['seconds'] / best[what]:.1f} | "
            f"{found['value']:.6f} |"
        )
    yield from _say(
        "",
        "Aer's EstimatorV2 takes no shots: it adds noise of the same size to exact values. "
        "mpi4py.futures has one more rank, which distributes the work.",
        "",
    )


def _rival(launch: list[str], script: list[str]) -> dict[str, Any]:
    """Run a script in the peers' environment, and return its result."""
    command = [str(PEERS / "mpiexec"), *launch, str(PEERS / "python"), *script]
    return _found(command, 1)


def _random_sizes() -> Iterator[str]:
    yield from _say("## Makespan over total / ranks, 80 pieces over a factor 100 in size", "")
    yield from _say("| ranks | drawn | drawn, costs given | target |", "| --- | --- | --- | --- |")
    found = _run("random_sizes", 2)
    yield from _say(f"| 2 | {found['drawn']:.3f} | {found['drawn, costs given']:.3f} | 1.05 |", "")


def _overheads() -> Iterator[str]:
    yield from _say("## Overhead of an evaluation besides the simulator, 4 qubits, µs", "")
    names = ["one point", "with Adam and the loop", "two pieces, all ranks"]
    yield from _say(f"| ranks | {' | '.join(names)} | target |", "| --- | --- | --- | --- | --- |")
    for ranks, asked in ((1, 150), (2, 400)):
        found = _run("overhead", ranks)
        cells = " | ".join(f"{found[name]:.0f}" for name in names)
        yield from _say(f"| {ranks} | {cells} | {asked} |")
    yield from _say("")


def _memory() -> Iterator[str]:
    yield from _say("## Gather of 10^5 partials of 512 bytes", "")
    yield from _say("| ranks | seconds | peak of rank 0 over bytes of the results |")
    yield from _say("| --- | --- | --- |")
    for ranks in (1, 2):
        found = _run("memory", ranks)
        yield from _say(
            f"| {ranks} | {found['seconds']:.2f} | {found['peak over bytes of results']:.2f} |"
        )
    yield from _say("")


def _at_scale() -> Iterator[str]:
    from hybrid.calibration import here
    from hybrid.core.piece import Piece
    from hybrid.core.plan import Plan
    from hybrid.scheduler import Topology, simulate
    from hybrid.scheduler.assign import longest_first

    yield from _say("## Simulated: drawn from counters, pieces of 0.05 to 5 s (a factor 100)", "")
    yield from _say("| ranks | pieces | plan | wall | efficiency | losses | simulated in |")
    yield from _say("| --- | --- | --- | --- | --- | --- | --- |")
    for ranks, count in ((1000, 100_000), (10_000, 1_000_000), (100_000, 1_000_000)):
        random = np.random.default_rng(0)
        costs = 0.05 * np.exp(random.uniform(0, np.log(100), count))
        order = tuple(np.argsort(-costs, kind="stable").tolist())
        pieces = tuple(Piece(k, "items", k, k + 1) for k in range(count))
        told = tuple(Piece(k, "items", k, k + 1, cost) for k, cost in enumerate(costs.tolist()))
        topology = Topology.uniform(here().with_speed(1.0), ranks)
        nobody: tuple[tuple[int, ...], ...] = ((),) * ranks
        plans = {
            "drawn, costs unknown": lambda p=pieces, n=nobody, r=ranks, c=count: Plan(
                p, n, tuple(range(r)), tuple(range(c))
            ),
            "drawn, costs given": lambda t=told, n=nobody, r=ranks, o=order: Plan(
                t, n, tuple(range(r)), o
            ),
            "assigned, longest first": lambda p=pieces, r=ranks, c=costs: Plan(
                p, longest_first(c.tolist(), range(r), [1.0] * r)
            ),
        }
        for name, make in plans.items():
            start = time.perf_counter()
            found = simulate(make(), topology, costs)
            spent = time.perf_counter() - start
            yield from _say(
                f"| {ranks} | {count} | {name} | {found.wall:.1f} s | {found.efficiency:.1%} | "
                f"{found.why} | {spent:.1f} s |"
            )
    yield from _say("")


def _simulated() -> Iterator[str]:
    yield from _say("## Simulated against measured wall time of an evaluation, means", "")
    yield from _say(
        "Simulated from costs predicted by `hybrid calibrate`, and from the times of the pieces in "
        "the measured run. With 4 ranks, each core runs two.",
        "",
        "| ranks | workload | from predicted costs | from measured costs | measured | ratios |",
        "| --- | --- | --- | --- | --- | --- |",
    )
    for ranks in (1, 2, 4):
        for name, (predicted, seen, spent) in _run("simulated", ranks).items():
            yield from _say(
                f"| {ranks} | {name} | {1e3 * predicted:.2f} ms | {1e3 * seen:.2f} ms | "
                f"{1e3 * spent:.2f} ms | {spent / predicted:.2f}, {spent / seen:.2f} |"
            )
    yield from _say("")


def _predictions() -> Iterator[str]:
    yield from _say("## Predicted seconds of a piece, one thread", "")
    yield from _say("| piece | predicted | measured | ratio |", "| --- | --- | --- | --- |")
    found = _run("predictions", 1)
    for name, (predicted, spent) in found.items():
        ratio = spent / predicted
        yield from _say(
            f"| {name} | {1e3 * predicted:.3f} ms | {1e3 * spent:.3f} ms | {ratio:.2f} |"
        )
    yield from _say("")
    for what, limit in (("native", 1.3), ("Aer", 2.0)):
        ratios = [
            spent / predicted
            for name, (predicted, spent) in found.items()
            if name.startswith("Aer") == (what == "Aer")
        ]
        good = sum(1.0 / limit <= each <= limit for each in ratios)
        yield from _say(f"{what}: {good} of {len(ratios)} within a factor {limit}.", "")


def _regrets() -> Iterator[str]:
    yield from _say("## Regret: time of the chosen plan over that of the best plan", "")
    yield from _say("| ranks | workload | regret | fastest |", "| --- | --- | --- | --- |")
    everything = []
    for ranks in (1, 2, 4):
        for name, (regret, fastest) in _run("regret", ranks).items():
            everything.append(regret)
            yield from _say(f"| {ranks} | {name} | {regret:.2f} | {fastest} |")
    good = sum(each <= 1.1 for each in everything)
    yield from _say(
        "",
        f"{good} of {len(everything)} within 1.1; the maximum is {max(everything):.2f} "
        "(target: 9 of 10 within 1.1, all within 1.3).",
        "",
    )


if __name__ == "__main__":
    sys.exit(main())
