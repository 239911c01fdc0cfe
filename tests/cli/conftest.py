"""Commands of these tests run in a job of one rank, however many ranks run the suite."""

from __future__ import annotations

import os

import pytest

import hybrid.cli.app
import hybrid.cli.calibrate
import hybrid.cli.check
import hybrid.cli.doctor
import hybrid.cli.plan
import hybrid.cli.run
from hybrid.runtime import World
from hybrid.runtime.communicator import SerialCommunicator, host_name


@pytest.fixture(autouse=True)
def job_of_one_rank(monkeypatch: pytest.MonkeyPatch) -> World:
    cores = frozenset(os.sched_getaffinity(0))
    alone = World(SerialCommunicator(), (host_name(),), (cores,))
    cli = hybrid.cli
    for module in (cli.app, cli.calibrate, cli.check, cli.doctor, cli.plan, cli.run):
        monkeypatch.setattr(module, "world", lambda: alone)
    return alone
