"""Recipes agree with ``pyproject.toml``, and name files that exist."""

from __future__ import annotations

import ast
import re
import tomllib

from tests.docs.blocks import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
SPACK = ROOT / "packaging" / "spack" / "packages" / "py_hybrid_hpc_quantum" / "package.py"
BY_PIP = {"qiskit", "qiskit-aer"}
"""What the Spack recipe takes from pip."""


def _dependencies() -> dict[str, tuple[str, str]]:
    """Return lower and upper bounds of what the package needs, by name."""
    found = [re.match(r"([\w-]+)>=([\d.]+),<(\d+)$", each) for each in PROJECT["dependencies"]]
    return {match[1]: (match[2], match[3]) for match in found}


def test_spack_needs_what_the_package_needs() -> None:
    recipe = SPACK.read_text("utf-8")
    ast.parse(recipe)
    asked = dict(re.findall(r'depends_on\("py-([\w-]+)@([\d.:]+)"', recipe))
    for name, (lowest, next_major) in _dependencies().items():
        if name in BY_PIP:
            assert f'"{name}>={lowest},<{next_major}"' in recipe
            continue
        low, _, high = asked[name].partition(":")
        assert lowest.removesuffix(".0") == low or lowest == low, name
        assert int(high or low) == int(next_major) - 1, name
    assert f'version("{PROJECT["version"]}")' in recipe


def test_spack_builds_with_what_the_package_is_built_with() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    recipe = SPACK.read_text("utf-8")
    for name, version in re.findall(r'"(scikit-build-core|nanobind)>=([\d.]+)"', text):
        assert f'depends_on("py-{name}@{version}:"' in recipe
    lowest = PROJECT["requires-python"].removeprefix(">=")
    assert f'depends_on("python@{lowest}:"' in recipe


def test_the_container_installs_extras_that_exist() -> None:
    recipe = (ROOT / "packaging" / "hybrid.def").read_text("utf-8")
    (extras,) = re.findall(r"/opt/hybrid\[([\w,-]+)\]", recipe)
    assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])
    for example in re.findall(r"/opt/examples/([\w./-]+)", recipe):
        assert (ROOT / "examples" / example).exists()


def test_the_package_is_typed() -> None:
    assert (ROOT / "hybrid" / "py.typed").exists()
