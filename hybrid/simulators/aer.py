"""Qiskit Aer: exact values by several methods, real shots, and noise models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from hybrid.core.digest import digest
from hybrid.core.errors import InputError, nearest
from hybrid.core.work import Work
from hybrid.machine import Curve, Machine
from hybrid.simulators import aer_cost
from hybrid.simulators.aer_job import AerJob
from hybrid.simulators.base import Estimation, Estimator, Simulator
from hybrid.simulators.expansion import Expansion
from hybrid.simulators.lowering import lower

if TYPE_CHECKING:
    from qiskit_aer.noise import NoiseModel

METHODS = ("automatic", "statevector", "density_matrix", "matrix_product_state", "stabilizer")
DEVICES = ("CPU", "GPU")
PRECISIONS = ("double", "single")
_WIDEST_SAMPLED_DENSITY_MATRIX = 10
"""Up to this width one density matrix costs less than hundreds of noisy trajectories."""


@dataclass(frozen=True)
class Aer(Simulator):
    """Expectation values by Qiskit Aer.

    Without shots, values are exact: of the state vector, of the matrix product state or, with
    noise, of the density matrix. With shots, qubit-wise commuting strings are measured together,
    each group with that many shots; gates that turn the measured basis have noise, as the
    readout has. Gates that the noise model does not name among its ``basis_gates`` are compiled
    to those first, so noise attaches to what the model knows.

    Attributes:
        method: ``statevector``, ``density_matrix``, ``matrix_product_state``, ``stabilizer``
            (Clifford circuits), or ``automatic``: the density matrix where there is noise and
            either exact values are asked for or the circuit has at most 10 qubits, else the
            state vector.
        noise_model: any noise model of Aer, or None.
        device: ``CPU``, or ``GPU`` where such a build of Aer is installed.
        precision: ``double`` or ``single``.
        max_bond_dimension: of matrix product states; None for exact ones.

    Raises:
        InputError: one of them does not exist.

    Example:
        >>> Aer(method="matrix_product_state").name
        'aer'
    """

    method: str = "automatic"
    noise_model: NoiseModel | None = None
    device: str = "CPU"
    precision: str = "double"
    max_bond_dimension: int | None = None
    name: ClassVar[str] = "aer"
    settings: ClassVar[Mapping[str, str]] = {"method": "method", "noise": "noise_model"}
    rates: ClassVar[frozenset[str]] = aer_cost.NAMES

    def __post_init__(self) -> None:
        for what, known in (("method", METHODS), ("device", DEVICES), ("precision", PRECISIONS)):
            value = getattr(self, what)
            if value not in known:
                raise InputError(
                    f"{what} of simulator 'aer'",
                    got=repr(value),
                    expected=f"one of {', '.join(known)}",
                    advice=nearest(str(value), known),
                )
        if self.noise_model is not None and not hasattr(self.noise_model, "noise_instructions"):
            raise InputError(
                "noise_model",
                got=type(self.noise_model).__name__,
                expected="a qiskit_aer.noise.NoiseModel",
            )

    def refusal(self, estimation: Estimation) -> str | None:
        """Return why this simulator does not suit the estimation, or None if it does."""
        if estimation.shots is not None:
            return None
        if self._misreads:
            return (
                "errors of the readout show in shots only: give shots, or leave them out of the "
                "noise model"
            )
        if self._has_noise and self.method not in ("automatic", "density_matrix"):
            return (
                f"method '{self.method}' draws noise at random: give shots, or take method "
                "'density_matrix' for exact values"
            )
        return None

    def content(self) -> str:
        """Return a digest of the settings, the noise model's content included."""
        noise = json.dumps(self._noise, sort_keys=True, default=_plain)
        return digest(self.method, self.device, self.precision, self.max_bond_dimension, noise)

    def prepare(self, estimation: Estimation) -> Estimator:
        """Return the estimation with its circuit compiled to gates of Aer."""
        from hybrid.simulators.aer_exact import AerExact
        from hybrid.simulators.aer_sampled import AerSampled

        refusal = self.refusal(estimation)
        if refusal is not None:
            raise InputError("simulator", got="aer", expected="one that suits", advice=refusal)
        job = AerJob(
            method=self.chosen_method(estimation),
            num_qubits=estimation.circuit.num_qubits,
            noise_model=self.noise_model if self._has_noise or self._misreads else None,
            device=self.device,
            precision=self.precision,
            max_bond_dimension=self.max_bond_dimension,
        )
        lowered = lower(estimation.circuit, job.compiled)
        expansion = Expansion(
            estimation.circuit, lowered, self._has_noise, estimation.finite_difference
        )
        if estimation.shots is None:
            return AerExact(job, expansion, estimation.observable)
        return AerSampled(job, expansion, estimation.observable, estimation.shots)

    @classmethod
    def seconds(cls, work: Work, machine: Machine) -> float | None:
        """Return the seconds of one start of Aer on one thread."""
        return aer_cost.seconds(work, machine)

    @classmethod
    def measured(cls) -> Mapping[str, Curve]:
        """Return the rates of Aer on this host; takes about 4 s."""
        from hybrid.simulators.aer_rates import aer_rates

        return aer_rates()

    def chosen_method(self, estimation: Estimation) -> str:
        """Return the method, chosen from the problem alone where it is automatic.

        Aer's own choice looks at the memory of the host, which must not change the answer.
        """
        if self.method != "automatic":
            return self.method
        narrow = estimation.circuit.num_qubits <= _WIDEST_SAMPLED_DENSITY_MATRIX
        if self._has_noise and (estimation.shots is None or narrow):
            return "density_matrix"
        return "statevector"

    @cached_property
    def _noise(self) -> list[dict[str, Any]]:
        """The errors of the noise model as plain data, without the identifiers of objects."""
        if self.noise_model is None:
            return []
        errors = self.noise_model.to_dict(serializable=True)["errors"]
        basis = {"type": "basis", "gates": sorted(self.noise_model.basis_gates)}
        return [*({k: v for k, v in e.items() if k != "id"} for e in errors), basis]

    @property
    def _has_noise(self) -> bool:
        return any(error["type"] == "qerror" for error in self._noise)

    @property
    def _misreads(self) -> bool:
        return any(error["type"] == "roerror" for error in self._noise)


def _plain(value: object) -> object:
    """Return a number of NumPy or a complex number as JSON takes it."""
    if isinstance(value, complex):
        return [value.real, value.imag]
    return np.asarray(value).tolist()
