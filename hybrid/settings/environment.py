"""Settings from the environment: ``HYBRID_RUN_SEED=7`` for ``run.seed``.

A variable replaces the key of the run file, and an option of the command line replaces both.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from typing import Any, get_args

from hybrid.core.errors import InputError, nearest
from hybrid.settings.tables import PLAIN

PREFIX = "HYBRID_"
OTHERS = (
    "HYBRID_KERNELS",
    "HYBRID_MACHINE",
    "HYBRID_MPI",
    "HYBRID_RANK_PROCESS",
    "HYBRID_STALL_SECONDS",
)
"""Variables that are no settings of a run file."""


def variables() -> Mapping[str, str]:
    """Return the variable of each key of the tables ``run``, ``optimizer`` and ``simulator``.

    Example:
        >>> variables()["HYBRID_OPTIMIZER_MAX_ITERATIONS"]
        'optimizer.max_iterations'
    """
    return {
        f"{PREFIX}{table}_{key}".upper(): f"{table}.{key}"
        for table, model in PLAIN.items()
        for key in model.model_fields
    }


def from_environment(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the settings that the environment gives, by dotted key of the run file.

    Values are written as in the file; strings need no quotation marks.

    Args:
        environment: names and values. If None, those of this process.

    Raises:
        InputError: a variable that starts with ``HYBRID_`` is unknown.

    Example:
        >>> from_environment({"HYBRID_RUN_SEED": "7", "HYBRID_OPTIMIZER_NAME": "Adam", "HOME": "/"})
        {'run.seed': 7, 'optimizer.name': 'Adam'}
    """
    known = variables()
    found = {}
    for name, text in (os.environ if environment is None else environment).items():
        if not name.startswith(PREFIX) or name in OTHERS or not text.strip():
            continue
        if name not in known:
            raise InputError(
                name,
                got="a variable that does not exist",
                expected=f"{PREFIX}RUN_SEED or another key of a run file, or one of "
                f"{', '.join(OTHERS)}",
                advice=nearest(name, [*known, *OTHERS]) or "unset it",
            )
        found[known[name]] = _value(known[name], text.strip())
    return found


def _value(key: str, text: str) -> Any:
    """Return a value as the run file would hold it."""
    table, _, name = key.partition(".")
    annotation = PLAIN[table].model_fields[name].annotation
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return text
    return text if _takes_text_only(annotation) and not isinstance(value, str) else value


def _takes_text_only(annotation: Any) -> bool:
    kinds = set(get_args(annotation)) or {annotation}
    return kinds <= {str, type(None)}
