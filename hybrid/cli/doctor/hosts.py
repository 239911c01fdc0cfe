"""What each rank sees of its host: cores, limits, memory, instruction set, GPUs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from hybrid import _kernels
from hybrid.cli.doctor.findings import Finding
from hybrid.cli.report import Row
from hybrid.core.units import count, size
from hybrid.runtime import World, free_bytes, thread_limit
from hybrid.runtime.cgroup import control_groups, read_numbers

Seen: TypeAlias = Mapping[str, Any]

_SHARED_MEMORY = "/dev/shm"
_LITTLE_SHARED = 256 * 1024**2
_NVIDIA = Path("/proc/driver/nvidia/gpus")
_BUSY = 1.5
"""Load per core of a host above which it is called busy."""


def seen_here() -> dict[str, Any]:
    """Return what this rank sees, as plain data."""
    return {
        "build": str(_kernels.about()["processor"]),
        "affinity": sorted(os.sched_getaffinity(0)),
        "threads": thread_limit(),
        "memory": free_bytes(),
        "memory_limit": _limit("memory", ("memory.max", "memory.limit_in_bytes")),
        "cpu_quota": _quota(),
        "shared_memory": _shared(),
        "load": os.getloadavg()[0],
        "gpus": _gpus(),
        "python": list(sys.version_info[:3]),
    }


def rows(job: World, ranks: Sequence[Seen]) -> Iterator[Row]:
    """Yield a row for each host, with its limits, and one for the threads."""
    yield "ranks", f"{job.size} on {count(len(job.hosts), 'host')}"
    for host, members in ranks_of(job).items():
        seen = [ranks[rank] for rank in members]
        cores = _cores(job, members)
        memory = min(int(each["memory"]) for each in seen)
        builds = " and ".join(sorted({str(each["build"]) for each in seen}))
        yield (
            host,
            f"{count(len(members), 'rank')}, {count(len(cores), 'core')}, {size(memory)} free, "
            f"kernels {builds}, load {max(each['load'] for each in seen):.1f}",
        )
        if len(members) > 1:
            yield "  placement", _placement(job, members)
        yield "  limits", _limits(seen[0])
        yield "  GPUs", ", ".join(seen[0]["gpus"]) or "none seen"
    threads = {each["threads"] for each in ranks}
    limited = sorted(each for each in threads if each is not None)
    yield "threads", f"at most {limited[0]} per rank (OMP_NUM_THREADS)" if limited else "no limit"


def findings(job: World, ranks: Sequence[Seen]) -> Iterator[Finding]:
    """Yield what is wrong with the placement of ranks, and with their hosts."""
    for host, members in ranks_of(job).items():
        yield from _crowded(job, ranks, host, members)
        shared = min(int(ranks[rank]["shared_memory"]) for rank in members)
        if shared < _LITTLE_SHARED and len(members) > 1:
            yield Finding(
                f"{host} has {size(shared)} free in {_SHARED_MEMORY}, through which its ranks "
                "exchange",
                "remove files that ended jobs left there; in a container, start it with a larger "
                "--shm-size",
            )
        load = max(float(ranks[rank]["load"]) for rank in members)
        cores = os.cpu_count() or 1
        if load > _BUSY * cores:
            yield Finding(
                f"{host} is busy: {load:.1f} processes want {count(cores, 'core')}",
                "times measured now are not those of an idle host",
                is_problem=False,
            )
    builds = sorted({str(each["build"]) for each in ranks})
    if len(builds) > 1:
        least = builds[0].rpartition("-")[2]
        yield Finding(
            f"the hosts use different kernels ({', '.join(builds)}), so bits depend on the host",
            f"set HYBRID_KERNELS={least} for the same bits on all of them",
        )
    if len({each["threads"] for each in ranks}) > 1:
        yield Finding(
            "OMP_NUM_THREADS differs between the ranks",
            "export it in the job script; the least value is used for all",
        )
    if len({tuple(each["python"]) for each in ranks}) > 1:
        yield Finding("the ranks run different versions of Python", "start all with one")


def ranks_of(job: World) -> dict[str, list[int]]:
    """Return the ranks of each host."""
    ranks: dict[str, list[int]] = {}
    for rank, host in enumerate(job.rank_hosts):
        ranks.setdefault(host, []).append(rank)
    return ranks


def _crowded(
    job: World, ranks: Sequence[Seen], host: str, members: Sequence[int]
) -> Iterator[Finding]:
    cores = len(_cores(job, members))
    if len(members) > cores:
        yield Finding(
            f"{host} has {count(cores, 'core')} for {len(members)} ranks",
            "start at most one rank per core",
        )
        return
    limits = [ranks[rank]["threads"] for rank in members]
    wanted = sum(limit for limit in limits if limit is not None)
    if None not in limits and wanted > cores and len(members) > 1:
        yield Finding(
            f"the {len(members)} ranks on {host} may start {wanted} threads on "
            f"{count(cores, 'core')}",
            f"set OMP_NUM_THREADS={max(1, cores // len(members))}, or leave it unset",
            is_problem=False,
        )
    own = [len(job.rank_cores[rank]) for rank in members]
    if len(members) > 1 and max(own) == 1 and (os.cpu_count() or 1) >= 2 * len(members):
        yield Finding(
            f"each rank on {host} is bound to one core, and {os.cpu_count()} are there",
            "give each rank more cores: mpiexec --bind-to none, or srun --cpus-per-task",
            is_problem=False,
        )


def _placement(job: World, members: Sequence[int]) -> str:
    own = [sorted(job.rank_cores[rank]) for rank in members]
    if all(cores == own[0] for cores in own):
        return f"all ranks may use the cores {_ranges(own[0])}"
    shown = [f"{rank}: {_ranges(cores)}" for rank, cores in zip(members, own, strict=True)]
    more = f" and {len(shown) - 8} more" if len(shown) > 8 else ""
    return f"cores of rank {'; '.join(shown[:8])}{more}"


def _ranges(cores: Sequence[int]) -> str:
    """Return numbers as ranges.

    Example:
        >>> _ranges([0, 1, 2, 5])
        '0-2,5'
    """
    parts: list[list[int]] = []
    for core in cores:
        if parts and core == parts[-1][-1] + 1:
            parts[-1][1:] = [core]
        else:
            parts.append([core])
    return ",".join("-".join(map(str, part)) for part in parts)


def _limits(seen: Seen) -> str:
    memory, quota = seen["memory_limit"], seen["cpu_quota"]
    parts = [
        "no limit of memory" if memory is None else f"{size(memory)} of memory",
        "no quota of cores" if quota is None else f"{quota:g} cores",
    ]
    shared = size(seen["shared_memory"])
    return f"{' and '.join(parts)} by control groups, {shared} free in {_SHARED_MEMORY}"


def _cores(job: World, members: Sequence[int]) -> frozenset[int]:
    return frozenset[int]().union(*(job.rank_cores[rank] for rank in members))


def _limit(controller: str, names: Sequence[str]) -> int | None:
    """Return the lowest limit of this process's control groups, or None."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    found = [
        number
        for folder in control_groups(controller)
        for name in names
        for number in read_numbers(folder / name)[:1]
        if number is not None and number < total
    ]
    return min(found, default=None)


def _quota() -> float | None:
    """Return the lowest CPU quota of this process's control groups, in cores, or None."""
    quotas = []
    for folder in control_groups("cpu"):
        numbers = read_numbers(folder / "cpu.max")
        if not numbers:
            files = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
            numbers = [each for name in files for each in read_numbers(folder / name)]
        if len(numbers) == 2 and numbers[0] is not None and numbers[1]:
            quotas.append(numbers[0] / numbers[1])
    return min(quotas, default=None)


def _shared() -> int:
    try:
        return shutil.disk_usage(_SHARED_MEMORY).free
    except OSError:
        return 0


def _gpus() -> list[str]:
    """Return the models of the GPUs that the driver of NVIDIA shows."""
    found = []
    for file in sorted(_NVIDIA.glob("*/information")):
        try:
            lines = file.read_text(errors="replace").splitlines()
        except OSError:
            continue
        found += [line.partition(":")[2].strip() for line in lines if line.startswith("Model")]
    return found
