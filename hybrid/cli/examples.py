"""``hybrid examples``: list and copy the examples of the package."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import hybrid
from hybrid.core.errors import InputError, nearest

_KINDS = ("*.toml", "*.py", "*.sbatch")
_DATA = "data"


def folder() -> Path:
    """Return the folder of the examples: in an installed package, or in a clone beside it.

    Raises:
        InputError: there is none.
    """
    home = Path(hybrid.__file__).parent
    for place in (home / "examples", home.parent / "examples"):
        if (place / "water.toml").is_file():
            return place
    raise InputError(
        "examples", got="a package without examples", expected="those of the source distribution"
    )


def names() -> list[str]:
    """Return the names of all examples, relative to their folder."""
    home = folder()
    files = [file for kind in _KINDS for file in home.rglob(kind) if file.parent.name != _DATA]
    return sorted(file.relative_to(home).as_posix() for file in files)


def listed() -> Iterator[tuple[str, str]]:
    """Yield the name of each example, and what it shows."""
    home = folder()
    for name in names():
        yield name, _first_line(home / name)


def copy(name: str, into: Path) -> list[Path]:
    """Copy an example, or ``all``, with the data that it reads.

    Args:
        name: of the example, as listed.
        into: the folder to copy to; created if it does not exist.

    Returns:
        the copies.

    Raises:
        InputError: there is no such example, or a file is there already.
    """
    known = names()
    if name != "all" and name not in known:
        alike = [each for each in known if Path(each).name == name or Path(each).stem == name]
        if len(alike) != 1:
            raise InputError(
                "example",
                got=repr(name),
                expected="all, or a name that 'hybrid examples' lists",
                advice=" or ".join(alike) or nearest(name, known),
            )
        name = alike[0]
    wanted = known if name == "all" else [name]
    home = folder()
    data = [file for file in sorted((home / _DATA).iterdir()) if file.is_file()]
    texts = [(home / each).read_text("utf-8") for each in wanted]
    read = [file for file in data if any(file.name in text for text in texts)]
    pairs = [(home / each, into / each) for each in wanted]
    pairs += [(file, into / _DATA / file.name) for file in read]
    for source, target in pairs:
        same = target.is_file() and target.read_bytes() == source.read_bytes()
        if target.exists() and not same:
            raise InputError("example", got=f"{target}, which exists", expected="a new file")
    for source, target in pairs:
        _copied(source, target)
    return [target for _, target in pairs]


def _copied(source: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    except OSError as error:
        raise InputError(
            "example",
            got=f"{target}, which cannot be written ({error.strerror})",
            expected="a folder that may be written",
        ) from None


def _first_line(path: Path) -> str:
    """Return the sentence at the top of an example."""
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
    lines = [line for line in text.splitlines() if not line.startswith(("#!", "#SBATCH"))]
    return next((line.lstrip("# ") for line in lines if line.startswith("#")), "")
