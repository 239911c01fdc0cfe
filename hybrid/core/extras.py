"""How to install what is optional."""

from __future__ import annotations

import json
from functools import cache
from importlib import metadata
from urllib.parse import unquote, urlparse

DISTRIBUTION = "hybrid-hpc-quantum"


def install(extra: str) -> str:
    """Return the command that installs an extra of this package.

    A package installed from a folder names the folder, since no index may hold it
    (packaging.python.org, "Recording the Direct URL Origin of installed distributions").

    Example:
        >>> command = install("ml")
        >>> command.startswith("pip install "), command.endswith("[ml]'")
        (True, True)
    """
    return f"pip install {_source()}[{extra}]'"


@cache
def _source() -> str:
    """Return what to install, up to the extra, with an opening quotation mark."""
    try:
        text = metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
        origin = json.loads(text or "{}")
        url = urlparse(origin.get("url", ""))
    except (metadata.PackageNotFoundError, ValueError, AttributeError):
        return f"'{DISTRIBUTION}"
    if url.scheme != "file":
        return f"'{DISTRIBUTION}"
    editable = "-e " if origin.get("dir_info", {}).get("editable") else ""
    return f"{editable}'{unquote(url.path)}"
