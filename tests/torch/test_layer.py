"""The layer's numbers, by Qiskit's states and finite differences; its life as a module."""

from __future__ import annotations

import copy
import io
from typing import Any

import numpy as np
import pytest
from qiskit.circuit import ParameterVector, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

import hybrid
from hybrid.core.errors import InputError
from hybrid.runtime.world import alone as job_of_one_rank
from hybrid.runtime.world import use
from tests.torch.models import circuit, features, observables

torch = pytest.importorskip("torch", reason="PyTorch is not installed")


def layer(**settings: Any) -> Any:
    from hybrid.torch import QuantumLayer

    torch.manual_seed(3)
    given = {"features": features(), "dtype": torch.float64}
    return QuantumLayer(circuit(), observables(), **(given | settings))


def batch(size: int = 5, **settings: Any) -> Any:
    made = np.random.default_rng(1).normal(size=(size, 3))
    return torch.tensor(made, dtype=torch.float64, **settings)


def test_values_are_those_of_qiskit() -> None:
    made, x = layer(), batch()
    weights = made.weights.detach().numpy()
    for row, found in zip(x.numpy(), made(x).detach().numpy(), strict=True):
        point = dict(zip(features(), row, strict=True))
        point |= {f"w[{k}]": value for k, value in enumerate(weights)}
        bound = circuit().assign_parameters(point)
        state = Statevector(bound)
        exact = [state.expectation_value(each).real for each in observables()]
        np.testing.assert_allclose(found, exact, atol=1e-12)


def test_gradients_by_finite_differences() -> None:
    made, x = layer(), batch(requires_grad=True)

    def called(x: Any, weights: Any) -> Any:
        return torch.func.functional_call(made, {"weights": weights}, (x,))

    assert torch.autograd.gradcheck(called, (x, made.weights))


def test_the_order_of_features_and_weights_is_that_given() -> None:
    names = [f"w[{k}]" for k in range(6)]
    straight, x = layer(initial=range(6)), batch()
    turned = layer(features=features()[::-1], weights=names[::-1], initial=range(6)[::-1])
    assert torch.equal(straight(x), turned(x.flip(1)))


def test_both_precisions() -> None:
    made, x = layer(dtype=torch.float32), batch(requires_grad=True)
    single = x.detach().float().requires_grad_()
    found = made(single)
    found.sum().backward()
    assert found.dtype == single.grad.dtype == made.weights.grad.dtype == torch.float32
    double = copy.deepcopy(made).double()
    double(x).sum().backward()
    assert x.grad.dtype == torch.float64
    torch.testing.assert_close(single.grad.double(), x.grad, atol=1e-5, rtol=1e-5)
    assert made.double() is made
    assert made.weights.dtype == torch.float64


def test_shapes() -> None:
    made, x = layer(), batch(6)
    assert torch.equal(made(x.reshape(2, 3, 3)), made(x).reshape(2, 3, 2))
    assert torch.equal(made(x[0]), made(x[:1])[0])
    empty = made(x[:0])
    empty.sum().backward()
    assert empty.shape == (0, 2)
    assert made.weights.grad.tolist() == 6 * [0.0]


def test_without_inputs() -> None:
    w = ParameterVector("w", 2)
    plain = QuantumCircuit(2)
    plain.ry(w[0], 0)
    plain.ry(w[1], 1)
    made = hybrid.torch.QuantumLayer(plain, features=[], initial=[0.3, 0.5])
    found = made()
    found[1].backward()
    torch.testing.assert_close(found, torch.cos(made.weights))
    torch.testing.assert_close(made.weights.grad, torch.tensor([0.0, -np.sin(0.5)]).float())


def test_one_observable_has_an_axis() -> None:
    made = hybrid.torch.QuantumLayer(circuit(), SparsePauliOp("ZII"), features=features())
    assert made(batch()).shape == (5, 1)


def test_a_second_pass_back_is_the_same() -> None:
    made, x = layer(), batch(requires_grad=True)
    found = made(x).sum()
    (first,) = torch.autograd.grad(found, x, retain_graph=True)
    (second,) = torch.autograd.grad(found, x)
    assert torch.equal(first, second)


def test_several_calls_before_the_passes_back() -> None:
    made, x = layer(), batch(requires_grad=True)
    (made(x) * made(2 * x)).sum().backward()
    by_x = x.grad.clone()

    def called(x: Any) -> Any:
        return (made(x) * made(2 * x)).sum()

    assert torch.autograd.gradcheck(called, (x,))
    assert torch.equal(by_x, torch.autograd.grad(called(x), x)[0])


def test_the_start_is_that_of_the_ansatz() -> None:
    from hybrid.problems import Molecule

    molecule = Molecule.from_fcidump("examples/data/h2.fcidump")
    made = hybrid.torch.QuantumLayer(molecule.uccsd(), molecule.hamiltonian(), features=[])
    assert made.weights.detach().tolist() == 3 * [0.0]
    one, other = layer(), layer()
    assert torch.equal(one.weights, other.weights)
    assert one.weights.abs().max() > 0.1


def test_saved_copied_and_moved() -> None:
    made, x = layer(), batch()
    expected = made(x)
    file = io.BytesIO()
    torch.save(made.state_dict(), file)
    file.seek(0)
    other = layer(initial=np.zeros(6))
    other.load_state_dict(torch.load(file))
    assert torch.equal(other(x), expected)
    file = io.BytesIO()
    torch.save(made, file)
    file.seek(0)
    assert torch.equal(torch.load(file, weights_only=False)(x), expected)
    assert torch.equal(copy.deepcopy(made)(x), expected)
    assert repr(made) == "QuantumLayer(in_features=3, out_features=2, weights=6, qubits=3)"
    with pytest.raises(InputError, match="'meta', which holds no numbers"):
        copy.deepcopy(made).to("meta")(x.to("meta"))


def test_the_circuit_may_be_changed_afterwards() -> None:
    own = circuit()
    made = hybrid.torch.QuantumLayer(own, features=features())
    before = made(batch())
    own.x(0)
    assert torch.equal(copy.deepcopy(made)(batch()), before)


def test_a_model_learns() -> None:
    torch.manual_seed(5)
    model = torch.nn.Sequential(
        torch.nn.Linear(2, 3),
        hybrid.torch.QuantumLayer(circuit(), features=features()),
        torch.nn.Linear(3, 1),
    )
    x = torch.rand(32, 2)
    y = torch.sin(3.0 * x[:, :1]) * x[:, 1:]
    optimizer = torch.optim.Adam(model.parameters(), 0.05)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]


def test_transforms() -> None:
    made, x = layer(), batch()
    weights = made.weights.detach()

    def called(x: Any, weights: Any) -> Any:
        return torch.func.functional_call(made, {"weights": weights}, (x,))

    parameters = [each.name for each in circuit().parameters]
    points = np.empty((5, 9))
    points[:, [parameters.index(name) for name in features()]] = x
    points[:, [parameters.index(f"w[{k}]") for k in range(6)]] = weights
    _, exact = hybrid.expectation(circuit(), observables(), points, gradient=True)
    by_x, by_weights = torch.func.jacrev(called, (0, 1))(x, weights)
    columns = [parameters.index(f"w[{k}]") for k in range(6)]
    np.testing.assert_allclose(by_weights, exact[:, :, columns], atol=1e-12)
    columns = [parameters.index(name) for name in features()]
    for sample in range(5):
        np.testing.assert_allclose(by_x[sample, :, sample], exact[sample][:, columns], atol=1e-12)

    def loss(x: Any, weights: Any) -> Any:
        return called(x, weights).sum()

    of_each = torch.func.vmap(torch.func.grad(loss, 1), (0, None))(x, weights)
    torch.testing.assert_close(of_each, by_weights.sum(1))
    stacked = torch.func.vmap(called, (None, 0))(x, torch.stack([weights, weights + 1.0]))
    assert torch.equal(stacked[0], called(x, weights))


def test_other_derivatives_are_refused() -> None:
    made, x = layer(), batch(requires_grad=True)
    with pytest.raises(InputError, match="forward mode"):
        torch.func.jacfwd(made)(batch())
    (slope,) = torch.autograd.grad(made(x).sum(), x, create_graph=True)
    with pytest.raises(InputError, match="second derivative"):
        slope.sum().backward()


def test_shots_and_noise() -> None:
    from qiskit_aer.noise import NoiseModel, depolarizing_error

    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.05, 1), ["ry", "rx"])
    exact, x = layer(), batch(2, requires_grad=True)
    for settings in ({}, {"simulator": hybrid.simulators.Aer(noise_model=noise)}):
        made = layer(shots=2000, **settings)
        torch.manual_seed(7)
        first, again = made(x), made(x)
        torch.manual_seed(7)
        assert torch.equal(made(x), first)
        assert not torch.equal(first, again)
        torch.testing.assert_close(first, exact(x), atol=0.25, rtol=0.0)
        (by_x,) = torch.autograd.grad(first.sum(), x)
        (expected,) = torch.autograd.grad(exact(x).sum(), x)
        torch.testing.assert_close(by_x, expected, atol=0.4, rtol=0.0)
    seeded = layer(shots=100, seed=11)
    assert torch.equal(seeded(x), seeded(x))
    assert not torch.equal(seeded(x), layer(shots=100, seed=12)(x))
    assert "shots=100" in repr(seeded)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (lambda: torch.zeros(2, 3, dtype=torch.int64), "torch.int64, expected torch.float32"),
        (lambda: torch.zeros(2, 3, dtype=torch.bfloat16), r"x\.float\(\)"),
        (lambda: torch.zeros(2, 4), r"shape \(2, 4\), expected shape \(\.\.\., 3\)"),
        (lambda: torch.tensor(1.0), r"shape \(\)"),
        (lambda: np.zeros((2, 3)), "a ndarray"),
        (lambda: None, "a NoneType"),
        (lambda: torch.tensor([[0.0, 0.0, 0.0], [0.0, np.nan, 0.0]]), "feature 1 of sample 1"),
    ],
)
def test_bad_inputs(bad: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        layer()(bad())


def test_bad_weights_and_cotangents() -> None:
    made = layer(dtype=torch.float32)
    with torch.no_grad():
        made.weights[2] = np.inf
    with pytest.raises(InputError, match="inf for weight 2"):
        made(batch())
    with pytest.raises(InputError, match="look at the loss"):
        (layer()(batch()).sum() * np.nan).backward()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"features": None}, r"features=\[\] is a layer without inputs"),
        ({"features": ["x[0]", "y"]}, "'y', which is no parameter"),
        ({"features": ["x[0]", "x[0]"]}, "a duplicate"),
        ({"features": "x"}, "a list of parameters"),
        ({"weights": ["w[0]"]}, r"'w\[1\]' in neither"),
        ({"weights": ["x[0]", *(f"w[{k}]" for k in range(6))]}, r"'x\[0\]' in both"),
        ({"initial": [1.0]}, r"shape \(6,\)"),
        ({"dtype": torch.float16}, "torch.float32 or torch.float64"),
        ({"shots": 0}, "a positive integer"),
        ({"seed": -1}, "seed"),
        ({"gradient": "none"}, "finite-difference"),
        ({"simulator": "nativ"}, "did you mean 'native'"),
    ],
)
def test_bad_settings(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        layer(**settings)


@pytest.mark.ranks
def test_the_same_bits_on_all_ranks() -> None:
    found = []
    for alone in (False, True):
        for settings in ({}, {"shots": 50, "simulator": "aer"}):
            made, x = layer(**settings), batch(7, requires_grad=True)
            wide = made if settings else layer_of_many_pieces()
            x = x if settings else torch.linspace(-1.0, 1.0, 300 * 9).reshape(300, 9).double()
            x = x.detach().requires_grad_()
            torch.manual_seed(9)
            if alone:
                with use(job_of_one_rank()):
                    values = wide(x)
                    (values**2).sum().backward()
            else:
                values = wide(x)
                (values**2).sum().backward()
            found.append((values.detach(), x.grad, wide.weights.grad))
    for together, by_itself in ((found[0], found[2]), (found[1], found[3])):
        for one, other in zip(together, by_itself, strict=True):
            assert torch.equal(one, other)


def layer_of_many_pieces() -> Any:
    from hybrid.torch import QuantumLayer

    torch.manual_seed(3)
    return QuantumLayer(circuit(9), features=features(9), dtype=torch.float64)


@pytest.mark.ranks
def test_ranks_with_different_batches(job: Any) -> None:
    if job.size == 1:
        pytest.skip("needs several ranks")
    with pytest.raises(hybrid.core.errors.MismatchError, match="different batch of inputs"):
        layer()(batch() + job.rank)
    found = layer()(batch())
    with pytest.raises(hybrid.core.errors.MismatchError, match="different gradient by the output"):
        (found.sum() * (1.0 + job.rank)).backward()
