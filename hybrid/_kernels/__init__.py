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
Bound = _build.Bound
ELSEWHERE = _build.ELSEWHERE
PauliSum = _build.PauliSum
Placement = _build.Placement
Program = _build.Program
SectorBasis = _build.SectorBasis
SectorProgram = _build.SectorProgram
SectorSum = _build.SectorSum
Tape = _build.Tape
about = _build.about
copy_in = _build.copy_in
copy_out = _build.copy_out
draw = _build.draw
exchange = _build.exchange
expectation_block = _build.expectation_block
expectation_strips = _build.expectation_strips
finish_metric = _build.finish_metric
gather_diagonals = _build.gather_diagonals
gradient_of = _build.gradient_of
image_from = _build.image_from
image_product = _build.image_product
limits = _build.limits
memory_bytes = _build.memory_bytes
outcome_strips = _build.outcome_strips
plan_groups = _build.plan_groups
probabilities = _build.probabilities
strip_weights = _build.strip_weights
sum_of_strips = _build.sum_of_strips
sweeps = _build.sweeps

__all__ = [
    "ELSEWHERE",
    "Bound",
    "PauliSum",
    "Placement",
    "Program",
    "SectorBasis",
    "SectorProgram",
    "SectorSum",
    "Tape",
    "about",
    "copy_in",
    "copy_out",
    "draw",
    "exchange",
    "expectation_block",
    "expectation_strips",
    "finish_metric",
    "gather_diagonals",
    "gradient_of",
    "image_from",
    "image_product",
    "limits",
    "memory_bytes",
    "outcome_strips",
    "plan_groups",
    "probabilities",
    "strip_weights",
    "sum_of_strips",
    "sweeps",
]
