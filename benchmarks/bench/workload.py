"""A workload as plain data, so that every engine, ours or a peer's, computes the same thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class String:
    """``coefficient`` times a Pauli string: ``letters[k]`` acts on ``qubits[k]``."""

    coefficient: float
    letters: str
    qubits: tuple[int, ...]


@dataclass(frozen=True)
class Gate:
    """One gate, fixed or driven by ``angle = scale * (weights | features)[index]``.

    Names are ``x h cx`` (fixed), ``rx ry rz`` (Qiskit's sign: exp(-i angle/2 P)), ``evolution``
    (exp(-i angle G), G the sum of ``strings``, which commute), and ``single_excitation`` and
    ``double_excitation`` (PennyLane's qubit excitations, which only Lightning runs here).
    """

    name: str
    qubits: tuple[int, ...]
    weight: int | None = None
    feature: int | None = None
    scale: float = 1.0
    strings: tuple[String, ...] = ()


@dataclass(frozen=True)
class Workload:
    """A circuit from |0...0>, an observable, and the points to evaluate.

    Without ``samples``: the energy at ``weights``, and its gradient if that is wanted. With
    ``samples`` (B, features) and ``labels`` (B): the mean over samples of
    ``(<observable> - label)^2`` and its gradient by the weights.
    """

    name: str
    num_qubits: int
    gates: tuple[Gate, ...]
    observable: tuple[String, ...]
    weights: tuple[float, ...]
    samples: tuple[tuple[float, ...], ...] = ()
    labels: tuple[float, ...] = ()

    @property
    def num_features(self) -> int:
        """Numbers per sample; 0 without samples."""
        return len(self.samples[0]) if self.samples else 0

    def to_json(self) -> dict[str, Any]:
        """Return plain data for :func:`from_json`."""
        return asdict(self)


def from_json(data: dict[str, Any]) -> Workload:
    """Return the workload from the data of :meth:`Workload.to_json`."""
    gates = (
        {**gate, "qubits": tuple(gate["qubits"]), "strings": _strings(gate["strings"])}
        for gate in data["gates"]
    )
    return Workload(
        name=data["name"],
        num_qubits=data["num_qubits"],
        gates=tuple(Gate(**gate) for gate in gates),
        observable=_strings(data["observable"]),
        weights=tuple(data["weights"]),
        samples=tuple(tuple(sample) for sample in data["samples"]),
        labels=tuple(data["labels"]),
    )


def _strings(data: Sequence[dict[str, Any]]) -> tuple[String, ...]:
    return tuple(String(s["coefficient"], s["letters"], tuple(s["qubits"])) for s in data)
