"""A parametrised circuit as a layer of a PyTorch model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from hybrid.calls.differentiable import Differentiable, Observables
from hybrid.core.arrays import FloatArray
from hybrid.core.checks import checked_row, checked_seed
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.core.seeds import derive
from hybrid.simulators import Choice
from hybrid.torch.autograd import Call, Expectations
from hybrid.torch.tensors import KINDS, check_input

_SEEDS = 2**62


class QuantumLayer(torch.nn.Module):
    """Expectation values of M observables in the state of a circuit, as a layer.

    Inputs of shape (..., F) set the F features, and the layer's parameter ``weights`` sets all
    other parameters of the circuit; outputs have shape (..., M), and the inputs' dtype. Gradients
    by both come from one vector-Jacobian product: the adjoint method (Jones and Gacon,
    arXiv:2009.02823) on the states that the forward pass left, without an array of B x P
    derivatives.

    Under ``mpiexec`` a forward and a backward pass are one collective call each: every rank passes
    the same batch and gets the same bits, for any number of ranks, and samples are split over the
    ranks. Under ``torch.distributed`` each process runs its own batch.

    Args:
        circuit: unitary, from \\|0...0>; the layer takes a copy.
        observables: Hermitian, with the circuit's width: one, or a list of M. If None, Z of each
            qubit.
        features: parameters that take the inputs, or their names, in the order of the columns. If
            None, all that are not named as weights; ``[]`` for a layer without inputs.
        weights: parameters that are trained, or their names. If None, all that are no features, in
            the order of ``circuit.parameters``.
        initial: starting weights, shape (P,). If None, those that the ansatz suggests: zeros for
            unitary coupled cluster, else angles drawn uniformly from [-pi, pi), seeded by
            ``torch.manual_seed``.
        simulator: "auto", a name, a simulator such as :class:`hybrid.simulators.Aer` with a noise
            model, or a Qiskit estimator.
        shots: measurements of each group of compatible terms. If None, values are exact.
        seed: seed of the shots; each batch has its own shots, derived from it. If None, shots are
            seeded by ``torch.manual_seed``.
        gradient: "finite-difference" replaces parameter-shift rules, for gates that have none.
        threads: threads of each rank. If None, ranks share the cores of their host.
        dtype: of the weights, ``torch.float32`` or ``torch.float64``. If None, torch's default.
            Circuits are computed in double precision in either case.
        device: of the weights. Tensors on devices other than the processor are moved.

    Attributes:
        weights: shape (P,), a ``torch.nn.Parameter``.

    Raises:
        InputError: an argument is not usable. In calls: inputs of another shape or dtype, NaN, or
            a derivative that is not computed (second derivatives, forward mode).
        MismatchError: the ranks passed different batches, or hold different weights.
        RankError: another rank failed.

    Example:
        >>> import torch
        >>> from qiskit.circuit import Parameter
        >>> circuit = QuantumCircuit(1)
        >>> _ = circuit.ry(Parameter("x"), 0), circuit.ry(Parameter("w"), 0)
        >>> layer = QuantumLayer(circuit, features=["x"], initial=[0.0])
        >>> model = torch.nn.Sequential(torch.nn.Linear(3, 1), layer)
        >>> model(torch.ones(5, 3)).shape
        torch.Size([5, 1])
        >>> layer(torch.tensor([[0.5]])).sum().backward()
        >>> round(layer.weights.grad.item(), 6)
        -0.479426
    """

    def __init__(
        self,
        circuit: QuantumCircuit,
        observables: Observables = None,
        *,
        features: Iterable[Parameter | str] | None = None,
        weights: Iterable[Parameter | str] | None = None,
        initial: ArrayLike | None = None,
        simulator: Choice = "auto",
        shots: int | None = None,
        seed: int | None = None,
        gradient: str = "exact",
        threads: int | None = None,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__()
        self.seed = checked_seed(seed)
        self._made_from: dict[str, Any] = {
            "circuit": circuit.copy() if isinstance(circuit, QuantumCircuit) else circuit,
            "observables": observables,
            "features": None if features is None else _listed(features),
            "weights": None if weights is None else _listed(weights),
            "simulator": simulator,
            "shots": shots,
            "gradient": gradient,
            "threads": threads,
        }
        self._function: Differentiable | None = None
        kind = torch.get_default_dtype() if dtype is None else dtype
        if kind not in KINDS:
            raise InputError("dtype", got=str(kind), expected="torch.float32 or torch.float64")
        start = torch.as_tensor(self._start(initial), dtype=kind, device=device)
        self.weights = torch.nn.Parameter(start)

    @property
    def function(self) -> Differentiable:
        """The compiled circuit; compiled again after ``torch.load``."""
        if self._function is None:
            self._function = Differentiable(**self._made_from, name="QuantumLayer()")
        return self._function

    @property
    def in_features(self) -> int:
        """F, the number of features of a sample."""
        return len(self.function.columns)

    @property
    def out_features(self) -> int:
        """M, the number of observables."""
        return self.function.num_observables

    def forward(self, x: torch.Tensor | None = None) -> torch.Tensor:
        """Return the expectation values, shape (..., M), for inputs of shape (..., F).

        Args:
            x: float32 or float64; omit it for a layer without features, which returns shape (M,).
        """
        function, weights = self.function, self.weights
        if x is None and not function.columns:
            x = weights.new_empty(0)
        check_input(x, len(function.columns), "input of QuantumLayer()")
        assert x is not None
        keep = torch.is_grad_enabled() and (x.requires_grad or weights.requires_grad)
        rows = x if x.ndim == 2 else x.reshape(-1, x.shape[-1]) if x.ndim > 2 else x[None]
        found: torch.Tensor = Expectations.apply(rows, weights, Call(function, keep, self._seed_of))
        return found if x.ndim == 2 else found.reshape(*x.shape[:-1], found.shape[-1])

    def extra_repr(self) -> str:
        """Return the sizes, and what differs from exact values."""
        made = self._made_from
        shown = f"in_features={self.in_features}, out_features={self.out_features}, "
        shown += f"weights={self.weights.numel()}, qubits={self.function.expectation.num_qubits}"
        return shown if made["shots"] is None else f"{shown}, shots={made['shots']}"

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is compiled, for copies and ``torch.save``."""
        return {**self.__dict__, "_function": None}

    def _seed_of(self, x: FloatArray, weights: FloatArray) -> int | None:
        """Return the seed of the shots of a batch, or None if values are exact."""
        if self.function.is_exact:
            return None
        if self.seed is None:
            return int(torch.randint(_SEEDS, ()))
        return derive(self.seed, int(digest(x, weights)[:15], 16))

    def _start(self, initial: ArrayLike | None) -> FloatArray:
        if initial is None:
            return self.function.initial_weights(int(torch.randint(_SEEDS, ())))
        return checked_row(initial, len(self.function.weights), "initial", "weight")


def _listed(given: Any) -> Any:
    """Return parameters as a list, so that an iterator can be read again; all else unchanged."""
    return list(given) if isinstance(given, Iterable) and not isinstance(given, str) else given
