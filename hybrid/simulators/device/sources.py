"""Where counts come from: a Qiskit backend, or a Qiskit sampler."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.exceptions import QiskitError
from qiskit.primitives import BackendSamplerV2, BaseSamplerV2, StatevectorSampler
from qiskit.primitives.containers import BindingsArray
from qiskit.providers import BackendV2
from qiskit.transpiler import Target

from hybrid.core.digest import digest
from hybrid.core.errors import HybridError
from hybrid.core.fingerprint import identity_of
from hybrid.core.seeds import derive
from hybrid.simulators.circuits.sampled import Bound

Counted = list[dict[str, int]]
"""Counts of each circuit and row of values; keys are hexadecimal numbers."""

_SEEDS = 1 << 31
"""Seeds of backends are smaller than this; some keep them as 32-bit integers."""

_OF_THE_RUN = ("shots", "seed_simulator")
"""Options of a sampler that shots and seed of the run replace."""

_OF_ONE_BIT_STREAM = {"max_parallel_shots": 1, "statevector_parallel_threshold": 64}
"""Options of Aer with which counts do not depend on the number of threads."""


class Source(ABC):
    """Runs measured circuits; immutable, and equal on all ranks.

    Attributes:
        backend: the backend that circuits are compiled for, or None.
    """

    backend: BackendV2 | None

    @property
    @abstractmethod
    def title(self) -> str:
        """Name for descriptions."""

    @property
    @abstractmethod
    def reproducible(self) -> bool:
        """Whether the same circuits and seed always give the same counts."""

    @property
    def is_ideal(self) -> bool:
        """Whether it is known to be without noise."""
        return False

    def state_bytes(self, num_qubits: int) -> int:
        """Return the bytes of a state that it holds in this process, or 0 if unknown."""
        return 0

    @abstractmethod
    def content(self) -> str:
        """Return a string that is equal on ranks whose sources are alike."""

    @abstractmethod
    def counts(
        self,
        bound: Sequence[Bound],
        parameters: Sequence[Parameter],
        *,
        shots: int,
        seed: int,
        threads: int,
    ) -> Counted:
        """Return the counts of every circuit at each row of its values, in order.

        Args:
            bound: circuits with one classical register, and their values.
            parameters: of every circuit, in the order of the columns of values.
            shots: shots of each circuit and row.
            seed: used if the source takes one.
            threads: maximum number of threads, where the source can be told.

        Raises:
            HybridError: the source failed; the message has its reason.
        """


def source_of(given: BackendV2 | BaseSamplerV2) -> Source:
    """Return the source of a backend or sampler."""
    if isinstance(given, BackendV2):
        return BackendSource(given)
    if type(given) is BackendSamplerV2:
        options = dict(given.options.run_options or {})
        kept = {name: each for name, each in options.items() if name not in _OF_THE_RUN}
        return BackendSource(given.backend, kept)
    return SamplerSource(given)


def backend_of(primitive: object) -> BackendV2 | None:
    """Return the backend of a sampler or estimator, or None if it has none."""
    found = getattr(primitive, "backend", None)
    if callable(found) and not isinstance(found, BackendV2):  # a method in qiskit-ibm-runtime
        found = found()
    return found if isinstance(found, BackendV2) else None


@dataclass(frozen=True)
class BackendSource(Source):
    """A backend, with options of its ``run``."""

    backend: BackendV2
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Name of the backend."""
        return str(self.backend.name or type(self.backend).__name__)

    @property
    def reproducible(self) -> bool:
        """Whether it takes a seed, as simulators do."""
        return "seed_simulator" in self.backend.options

    def state_bytes(self, num_qubits: int) -> int:
        """Return the bytes of a state of Aer, if the method is set; "automatic" may hold none."""
        method = {**dict(self.backend.options), **self.options}.get("method")
        bits = {"statevector": num_qubits, "density_matrix": 2 * num_qubits}
        return 16 << bits[method] if method in bits else 0

    def content(self) -> str:
        """Return a digest of class, name, options, and the errors and durations of the gates."""
        kind = type(self.backend)
        settings = [
            f"{name}={_content_of(value)}"
            for name, value in sorted({**dict(self.backend.options), **self.options}.items())
        ]
        target = _content_of_target(self.backend.target)
        return digest(kind.__module__, kind.__qualname__, self.title, settings, target)

    def counts(
        self,
        bound: Sequence[Bound],
        parameters: Sequence[Parameter],
        *,
        shots: int,
        seed: int,
        threads: int,
    ) -> Counted:
        """Return the counts of every circuit at each row of its values, in order."""
        circuits = [_assigned(each, parameters, row) for each, rows in bound for row in rows]
        most = self.backend.max_circuits or len(circuits)
        found: Counted = []
        for number, start in enumerate(range(0, len(circuits), most)):
            part = circuits[start : start + most]
            settings = self._settings(len(part), derive(seed, number) % _SEEDS, threads)
            with _failures_of(self.title):
                result = self.backend.run(part, shots=shots, **settings).result()
                if not result.success:
                    raise HybridError(f"{self.title} failed: {result.status}")
                found += [_hexadecimal(result.get_counts(place)) for place in range(len(part))]
        return found

    def _settings(self, circuits: int, seed: int, threads: int) -> dict[str, Any]:
        """Return the options of a run, of which a backend gets those that it has."""
        at_once = max(1, min(threads, circuits))
        known = {
            "seed_simulator": seed,
            "max_parallel_threads": at_once,
            "max_parallel_experiments": at_once,
            **_OF_ONE_BIT_STREAM,
        }
        taken = {name: value for name, value in known.items() if name in self.backend.options}
        return {**taken, **self.options}


@dataclass(frozen=True)
class SamplerSource(Source):
    """A sampler; each call is one job, with one pub per circuit."""

    sampler: BaseSamplerV2

    @property
    def backend(self) -> BackendV2 | None:  # type: ignore[override]
        """The sampler's backend, or None if it has none."""
        return backend_of(self.sampler)

    @property
    def title(self) -> str:
        """Class of the sampler."""
        return type(self.sampler).__name__

    @property
    def reproducible(self) -> bool:
        """Only of Qiskit's own, which takes a seed; others keep theirs."""
        return self.is_ideal

    @property
    def is_ideal(self) -> bool:
        """Whether it is Qiskit's sampler of state vectors."""
        return type(self.sampler) is StatevectorSampler

    def state_bytes(self, num_qubits: int) -> int:
        """Return the bytes of a state vector, of Qiskit's own sampler."""
        return 16 << num_qubits if self.is_ideal else 0

    def content(self) -> str:
        """Return a digest of the sampler's class, and of its backend."""
        kind = type(self.sampler)
        backend = self.backend
        behind = "" if backend is None else BackendSource(backend).content()
        return digest(kind.__module__, kind.__qualname__, behind)

    def counts(
        self,
        bound: Sequence[Bound],
        parameters: Sequence[Parameter],
        *,
        shots: int,
        seed: int,
        threads: int,
    ) -> Counted:
        """Return the counts of every circuit at each row of its values, in order."""
        sampler = self.sampler
        if self.is_ideal:
            # A generator, since an integer would give all circuits the same random numbers.
            sampler = StatevectorSampler(seed=np.random.default_rng(seed))
        pubs = [(circuit, _values(parameters, rows)) for circuit, rows in bound]
        with _failures_of(self.title):
            results = sampler.run(pubs, shots=shots).result()
            found: Counted = []
            for (circuit, rows), result in zip(bound, results, strict=True):
                bits = result.data[circuit.cregs[0].name]
                for place in range(len(rows)):
                    counts = bits.get_int_counts(place)
                    found.append({hex(int(key)): int(times) for key, times in counts.items()})
        return found


@contextmanager
def _failures_of(title: str) -> Iterator[None]:
    """Context that names the source of Qiskit's errors."""
    try:
        yield
    except (QiskitError, RuntimeError) as error:
        raise HybridError(f"{title} failed: {error}") from error


def _assigned(
    circuit: QuantumCircuit, parameters: Sequence[Parameter], row: np.ndarray
) -> QuantumCircuit:
    values = dict(zip(parameters, row.tolist(), strict=True))
    return circuit.assign_parameters(values) if values else circuit


def _values(parameters: Sequence[Parameter], rows: np.ndarray) -> Any:
    return {tuple(parameters): rows} if parameters else BindingsArray(shape=(len(rows),))


def _hexadecimal(counts: Any) -> dict[str, int]:
    return {hex(int(key)): int(times) for key, times in counts.int_outcomes().items()}


def _content_of(value: object) -> str:
    """Return the identity of an option; of noise models their content."""
    if hasattr(value, "noise_instructions"):
        from hybrid.simulators.aer.simulator import Aer

        return Aer(noise_model=value).content()
    return identity_of(value)


def _content_of_target(target: Target | None) -> list[str]:
    """Return the instructions of a device with their errors and durations."""
    if target is None:
        return []
    found = []
    for name in sorted(target.operation_names):
        places = target[name] or {}
        for qubits in sorted(each for each in places if each is not None):
            properties = places[qubits]
            error = getattr(properties, "error", None)
            found.append(f"{name} {qubits} {error!r} {getattr(properties, 'duration', None)!r}")
        if not places:
            found.append(name)
    return found
