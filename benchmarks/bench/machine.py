"""Description of the machine, without host names and paths."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path


def describe_machine(compiler: str = "g++") -> dict[str, str]:
    """Return processor, cores, memory, system, compiler and current load."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "processor": _field("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": str(cores),
        "memory": f"{_memory_gib():.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "C++ compiler": _first_line([compiler, "--version"]),
        "Python": platform.python_version(),
        "load before the run": f"{os.getloadavg()[0]:.2f}",
    }


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _field(file: str, name: str) -> str | None:
    path = Path(file)
    lines = path.read_text().splitlines() if path.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(name)), None)


def _first_line(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()[0] if done.stdout else "not found"
