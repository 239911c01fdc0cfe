"""Qiskit Aer: exact values by several methods, real shots, and noise models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from hybrid.core.digest import digest
from hybrid.core.errors import InputError, nearest
from hybrid.core.fingerprint import identity_of
from hybrid.core.work import Work
from hybrid.machine import Curve, Machine
from hybrid.programs import FlatCircuit
from hybrid.simulators.aer import cost as aer_cost
from hybrid.simulators.aer.gates import bindable
from hybrid.simulators.aer.job import MOST_SHOTS, AerJob
from hybrid.simulators.base import Counts, Estimation, Estimator, Evaluation, Simulator
from hybrid.simulators.circuits.expansion import Expansion
from hybrid.simulators.circuits.lowering import Lowered, lower, lower_source

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
        bond = self.max_bond_dimension
        if bond is not None and (
            isinstance(bond, bool) or not isinstance(bond, int | np.integer) or bond < 1
        ):
            raise InputError(
                "max_bond_dimension", got=repr(bond), expected="a positive integer, or None"
            )
        if self.noise_model is not None and not hasattr(self.noise_model, "noise_instructions"):
            raise InputError(
                "noise_model",
                got=type(self.noise_model).__name__,
                expected="a qiskit_aer.noise.NoiseModel",
            )

    def refusal(self, estimation: Estimation) -> str | None:
        """Return why this simulator does not suit the estimation, or None if it does."""
        refused = self._refused_settings()
        if refused is not None:
            return refused
        if estimation.shots is not None:
            return _too_many(estimation.shots)
        if self._misreads:
            return (
                "errors of measurements show in shots only: give shots, or leave them out of the "
                "noise model"
            )
        if self._has_noise and self.method not in ("automatic", "density_matrix"):
            return (
                f"method '{self.method}' draws noise at random: give shots, or take method "
                "'density_matrix' for exact values"
            )
        return None

    def _refused_settings(self) -> str | None:
        """Return why this installation of Aer cannot do what the settings ask for, or None."""
        if self.device == "CPU":
            return None
        from qiskit_aer import AerSimulator

        if self.device in AerSimulator().available_devices():
            return None
        return f"Aer finds no {self.device} here: leave out device, or install qiskit-aer-gpu"

    def content(self) -> str:
        """Return a digest of the settings, the noise model's content included."""
        noise = json.dumps(self._noise, sort_keys=True, default=_plain)
        passes = [
            [type(each).__qualname__, *(identity_of(vars(each)[name]) for name in _times(each))]
            for each in self._passes
        ]
        settings = (self.method, self.device, self.precision, self.max_bond_dimension, noise)
        return digest(*settings, *([repr(passes)] if passes else []))

    def prepare(self, estimation: Estimation) -> Estimator:
        """Return the estimation with its circuit compiled to gates of Aer."""
        from hybrid.simulators.aer.exact import AerExact
        from hybrid.simulators.aer.sampled import AerSampled

        refusal = self.refusal(estimation)
        if refusal is not None:
            raise InputError("simulator", got="aer", expected="one that suits", advice=refusal)
        job = self.job(estimation.circuit.num_qubits, sampled=estimation.shots is not None)
        flat, lowered = self._lowered(estimation.circuit, job)
        expansion = Expansion(flat, lowered, self._has_noise, estimation.finite_difference)
        if estimation.shots is None:
            return AerExact(job, expansion, estimation.observables)
        return AerSampled(job, expansion, estimation.observables, estimation.shots)

    def sampler(self, circuit: FlatCircuit, shots: int) -> Evaluation[list[Counts]]:
        """Return the measurement of all qubits, with the noise of gates and readout."""
        from hybrid.simulators.aer.counts import AerCounts

        refusal = _too_many(shots) or self._refused_settings()
        if refusal is not None:
            raise InputError("simulator", got="aer", expected="one that suits", advice=refusal)
        job = self.job(circuit.num_qubits, sampled=True)
        flat, lowered = self._lowered(circuit, job)
        return AerCounts(job, flat, lowered, shots)

    @property
    def inexact(self) -> str | None:
        """Why its states are not the exact ones, or None if they are."""
        if self.noise_model is not None:
            return "it has a noise model"
        if self.max_bond_dimension is not None:
            return "it truncates matrix product states"
        return None

    def _lowered(self, flat: FlatCircuit, job: AerJob) -> tuple[FlatCircuit, Lowered]:
        """Return the circuit compiled for Aer: with noise as it was written, gate by gate."""
        if self._has_noise and flat.source is not None:
            varied = flat.angles.varied
            flat, lowered = lower_source(flat.source, job.compiled)
            flat = replace(flat, angles=replace(flat.angles, varied=varied))
        else:
            lowered = lower(flat, job.compiled)
        return flat, bindable(lowered)

    def job(self, num_qubits: int, *, sampled: bool) -> AerJob:
        """Return how circuits of a width are run.

        An automatic method is chosen from the problem alone: Aer's own choice looks at the memory
        of the host, which must not change the answer.
        """
        method = self.method
        if method == "automatic":
            exact_noise = not sampled or num_qubits <= _WIDEST_SAMPLED_DENSITY_MATRIX
            method = "density_matrix" if self._has_noise and exact_noise else "statevector"
        return AerJob(
            method=method,
            num_qubits=num_qubits,
            noise_model=self.noise_model if self._has_noise or self._misreads else None,
            device=self.device,
            precision=self.precision,
            max_bond_dimension=self.max_bond_dimension,
        )

    @classmethod
    def seconds(cls, work: Work, machine: Machine) -> float | None:
        """Return the seconds of one start of Aer on one thread."""
        return aer_cost.seconds(work, machine)

    @classmethod
    def measured(cls) -> Mapping[str, Curve]:
        """Return the rates of Aer on this host; takes about 4 s."""
        from hybrid.simulators.aer.rates import aer_rates

        return aer_rates(cls())

    @cached_property
    def _noise(self) -> list[dict[str, Any]]:
        """The errors of the noise model as plain data, without the identifiers of objects."""
        if self.noise_model is None:
            return []
        errors = self.noise_model.to_dict(serializable=True)["errors"]
        basis = {"type": "basis", "gates": sorted(self.noise_model.basis_gates)}
        return [*({k: v for k, v in e.items() if k != "id"} for e in errors), basis]

    @property
    def _passes(self) -> list[Any]:
        """What adds noise by the duration of delays, in the model of a device."""
        return list(getattr(self.noise_model, "_custom_noise_passes", ()))

    @property
    def _has_noise(self) -> bool:
        return bool(self._passes) or any(error["type"] == "qerror" for error in self._noise)

    @property
    def _misreads(self) -> bool:
        return self.noise_model is not None and "measure" in self.noise_model.noise_instructions


def _too_many(shots: int) -> str | None:
    if shots <= MOST_SHOTS:
        return None
    return f"it takes at most {MOST_SHOTS} shots of a circuit: leave out shots for exact values"


def _plain(value: object) -> object:
    """Return a number of NumPy or a complex number as JSON takes it."""
    if isinstance(value, complex):
        return [value.real, value.imag]
    return np.asarray(value).tolist()


def _times(noise_pass: object) -> list[str]:
    """Return the names of a pass's own settings, such as the relaxation times of qubits."""
    return sorted(name for name in vars(noise_pass) if name.startswith("_"))
