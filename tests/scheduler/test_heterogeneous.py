"""Each rank brings its machine, which decides who has which piece, and never the bits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hybrid.machine import reference, save
from tests.launch import launch

SCRIPT = """
import json, os, sys
if os.environ.get("PMI_RANK", os.environ.get("OMPI_COMM_WORLD_RANK")) == "1":
    os.environ["HYBRID_MACHINE"] = sys.argv[2]
else:
    os.environ["HYBRID_MACHINE"] = sys.argv[1]
import numpy as np
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp
import hybrid
from hybrid.core.ask import Ask
from hybrid.collective.call import Prepared, call_together
from hybrid.core.resources import Resources
from hybrid.runtime import world
from hybrid.workloads import Sampling

problem = hybrid.VQE(real_amplitudes(12, reps=2), SparsePauliOp("Z" * 12))
ask = Ask(np.random.default_rng(0).normal(size=(60, problem.num_parameters)), True)
evaluation = problem.prepare(Sampling())
call = call_together("test", lambda: Prepared(
    evaluation=evaluation, first_ask=ask, num_qubits=12, contents=dict, seed=1,
    resources=Resources(1)))
told, _ = call.team.run(lambda team: [team.ask(ask).gradients.tobytes().hex(),
                                      [len(part) for part in team.plan(ask).assignment],
                                      team.plan(ask).dynamic])
if world().rank == 0:
    print("FOUND " + json.dumps(told))
"""


@pytest.mark.launches
def test_half_as_fast_half_the_work(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    fast, slow = tmp_path / "fast.json", tmp_path / "slow.json"
    machine = reference().with_speed(0.2)
    save(machine, fast)
    save(machine.with_speed(0.1), slow)
    expected, everything, _ = found(1, script, fast, slow)
    bits, split, _ = found(2, script, fast, slow)
    assert bits == expected
    assert split[0] == pytest.approx(2 * split[1], rel=0.15)
    assert sum(split) == sum(everything)


@pytest.mark.launches
def test_drawn_drawn_under_contention_and_the_same_bits(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    quiet, shared = tmp_path / "quiet.json", tmp_path / "shared.json"
    machine = reference().with_speed(0.2)
    save(machine, quiet)
    save(machine.model_copy(update={"contention": 2.0}), shared)
    expected, _, drawn = found(2, script, quiet, quiet)
    assert not drawn
    for ranks in (2, 3):
        bits, _, drawn = found(ranks, script, shared, shared)
        assert drawn
        assert bits == expected


def found(ranks: int, script: Path, *machines: Path) -> list[Any]:
    """Return the bits, the number of pieces of each rank, and whether they are drawn."""
    outcome = launch(ranks, str(script), *map(str, machines))
    assert outcome.code == 0, outcome.err
    line = next(each for each in outcome.out.splitlines() if each.startswith("FOUND "))
    answer: list[Any] = json.loads(line.removeprefix("FOUND "))
    return answer
