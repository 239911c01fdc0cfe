"""Trainings as jobs of several ranks: equal bits, killed and resumed on another number of ranks."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT
from tests.launch import environment_of_a_job, launch, mpiexec

pytest.importorskip("torch", reason="PyTorch is not installed")

SCRIPT = """
import os, sys, time
import torch
from tests.torch.test_train import bits, data, model, trained

def loss(outputs, targets):
    time.sleep(float(os.environ.get("PAUSE", "0")))
    return torch.nn.functional.mse_loss(outputs, targets)

made, found = trained(
    model(0.1), loss=loss, epochs=25, batch_size=13, grain=3, validation=data(9),
    journal=sys.argv[1] if len(sys.argv) > 1 else None,
)
assert found.steps == 100
os.write(1, f"{bits(made)}\\n".encode())
"""
PATHS = {"PYTHONPATH": str(ROOT)}


@pytest.mark.launches
def test_a_hundred_steps_have_the_same_bits_on_one_to_four_ranks(
    capfd: pytest.CaptureFixture[str],
) -> None:
    found = {_here(capfd)}
    for ranks in (2, 3, 4):
        ended = launch(ranks, "-c", SCRIPT, extra_environment=PATHS)
        assert ended.code == 0, ended.err
        assert len(ended.out.split()) == ranks
        found |= set(ended.out.split())
    assert len(found) == 1


@pytest.mark.launches
def test_killed_on_two_ranks_and_resumed_on_three(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    journal = tmp_path / "run.db"
    running = subprocess.Popen(
        [mpiexec(), "-n", "2", sys.executable, "-c", SCRIPT, str(journal)],
        env=environment_of_a_job() | PATHS | {"PAUSE": "0.02"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        step = _step_of_a_checkpoint(journal)
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    assert 0 < step < 100
    resumed = launch(3, "-c", SCRIPT, str(journal), extra_environment=PATHS)
    assert resumed.code == 0, resumed.err
    assert set(resumed.out.split()) == {_here(capfd)}


def _here(capfd: pytest.CaptureFixture[str]) -> str:
    """Run the script in this process, on one rank; return what it prints."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["script"])
        exec(compile(SCRIPT, "script", "exec"), {"__name__": "__main__"})
    return capfd.readouterr().out.strip()


def _step_of_a_checkpoint(journal: Path) -> int:
    """Wait for a checkpoint in the middle of an epoch, and return its step."""
    end = time.monotonic() + 100.0
    while time.monotonic() < end:
        if journal.exists():
            try:
                with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as file:
                    rows = file.execute("SELECT step FROM checkpoints").fetchall()
            except sqlite3.Error:
                rows = []
            if rows and rows[-1][0] % 4:
                return int(rows[-1][0])
        time.sleep(0.05)
    raise AssertionError("no checkpoint was written")
