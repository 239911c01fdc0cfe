"""Functions and objects are told apart by what they compute with, and by nothing else."""

from __future__ import annotations

import functools
import logging
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from qiskit.circuit import Parameter
from qiskit.circuit.library import efficient_su2

from hybrid.core.fingerprint import fingerprint_of, identity_of
from hybrid.core.sources import library_of


def module(source: str, **variables: Any) -> ModuleType:
    """Return a module of the user's, as a script would define it."""
    made = ModuleType("users_script")
    vars(made).update(variables)
    exec(compile(textwrap.dedent(source), "users_script.py", "exec"), vars(made))
    return made


READS = {
    "a global": "def f(x): return Z * x",
    "a helper": "def g(x): return Z * x\ndef f(x): return g(x) + 1",
    "a helper of a helper": "def h(x): return Z\ndef g(x): return h(x)\ndef f(x): return g(x)",
    "mutual recursion": "def g(x): return f(x)\ndef f(x): return g(x - 1) if x else Z",
    "a nested function": "def f(x):\n  def inner(y): return y * Z\n  return inner(x)",
    "a comprehension": "def f(x): return [Z * y for y in range(x)]",
    "a default": "def f(x, by=Z): return x * by",
    "a cached helper": (
        "import functools\n@functools.cache\ndef g(x): return Z\ndef f(x): return g(x)"
    ),
    "a class": "class C:\n  def run(self, x): return Z * x\ndef f(x): return C().run(x)",
    "an attribute of a class": "class C:\n  rate = Z\ndef f(x): return C.rate * x",
    "an inherited method": (
        "class B:\n  def run(self, x): return Z\nclass C(B): pass\ndef f(x): return C().run(x)"
    ),
    "an object": "class C:\n  def __init__(self): self.z = Z\nc = C()\ndef f(x): return c.z * x",
    "an object with slots": (
        "class C:\n  __slots__ = 'z'\n  def __init__(self): self.z = Z\nc = C()\n"
        "def f(x): return c.z * x"
    ),
    "a method": "class C:\n  def __init__(self): self.z = Z\n  def f(self, x): return x\nf = C().f",
    "a callable object": (
        "class C:\n  def __init__(self): self.z = Z\n  def __call__(self, x): return x\nf = C()"
    ),
    "a partial": "import functools\ndef g(z, x): return z * x\nf = functools.partial(g, Z)",
    "a deep structure": "deep = [[[[[[[[[Z]]]]]]]]]\ndef f(x): return deep",
    "a dictionary": "settings = {'a': {'z': Z}}\ndef f(x): return settings['a']['z']",
    "an array": "import numpy as np\nrow = np.array([Z, 1])\ndef f(x): return row * x",
    "a lambda in a list": "steps = [lambda x: Z * x]\ndef f(x): return steps[0](x)",
}


@pytest.mark.parametrize("source", READS.values(), ids=READS)
def test_what_a_function_reads_counts(source: str) -> None:
    one, same, other = (module(source, Z=z).f for z in (1.0, 1.0, 2.0))
    assert identity_of(one) == identity_of(same)
    assert identity_of(one) != identity_of(other)
    assert fingerprint_of(one).unknown == ()


def test_globals_are_named() -> None:
    one, other = (fingerprint_of(module("def f(x): return Z * x", Z=z).f) for z in (1.0, 2.0))
    assert one.digest == other.digest
    assert set(one.contents("function")) == {"function", "global 'Z'"}
    assert one.reads["Z"] != other.reads["Z"]


def test_other_modules_of_the_users_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for z in (1.0, 2.0):
        config = ModuleType("users_config")
        config.Z = z  # type: ignore[attr-defined]
        found.append(fingerprint_of(module("def f(x): return config.Z * x", config=config).f))
    assert set(found[0].reads) == {"config.Z"}
    assert found[0].reads != found[1].reads


def test_a_module_imported_in_a_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    source = "def f(x):\n  import users_settings\n  return users_settings.Z"
    found = []
    for z in (1, 2):
        (tmp_path / "users_settings.py").write_text(f"Z = {z}\n")
        sys.modules.pop("users_settings", None)
        f = module(source).f
        f(0)
        found.append(identity_of(f))
    sys.modules.pop("users_settings")
    assert found[0] != found[1]


QUIET = {
    "a logger": lambda: logging.getLogger(f"thread {id(object())}"),
    "a module": lambda: np,
    "a lock": threading.Lock,
    "an open file": lambda: sys.stderr,
}


@pytest.mark.parametrize("make", QUIET.values(), ids=QUIET)
def test_what_rightly_differs_is_not_compared(make: Callable[[], Any]) -> None:
    one, other = (module("def f(x): return thing", thing=make()).f for _ in range(2))
    assert identity_of(one) == identity_of(other)
    assert fingerprint_of(one).unknown == ()


WRITTEN = [
    "def f(x):\n  state[x] = 1\n  return state",
    "def f(x):\n  state.update(a=1)\n  return state",
    "def f(x):\n  global state\n  state = {}\n  return state",
    "def g(x): state[x]['b'] = x\ndef f(x): return g(x)",
]


@pytest.mark.parametrize("source", WRITTEN)
def test_what_a_function_writes_is_state_and_named(source: str) -> None:
    one, other = (module(source, state={"n": n}).f for n in (1, 2))
    assert identity_of(one) == identity_of(other)
    assert fingerprint_of(one).unknown == ("state (written to)",)


def test_what_cannot_be_read_is_named() -> None:
    found = fingerprint_of(module("def f(x): return rng", rng=np.random.default_rng(1)).f)
    assert found.unknown == ("rng (Generator)",)


def test_variables_that_the_bytecode_does_not_name_are_named() -> None:
    found = fingerprint_of(module("def f(x): return globals()['Z'] + eval('Z')", Z=1.0).f)
    assert found.unknown == ("globals()", "eval()")


def test_circuits_are_compared_by_content() -> None:
    one, same, other = (efficient_su2(2, reps=reps) for reps in (1, 1, 2))
    assert identity_of([one]) == identity_of([same]) != identity_of([other])
    a, b = Parameter("a"), Parameter("b")
    assert identity_of(2 * a + b) == identity_of(2 * Parameter("a") + Parameter("b"))
    assert identity_of(2 * a + b) != identity_of(2 * a - b)


def test_code_of_installed_packages_is_known_by_version() -> None:
    assert library_of("numpy.linalg") == f"numpy {np.__version__}"
    assert library_of("json") is not None
    assert library_of("hybrid.core") is not None
    assert library_of("users_script") is None
    assert identity_of(np.linalg.norm) != identity_of(np.linalg.det)
    assert identity_of(functools.partial(np.add, 1)) != identity_of(functools.partial(np.add, 2))
