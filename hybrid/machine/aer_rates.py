"""Rates of Qiskit Aer: what each start, circuit, gate, shot and term costs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from qiskit.quantum_info import SparsePauliOp

from hybrid.ask import Ask
from hybrid.machine.machine import Curve
from hybrid.machine.native_rates import chain, layered
from hybrid.machine.timer import seconds_of_call
from hybrid.programs import compile_observable, flatten
from hybrid.simulators import Aer, Estimation

WIDTHS = (3, 8, 12, 16, 18)
_LEAST = 1e-9


def aer_rates(widths: Sequence[int] = WIDTHS, budget: float = 0.006) -> dict[str, Curve]:
    """Measure all rates of Aer on state vectors; takes about 4 s with the default widths."""
    one = _seconds(3, 1, 1, 16, budget)
    several = _seconds(3, 1, 17, 16, budget)
    circuit = max((several - one) / 16, _LEAST)
    gates, terms, shots = [], [], []
    for width in widths:
        per_layer = 3 * width - 1
        short, long = (_seconds(width, layers, 1, None, budget) for layers in (1, 5))
        gate = max((long - short) / (4 * per_layer), _LEAST)
        gates.append(gate)
        masks = min(8, 2 ** (width - 1))
        more = _seconds(width, 1, 1, None, budget, chain(width, masks))
        terms.append(max((more - short) / masks, _LEAST))
        few, many = (_seconds(width, 1, 1, count, budget) for count in (100, 4100))
        shots.append(max((many - few) / 4000, _LEAST))
    # A circuit of 8 gates and 16 shots is not for free.
    job = max(one - circuit, _LEAST)
    circuit = max(circuit - 8 * gates[0] - 16 * shots[0], 0.2 * circuit)
    places = tuple(widths)
    return {
        "aer.job": Curve(widths=(0,), seconds=(job,)),
        "aer.circuit": Curve(widths=(0,), seconds=(circuit,)),
        "aer.gate": Curve(widths=places, seconds=tuple(gates)),
        "aer.term": Curve(widths=places, seconds=tuple(terms)),
        "aer.shot": Curve(widths=places, seconds=tuple(shots)),
    }


def _seconds(
    width: int,
    layers: int,
    points: int,
    shots: int | None,
    budget: float,
    observable: SparsePauliOp | None = None,
) -> float:
    flat = flatten(layered(width, layers))
    operator = compile_observable(observable or chain(width), width)
    evaluation = Aer().prepare(Estimation(flat, operator, shots))
    ask = Ask(np.full((points, flat.angles.num_parameters), 0.3))
    pieces = evaluation.pieces(ask)
    pieces = type(pieces[0])(0, pieces[0].axis, 0, points), *pieces[1:]

    def run() -> object:
        return evaluation.run(ask, pieces[0], seed=1, threads=1)

    return seconds_of_call(run, budget)
