"""Every public name is what the README says, in whatever order modules are imported."""

from __future__ import annotations

import inspect
import pkgutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import hybrid

CLASSES = (
    "AdaptVQE",
    "CVaR",
    "Estimator",
    "EstimatorGradient",
    "Gibbs",
    "MultiStart",
    "Piece",
    "QAOA",
    "QGT",
    "Sampler",
    "Scan",
    "Session",
    "Supervised",
    "TimeEvolution",
    "VQD",
    "VQE",
    "WarmStart",
    "Workload",
    "XYMixer",
)
MODULES = ("jax", "learn", "observers", "optimizers", "problems", "simulators", "torch")

IMPORTED_IN_ORDER = """
import importlib, os, subprocess, sys

# What others have written is loaded once; then each child imports the package's modules afresh.
listed = "import sys, tests.test_public_names as t; t.wrong_names(); print(*sys.modules)"
loaded = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)
for name in loaded.stdout.split():
    if name.partition(".")[0] not in ("hybrid", "tests", "__main__"):
        try:
            importlib.import_module(name)
        except ImportError:
            pass

from tests.test_public_names import orders, wrong_names

early = {"hybrid.core", "hybrid.core.launcher"}  # that every import of the package needs
assert {name for name in sys.modules if name.startswith("hybrid.")} <= early
failed = []
for order in orders():
    child = os.fork()
    if child == 0:
        code = 1
        try:
            for name in order:
                importlib.import_module(name) if name else wrong_names()
            wrong = wrong_names()
            if wrong:
                print("after import", *order, wrong, file=sys.stderr, flush=True)
            code = bool(wrong)
        finally:
            os._exit(code)
    if os.waitpid(child, 0)[1]:
        failed.append(order)
print(len(orders()), "orders", failed)
"""


NEEDED = ("torch", "pennylane", "jax")
"""Optional packages; all modules of the package of the same name here import them."""


def modules() -> list[str]:
    """Return the name of every module of the package that can be imported without running."""
    home = Path(hybrid.__file__).parent
    found = [file.relative_to(home.parent).with_suffix("") for file in home.rglob("*.py")]
    names = {".".join(file.parts).removesuffix(".__init__") for file in found}
    absent = tuple(f"hybrid.{each}." for each in NEEDED if find_spec(each) is None)
    return sorted(n for n in names - {"hybrid", "hybrid.__main__"} if not n.startswith(absent))


def orders() -> list[list[str]]:
    """Return orders of import: each namesake of a call first, then all; "" stands for the names."""
    every = modules()
    namesakes = [[name] for name in every if name.rpartition(".")[2] in hybrid.__all__]
    return [*namesakes, every, every[::-1], ["", *every]]


def wrong_names() -> list[str]:
    """Return the public names that are of another kind than documented."""
    return [name for name in hybrid.__all__ if not _is_as_documented(name, getattr(hybrid, name))]


def _is_as_documented(name: str, found: object) -> bool:
    if name == "__version__":
        return isinstance(found, str)
    if name in CLASSES:
        return inspect.isclass(found) and found.__name__ == name
    if name in MODULES:
        return inspect.ismodule(found) and callable(getattr(found, "names", len))
    return inspect.isfunction(found) and found.__name__ == name


def test_names_are_what_they_should_be() -> None:
    assert wrong_names() == []
    assert set(hybrid.__all__) <= set(dir(hybrid))


def test_no_module_takes_the_name_of_a_call() -> None:
    shadowed = {m.name for m in pkgutil.iter_modules(hybrid.__path__)} & set(hybrid.__all__)
    assert shadowed == set(MODULES)


@pytest.mark.launches
def test_names_are_the_same_in_every_order_of_import() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", IMPORTED_IN_ORDER],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    number, _, failed = ended.stdout.partition(" orders ")
    assert int(number) > 8
    assert failed == "[]\n"


def test_a_name_that_does_not_exist() -> None:
    with pytest.raises(AttributeError, match="no attribute 'minimise'"):
        hybrid.minimise  # noqa: B018


def test_what_a_prompt_shows_is_short() -> None:
    from qiskit.circuit.library import real_amplitudes
    from qiskit.quantum_info import SparsePauliOp

    problem = hybrid.VQE(real_amplitudes(2, reps=1), SparsePauliOp("ZZ"))
    result = hybrid.minimize(problem, seed=7)
    assert repr(problem) == "<VQE: 2 qubits, 4 parameters, 1 term>"
    assert repr(result).startswith("<Result: value -1.0000000000, converged, x of shape (4,), ")
    assert repr(result.history) == f"<History: {result.evaluations} answers>"
