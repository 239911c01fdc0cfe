"""A real kernel: the example notebook, progress in the cell, and the button that interrupts it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.blocks import ROOT
from tests.launch import environment_of_a_job
from tests.notebook.test_ranks import below, gone_within

nbformat = pytest.importorskip("nbformat", reason="the notebook needs nbclient")
nbclient = pytest.importorskip("nbclient", reason="the notebook needs nbclient")
pytest.importorskip("ipykernel", reason="the notebook needs ipykernel")

pytestmark = pytest.mark.launches

RUN = """
import hybrid
from hybrid.optimizers import Adam
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp
problem = hybrid.VQE(real_amplitudes(10, reps=2), SparsePauliOp("Z" * 10))
job = hybrid.ranks(2)
print(job._job._process.pid)
"""
LONG = "result = hybrid.minimize(problem, Adam(max_iterations=10**6, tolerance=0.0), seed=1)"


def test_the_example_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    book = nbformat.read(ROOT / "examples" / "ranks.ipynb", as_version=4)
    where = {"metadata": {"path": str(ROOT / "examples")}}
    nbclient.NotebookClient(book, timeout=120, kernel_name="python3", resources=where).execute()
    told = "".join(
        each.get("text", "") or each.get("data", {}).get("text/plain", "")
        for cell in book.cells
        for each in cell.get("outputs", ())
    )
    assert "on 2 ranks" in told  # shown as progress
    assert "best of 1000 sampled cuts" in told
    assert "map(): got a call while hybrid.ranks() is open" in told


class Kernel:
    """A kernel that runs cells."""

    def __init__(self) -> None:
        from jupyter_client import KernelManager

        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(env=environment_of_a_job(), cwd=str(ROOT))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def start(self, code: str) -> None:
        self.client.execute(code)

    def outputs(self) -> Iterator[dict[str, Any]]:
        """Yield what the kernel reports until it is idle again."""
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["msg_type"] == "status":
                if message["content"]["execution_state"] == "idle":
                    return
                continue
            yield message["content"] | {"kind": message["msg_type"]}

    def run(self, code: str) -> list[dict[str, Any]]:
        self.start(code)
        return list(self.outputs())

    def text(self, code: str) -> str:
        return "".join(each.get("text", "") for each in self.run(code))


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    made = Kernel()
    yield made
    made.client.stop_channels()
    made.manager.shutdown_kernel(now=True)


def test_progress_interrupt_and_death(kernel: Kernel) -> None:
    assert kernel.text("%load_ext hybrid") == ""
    assert kernel.text("%%ranks 1\nimport hybrid\nprint(hybrid.ranks())").startswith("1 rank on ")
    (failed,) = (each for each in kernel.run("hybrid.ranks()") if each["kind"] == "error")
    assert "no number while no ranks are open" in failed["evalue"]
    launcher = int(kernel.text(RUN))
    kernel.start(LONG)
    lines: list[str] = []
    for each in kernel.outputs():
        assert each["kind"] != "error", each
        if "data" in each:
            lines.append(each["data"]["text/plain"])
            if len(lines) == 4:
                kernel.manager.interrupt_kernel()  # to the kernel's whole process group
    assert ", Adam on 2 ranks\n" in lines[0]
    assert "evaluations, best value" in lines[3]
    assert "Interrupted by SIGINT in iteration" in lines[-1]
    assert (
        kernel.text("print(result.outcome.value, result.evaluations > 3)") == "interrupted True\n"
    )
    kernel.start(LONG)
    there = [launcher, *below(launcher)]
    assert len(there) >= 4
    process = kernel.manager.provisioner.pid
    os.kill(process, signal.SIGKILL)
    assert gone_within(5.0, there) is not None
    assert not [each for each in there if Path(f"/proc/{each}/exe").exists()]
