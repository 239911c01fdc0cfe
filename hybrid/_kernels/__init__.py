"""State-vector kernels: the extension built for the best instruction set of this processor."""

from __future__ import annotations

import importlib
from types import ModuleType

_BUILDS = ("_v4", "_v3", "_v2", "_portable")
_NEEDS = {
    "_v4": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
    "_v3": {"avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"},
}


def _processor_flags() -> set[str]:
    """Return the features that the operating system says the processor has."""
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as lines:
            for line in lines:
                if line.startswith("flags"):
                    return set(line.partition(":")[2].split())
    except OSError:
        pass
    return set()


def _best_build() -> ModuleType:
    """Return the first build that is installed and that this processor can run."""
    flags = _processor_flags()
    for name in _BUILDS:
        if _NEEDS.get(name, set()) <= flags:
            try:
                return importlib.import_module(f"{__name__}.{name}")
            except ModuleNotFoundError:
                continue
    raise ImportError("hybrid was installed without its kernels for this processor; reinstall it")


_build = _best_build()
Program = _build.Program
PauliSum = _build.PauliSum
about = _build.about
memory_bytes = _build.memory_bytes
plan_groups = _build.plan_groups
gather_diagonals = _build.gather_diagonals

__all__ = ["PauliSum", "Program", "about", "gather_diagonals", "memory_bytes", "plan_groups"]
