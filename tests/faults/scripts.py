"""Scripts that misuse ranks: each ends soon, with a sentence, and never hangs without a word.

``python -m tests.faults.scripts`` runs all of them on 2 and 3 ranks; ``--count N`` draws N of them
at random.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.launch import environment_of_a_job, mpiexec

SECONDS = 25.0
"""Within which a script ends, or says for whom it waits."""
_PATIENCE = "2"
"""Seconds after which a waiting rank says so here; 10 by default."""

START = """
import os, sys, time, signal, threading
rank = int(os.environ.get("PMI_RANK") or os.environ.get("OMPI_COMM_WORLD_RANK") or 0)
culprit = int(sys.argv[1])
"""

IMPORT = """
import numpy as np, hybrid
from qiskit.circuit import QuantumCircuit, ParameterVector
from qiskit.quantum_info import SparsePauliOp
a = ParameterVector("a", 2)
circuit = QuantumCircuit(2); circuit.ry(a[0], 0); circuit.cx(0, 1); circuit.rx(a[1], 1)
pair = SparsePauliOp(["ZZ", "XI"], [1.0, 0.5])
vqe = hybrid.VQE(circuit, pair)
def energy(x=0.1):
    return float(hybrid.expectation(circuit, pair, [[x, 0.2]])[0])
class Observer:
    def started(self, description): pass
    def progressed(self, progress): pass
    def finished(self, result): pass
"""

DEEDS = {
    "raises": "raise ZeroDivisionError('a bug')",
    "exits": "sys.exit(3)",
    "exits well": "sys.exit(0)",
    "dies": "os.kill(os.getpid(), signal.SIGKILL)",
    "leaves": "os._exit(4)",
    "waits": "from mpi4py import MPI; MPI.COMM_WORLD.Barrier()",
    "receives": "from mpi4py import MPI; MPI.COMM_WORLD.recv(source=(rank + 1) % 2)",
}

PLACES = {
    "before the import": START + "if rank == culprit: DEED" + IMPORT + "energy()\n",
    "after the import": START + IMPORT + "if rank == culprit: DEED\nenergy()\n",
    "between calls": START + IMPORT + "energy()\nif rank == culprit: DEED\nenergy()\n",
    "a mapped function": START
    + IMPORT
    + """
def function(item):
    time.sleep(0.02)
    if item == culprit: DEED
    return item
hybrid.map(function, range(9))
""",
    "a workload": START
    + IMPORT
    + """
@hybrid.workload(num_parameters=1, axis="samples", size=4, x0=[0.3])
def bowl(piece, simulator):
    if piece.start == culprit: DEED
    return piece.point[0] ** 2, 2 * piece.point
hybrid.minimize(bowl)
""",
    "a combination": START
    + IMPORT
    + """
def combine(partials):
    DEED
@hybrid.workload(num_parameters=1, axis="samples", size=4, x0=[0.3], combine=combine)
def bowl(piece, simulator):
    return [piece.point[0] ** 2]
hybrid.minimize(bowl)
""",
    "cotangents": START
    + IMPORT
    + """
def slopes(values, which):
    DEED
hybrid.pull_back(circuit, pair, np.ones((20, 2)), slopes)
""",
    "an observer": START
    + IMPORT
    + """
class Broken(Observer):
    def progressed(self, progress): DEED
hybrid.minimize(vqe, x0=[0.1, 0.2], observer=Broken())
""",
    "an observer's end": START
    + IMPORT
    + """
class Broken(Observer):
    def finished(self, result): DEED
hybrid.minimize(vqe, x0=[0.1, 0.2], observer=Broken())
energy()
""",
}

THREADS = """
threads = [threading.Thread(target=energy) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""

_SILENT = {"waits", "receives"}
"""Deeds after which a rank waits for ever; that it is awaited has to be said."""
_QUIET = {"exits", "exits well", "leaves"}
"""Deeds that have nothing to say where all ranks do them together, or that kill the process."""
_LEADER_ALONE = {"a combination", "an observer", "an observer's end"}
_INSIDE = {"a mapped function", "a workload", "cotangents", "a combination", "an observer"}
"""Places in which whatever happens happens to all ranks."""

DIFFERENCES = {
    "shards": "hybrid.expectation(circuit, pair, [[.1, .2]], shards=1 + (rank == culprit))",
    "threads": "hybrid.expectation(circuit, pair, [[.1, .2]], threads=1 + rank)",
    "gradient": "hybrid.expectation(circuit, pair, [[.1, .2]], gradient=rank == culprit)",
    "time limit": "hybrid.minimize(vqe, x0=[.1, .2], time_limit=100 + rank)",
    "seed": "hybrid.expectation(circuit, pair, [[.1, .2]], shots=10, seed=rank)",
    "set of points": "hybrid.expectation(circuit, pair, [[.1, .2 + rank]])",
}
"""What differs between ranks, by the name under which it is refused."""

CHILDREN = {
    "forked": """
pid = os.fork()
if pid == 0:
    assert energy() == expected
    sys.exit(0)
assert os.waitpid(pid, 0)[1] == 0
""",
    "forked, and fails": """
pid = os.fork()
if pid == 0:
    raise ValueError("in the child")
os.waitpid(pid, 0)
""",
    "a pool": """
import multiprocessing
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map(energy, [0.1, 0.1]) == [expected] * 2
""",
    "a spawned pool": """
import multiprocessing
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(energy, [0.1]) == [expected]
""",
    "a subprocess": """
import subprocess
if "again" not in sys.argv:
    subprocess.run([sys.executable, __file__, "0", "again"], check=True, timeout=60)
""",
}
"""What a rank's children do; afterwards the ranks are in step."""


@dataclass(frozen=True)
class End:
    """How a script ended.

    Attributes:
        code: exit code; None where it was stopped because time was up.
        out, err: what it printed.
        seconds: how long it ran.
    """

    code: int | None
    out: str
    err: str
    seconds: float


def run(script: str, ranks: int, culprit: int, folder: Path) -> End:
    """Run a script until it ends, or until it has said for whom it waits."""
    path = folder / "script.py"
    path.write_text(textwrap.dedent(script))
    began = time.monotonic()
    with open(folder / "out", "w+") as out, open(folder / "err", "w+") as err:
        job = subprocess.Popen(
            [mpiexec(), "-n", str(ranks), sys.executable, str(path), str(culprit)],
            stdout=out, stderr=err, stdin=subprocess.DEVNULL, start_new_session=True,
            env=environment_of_a_job() | {"HYBRID_STALL_SECONDS": _PATIENCE}, cwd=folder,
        )  # fmt: skip
        code = None
        while time.monotonic() - began < SECONDS:
            code = job.poll()
            if code is not None or "waits" in _text(err) or "has waited" in _text(err):
                break
            time.sleep(0.05)
        if code is None:
            try:  # a job that says that it ends itself does so now
                code = job.wait(1.0)
            except subprocess.TimeoutExpired:
                os.killpg(job.pid, signal.SIGKILL)
                job.wait()
        return End(code, _text(out), _text(err), time.monotonic() - began)


def _text(file) -> str:
    return Path(file.name).read_text(errors="replace")


def misdeed(deed: str, place: str, ranks: int, culprit: int, folder: Path) -> str:
    """Return what is wrong with the end of a script that misbehaves, or an empty text."""
    end = run(PLACES[place].replace("DEED", DEEDS[deed]), ranks, culprit, folder)
    said = "hybrid:" in end.err or "Error" in end.err or "exited" in end.out or "KILLED" in end.out
    if end.code is None and "waited" not in end.err and "waits" not in end.err:
        return f"hung without a word\n{end.err}"
    if deed == "raises" and (end.code == 0 or "a bug" not in end.err):
        return f"code {end.code}, without its traceback\n{end.err}"
    if deed == "exits" and end.code in (0, None):
        return f"code {end.code}\n{end.err}"
    if deed == "exits well" and place in _INSIDE and end.code != 0:
        return f"code {end.code} where the script exits with 0\n{end.err}"
    if not said and deed not in _QUIET | {"dies"}:
        return f"nothing was said\n{end.out}\n{end.err}"
    return ""


def difference(name: str, ranks: int, culprit: int, folder: Path) -> str:
    """Return what is wrong with the refusal of arguments that differ, or an empty text."""
    end = run(START + IMPORT + DIFFERENCES[name], ranks, culprit, folder)
    if end.code in (0, None) or f"a different {name} on different ranks" not in end.err:
        return f"code {end.code}\n{end.err}"
    return ""


def children(name: str, ranks: int, folder: Path) -> str:
    """Return what is wrong with a script whose ranks have children, or an empty text."""
    script = START + IMPORT + "expected = energy()\n" + CHILDREN[name] + "\n"
    end = run(script + "if __name__ == '__main__': energy()\n", ranks, 0, folder)
    return f"code {end.code}\n{end.out}\n{end.err}" if end.code != 0 else ""


def cases(ranks: int) -> Iterator[tuple[str, str, int]]:
    """Yield deed, place and culprit of every combination."""
    for place in PLACES:
        culprits = (0,) if place in _LEADER_ALONE else (0, ranks - 1)
        for culprit in culprits:
            for deed in DEEDS:
                if deed in _SILENT and place in _INSIDE | _LEADER_ALONE:
                    continue  # the other ranks cannot know how long a piece should take
                yield deed, place, culprit


def main() -> int:
    """Run the measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, help="draw so many misdeeds instead of trying all")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    every = [(*case, ranks) for ranks in (2, 3) for case in cases(ranks)]
    if chosen.count is not None:
        every = random.Random(chosen.seed).choices(every, k=chosen.count)
    tried = bad = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ends = [
            (f"{deed}, {place}, rank {culprit} of {ranks}",
             misdeed(deed, place, ranks, culprit, folder))
            for deed, place, culprit, ranks in every
        ]  # fmt: skip
        ends += [(each, difference(each, 2, 1, folder)) for each in DIFFERENCES]
        ends += [(each, children(each, 2, folder)) for each in CHILDREN]
    for what, wrong in ends:
        tried, bad = tried + 1, bad + bool(wrong)
        if wrong:
            print(f"{what}: {wrong[-2000:]}\n", flush=True)
    print(f"scripts: {tried - bad} of {tried} end well")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
