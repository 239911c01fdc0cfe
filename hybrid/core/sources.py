"""Identifying code by its source: packages by name and version, files by their bytes."""

from __future__ import annotations

import inspect
import sys
import sysconfig
from functools import cache
from importlib import metadata
from pathlib import Path

from hybrid.core.digest import digest

_FOLDERS = {"site-packages", "dist-packages"}
"""Folders of installed packages, in any environment."""
_PLACES = tuple(Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib"))


@cache
def library_of(module: str | None) -> str | None:
    """Return name and version of the library of a module, or None for user code.

    The standard library, installed packages and this package are libraries.

    Args:
        module: full name of the module.

    Example:
        >>> library_of("json.decoder") is None, library_of("__main__") is None
        (False, True)
    """
    top = (module or "").partition(".")[0]
    if not top or top == "__main__":
        return None
    if top in sys.stdlib_module_names:
        return f"{top} of Python {sys.version_info.major}.{sys.version_info.minor}"
    if top == "hybrid" or _is_installed(top):
        return f"{top} {_version(top)}"
    return None


def file_digest(thing: object) -> str:
    """Return a digest of the source file of a module, class or function, or '' without one."""
    try:
        return digest(Path(inspect.getfile(thing)).read_bytes().hex())  # type: ignore[arg-type]
    except (OSError, TypeError):
        return ""


def _is_installed(top: str) -> bool:
    module = sys.modules.get(top)
    if module is None:
        return False
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
    paths = [Path(place) for place in places if place]
    return any(
        _FOLDERS & set(path.parts) or any(path.is_relative_to(place) for place in _PLACES)
        for path in paths
    )


def _version(top: str) -> str:
    version = getattr(sys.modules.get(top), "__version__", None)
    if version is not None:
        return str(version)
    try:
        return metadata.version(top)
    except metadata.PackageNotFoundError:
        return "of unknown version"
