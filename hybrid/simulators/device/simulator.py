"""Any Qiskit backend or sampler as a simulator."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from qiskit.primitives import BaseSamplerV2
from qiskit.providers import BackendV2

from hybrid.core.digest import digest
from hybrid.core.errors import InputError, nearest
from hybrid.programs import FlatCircuit
from hybrid.simulators.base import Counts, Estimation, Estimator, Evaluation, Simulator, unsupported
from hybrid.simulators.circuits.expansion import Expansion
from hybrid.simulators.device.compiled import Compiler, DeviceCircuit
from hybrid.simulators.device.evaluations import DeviceCounts, DeviceSampled
from hybrid.simulators.device.sources import Source, source_of

_GENERIC = re.compile(r"generic_([1-9][0-9]?)")
_FAKE = re.compile(r"fake_\w+")
_NAMES = "'generic_5' (made up, 5 qubits), or one of qiskit-ibm-runtime such as 'fake_manila'"


@dataclass(frozen=True)
class Device(Simulator):
    """Expectation values and counts from the shots of a Qiskit backend or sampler.

    Any ``BackendV2`` (``GenericBackendV2``, fake backends, Aer, real devices) or ``BaseSamplerV2``.
    A circuit is compiled once: to the gates, connections and qubits of the backend, or of the
    sampler's backend, or to plain gates if there is none. Qubit-wise commuting strings are measured
    together, each group with all shots. Gradients shift each compiled gate separately, which stays
    exact under noise that does not depend on angles.

    A backend that takes a seed (``seed_simulator``) gives the same bits for the same seed of the
    run, on any number of ranks; so does Qiskit's ``StatevectorSampler``. Other samplers and real
    devices draw their own numbers, so answers depend on the number of ranks, and a journal keeps
    each one. The seeds of ``StatevectorSampler`` and ``BackendSamplerV2`` are replaced by the
    run's.

    Attributes:
        backend: the backend or sampler; or a name: "generic_5", Qiskit's made-up device with 5
            qubits, or a fake device of qiskit-ibm-runtime such as "fake_manila".
        optimization_level: of Qiskit's transpiler, 0 to 3.
        batch: circuits per piece, each of which is one job; None to choose.

    Raises:
        InputError: not a backend or sampler, an unknown name, or a setting that is not valid.

    Example:
        >>> from qiskit.providers.fake_provider import GenericBackendV2
        >>> Device(GenericBackendV2(5, seed=1)).name
        'device'
    """

    backend: BackendV2 | BaseSamplerV2 | str | None = None
    optimization_level: int = 1
    batch: int | None = None
    name: ClassVar[str] = "device"
    automatic: ClassVar[bool] = False

    def __post_init__(self) -> None:
        given = self.backend
        if isinstance(given, str):
            given = _named(given)
            object.__setattr__(self, "backend", given)
        if given is not None and not isinstance(given, BackendV2 | BaseSamplerV2):
            raise InputError(
                "backend of simulator 'device'",
                got=type(given).__name__,
                expected=f"a qiskit BackendV2 or BaseSamplerV2, or a name: {_NAMES}",
            )
        level, batch = self.optimization_level, self.batch
        if not _is_whole(level) or not 0 <= level <= 3:
            raise InputError("optimization_level", got=repr(level), expected="0, 1, 2 or 3")
        if batch is not None and not (_is_whole(batch) and batch > 0):
            raise InputError("batch", got=repr(batch), expected="a positive integer, or None")

    def refusal(self, estimation: Estimation) -> str | None:
        """Return why the estimation is not supported, or None if it is."""
        if estimation.shots is None and self.backend is not None:
            return "it samples: pass shots, such as shots=4096, or a precision to an Estimator"
        return self._refused(estimation.circuit)

    def _refused(self, circuit: FlatCircuit) -> str | None:
        if self.backend is None:
            return f"it needs a backend: {_NAMES}, or an object in Python"
        behind = self._source.backend
        widest = None if behind is None else behind.num_qubits
        if widest is not None and circuit.num_qubits > widest:
            return f"{self._source.title} has {widest} qubits, the circuit {circuit.num_qubits}"
        return None

    @property
    def inexact(self) -> str | None:
        """Why its states are not exact."""
        return "a device returns samples only"

    def content(self) -> str:
        """Return a digest of the settings and the device, its errors and durations included."""
        device = "" if self.backend is None else self._source.content()
        return digest(device, self.optimization_level, self.batch)

    def prepare(self, estimation: Estimation) -> Estimator:
        """Compile the estimation's circuit for the device."""
        refusal = self.refusal(estimation)
        if refusal is not None or estimation.shots is None:
            raise unsupported(self.name, str(refusal))
        circuit = DeviceCircuit.of(estimation.circuit, self._compiler)
        noisy = not self._source.is_ideal
        step = estimation.finite_difference
        return DeviceSampled(
            self._source,
            circuit,
            Expansion(estimation.circuit, circuit.lowered, noisy, step),
            estimation.observables,
            estimation.shots,
            self.batch,
        )

    def sampler(self, circuit: FlatCircuit, shots: int) -> Evaluation[list[Counts]]:
        """Compile the measurement of all qubits."""
        refusal = self._refused(circuit)
        if refusal is not None:
            raise unsupported(self.name, refusal)
        compiled = DeviceCircuit.of(circuit, self._compiler)
        return DeviceCounts(self._source, compiled, circuit, shots, self.batch)

    @cached_property
    def _source(self) -> Source:
        assert isinstance(self.backend, BackendV2 | BaseSamplerV2)
        return source_of(self.backend)

    @property
    def _compiler(self) -> Compiler:
        return Compiler(self._source.backend, self.optimization_level)


def _named(name: str) -> BackendV2:
    """Return a backend by name; its errors are the same on every rank."""
    generic = _GENERIC.fullmatch(name)
    if generic:
        from qiskit.providers.fake_provider import GenericBackendV2

        return GenericBackendV2(int(generic[1]), seed=0)
    if not _FAKE.fullmatch(name):
        raise InputError("backend of simulator 'device'", got=repr(name), expected=_NAMES)
    try:
        from qiskit_ibm_runtime import fake_provider
    except ModuleNotFoundError as error:
        raise InputError(
            "backend of simulator 'device'",
            got=f"{name!r}, and no module named {error.name}",
            expected="qiskit-ibm-runtime, which has fake devices",
            advice="pip install 'hybrid-hpc-quantum[ibm]'",
        ) from error
    # Their provider makes all of them, which takes seconds.
    kinds = [each for each in vars(fake_provider).values() if isinstance(each, type)]
    known = {str(getattr(each, "backend_name", "")): each for each in kinds}
    found = known.get(name)
    if found is None or not issubclass(found, BackendV2):
        names = sorted(each for each in known if _FAKE.fullmatch(each))
        raise InputError(
            "backend of simulator 'device'",
            got=repr(name),
            expected="a fake device of qiskit-ibm-runtime",
            advice=nearest(name, names) or f"such as {names[0]}",
        )
    return found()


def _is_whole(number: object) -> bool:
    return isinstance(number, int | np.integer) and not isinstance(number, bool)
