"""One suite for any number of ranks.

``mpiexec -n N python -m pytest`` runs tests marked ``ranks`` on all ranks together. Every other
test runs on one rank only, which is then a job of one rank to the code under test.
"""

from __future__ import annotations

import io
import sys
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from hybrid.runtime import World, world
from hybrid.runtime.messages import pack, unpack
from hybrid.runtime.world import alone as job_of_one_rank
from hybrid.runtime.world import use

# Derandomised, because ranks that run a test together must see the same examples.
settings.register_profile(
    "suite",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("suite")

_failures: list[str] = []


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "ranks: all ranks of the job run this test together")
    config.addinivalue_line("markers", "launches: the test itself starts jobs of several ranks")
    if world().rank > 0:
        config.get_terminal_writer()._file = io.StringIO()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put tests of all ranks first, and leave to each rank its share of the others."""
    if world().size == 1:
        return
    together = [item for item in items if item.get_closest_marker("ranks")]
    alone = [item for item in items if not item.get_closest_marker("ranks")]
    mine = [
        item
        for item in alone
        if _owner(item.path.as_posix()) == world().rank
        # What starts jobs of its own is the same in a job of any size, and costly.
        and not item.get_closest_marker("launches")
    ]
    config.hook.pytest_deselected(items=[item for item in alone if item not in mine])
    items[:] = together + mine


def _owner(path: str) -> int:
    """Return the rank that runs a file's tests; files stay whole, for their fixtures."""
    return zlib.crc32(path.encode()) % world().size


@pytest.fixture(autouse=True)
def _job_of_one_rank(request: pytest.FixtureRequest) -> Iterator[None]:
    if world().size > 1 and not request.node.get_closest_marker("ranks"):
        with use(job_of_one_rank()):
            yield
    else:
        yield


@pytest.fixture
def job() -> World:
    """The ranks that run this test together."""
    return world()


@pytest.fixture
def alone() -> World:
    """A job of this rank only, for what a test compares the job of all ranks with."""
    return job_of_one_rank()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.failed:
        _failures.append(f"{report.nodeid} ({report.when})\n{report.longreprtext}")
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let rank 0 print what failed on the other ranks, and let all end with the same verdict."""
    if world().size == 1:
        return
    everywhere = [unpack(m) for m in world().communicator.all_gather(pack(_failures))]
    if world().rank == 0:
        for rank, failures in enumerate(everywhere):
            for failure in failures if rank else []:
                print(f"\n===== failed on rank {rank}: {failure}", file=sys.stderr)
    if any(everywhere):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    elif session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK
