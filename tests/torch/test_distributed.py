"""``DistributedDataParallel`` with gloo: each process runs its own batch."""

from __future__ import annotations

import re
import socket
import subprocess
import sys

import pytest

from tests.docs.blocks import ROOT
from tests.launch import environment_of_a_job, mpiexec

pytest.importorskip("torch", reason="PyTorch is not installed")

SCRIPT = """
import os, sys
import torch
import hybrid
from tests.torch.test_train import data, model

rank, size = int(os.environ.get("RANK", os.environ.get("PMI_RANK", 0))), int(sys.argv[1])
made, (x, y) = model(), data(40)
if size > 1:
    os.environ["RANK"], os.environ["WORLD_SIZE"] = str(rank), str(size)
    torch.distributed.init_process_group("gloo")
    made = torch.nn.parallel.DistributedDataParallel(made)
optimizer = torch.optim.Adam(made.parameters(), lr=0.05)
for step in range(12):
    first = 20 * (step % 2)
    batch, targets = x[first : first + 20], y[first : first + 20]
    if size > 1:
        batch, targets = batch[rank::size], targets[rank::size]
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(made(batch), targets)
    loss.backward()
    optimizer.step()
    if size > 1:
        torch.distributed.all_reduce(loss.detach())
        loss = loss / size
    if rank == 0:
        print(f"{loss.item():.9f}")
if size > 1:
    torch.distributed.destroy_process_group()
"""


def losses(*command: str, size: int, by_rank: bool = False) -> list[float]:
    """Return the losses of a script on so many processes, started together or one by one."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    around = environment_of_a_job() | {
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    started = [
        subprocess.Popen(
            [*command, sys.executable, "-c", SCRIPT, str(size)],
            env=around | ({"RANK": str(rank)} if by_rank else {}),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for rank in range(size if by_rank else 1)
    ]  # fmt: skip
    ended = [process.communicate(timeout=120) for process in started]
    assert all(process.returncode == 0 for process in started), ended
    return [float(each) for each in re.findall(r"^0\.\d+$", ended[0][0], re.MULTILINE)]


@pytest.mark.launches
def test_two_processes_have_the_losses_of_one() -> None:
    alone = losses(size=1)
    assert len(alone) == 12
    assert losses(size=2, by_rank=True) == pytest.approx(alone, abs=1e-6)
    assert losses(mpiexec(), "-n", "2", size=2) == pytest.approx(alone, abs=1e-6)
