"""Measure states shared by ranks: ``python benchmarks/sharding.py --write`` writes SHARDING.md."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
RESULTS = HERE / "SHARDING.md"
MARK = "RESULT "
PAIRS = 5


def main() -> int:
    """Run the selected parts, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worker", nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--only", nargs="+", choices=PARTS, help="run these parts only")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    arguments = parser.parse_args()
    if arguments.worker:
        return _work(*arguments.worker)
    lines = ["# One state over several ranks: results", ""]
    for name in arguments.only or PARTS:
        for line in PARTS[name]():
            print(line, flush=True)
            lines.append(line)
    if arguments.write:
        RESULTS.write_text("\n".join(lines).rstrip() + "\n")
    return 0


def _work(name: str, *numbers: str) -> int:
    from bench import distributed

    from hybrid.runtime import world

    found = getattr(distributed, name)(*map(int, numbers))
    if world().rank == 0:
        print(MARK + json.dumps(found), flush=True)
    return 0


def _run(name: str, ranks: int, threads: int, num_qubits: int) -> dict[str, Any]:
    """Run a worker in a job of its own whose ranks share one state, and return its result."""
    beside = Path(sys.executable).parent / "mpiexec"
    mpiexec = str(beside) if beside.exists() else str(shutil.which("mpiexec"))
    command = [mpiexec, "-n", str(ranks)] if ranks > 1 else []
    numbers = [str(num_qubits), str(ranks), str(threads)]
    done = subprocess.run(
        [*command, sys.executable, str(HERE / "sharding.py"), "--worker", name, *numbers],
        env=os.environ | {"OMP_NUM_THREADS": str(threads)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    found = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    if done.returncode or not found:
        raise SystemExit(f"{name} on {ranks} ranks ended with {done.returncode}:\n{done.stderr}")
    result: dict[str, Any] = json.loads(found[-1].removeprefix(MARK))
    return result


def _speed() -> Iterator[str]:
    yield "## Speed on one machine"
    yield ""
    yield (
        "Energy and gradient, HEA L=5; one rank with 2 threads and two ranks with 1 thread each, "
        f"alternating {PAIRS} times; medians of 5 calls. A ratio above 1 means sharing is faster."
    )
    yield ""
    yield (
        "| n | 1 rank x 2 threads, s | 2 ranks x 1 thread, s | ratio (min / median / max) | target "
        "| bits |"
    )
    yield "| --- | --- | --- | --- | --- | --- |"
    for n, asked in ((20, ""), (22, "0.8"), (24, "")):
        pairs = [(_run("speed", 1, 2, n), _run("speed", 2, 1, n)) for _ in range(PAIRS)]
        one = np.array([alone["seconds"] for alone, _ in pairs])
        two = np.array([shared["seconds"] for _, shared in pairs])
        ratios = one / two
        same = {each["bits"] for pair in pairs for each in pair}
        yield (
            f"| {n} | {np.median(one):.3g} | {np.median(two):.3g} | {ratios.min():.2f} / "
            f"**{np.median(ratios):.2f}** / {ratios.max():.2f} | {asked} | "
            f"{'equal' if len(same) == 1 else 'DIFFERENT'} |"
        )
    yield ""


def _memory() -> Iterator[str]:
    yield "## Memory"
    yield ""
    yield (
        "Peak of one gradient above the interpreter, HEA n=26, L=1, complex128 (shared memory is "
        "divided equally among its ranks)."
    )
    yield ""
    alone = max(_run("memory", 1, 2, 26)["peaks"])
    shared = _run("memory", 2, 1, 26)["peaks"]
    yield "| ranks | peak of each rank, GiB | fraction of one rank's peak | target |"
    yield "| --- | --- | --- | --- |"
    yield f"| 1 | {alone / 2**30:.2f} | 1 | |"
    each = ", ".join(f"{peak / 2**30:.2f}" for peak in shared)
    yield f"| 2 | {each} | {max(shared) / alone:.2f} | <= 0.6 |"
    yield ""


def _bytes() -> Iterator[str]:
    from bench.distributed import traffic
    from bench.hardware_efficient import hardware_efficient
    from bench.molecules import active_space, uccsd

    yield "## Bytes"
    yield ""
    yield (
        "Data sent by each rank for one gradient, in shards. The naive scheme sends a whole shard "
        "for every gate and every term on a distributed qubit (an excitation counts as one gate). "
        "Target: at most 1/5."
    )
    yield ""
    yield "| workload | shards | sent | naive | ratio | exchanges |"
    yield "| --- | --- | --- | --- | --- | --- |"
    workloads = [
        hardware_efficient(22, 5),
        hardware_efficient(30, 5),
        uccsd("n2"),
        active_space(12, 5),
    ]
    for workload in workloads:
        for each in traffic(workload):
            yield (
                f"| {workload.name} | {each.shards} | {each.ours:.2f} | {each.naive:.0f} | "
                f"{each.ours / each.naive:.3f} | {each.exchanges} |"
            )
    yield ""


def _scaling() -> Iterator[str]:
    from bench.distributed import simulated
    from bench.hardware_efficient import hardware_efficient

    yield "## Weak scaling, simulated"
    yield ""
    yield (
        "Energy and gradient, HEA L=5, one rank of 64 threads on each node with 200 Gb/s and 2 µs; "
        "kernels as fast per thread as measured here. Messages do not overlap with work, and 64 "
        "threads have 64 times the bandwidth of one, so the fraction of exchanges is an upper "
        "bound. Efficiency: work of one node, scaled to the gates, over total time, for a state "
        "that doubles with the nodes. Published: near-ideal weak scaling of mpiQulacs (arXiv "
        "2203.16044), 75 % from 64 to 256 GPUs at 28 qubits for Lightning; the faster the gates, "
        "the larger the fraction of exchanges."
    )
    yield ""
    yield (
        "| qubits | nodes | work, s | exchanges, s | total, s | efficiency "
        "| sent by each node, GiB |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    first = None
    for nodes in (1, 2, 4, 8, 16, 32, 64):
        n = 30 + nodes.bit_length() - 1
        work, exchanges, sent = simulated(hardware_efficient(n, 5), nodes)
        # A layer of one more qubit has one more qubit's gates.
        gates = n / 30
        first = first or work
        total = work + exchanges
        yield (
            f"| {n} | {nodes} | {work:.1f} | {exchanges:.1f} | {total:.1f} | "
            f"{first * gates / total:.0%} | {sent / 2**30:.0f} |"
        )
    yield ""


PARTS = {"speed": _speed, "memory": _memory, "bytes": _bytes, "scaling": _scaling}

if __name__ == "__main__":
    sys.exit(main())
