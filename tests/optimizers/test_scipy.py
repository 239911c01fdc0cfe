"""SciPy's methods: the same run as a direct call, options checked beforehand, honest messages."""

import re
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import scipy.optimize
from optimizer_driver import answer, drive, replay
from scipy.optimize import rosen, rosen_der

from hybrid.core.ask import Told
from hybrid.core.errors import HybridError, InputError
from hybrid.optimizers import SPSA, Adam, SciPy
from hybrid.optimizers.scipy_methods import METHODS

WITH_GRADIENT = [name for name, method in METHODS.items() if method.gradient]
WITHOUT = [name for name, method in METHODS.items() if not method.gradient]
ARRAYS = [
    (name, option)
    for name, method in METHODS.items()
    for option, kind in method.options.items()
    if kind is np.ndarray
]
START = np.array([-0.4, 0.6, 0.2])


def test_which_methods_use_gradients():
    assert set(WITHOUT) == {"COBYLA", "COBYQA", "Nelder-Mead", "Powell"}


@pytest.mark.parametrize("method", METHODS)
def test_same_asks_and_result_as_a_direct_call_bit_for_bit(method):
    """SciPy run directly sees the points that are asked here, each counted once."""
    seen = {}

    def value(x):
        seen[x.tobytes()] = None
        return float(rosen(x))

    def gradient(x):
        seen[x.tobytes()] = None
        return rosen_der(x)

    uses_gradient = method in WITH_GRADIENT
    direct = scipy.optimize.minimize(
        value, START, jac=gradient if uses_gradient else None, method=method, tol=1e-3
    )
    run = drive(SciPy(method, tolerance=1e-3).steps(START, seed=0), rosen, rosen_der)
    assert list(dict.fromkeys(run.points)) == list(seen)
    assert run.solution.success == direct.success
    assert run.solution.x.tobytes() == direct.x.tobytes()
    assert run.solution.value == direct.fun
    if not METHODS[method].limits_evaluations:
        assert run.solution.iterations == direct.nit
    else:
        assert run.solution.iterations == len(run.asks)


@pytest.mark.parametrize("method", WITH_GRADIENT)
def test_value_and_gradient_at_a_point_are_one_ask(method):
    run = drive(SciPy(method).steps(START, seed=0), rosen, rosen_der)
    assert all(ask.gradient for ask in run.asks)
    assert len(set(run.points)) == len(run.points)
    assert run.solution.value < 1e-3


@pytest.mark.parametrize("method", WITHOUT)
def test_methods_without_gradient_ask_for_none(method):
    run = drive(SciPy(method).steps(START, seed=0), rosen)
    assert not any(ask.gradient for ask in run.asks)
    assert run.solution.value < 0.1


def documented_options(method):
    """The options that SciPy's own text lists for a method."""
    text = scipy.optimize.show_options("minimize", method, disp=False)
    sections = re.split(r"^ *(\w+)\n *-{3,}\n", text, flags=re.MULTILINE)
    named = dict(zip(sections[1::2], sections[2::2], strict=True))
    lines = named.get("Options", named.get("Parameters", "")).splitlines()
    margin = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    found = [re.match(rf" {{{margin}}}(\w+(?:, ?\w+)*) ?:", line) for line in lines]
    return {name.strip() for match in found if match for name in match[1].split(",")}


#: What SciPy has and is not offered: printing, finite differences, constraints, histories.
WITHHELD = {
    "disp", "iprint", "verbose", "return_all", "mesg_num",
    "eps", "finite_diff_rel_step", "workers", "jac",
    "catol", "feasibility_tol", "scale", "barrier_tol", "sparse_jacobian", "factorization_method",
    "initial_constr_penalty", "initial_barrier_parameter", "initial_barrier_tolerance", "bounds",
}  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_offered_options_are_those_that_scipy_documents(method):
    documented = documented_options(method)
    assert len(documented) >= 5
    offered = set(METHODS[method].options)
    assert offered <= documented
    assert documented - offered <= WITHHELD


@pytest.mark.parametrize("method", METHODS)
def test_every_option_reaches_scipy_without_a_warning(method, recwarn):
    values = {
        "hess_inv0": np.eye(3), "scale": [1.0, 1.0, 1.0], "offset": [0.0, 0.0, 0.0],
        "initial_simplex": np.vstack([START, START + np.eye(3)]), "direc": np.eye(3),
        "norm": np.inf, "c1": 1e-4, "c2": 0.9, "maxls": 20, "maxcor": 10, "adaptive": True,
        "f_target": -1e9, "initial_tr_radius": 1.0, "final_tr_radius": 1e-4, "rhobeg": 0.5,
        "rescale": 1.0, "stepmx": 0.0, "minfev": 0.0, "eta": -1.0, "accuracy": 0.0, "maxCGit": -1,
        "eps": 1e-7,
    }  # fmt: skip
    options = {
        name: values.get(name, 500 if kind is int else 1e-4)
        for name, kind in METHODS[method].options.items()
    }
    run = drive(SciPy(method, options=options).steps(START, seed=0), rosen, rosen_der)
    assert run.solution.value < rosen(START) / 10
    assert not list(recwarn)


def test_an_option_changes_the_run():
    few = drive(SciPy("L-BFGS-B", options={"maxcor": 1}).steps(START, 0), rosen, rosen_der)
    many = drive(SciPy("L-BFGS-B", options={"maxcor": 10}).steps(START, 0), rosen, rosen_der)
    assert few.points != many.points


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"options": {"maxcorr": 5}}, r"option of L-BFGS-B: got 'maxcorr', expected one of ftol, "
         r"gtol, maxcor, .*; did you mean 'maxcor'\?"),
        ({"options": {"disp": True}}, "got 'disp', expected one of"),
        ({"options": {"maxcor": 2.5}}, "option 'maxcor' of L-BFGS-B: got 2.5, expected an integer"),
        ({"options": {"maxcor": True}}, "got True, expected an integer"),
        ({"options": {"ftol": "small"}}, "option 'ftol' of L-BFGS-B: got 'small', expected a num"),
        ({"options": {"ftol": float("nan")}}, "got nan, expected a number"),
        ({"options": {"maxiter": 0}}, "got 0, expected an integer of at least 1"),
        ({"options": {"maxiter": 5}, "max_iterations": 7}, "got 5 besides max_iterations=7"),
        ({"max_iterations": 0}, "max_iterations of L-BFGS-B: got 0, expected an integer"),
        ({"max_iterations": 1.5}, "got 1.5, expected an integer"),
        ({"tolerance": 0.0}, "tolerance of L-BFGS-B: got 0.0, expected a finite number above 0"),
        ({"tolerance": "1e-3"}, "got '1e-3', expected a finite number above 0"),
    ],
)  # fmt: skip
def test_bad_options_are_refused_when_it_is_made(arguments, message):
    with pytest.raises(InputError, match=message):
        SciPy("L-BFGS-B", **arguments)


@pytest.mark.parametrize(
    ("method", "option", "value", "expected"),
    [
        ("Nelder-Mead", "adaptive", 1, "true or false"),
        ("Nelder-Mead", "initial_simplex", [[0.0], "x"], "an array of finite numbers"),
        ("Powell", "direc", [[np.nan]], "an array of finite numbers"),
    ],
)
def test_flags_and_arrays_are_checked(method, option, value, expected):
    with pytest.raises(InputError, match=expected):
        SciPy(method, options={option: value})


def test_an_unknown_method_is_refused():
    with pytest.raises(InputError, match=r"got 'dogleg', expected one of L-BFGS-B, .*Powell"):
        SciPy("dogleg")


@pytest.mark.parametrize(("method", "option"), ARRAYS)
def test_an_array_of_the_wrong_shape_is_refused_before_the_first_evaluation(method, option):
    for wrong in ([[0.0, 1.0]], [1.0, 2.0], 1.0):
        steps = SciPy(method, options={option: wrong}).steps(START, seed=0)
        with pytest.raises(InputError, match=rf"option '{option}' of {method}: got shape .* for 3"):
            next(steps)


def test_options_that_scipy_refuses_are_refused_before_the_first_evaluation():
    radii = {"initial_tr_radius": 1e-3, "final_tr_radius": 1.0}
    with pytest.raises(InputError, match=r"options of COBYQA: .* fit 3 parameters \(SciPy: "):
        next(SciPy("COBYQA", options=radii).steps(START, seed=0))


def test_numbers_of_numpy_and_another_order_are_the_same_optimizer():
    plain = SciPy("L-BFGS-B", 20, 1e-3, {"maxcor": 5, "ftol": 1e-6})
    other = SciPy("L-BFGS-B", np.int64(20), np.float64(1e-3), {"ftol": 1e-6, "maxcor": np.int8(5)})
    assert repr(plain) == repr(other)
    assert plain == other
    assert repr(SPSA(max_iterations=np.int64(20))) == repr(SPSA(max_iterations=20))
    assert repr(Adam(learning_rate=np.float64(1), tolerance=0)) == repr(Adam(1.0, tolerance=0.0))


@pytest.mark.parametrize("option", ["maxcor", "maxls", "maxfun", "maxiter"])
def test_a_count_that_no_c_int_holds_is_refused(option):
    with pytest.raises(InputError, match="got 2147483648, expected an integer of at most 21474836"):
        SciPy("L-BFGS-B", options={option: 2**31})


def test_cobyla_needs_room_for_its_first_model():
    with pytest.raises(InputError, match="got 4, expected at least 5 for 3 parameters"):
        next(SciPy("COBYLA", max_iterations=4).steps(START, seed=0))
    run = drive(SciPy("COBYLA", max_iterations=5).steps(START, seed=0), rosen)
    assert len(run.asks) == 5


def test_options_are_the_optimizers_own():
    options = {"maxcor": 5}
    optimizer = SciPy("l_bfgs_b", options=options)
    options["maxcor"] = 7
    assert optimizer.options == {"maxcor": 5}
    assert optimizer == SciPy("L-BFGS-B", options={"maxcor": 5})
    with pytest.raises(FrozenInstanceError):
        optimizer.method = "CG"


@pytest.mark.parametrize("method", METHODS)
def test_the_limit_is_kept_and_named(method):
    limit = 8
    run = drive(SciPy(method, max_iterations=limit).steps(START, seed=0), rosen, rosen_der)
    counted = "evaluations" if METHODS[method].limits_evaluations else "iterations"
    assert not run.solution.success
    assert run.solution.message == f"{method} used all its 8 {counted} before it converged."
    assert run.solution.iterations in ((8, 9) if method == "TNC" else (8,))


def test_messages():
    converged = drive(SciPy("L-BFGS-B").steps(START, seed=0), rosen, rosen_der).solution
    assert re.fullmatch(
        r"L-BFGS-B converged after \d+ iterations \(SciPy: CONVERGENCE: .*[^.]\)\.",
        converged.message,
    )
    one = drive(
        SciPy("L-BFGS-B").steps(np.ones(1), 0), lambda x: float(x @ x), lambda x: 2 * x
    ).solution
    assert one.message.startswith("L-BFGS-B converged after 1 iteration (")


def test_a_failed_line_search_is_no_success_and_keeps_the_best():
    """Gradients of the wrong sign: the line search fails, and the message says so."""
    run = drive(SciPy("BFGS").steps(START, seed=0), rosen, lambda x: -rosen_der(x))
    assert not run.solution.success
    assert re.fullmatch(
        r"BFGS stopped after \d+ iterations without converging \(SciPy: .*precision loss\)\.",
        run.solution.message,
    )
    assert run.solution.value == run.values.min()


@pytest.mark.parametrize(
    ("method", "other"),
    [
        ("L-BFGS-B", "maxfun"),
        ("COBYQA", "maxiter"),
        ("Nelder-Mead", "maxfev"),
        ("Powell", "maxfev"),
    ],
)
def test_max_iterations_is_the_only_limit_unless_another_is_set(method, other, monkeypatch):
    received = []
    minimize = scipy.optimize.minimize

    def spy(*args, **kwargs):
        received.append(kwargs["options"])
        return minimize(*args, **kwargs)

    monkeypatch.setattr(scipy.optimize, "minimize", spy)
    for options in ({}, {other: 30}):
        steps = SciPy(method, max_iterations=50_000, options=options).steps(START, seed=0)
        next(steps)
        steps.close()
    assert received[0][other] > 10**9
    assert received[0][METHODS[method].limit] == 50_000
    assert received[1][other] == 30


def test_another_limit_than_max_iterations_is_named_by_scipy():
    limited = SciPy("L-BFGS-B", options={"maxfun": 3}).steps(START, seed=0)
    run = drive(limited, rosen, rosen_der)
    assert len(run.asks) < 10
    assert "without converging (SciPy: STOP: TOTAL NO. OF" in run.solution.message


def test_a_second_cobyqa_beside_a_suspended_one_is_refused_not_left_waiting():
    first = SciPy("COBYQA").steps(START, seed=0)
    ask = next(first)
    second = SciPy("COBYQA").steps(START, seed=0)
    with pytest.raises(HybridError, match="another COBYQA run is active"):
        next(second)
    first.send(answer(ask, rosen, None, None))  # the first is not disturbed
    first.close()
    assert drive(SciPy("COBYQA").steps(START, seed=0), rosen).solution.success


def test_other_methods_run_side_by_side():
    alone = drive(SciPy("L-BFGS-B").steps(START, seed=0), rosen, rosen_der)
    pair = [SciPy("L-BFGS-B").steps(START, seed=0) for _ in range(2)]
    asks = [next(steps) for steps in pair]
    seen = [[], []]
    for _ in range(10):
        for k, steps in enumerate(pair):
            seen[k].append(asks[k].points[0].tobytes())
            asks[k] = steps.send(answer(asks[k], rosen, rosen_der, None))
    assert seen[0] == seen[1] == alone.points[:10]
    for steps in pair:
        steps.close()


def test_sampled_values_give_scipys_own_answer():
    """Nelder-Mead with a value told too low at a point that it then keeps as its best vertex."""
    rng = np.random.default_rng(5)

    def reply(ask, _):
        return Told(np.array([rosen(ask.points[0]) + rng.normal(0, 0.01)]), None, np.array([0.01]))

    run = replay(SciPy("Powell", max_iterations=5).steps(START, seed=0), reply)
    evaluated = dict(zip(run.points, run.values, strict=True))
    assert evaluated[run.solution.x.tobytes()] == run.solution.value


def test_scipy_raising_midway_is_an_end_like_any_other():
    """Powell raises where a line has no minimum; the run ends with the best point and says so."""
    run = drive(SciPy("Powell").steps(START, seed=0), lambda x: float(np.sum(x)))
    assert not run.solution.success
    assert run.solution.message.startswith("Powell stopped after 0 iterations without converging (")
    assert "No valid bracket was found" in run.solution.message
    assert run.solution.value == run.values.min()
