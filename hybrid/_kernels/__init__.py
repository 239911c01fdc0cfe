"""State-vector kernels: the extension built for the best instruction set of this processor.

The environment variable ``HYBRID_KERNELS`` names another build, one of ``v2``, ``v3``, ``v4`` and
``portable``: for the same bits on hosts of different kinds, choose one that all of them run.
"""

from __future__ import annotations

import importlib
import os
from types import ModuleType

_BUILDS = ("_v4", "_v3", "_v2", "_portable")
_SANITIZED = "_sanitized"  # for the project's own tests: see "make sanitize"
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


def _build_names() -> tuple[str, ...]:
    """Return the builds to try, best first, or the one that the environment names."""
    wanted = os.environ.get("HYBRID_KERNELS")
    if not wanted:
        return _BUILDS
    if f"_{wanted}" not in (*_BUILDS, _SANITIZED):
        known = ", ".join(name.removeprefix("_") for name in _BUILDS)
        raise ImportError(f"HYBRID_KERNELS is '{wanted}', expected one of {known}, or unset")
    return (f"_{wanted}",)


def _best_build() -> ModuleType:
    """Return the first build that is installed and that this processor can run."""
    flags = _processor_flags()
    names = _build_names()
    for name in names:
        if _NEEDS.get(name, set()) <= flags:
            try:
                return importlib.import_module(f"{__name__}.{name}")
            except ModuleNotFoundError:
                continue
    tried = ", ".join(name.removeprefix("_") for name in names)
    raise ImportError(
        f"no kernels for this processor are installed (tried {tried}); "
        "reinstall hybrid here, or unset HYBRID_KERNELS if it is set"
    )


_build = _best_build()
Program = _build.Program
PauliSum = _build.PauliSum
Tape = _build.Tape
about = _build.about
memory_bytes = _build.memory_bytes
plan_groups = _build.plan_groups
gather_diagonals = _build.gather_diagonals

__all__ = [
    "PauliSum",
    "Program",
    "Tape",
    "about",
    "gather_diagonals",
    "memory_bytes",
    "plan_groups",
]
