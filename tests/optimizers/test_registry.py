"""Optimizers by name, and made ones with their limits changed."""

import subprocess
import sys

import numpy as np
import pytest

from hybrid.core.errors import InputError
from hybrid.optimizers import SPSA, Adam, SciPy, Solution, make, names


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("lbfgsb", "L-BFGS-B"),
        ("L_BFGS_B", "L-BFGS-B"),
        ("cobyla", "COBYLA"),
        ("nelder mead", "Nelder-Mead"),
        ("TRUST-CONSTR", "trust-constr"),
        ("adam", "Adam"),
        ("spsa", "SPSA"),
    ],
)
def test_spelling(given, name):
    assert make(given).name == name


def test_limits_and_options_arrive():
    assert make("L-BFGS-B", 20, 1e-4, maxcor=5) == SciPy("L-BFGS-B", 20, 1e-4, {"maxcor": 5})
    assert make("Adam", 20, 1e-4, beta1=0.5) == Adam(beta1=0.5, max_iterations=20, tolerance=1e-4)
    assert make("SPSA", 20, perturbation=0.3) == SPSA(max_iterations=20, perturbation=0.3)


def test_limits_may_stand_among_the_options_but_once():
    assert make("SPSA", options={"max_iterations": 5}) == SPSA(max_iterations=5)
    assert make("CG", None, None, {"max_iterations": 5, "tolerance": 1e-3}) == SciPy("CG", 5, 1e-3)
    assert make("SPSA", 5, options={"max_iterations": 5}) == SPSA(max_iterations=5)
    with pytest.raises(InputError, match="option 'max_iterations': got 6 and 5, expected one val"):
        make("SPSA", 6, options={"max_iterations": 5})


@pytest.mark.parametrize("options", [5, "maxcor", [("maxcor", 5)], {1: 2}])
def test_options_are_a_mapping_by_name(options):
    with pytest.raises(InputError, match="options: got"):
        make("L-BFGS-B", options=options)


def test_an_unknown_name_lists_those_that_exist():
    with pytest.raises(InputError) as error:
        make("L-BFGS")
    for name in names():
        assert name in str(error.value)
    assert str(error.value).endswith("did you mean 'L-BFGS-B'?")


def test_an_optimizer_that_is_made_is_taken_as_it_is_or_with_changes():
    adam = Adam(learning_rate=0.3)
    assert make(adam) is adam
    assert make(adam, max_iterations=5) == Adam(learning_rate=0.3, max_iterations=5)
    scipy = SciPy("CG", options={"c1": 0.1})
    assert make(scipy, tolerance=1e-2) == SciPy("CG", tolerance=1e-2, options={"c1": 0.1})


class Foreign:
    name = "mine"

    def steps(self, x0, seed):
        return Solution(x0, 0.0, True, "Nothing to do.", 0)
        yield


def test_a_users_own_optimizer():
    mine = Foreign()
    assert make(mine) is mine
    with pytest.raises(InputError, match="options of mine: got max_iterations, expected none"):
        make(mine, max_iterations=3)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("Adam",), {"learning_rat": 1}, "did you mean 'learning_rate'?"),
        (("SPSA", 10, 1e-3), {}, "option of SPSA: got 'tolerance'"),
        (("SPSA", 2.5), {}, "max_iterations of SPSA: got 2.5"),
        (("COBYLA",), {"rhobegin": 1.0}, "did you mean 'rhobeg'?"),
        ((SPSA(), 10, 1e-3), {}, "option of SPSA: got 'tolerance'"),
        ((Adam,), {}, "expected a name (L-BFGS-B"),
        ((None,), {}, "optimizer: got None"),
        ((3,), {}, "optimizer: got 3"),
    ],
)
def test_bad_calls(arguments, options, message):
    with pytest.raises(InputError) as error:
        make(*arguments, **options)
    assert message in str(error.value)


def test_the_room_imports_nothing_above_it():
    """Optimizers know no circuits, no ranks and no kernels."""
    code = (
        "import sys, hybrid.optimizers;"
        "print(*sorted(m for m in sys.modules if m.split('.')[0] in ('qiskit', 'mpi4py')"
        " or m.startswith('hybrid.') and not m.startswith('hybrid.optimizers')))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = out.stdout.split()
    assert loaded
    assert all(name.startswith("hybrid.core") for name in loaded)


def test_make_does_not_modify_what_it_is_given():
    x0 = np.ones(2)
    next(make("Adam").steps(x0, 0)).points[:] = 7.0
    assert x0.tolist() == [1.0, 1.0]
