"""Small runs that are killed and resumed: ``python -m tests.faults.small NAME JOURNAL [SECONDS]``.

Every piece sleeps a little first, so that a kill at a random time meets the run at work. Each rank
leaves its process number in JOURNAL.pids/; rank 0 prints the final bits.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.loop.result import Result
from hybrid.problems import MaxCut
from hybrid.runtime import world
from hybrid.runtime.runner import Runner
from hybrid.scheduler import Topology
from hybrid.simulators import Aer

CHAIN = SparsePauliOp(["ZZI", "IZZ", "XII", "IXI", "IIX"], [-1.0, -1.0, -0.7, -0.7, -0.7])
PAIR = SparsePauliOp(["ZZ", "XI"], [1.0, 0.5])


def vqe(journal: str | None, optimizer: str = "L-BFGS-B") -> Result:
    """Adjoint gradients: one piece for each question."""
    problem = hybrid.VQE(real_amplitudes(3, reps=2), CHAIN)
    return hybrid.minimize(problem, optimizer, seed=5, journal=journal, max_iterations=40)


def qaoa(journal: str | None) -> Result:
    """Values alone, by a simplex."""
    import networkx  # only this run waits for it

    ring = MaxCut.from_graph(networkx.cycle_graph(6))
    problem = hybrid.QAOA(ring.cost(), depth=2)
    return hybrid.minimize(problem, "Nelder-Mead", journal=journal, seed=5, max_iterations=40)


def shots(journal: str | None) -> Result:
    """Parameter shift with shots: a dozen pieces for each question."""
    problem = hybrid.VQE(real_amplitudes(2, reps=1), PAIR)
    return hybrid.minimize(
        problem, "Adam", simulator="aer", shots=6000, seed=5, journal=journal, max_iterations=8
    )


def noise(journal: str | None) -> Result:
    """Shots of a noisy device."""
    from qiskit_aer.noise import NoiseModel, depolarizing_error

    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.01, 2), ["cx"])
    problem = hybrid.VQE(real_amplitudes(2, reps=1), PAIR)
    return hybrid.minimize(
        problem, "SPSA", simulator=Aer(noise_model=model), shots=60, seed=5, journal=journal,
        max_iterations=12,
    )  # fmt: skip


def simplex(journal: str | None) -> Result:
    """A method of SciPy without gradients."""
    return vqe(journal, "COBYLA")


def quadratic(journal: str | None) -> Result:
    """A method of SciPy with matrices of its own."""
    return vqe(journal, "SLSQP")


def shared(journal: str | None) -> Result:
    """Pairs of ranks share a state, where there are as many."""
    width = 14
    chain = SparsePauliOp.from_sparse_list(
        [("ZZ", [q, q + 1], -1.0) for q in range(width - 1)]
        + [("X", [q], -0.7) for q in range(width)],
        width,
    )
    return hybrid.minimize(
        hybrid.VQE(real_amplitudes(width, reps=1), chain),
        "Adam",
        seed=5,
        journal=journal,
        max_iterations=12,
        shards=min(2, world().size),
    )


RUNS = {run.__name__: run for run in (vqe, qaoa, shots, noise, simplex, quadratic, shared)}


def bits(result: Result) -> str:
    """Return the bits of a result that must not depend on kills or ranks."""
    numbers = [result.value, *result.x, *result.history.values]
    return " ".join(float(number).hex() for number in numbers) + " " + result.message


def slow_down(seconds: float) -> None:
    """Let every piece of every rank sleep first."""
    run = Runner.run

    def slowly(self, *question):
        pieces = run(self, *question)
        while True:
            time.sleep(seconds)
            done = next(pieces, None)
            if done is None:
                return
            yield done

    Runner.run = slowly


def spread_out() -> None:
    """Let every rank work, also where ranks share cores and some would idle."""
    Topology.oversubscription = lambda *_: 1.0


def main() -> None:
    """Run what the command line names."""
    name, journal, *rest = sys.argv[1:]
    folder = Path(f"{journal}.pids")
    folder.mkdir(exist_ok=True)
    (folder / str(world().rank)).write_text(str(os.getpid()))
    slow_down(float(rest[0]) if rest else 0.0)
    spread_out()
    result = RUNS[name](journal)
    if world().rank == 0:
        print("bits", bits(result), flush=True)


if __name__ == "__main__":
    main()
