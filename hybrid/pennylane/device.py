"""The PennyLane device."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pennylane as qml
from pennylane.devices import Device, ExecutionConfig
from pennylane.devices.modifiers import simulator_tracking, single_tape_support
from pennylane.exceptions import DeviceError
from pennylane.math import Interface

from hybrid.core.errors import InputError
from hybrid.core.resources import Auto, Resources
from hybrid.pennylane.answers import results
from hybrid.pennylane.derivatives import gradients, jacobian, pulled, pushed
from hybrid.pennylane.plans import Plans
from hybrid.pennylane.preprocessing import NAME, pipeline
from hybrid.pennylane.training import is_differentiated, is_supported
from hybrid.simulators import Choice

_ADJOINT = ("adjoint", "best")
_JAX = (Interface.JAX, Interface.JAX_JIT)
_DEFERRED = (None, "deferred", "device")


@simulator_tracking
@single_tape_support
class HybridQubit(Device):
    """PennyLane's device ``hybrid.qubit``: exact states, shots and adjoint gradients.

    Tapes of a batch, and the points of tapes with a batch of parameters, are split over the ranks
    of the job. Every rank makes the same calls and gets the same bits. Circuits are compiled once
    for each structure, so a QNode in a training loop compiles in its first step.

    Derivatives are adjoint ones, of expectation values of sums of Pauli strings, and of all
    observables that expand in few of them. Others are left to PennyLane's parameter shifts.
    Measurements in the middle of a circuit are deferred by PennyLane.

    Args:
        wires: number of wires, or their labels; if None, those of each circuit.
        shots: deprecated by PennyLane; use ``qml.set_shots``.
        seed: seed of the shots, an integer or a generator, which advances with each execution. If
            None or "global", a fresh one is drawn for each execution.
        simulator: "auto", a name (``hybrid.simulators.names()``), a simulator such as
            ``hybrid.simulators.Aer(noise_model=...)``, or a Qiskit estimator.
        threads: threads of each rank. If None, ranks share the cores of their host.
        shards: number of ranks that share one state, a power of two.
        groups: number of such groups that run concurrently.

    Raises:
        InputError: an argument is not usable.

    Example:
        >>> import pennylane as qml
        >>> @qml.qnode(HybridQubit(wires=2))
        ... def energy(angle):
        ...     qml.RY(angle, 0)
        ...     qml.CNOT([0, 1])
        ...     return qml.expval(qml.Z(0) @ qml.Z(1) + qml.Z(1))
        >>> round(float(energy(0.0)), 6)
        2.0
        >>> round(float(qml.grad(energy)(qml.numpy.array(0.5))), 6)
        -0.479426
    """

    def __init__(
        self,
        wires: int | Iterable[Any] | None = None,
        shots: Any = None,
        *,
        seed: int | np.random.Generator | str | None = None,
        simulator: Choice = "auto",
        threads: int | None = None,
        shards: int | Auto = "auto",
        groups: int | Auto = "auto",
    ) -> None:
        super().__init__(wires=wires, shots=shots)
        self._rng = _generator(seed)
        self._resources = Resources.checked(threads, shards, groups)
        self._plans = Plans(simulator, self.wires)

    @property
    def name(self) -> str:
        """The name of the device."""
        return NAME

    # Configuration ---------------------------------------------------------------------------

    def setup_execution_config(
        self, config: ExecutionConfig | None = None, circuit: Any = None
    ) -> ExecutionConfig:
        """Return a configuration with all choices made.

        Gradients are computed together with the values where they will be wanted; where there are
        several values, only their vector-Jacobian product is.

        Raises:
            DeviceError: the method for measurements in the middle is not supported.
        """
        config = config or ExecutionConfig()
        method = config.mcm_config.mcm_method
        if method not in _DEFERRED:
            raise DeviceError(
                f"{NAME} runs no measurements in the middle of a circuit; "
                f"mcm_method='{method}' is not supported, expected 'deferred' or None"
            )
        if config.device_options:
            raise DeviceError(
                f"{NAME} has no device options; got {', '.join(config.device_options)}"
            )
        chosen: dict[str, Any] = {}
        if method != "deferred":
            chosen["mcm_config"] = replace(config.mcm_config, mcm_method="deferred")
        if config.gradient_method in _ADJOINT:
            chosen["gradient_method"] = "adjoint"
            chosen["use_device_gradient"] = True
            products = config.use_device_jacobian_product
            if not products and is_differentiated(config.interface, circuit, several=True):
                products = True
            chosen["use_device_jacobian_product"] = bool(products)
            if config.grad_on_execution is None:
                chosen["grad_on_execution"] = is_differentiated(config.interface, circuit)
        return replace(config, **chosen) if chosen else config

    def preprocess_transforms(
        self, execution_config: ExecutionConfig | None = None
    ) -> qml.CompilePipeline:
        """Return the transforms that make tapes of native operations."""
        config = execution_config or ExecutionConfig()
        adjoint = config.gradient_method == "adjoint"
        jax = config.interface in _JAX
        return pipeline(
            self.wires,
            deferred=config.mcm_config.mcm_method == "deferred",
            adjoint=adjoint,
            broadcast=not adjoint or bool(config.use_device_jacobian_product and not jax),
        )

    def supports_derivatives(
        self, execution_config: ExecutionConfig | None = None, circuit: Any = None
    ) -> bool:
        """Return whether the device has adjoint derivatives of a circuit."""
        if execution_config is None:
            return circuit is None or is_supported(circuit)
        if execution_config.gradient_method not in _ADJOINT:
            return False
        if execution_config.derivative_order > 1:
            return False
        return circuit is None or is_supported(circuit)

    def supports_vjp(
        self, execution_config: ExecutionConfig | None = None, circuit: Any = None
    ) -> bool:
        """Return whether the device has vector-Jacobian products of a circuit."""
        return self.supports_derivatives(execution_config, circuit)

    def supports_jvp(
        self, execution_config: ExecutionConfig | None = None, circuit: Any = None
    ) -> bool:
        """Return whether the device has Jacobian-vector products of a circuit."""
        return self.supports_derivatives(execution_config, circuit)

    # Execution -------------------------------------------------------------------------------

    def execute(
        self, circuits: Sequence[Any], execution_config: ExecutionConfig | None = None
    ) -> tuple[Any, ...]:
        """Return the results of tapes, from one collective call.

        Args:
            circuits: tapes of native operations.
            execution_config: not used; all choices are in the tapes.
        """
        if not circuits:
            return ()
        seed = self._seed(circuits)
        return results(f"{NAME}.execute()", circuits, self._plans, self._resources, seed)

    def compute_derivatives(
        self, circuits: Sequence[Any], execution_config: ExecutionConfig | None = None
    ) -> tuple[Any, ...]:
        """Return the Jacobians of tapes."""
        return self._jacobians("compute_derivatives()", circuits)[1]

    def execute_and_compute_derivatives(
        self, circuits: Sequence[Any], execution_config: ExecutionConfig | None = None
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Return the results and Jacobians of tapes."""
        return self._jacobians("execute_and_compute_derivatives()", circuits)

    def compute_vjp(
        self,
        circuits: Sequence[Any],
        cotangents: Sequence[Any],
        execution_config: ExecutionConfig | None = None,
    ) -> tuple[Any, ...]:
        """Return the vector-Jacobian products of tapes."""
        # A batch of parameters, which was split before, comes from jax.vmap here.
        jax = execution_config is not None and execution_config.interface in _JAX
        return pulled(
            f"{NAME}.compute_vjp()",
            circuits,
            cotangents,
            self._plans,
            self._resources,
            with_results=False,
            apart=jax,
        )[1]

    def execute_and_compute_vjp(
        self,
        circuits: Sequence[Any],
        cotangents: Sequence[Any],
        execution_config: ExecutionConfig | None = None,
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Return the results and vector-Jacobian products of tapes."""
        return pulled(
            f"{NAME}.execute_and_compute_vjp()",
            circuits,
            cotangents,
            self._plans,
            self._resources,
            with_results=True,
        )

    def compute_jvp(
        self,
        circuits: Sequence[Any],
        tangents: Sequence[Any],
        execution_config: ExecutionConfig | None = None,
    ) -> tuple[Any, ...]:
        """Return the Jacobian-vector products of tapes."""
        return self._pushed("compute_jvp()", circuits, tangents)[1]

    def execute_and_compute_jvp(
        self,
        circuits: Sequence[Any],
        tangents: Sequence[Any],
        execution_config: ExecutionConfig | None = None,
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Return the results and Jacobian-vector products of tapes."""
        return self._pushed("execute_and_compute_jvp()", circuits, tangents)

    def _jacobians(
        self, name: str, tapes: Sequence[Any]
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        found = gradients(f"{NAME}.{name}", tapes, self._plans, self._resources)
        both = zip(tapes, found, strict=True)
        each = tuple(jacobian(tape, by_angle, columns) for tape, (_, by_angle, columns) in both)
        return tuple(value for value, *_ in found), each

    def _pushed(
        self, name: str, tapes: Sequence[Any], tangents: Sequence[Any]
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        found = gradients(f"{NAME}.{name}", tapes, self._plans, self._resources)
        every = zip(tapes, found, tangents, strict=True)
        each = tuple(
            pushed(tape, by_angle, columns, tangent)
            for tape, (_, by_angle, columns), tangent in every
        )
        return tuple(value for value, *_ in found), each

    def _seed(self, tapes: Sequence[Any]) -> int | None:
        """Return the seed of an execution; the generator advances only if there are shots."""
        if not any(tape.shots for tape in tapes):
            return 0
        return None if self._rng is None else int(self._rng.integers(1 << 63))


def _generator(seed: Any) -> np.random.Generator | None:
    if seed is None or (isinstance(seed, str) and seed == "global"):
        return None
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError):
        raise InputError(
            "seed", got=repr(seed), expected="an integer of at least 0, a generator, or None"
        ) from None
