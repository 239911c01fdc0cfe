"""Packages: their versions, clashes between them, and what takes the place of ``hybrid``."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import hybrid
from hybrid import _kernels
from hybrid.cli.doctor.findings import Finding
from hybrid.cli.report import Row
from hybrid.core.extras import DISTRIBUTION, install

_PACKAGES = ("qiskit", "qiskit-aer", "numpy", "scipy", "mpi4py", "qiskit-nature")
_REQUIREMENT = re.compile(r"([\w.-]+)(?:\[[\w,. -]*\])?\s*\(?([^;)]*)\)?\s*(?:;\s*(.*))?")
_BOUND = re.compile(r"\s*(>=|<=|==|!=|<|>)\s*(\d+(?:\.\d+)*)\s*")


def rows() -> Iterator[Row]:
    """Yield the versions of what is installed."""
    yield "hybrid", f"{hybrid.__version__} in {Path(hybrid.__file__).parent}"
    yield "python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    for package in _PACKAGES:
        yield package, _version(package) or "not installed"
    about: Mapping[str, Any] = _kernels.about()
    yield "kernels", ", ".join(f"{name} {value}" for name, value in about.items())
    yield "Aer", _aer()


def findings() -> Iterator[Finding]:
    """Yield clashes of versions, other packages named hybrid, and missing extras."""
    yield from clashes()
    yield from namesakes()
    if _version("qiskit-nature") is None:
        remedy = f"{install('chemistry')} brings it"
        what = "qiskit-nature is missing, so molecules cannot be read"
        yield Finding(what, remedy, is_problem=False)


def clashes() -> Iterator[Finding]:
    """Yield installed packages whose version this package does not support."""
    try:
        required = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        required = []
    for text in required:
        found = _REQUIREMENT.fullmatch(text.strip())
        version = None if found is None else _version(found[1])
        if found is not None and version is not None and not satisfies(version, found[2]):
            yield Finding(
                f"{found[1]} {version} is installed, and hybrid needs {found[2].strip()}",
                f"pip install '{found[1]}{found[2].strip()}', in an environment of its own if "
                "another package needs the present version",
            )


def satisfies(version: str, bounds: str) -> bool:
    """Return whether a version is within bounds; what is not understood counts as satisfied.

    Example:
        >>> satisfies("2.6.1", ">=2.6,<3"), satisfies("3.0.0", "<3"), satisfies("2.10", ">2.9")
        (True, False, True)
    """
    have = _numbers(version)
    for part in bounds.split(",") if bounds.strip() else []:
        found = _BOUND.fullmatch(part)
        if found is None:
            continue
        want = _numbers(found[2])
        width = max(len(have), len(want))
        mine, other = (each + (0,) * (width - len(each)) for each in (have, want))
        holds = {
            ">=": mine >= other, "<=": mine <= other, ">": mine > other, "<": mine < other,
            "==": mine == other, "!=": mine != other,
        }  # fmt: skip
        if not holds[found[1]]:
            return False
    return True


def namesakes() -> Iterator[Finding]:
    """Yield what else is imported as ``hybrid``, here or in other folders."""
    ours = Path(hybrid.__file__).parent.resolve()
    for name in metadata.packages_distributions().get("hybrid", []):
        if name.lower().replace("_", "-") != DISTRIBUTION:
            yield Finding(
                f"{name} is installed, and its package is named hybrid too: one overwrites the "
                "other's files",
                f"pip uninstall {name}, then install {DISTRIBUTION} again; or use an environment "
                "for each",
            )
    for path in (Path.cwd() / "hybrid.py", Path.cwd() / "hybrid" / "__init__.py"):
        if path.is_file() and path.parent.resolve() != ours and path.resolve().parent != ours:
            yield Finding(
                f"{path} takes the place of this package in scripts that are started here",
                "rename it, or start scripts in another folder",
            )


def _aer() -> str:
    try:
        from qiskit_aer import AerSimulator

        simulator = AerSimulator()
        methods = [each for each in simulator.available_methods() if each != "automatic"]
        devices = simulator.available_devices()
    except Exception as error:  # whatever keeps it from loading
        return f"does not start: {error}"
    return f"methods {', '.join(methods)}; devices {', '.join(devices)}"


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(each) for each in found[0].split(".")) if found else ()


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
