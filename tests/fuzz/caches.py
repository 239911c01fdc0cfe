"""Random circuits with one small change each: what was compiled before is never another circuit's.

``python -m tests.fuzz.caches --count 5000 --seed 1`` prints each circuit whose state, after the
change, is not that of the same circuit compiled for the first time, and their count.
"""

from __future__ import annotations

import argparse
import warnings
from collections import Counter
from random import Random

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import PauliEvolutionGate, RXGate, UnitaryGate
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.content import circuit_digest
from hybrid.core.errors import InputError
from hybrid.programs import flatten
from hybrid.workloads.compiled import compiled_program
from tests.fuzz.draws import drawn


def changed(circuit: QuantumCircuit, random: Random) -> str:
    """Change something in a circuit in place, and return what it was."""
    place = random.randrange(len(circuit.data)) if circuit.data else 0
    operation = circuit.data[place].operation if circuit.data else None
    kinds = ["append", "phase", "drop", "swap"]
    if isinstance(operation, PauliEvolutionGate):
        kinds += 3 * ["coefficient", "string"]
    elif isinstance(operation, UnitaryGate):
        kinds += ["matrix"]
    elif getattr(operation, "definition", None) is not None:
        kinds += ["definition"]
    kind = random.choice(kinds)
    if kind == "phase" or operation is None:
        circuit.global_phase += 0.5
    elif kind == "append":
        circuit.rx(random.uniform(-3, 3), random.randrange(circuit.num_qubits))
    elif kind == "drop":
        del circuit.data[place]
    elif kind == "swap":
        other = random.randrange(len(circuit.data))
        circuit.data[place], circuit.data[other] = circuit.data[other], circuit.data[place]
    elif kind == "matrix":
        operation.params[0] = np.roll(operation.params[0], 1, axis=0)
    elif kind == "definition":
        operation.definition.append(RXGate(0.4), [random.randrange(operation.num_qubits)])
    else:
        _change_operator(operation, kind)
    return kind


def _change_operator(gate: PauliEvolutionGate, kind: str) -> None:
    operator = gate.operator[0] if isinstance(gate.operator, list) else gate.operator
    if kind == "coefficient" or not isinstance(operator, SparsePauliOp):
        operator.coeffs[0] = operator.coeffs[0] + 0.25
    else:
        operator.paulis.z[0, 0] ^= True


def compare(seed: int) -> tuple[str, str]:
    """Return ``"same"``, ``"refused"`` or ``"different"``, and what was changed."""
    random = Random(seed)
    one = drawn(seed)
    circuit, point = one.circuit, np.asarray(one.point, dtype=np.float64)
    kind = "nothing"
    for _ in range(3):
        try:
            fresh = flatten(circuit.copy()).program
            kept = compiled_program(circuit)
            again = compiled_program(circuit)
        except InputError:
            return "refused", kind
        if circuit_digest(circuit) is not None and kept is not again:
            return "compiled again", kind
        if fresh.num_qubits != kept.num_qubits or not np.array_equal(
            fresh.angles.angles(point[None, : fresh.angles.num_parameters]),
            kept.angles.angles(point[None, : kept.angles.num_parameters]),
        ):
            return "different", kind
        angles = fresh.angles.angles(point[None, : fresh.angles.num_parameters])[0]
        states = [np.asarray(each.kernel.state(angles)) for each in (fresh, kept)]
        if not np.allclose(*states, atol=1e-12):
            return "different", kind
        try:
            kind = changed(circuit, random)
        except Exception as error:  # Qiskit does not let it be changed
            return "same", f"{kind}, then {type(error).__name__}"
    return "same", kind


def main(arguments: list[str] | None = None) -> int:
    """Compare many circuits and return 1 if any differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    outcomes: Counter[str] = Counter()
    for seed in range(chosen.seed * 10**7, chosen.seed * 10**7 + chosen.count):
        outcome, kind = compare(seed)
        outcomes[outcome] += 1
        if outcome not in ("same", "refused"):
            print(f"seed {seed}: {outcome} after {kind}", flush=True)
    print(dict(outcomes))
    return int(outcomes["different"] > 0)


if __name__ == "__main__":
    raise SystemExit(main())
