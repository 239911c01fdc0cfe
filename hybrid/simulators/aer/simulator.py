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
from hybrid.simulators.base import Counts, Estimation, Estimator, Evaluation, Simulator, unsupported
from hybrid.simulators.circuits.expansion import Expansion
from hybrid.simulators.circuits.lowering import Lowered, lower, lower_source

if TYPE_CHECKING:
    from qiskit_aer.noise import NoiseModel

METHODS = ("automatic", "statevector", "density_matrix", "matrix_product_state", "stabilizer")
DEVICES = ("CPU", "GPU")
PRECISIONS = ("double", "single")
_WIDEST_SAMPLED_DENSITY_MATRIX = 10
"""Up to this width, one density matrix costs less than hundreds of noisy trajectories."""


@dataclass(frozen=True)
class Aer(Simulator):
    """Expectation values from Qiskit Aer.

    Without shots, values are exact, from the state vector, the matrix product state or, with noise,
    the density matrix. With shots, qubit-wise commuting strings are measured together, and each
    group takes that many shots; basis rotations and readout are noisy too. Gates that are not among
    the noise model's ``basis_gates`` are compiled to these first, so that noise applies to all
    gates.

    Attributes:
        method: ``statevector``, ``density_matrix``, ``matrix_product_state``, ``stabilizer``
            (Clifford circuits), or ``automatic``: the density matrix if there is noise and either
            values are exact or the circuit has at most 10 qubits, else the state vector.
        noise_model: an Aer noise model, or None.
        device: ``CPU``, or ``GPU`` if a GPU build of Aer is installed.
        precision: ``double`` or ``single``.
        max_bond_dimension: truncates matrix product states; None for exact ones.

    Raises:
        InputError: a setting is not valid.

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
        """Return why the estimation is not supported, or None if it is."""
        refused = self._refused_settings()
        if refused is not None:
            return refused
        if estimation.shots is not None:
            return _too_many(estimation.shots)
        if self._misreads:
            return (
                "readout errors require shots: pass shots, or remove readout errors from the "
                "noise model"
            )
        if self._has_noise and self.method not in ("automatic", "density_matrix"):
            return (
                f"method '{self.method}' samples noise: pass shots, or use method "
                "'density_matrix' for exact values"
            )
        return None

    def _refused_settings(self) -> str | None:
        """Return why this installation of Aer does not support the settings, or None if it does."""
        if self.device == "CPU":
            return None
        from qiskit_aer import AerSimulator

        if self.device in AerSimulator().available_devices():
            return None
        return f"Aer finds no {self.device} on this host: omit device, or install qiskit-aer-gpu"

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
        """Compile the estimation's circuit to gates that Aer runs."""
        from hybrid.simulators.aer.exact import AerExact
        from hybrid.simulators.aer.sampled import AerSampled

        refusal = self.refusal(estimation)
        if refusal is not None:
            raise unsupported(self.name, refusal)
        job = self.job(estimation.circuit.num_qubits, sampled=estimation.shots is not None)
        flat, lowered = self._lowered(estimation.circuit, job)
        expansion = Expansion(flat, lowered, self._has_noise, estimation.finite_difference)
        if estimation.shots is None:
            return AerExact(job, expansion, estimation.observables)
        return AerSampled(job, expansion, estimation.observables, estimation.shots)

    def sampler(self, circuit: FlatCircuit, shots: int) -> Evaluation[list[Counts]]:
        """Compile the measurement of all qubits, with gate and readout noise."""
        from hybrid.simulators.aer.counts import AerCounts

        refusal = _too_many(shots) or self._refused_settings()
        if refusal is not None:
            raise unsupported(self.name, refusal)
        job = self.job(circuit.num_qubits, sampled=True)
        flat, lowered = self._lowered(circuit, job)
        return AerCounts(job, flat, lowered, shots)

    @property
    def inexact(self) -> str | None:
        """Why its states are not exact, or None if they are."""
        if self.noise_model is not None:
            return "it has a noise model"
        if self.max_bond_dimension is not None:
            return "it truncates matrix product states"
        return None

    def _lowered(self, flat: FlatCircuit, job: AerJob) -> tuple[FlatCircuit, Lowered]:
        """Compile a circuit for Aer; with noise, gate by gate as it was written."""
        if self._has_noise and flat.source is not None:
            varied = flat.angles.varied
            flat, lowered = lower_source(flat.source, job.compiled)
            flat = replace(flat, angles=replace(flat.angles, varied=varied))
        else:
            lowered = lower(flat, job.compiled)
        return flat, bindable(lowered)

    def job(self, num_qubits: int, *, sampled: bool) -> AerJob:
        """Return the Aer settings for circuits of a width.

        The automatic method depends on the problem alone. Aer's own choice depends on the host's
        memory, which must not change the answer.
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
        """Return the predicted seconds of one Aer run on one thread."""
        return aer_cost.seconds(work, machine)

    @classmethod
    def measured(cls) -> Mapping[str, Curve]:
        """Measure the rates of Aer on this host; takes about 4 s."""
        from hybrid.simulators.aer.rates import aer_rates

        return aer_rates(cls())

    @cached_property
    def _noise(self) -> list[dict[str, Any]]:
        """The errors of the noise model as plain data, without object identifiers."""
        if self.noise_model is None:
            return []
        errors = self.noise_model.to_dict(serializable=True)["errors"]
        basis = {"type": "basis", "gates": sorted(self.noise_model.basis_gates)}
        return [*({k: v for k, v in e.items() if k != "id"} for e in errors), basis]

    @property
    def _passes(self) -> list[Any]:
        """Passes of a device's noise model that add noise by the duration of delays."""
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
    return f"'aer' takes at most {MOST_SHOTS} shots per circuit: omit shots for exact values"


def _plain(value: object) -> object:
    """Return a JSON representation of a NumPy or complex number."""
    if isinstance(value, complex):
        return [value.real, value.imag]
    return np.asarray(value).tolist()


def _times(noise_pass: object) -> list[str]:
    """Return the names of a pass's settings, such as the relaxation times of qubits."""
    return sorted(name for name in vars(noise_pass) if name.startswith("_"))
