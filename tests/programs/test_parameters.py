"""Angles and chain rule against Qiskit's binding and against finite differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qiskit.circuit import Parameter, ParameterExpression

from hybrid.core.digest import digest
from hybrid.core.errors import InputError, NoExactGradientError
from hybrid.programs import ParameterMap, expressions, parameters

A, B, C = (Parameter(name) for name in "abc")
EXPRESSIONS = [A, 2 * A + 1, A * B, (A + B).sin() * 2, C / 3 - A, 0.25, (C * C).exp(), B + A - A]
POINTS = np.random.default_rng(0).uniform(0.1, 1.0, (5, 3))


def bound(expression: object, point: np.ndarray) -> float:
    values = dict(zip((A, B, C), point, strict=True))
    free = getattr(expression, "parameters", None)
    return expression.bind({p: values[p] for p in free}).numeric() if free else float(expression)


def test_angles_are_the_expressions() -> None:
    mapping = ParameterMap.from_expressions([A, B, C], EXPRESSIONS)
    expected = [[bound(e, point) for e in EXPRESSIONS] for point in POINTS]
    np.testing.assert_allclose(mapping.angles(POINTS), expected, rtol=1e-14)
    assert [row.slot for row in mapping.nonlinear] == [2, 3, 6]


def test_pull_back_is_the_chain_rule() -> None:
    mapping = ParameterMap.from_expressions([A, B, C], EXPRESSIONS)
    weights = np.random.default_rng(1).normal(size=(5, len(EXPRESSIONS)))
    found = mapping.pull_back(POINTS, weights)
    step = 1e-6
    for column in range(3):
        shift = np.eye(3)[column] * step
        slope = (mapping.angles(POINTS + shift) - mapping.angles(POINTS - shift)) / (2 * step)
        np.testing.assert_allclose(found[:, column], (slope * weights).sum(axis=1), atol=1e-8)


def test_merging_keeps_every_angle() -> None:
    mapping = ParameterMap.from_expressions([A, B, C], [A, 2 * A, A, B * A, 2 * A, B * A, 1.0])
    mapping = mapping.with_constants([1.0, 2.0])
    merged, new_slot = mapping.merged()
    assert merged.num_angles == 6  # A, 2A, 1, 2 and the two nonlinear ones
    np.testing.assert_array_equal(merged.angles(POINTS)[:, new_slot], mapping.angles(POINTS))


def test_what_cannot_be_differentiated_gives_values_but_no_gradient() -> None:
    mapping = ParameterMap.from_expressions([A], [A.sign() * 0.5])
    points = np.array([[-0.5]])
    assert mapping.angles(points)[0, 0] == -0.5
    with pytest.raises(NoExactGradientError, match="finite-difference"):
        mapping.pull_back(points, np.ones((1, 1)))


def test_contents_do_not_depend_on_the_order_of_operands() -> None:
    one = ParameterMap.from_expressions([A, B, C], [A - B, A * B - C * C, 0.5 * (C - A)])
    other = ParameterMap.from_expressions([A, B, C], [-B + A, -C * C + B * A, (-A + C) * 0.5])
    assert digest(*one.content()) == digest(*other.content())


@pytest.mark.parametrize("expression", [A * B, A * B + 1, A * C, (A * B).sin(), 2 * A * B - 0.5])
def test_contents_tell_expressions_apart(expression: ParameterExpression) -> None:
    one = ParameterMap.from_expressions([A, B, C], [A * B - 0.5])
    other = ParameterMap.from_expressions([A, B, C], [expression])
    assert digest(*one.content()) != digest(*other.content())


def test_expressions_outside_their_domain_have_a_content_too() -> None:
    mapping = ParameterMap.from_expressions([A, B], [(A * B - 5).log()])
    assert digest(*mapping.content()) == digest(*mapping.content())


def test_no_angles_pull_back_to_no_slopes() -> None:
    nothing = ParameterMap.from_expressions((), [])
    assert nothing.pull_back(np.zeros((3, 0)), np.zeros((3, 0))).shape == (3, 0)
    assert nothing.pull_back(np.zeros((3, 0)), np.zeros((3, 2, 0))).shape == (3, 2, 0)


class Misread:
    """An expression with wrong derivatives, as in Qiskit before 2.5.2."""

    def __init__(self, expression: ParameterExpression, derivative: ParameterExpression | float):
        self.parameters = expression.parameters
        self.bind = expression.bind
        self.derivative = derivative

    def gradient(self, parameter: Parameter) -> ParameterExpression | float:
        return self.derivative


def test_a_wrong_derivative_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (expressions, parameters):
        monkeypatch.setattr(module, "ParameterExpression", (ParameterExpression, Misread))
    wrong = Misread((2 * A) ** 3, 3 * (2 * A) ** 2)  # right: 6 (2a)^2
    mapping = ParameterMap.from_expressions([A], [wrong])
    np.testing.assert_allclose(mapping.angles(np.array([[0.5]])), [[1.0]])
    for _ in range(2):
        with pytest.raises(NoExactGradientError, match="differences of its values give"):
            mapping.pull_back(np.array([[0.5]]), np.ones((1, 1)))


def test_what_is_not_affine_is_not_taken_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (expressions, parameters):
        monkeypatch.setattr(module, "ParameterExpression", (ParameterExpression, Misread))
    mapping = ParameterMap.from_expressions([A], [Misread(A * A, 1.0)])
    np.testing.assert_allclose(mapping.angles(np.array([[0.5]])), [[0.25]])


def test_conjugates_of_real_parameters_are_affine() -> None:
    mapping = ParameterMap.from_expressions([A, B], [A.conjugate() + B])
    points = np.array([[0.1, 0.4]])
    assert mapping.nonlinear == ()
    np.testing.assert_allclose(mapping.angles(points), [[0.5]])
    np.testing.assert_allclose(mapping.pull_back(points, np.ones((1, 1))), [[1.0, 1.0]])


@pytest.mark.parametrize("expression", [1j * A, A + 0.5j, 1j * A * B, (1j * A).exp()])
def test_complex_angles_are_refused(expression: ParameterExpression) -> None:
    mapping = ParameterMap.from_expressions([A, B], [expression])
    with pytest.raises(InputError, match=r"got .*j.* at a = 0\.3.*expected a finite real number"):
        mapping.angles(np.array([[0.3, 0.7]]))


def test_a_complex_product_that_is_real_is_taken() -> None:
    mapping = ParameterMap.from_expressions([A, B], [(1j * A) * (1j * B)])
    np.testing.assert_allclose(mapping.angles(np.array([[0.3, 0.7]])), [[-0.21]])


def test_fast_oscillations_are_no_wrong_derivatives() -> None:
    mapping = ParameterMap.from_expressions([A], [(1e6 * A).sin()])
    slope = mapping.pull_back(np.array([[0.3]]), np.ones((1, 1)))
    np.testing.assert_allclose(slope, [[1e6 * np.cos(3e5)]])


def test_an_angle_that_overflows_is_refused() -> None:
    mapping = ParameterMap.from_expressions([A], [10 * A])
    with pytest.raises(InputError, match="angle 0 at point 0: got inf"):
        mapping.angles(np.array([[1e308]]))


def test_derivatives_by_parameters_that_are_not_varied() -> None:
    whole = ParameterMap.from_expressions([A, B], [A.abs() * B])
    mapping = replace(whole, varied=frozenset({1}))
    points = np.array([[0.0, 0.5]])
    np.testing.assert_allclose(mapping.pull_back(points, np.ones((1, 1))), [[0.0, 0.0]])
    with pytest.raises(InputError, match=r"derivative of angle .* by a: got .* at a = 0\.0"):
        whole.pull_back(points, np.ones((1, 1)))


def test_contents_tell_absolute_values_apart() -> None:
    one, other = (ParameterMap.from_expressions([A], [e]) for e in (A * A.abs(), A * A))
    assert digest(*one.content()) != digest(*other.content())
