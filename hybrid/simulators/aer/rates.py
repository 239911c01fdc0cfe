"""Measure the rates of Qiskit Aer: the cost of each run, circuit, gate, shot and term."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.ask import Ask, Told
from hybrid.core.piece import Piece
from hybrid.machine import Curve
from hybrid.machine.fit import costs_of
from hybrid.machine.timer import timings_of_calls
from hybrid.programs import compile_observable, flatten
from hybrid.simulators.aer import cost as aer_cost
from hybrid.simulators.base import Estimation, Evaluation, Simulator
from hybrid.simulators.native.rates import chain, layered

WIDTHS = (3, 8, 12, 16)
_SHALLOW, _DEEP = 1, 5
_FEW, _MANY = 100, 4100
_SHORT, _LONG = 1, 12
"""Circuits per run."""
_WIDE = 16
_TERMS = 8
_LEAST = 1e-9


def aer_rates(
    simulator: Simulator, widths: Sequence[int] = WIDTHS, budget: float = 0.001
) -> dict[str, Curve]:
    """Measure all rates of Aer on state vectors; takes about 4 s with the default widths."""
    probes = [probe for width in widths for probe in _probes(simulator, width)]
    for probe in probes:
        _ = probe.asked  # compile before timing
    spent = [timing.usual for timing in timings_of_calls(probes, budget, passes=4)]
    curves: dict[str, list[float]] = {}
    for width in widths:
        mine = [(p, t) for p, t in zip(probes, spent, strict=True) if p.width == width]
        counts = [probe.counts for probe, _ in mine]
        found = costs_of(counts, [seconds for _, seconds in mine], aer_cost.KINDS)
        for kind, seconds in found.items():
            curves.setdefault(f"aer.{kind}", []).append(max(seconds, _LEAST))
    return {
        name: Curve(widths=tuple(widths), seconds=tuple(seconds))
        for name, seconds in curves.items()
    }


@dataclass(frozen=True, eq=False)
class _Probe:
    """An Aer run to measure."""

    simulator: Simulator
    width: int
    layers: int
    circuits: int
    shots: int | None = None
    masks: int = 0

    @cached_property
    def asked(self) -> tuple[Evaluation[Told], Ask, Piece]:
        """The evaluation, Ask and piece to run."""
        flat = flatten(layered(self.width, self.layers))
        operator = compile_observable(self._observable, self.width)
        evaluation = self.simulator.prepare(Estimation(flat, (operator,), self.shots))
        point = np.random.default_rng(0).uniform(-np.pi, np.pi, (1, flat.angles.num_parameters))
        ask = Ask(point, gradient=True)
        # Most circuits for Aer are those of parameter-shift gradients, which follow the value.
        return evaluation, ask, Piece(0, evaluation.pieces(ask)[0].axis, 1, 1 + self.circuits)

    def __call__(self) -> None:
        """Run it."""
        evaluation, ask, piece = self.asked
        evaluation.run(ask, piece, seed=1, threads=1)

    @property
    def counts(self) -> Mapping[str, float]:
        """Operations of the run, by kind."""
        gates = self.layers * (3.0 * self.width - 1.0)
        per_circuit = {"circuit": 1.0, "gate": gates}
        if self.shots is None:
            start, per_circuit["term"] = "job", float(len(self._observable))
        else:
            start, per_circuit["shot"] = "sampling", float(self.shots)
        of_all = {kind: self.circuits * each for kind, each in per_circuit.items()}
        return {start: 1.0, "assembly": gates} | of_all

    @property
    def _observable(self) -> SparsePauliOp:
        return chain(self.width, self.masks)


def _probes(simulator: Simulator, width: int) -> list[_Probe]:
    long = _LONG if width < _WIDE else 2
    masks = min(_TERMS, 2 ** (width - 1) - 1)
    return [
        _Probe(simulator, width, _SHALLOW, _SHORT),
        _Probe(simulator, width, _DEEP, _SHORT),
        _Probe(simulator, width, _SHALLOW, long),
        _Probe(simulator, width, _DEEP, long),
        _Probe(simulator, width, _SHALLOW, long, masks=masks),
        _Probe(simulator, width, _SHALLOW, _SHORT, _FEW),
        _Probe(simulator, width, _SHALLOW, long, _FEW),
        _Probe(simulator, width, _DEEP, long, _FEW),
        _Probe(simulator, width, _SHALLOW, long, _MANY),
    ]
