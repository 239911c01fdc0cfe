"""Random circuits under random noise models, against a density matrix and against Aer by hand.

``python -m tests.fuzz.noise --count N --seed S`` prints each difference and counts them.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Barrier, Delay, Gate, Parameter, ParameterExpression
from qiskit.circuit import library as gates
from qiskit.circuit.library.standard_gates import get_standard_gate_name_mapping
from qiskit.quantum_info import SparsePauliOp, random_unitary
from qiskit_aer import AerSimulator
from qiskit_aer import noise as errors
from qiskit_aer.library import SaveExpectationValue
from qiskit_aer.noise import NoiseModel, QuantumError

import hybrid
from hybrid.core.errors import HybridError, InputError, NoExactGradientError
from hybrid.simulators import Aer
from tests import oracle

EXACT = 1e-9
METHODS = ("automatic", "density_matrix", "statevector", "matrix_product_state", "stabilizer")
SHOTS = 400
TOO_FAR = 6.0
"""Standard errors; a right answer is farther off once in 5e8."""

FIXED = ["h", "x", "y", "z", "s", "sdg", "t", "tdg", "sx", "sxdg", "id"]
FIXED += ["cx", "cy", "cz", "ch", "swap", "iswap", "dcx", "ecr", "csx", "ccx", "ccz", "cswap"]
DRIVEN = {"rx": 1, "ry": 1, "rz": 1, "p": 1, "r": 2, "u": 3, "u1": 1, "u2": 2, "u3": 3}
DRIVEN |= {"rxx": 1, "ryy": 1, "rzz": 1, "rzx": 1, "crx": 1, "cry": 1, "crz": 1, "cp": 1}
DRIVEN |= {"cu": 4, "cu1": 1, "cu3": 3, "xx_plus_yy": 2}
CLIFFORD = ["h", "x", "y", "z", "s", "sdg", "sx", "sxdg", "id", "cx", "cy", "cz", "swap", "ecr"]
_KINDS = get_standard_gate_name_mapping()
WIDTHS = {name: _KINDS[name].num_qubits for name in [*FIXED, *DRIVEN]}


@dataclass
class Case:
    """A circuit with parameters, a point, a noise model and a method."""

    circuit: QuantumCircuit
    point: np.ndarray
    observable: SparsePauliOp
    noise_model: NoiseModel
    method: str
    told: list[str] = field(default_factory=list)


def case_of(seed: int) -> Case:
    """Return the case of a seed."""
    rng = np.random.default_rng(seed)
    method = METHODS[int(rng.integers(len(METHODS)))]
    width = int(rng.integers(1, 4))
    clifford = method == "stabilizer"
    circuit, used = _circuit(rng, width, clifford)
    point = rng.uniform(-2.5, 2.5, len(circuit.parameters))
    labels = {"".join(rng.choice(list("IXYZ"), width)) for _ in range(3)}
    observable = SparsePauliOp(sorted(labels), rng.normal(size=len(labels)))
    model, told = _noise_model(rng, width, used, clifford)
    return Case(circuit, point, observable, model, method, told)


def _circuit(
    rng: np.random.Generator, width: int, clifford: bool
) -> tuple[QuantumCircuit, dict[str, int]]:
    circuit = QuantumCircuit(width)
    used: dict[str, int] = {}
    parameters = [Parameter(name) for name in "abc"]
    for _ in range(int(rng.integers(2, 7))):
        operation = _operation(rng, width, clifford, parameters)
        qubits = rng.permutation(width)[: operation.num_qubits]
        circuit.append(operation, [int(qubit) for qubit in qubits])
        used[operation.label or operation.name] = operation.num_qubits
        if operation.name != "unitary":
            used[operation.name] = operation.num_qubits
    return circuit, used


def _operation(
    rng: np.random.Generator, width: int, clifford: bool, parameters: list[Parameter]
) -> Gate:
    draw = rng.random()
    if draw < 0.08:
        return Barrier(int(rng.integers(1, width + 1)))
    if draw < 0.18:
        return Delay(int(rng.integers(1, 50)), unit="ns")
    if draw < 0.26 and not clifford:
        size = int(rng.integers(1, min(width, 2) + 1))
        unitary = random_unitary(2**size, seed=rng)
        label = "unitary" if size == 1 and rng.random() < 0.5 else f"special{size}"
        return gates.UnitaryGate(unitary, label=label)
    if draw < 0.36:
        return _own(rng, width, clifford, parameters)
    names = CLIFFORD if clifford else [*FIXED, *DRIVEN]
    names = [name for name in names if WIDTHS[name] <= width]
    name = str(rng.choice(names))
    kind = _KINDS[name].base_class
    angles = [_angle(rng, parameters) for _ in range(DRIVEN.get(name, 0))]
    label = f"special{WIDTHS[name]}" if rng.random() < 0.15 else None
    return kind(*angles, label=label)


def _angle(rng: np.random.Generator, parameters: list[Parameter]) -> ParameterExpression | float:
    draw = rng.random()
    parameter = parameters[int(rng.integers(len(parameters)))]
    if draw < 0.4:
        return float(rng.uniform(-3, 3))
    return parameter if draw < 0.7 else 0.7 * parameter - 0.3


def _own(rng: np.random.Generator, width: int, clifford: bool, parameters: list[Parameter]) -> Gate:
    """Return a gate that is defined by others."""
    size = int(rng.integers(1, min(width, 2) + 1))
    body = QuantumCircuit(size, name=f"own{int(rng.integers(3))}_{size}")
    body.h(0)
    if not clifford:
        body.rx(_angle(rng, parameters), 0)
    if size == 2:
        body.cx(0, 1)
    return body.to_gate()


def _noise_model(
    rng: np.random.Generator, width: int, used: dict[str, int], clifford: bool
) -> tuple[NoiseModel, list[str]]:
    basis = list(rng.choice([*FIXED, *DRIVEN], 6)) if rng.random() < 0.3 else []
    model = NoiseModel(basis_gates=["id", "rz", "sx", "cx", "h", "s", *map(str, basis)])
    told = []
    names = [name for name in used if name != "barrier"]
    others = ["cx", "rz", "sx", "h"]
    for name in sorted({*names, *others}):
        if rng.random() < 0.45:
            continue
        size = used.get(name, WIDTHS.get(name, 1))
        kind, error = _error(rng, size, clifford)
        if rng.random() < 0.3 and size <= width:
            qubits = [int(qubit) for qubit in rng.permutation(width)[:size]]
            model.add_quantum_error(error, name, qubits, warnings=False)
            told.append(f"{kind} on {name} {qubits}")
        else:
            model.add_all_qubit_quantum_error(error, name, warnings=False)
            told.append(f"{kind} on {name}")
    if rng.random() < 0.3:
        for qubit in [None, *range(width)]:
            if rng.random() < 0.5:
                _misread(rng, model, qubit, clifford)
                told.append(f"readout of {qubit}")
    return model, told


def _misread(
    rng: np.random.Generator, model: NoiseModel, qubit: int | None, clifford: bool
) -> None:
    """Give a qubit, or all, errors of the readout or of the measurement."""
    up, down = rng.uniform(0.0, 0.4, 2)
    if rng.random() < 0.5:
        flips = errors.ReadoutError([[1 - up, up], [down, 1 - down]])
        if qubit is None:
            model.add_all_qubit_readout_error(flips, warnings=False)
        else:
            model.add_readout_error(flips, [qubit], warnings=False)
        return
    error = _error(rng, 1, clifford)[1]
    if qubit is None:
        model.add_all_qubit_quantum_error(error, "measure", warnings=False)
    else:
        model.add_quantum_error(error, "measure", [qubit], warnings=False)


def _error(rng: np.random.Generator, size: int, clifford: bool) -> tuple[str, QuantumError]:
    kinds = ["depolarizing", "pauli", "reset"]
    if not clifford:
        kinds += ["thermal", "amplitude", "phase", "both dampings", "kraus", "coherent"]
    kind = str(rng.choice(kinds))
    p = float(rng.uniform(0.05, 0.4))
    if kind == "depolarizing":
        return kind, errors.depolarizing_error(p, size)
    if kind == "pauli":
        words = {"".join(rng.choice(list("IXYZ"), size)) for _ in range(2)}
        chances = rng.dirichlet(np.ones(len(words) + 1))
        terms = [*zip(sorted(words), chances[1:], strict=True)]
        return kind, errors.pauli_error([("I" * size, chances[0]), *terms])
    if kind == "coherent":
        return kind, errors.coherent_unitary_error(random_unitary(2**size, seed=rng))
    if kind == "kraus" and size <= 2:
        unitaries = [random_unitary(2**size, seed=rng).data for _ in range(2)]
        return kind, errors.kraus_error([np.sqrt(p) * unitaries[0], np.sqrt(1 - p) * unitaries[1]])
    alone = {
        "reset": lambda: errors.reset_error(p / 2, p / 3),
        "thermal": lambda: errors.thermal_relaxation_error(50.0, 30.0 + 60 * p, 20.0, p),
        "amplitude": lambda: errors.amplitude_damping_error(p),
        "phase": lambda: errors.phase_damping_error(p),
        "both dampings": lambda: errors.phase_amplitude_damping_error(p, p / 2),
        "kraus": lambda: errors.amplitude_damping_error(p, 0.3),
    }[kind]
    error = alone()
    for _ in range(size - 1):
        error = error.tensor(alone())
    return kind, error


def differences(case: Case, *, shots: bool = True) -> list[str]:
    """Return what is wrong with the answers to a case."""
    circuit, point = case.circuit, case.point
    bound = circuit.assign_parameters(point)
    aer = Aer(method=case.method, noise_model=case.noise_model)
    exact_method = "density_matrix" if case.method == "automatic" else case.method
    right = oracle.noisy_value(bound, case.observable, case.noise_model, exact_method)
    found = []
    if exact_method == "density_matrix" and "measure" in case.noise_model.noise_instructions:
        found += _not_refused(case, aer)
    elif exact_method == "density_matrix":
        try:
            told = hybrid.expectation(circuit, case.observable, point, simulator=aer)
            if abs(told[0] - right) > EXACT:
                found.append(f"exact {told[0]} is not {right}")
        except HybridError as refusal:
            found.append(f"refused: {refusal}")
        found += _wrong_gradient(case, aer)
        by_hand = plain_aer(bound, case)
        if by_hand is not None and abs(by_hand - right) > EXACT:
            found.append(f"the oracle's {right} is not plain Aer's {by_hand}")
    if shots:
        found += _wrong_shots(case, aer)
        found += _wrong_samples(case, aer)
    return found


def _not_refused(case: Case, aer: Aer) -> list[str]:
    """Errors of measurements show in shots only."""
    try:
        hybrid.expectation(case.circuit, case.observable, case.point, simulator=aer)
    except InputError:
        return []
    return ["exact values in spite of errors of measurements"]


def _wrong_samples(case: Case, aer: Aer) -> list[str]:
    """Compare how often each bit string is seen with how likely it is to be read."""
    try:
        counts = hybrid.sample(case.circuit, case.point, SHOTS, simulator=aer, seed=7)
    except InputError as refusal:
        return [] if case.method == "stabilizer" else [f"samples refused: {refusal}"]
    except HybridError as failure:
        return [] if _aer_fails(case, aer) else [f"samples failed: {failure}"]
    width = case.circuit.num_qubits
    method = aer.job(width, sampled=True).method
    bound = case.circuit.assign_parameters(case.point)
    state = oracle.noisy_state(bound, case.noise_model, method)
    right = oracle.read_probabilities(state, 2**width - 1, case.noise_model)
    seen = np.array([counts.get(f"{k:0{width}b}", 0) for k in range(2**width)]) / SHOTS
    error = np.maximum(np.sqrt(right * (1 - right) / SHOTS), 1.5 / SHOTS)
    if abs(seen.sum() - 1.0) > 1e-9 or np.any(np.abs(seen - right) > TOO_FAR * error):
        return [f"samples {seen} are not {right}"]
    return []


def _wrong_gradient(case: Case, aer: Aer) -> list[str]:
    if not len(case.point):
        return []
    try:
        _, gradients = hybrid.expectation(
            case.circuit, case.observable, case.point, gradient=True, simulator=aer
        )
    except NoExactGradientError:
        return []
    step = 1e-4
    right = []
    for k in range(len(case.point)):
        sides = [
            oracle.noisy_value(
                case.circuit.assign_parameters(
                    case.point + sign * step * np.eye(len(case.point))[k]
                ),
                case.observable,
                case.noise_model,
                "density_matrix",
            )
            for sign in (1, -1)
        ]
        right.append((sides[0] - sides[1]) / (2 * step))
    if np.abs(gradients[0] - right).max() > 1e-6:
        return [f"gradient {gradients[0]} is not {right}"]
    return []


def _wrong_shots(case: Case, aer: Aer) -> list[str]:
    """Compare the mean of shots; each measured basis adds rotations, which have noise too."""
    try:
        told = hybrid.estimate(
            case.circuit, case.observable, case.point, simulator=aer, shots=SHOTS, seed=5
        )
    except InputError as refusal:
        return [] if case.method == "stabilizer" else [f"shots refused: {refusal}"]
    except HybridError as failure:
        return [] if _aer_fails(case, aer) else [f"shots failed: {failure}"]
    method = aer.job(case.circuit.num_qubits, sampled=True).method
    right = _measured(case, method)
    error = max(float(told.standard_errors[0]), np.abs(case.observable.coeffs).sum() / SHOTS)
    if abs(told.values[0] - right) > TOO_FAR * error:
        return [f"shots {told.values[0]} +- {error} is not {right}"]
    return []


def _aer_fails(case: Case, aer: Aer) -> bool:
    """Return whether Aer itself fails; it takes some Kraus errors for empty."""
    method = aer.job(case.circuit.num_qubits, sampled=True).method
    simulator = AerSimulator(method=method, noise_model=case.noise_model)
    bound = case.circuit.assign_parameters(case.point)
    bound.measure_all()
    compiled = transpile(bound, simulator, optimization_level=0)
    try:
        return not simulator.run(compiled, shots=SHOTS).result().success
    except RuntimeError:  # its LAPACK, on some processors
        return True


def _measured(case: Case, method: str) -> float:
    """Return what shots tend to: strings measured after rotations that have noise."""
    bound = case.circuit.assign_parameters(case.point)
    from hybrid.programs import compile_observable
    from hybrid.simulators.circuits.measurement import measurement_groups

    total = 0.0
    observable = compile_observable(case.observable, bound.num_qubits)
    (constant,), groups = measurement_groups([observable])
    for group in groups:
        turned = bound.copy()
        for qubit in range(bound.num_qubits):
            if group.y_basis >> qubit & 1:
                turned.sdg(qubit)
            if (group.x_basis | group.y_basis) >> qubit & 1:
                turned.h(qubit)
        state = oracle.noisy_state(turned, case.noise_model, method)
        chances = oracle.read_probabilities(state, group.support, case.noise_model)
        total += float(chances @ group.outcomes(np.arange(len(chances), dtype=np.uint64))[0])
    return float(constant) + total


def plain_aer(bound: QuantumCircuit, case: Case) -> float | None:
    """Return Aer's value by hand, or None where compiling changes what the noise model names."""
    simulator = AerSimulator(method="density_matrix", noise_model=case.noise_model)
    compiled = transpile(bound, simulator, optimization_level=0)
    named = set(case.noise_model.noise_instructions)
    before = Counter(oracle._key(each.operation) for each in bound.data)
    # Aer itself goes by any label, Qiskit's own included.
    after = Counter(each.operation.label or each.operation.name for each in compiled.data)
    if any(after[name] != before[name] for name in named):
        return None
    compiled.append(SaveExpectationValue(case.observable, label="v"), compiled.qubits)
    result = simulator.run(compiled, shots=1).result()
    return float(np.real(result.data(0)["v"])) if result.success else None


def run(count: int, seed: int, *, shots: bool = True) -> int:
    """Try so many cases, print what is wrong, and return how many are."""
    wrong = 0
    for number in range(seed, seed + count):
        case = case_of(number)
        found = differences(case, shots=shots)
        if found:
            wrong += 1
            print(f"seed {number}, {case.method}: {'; '.join(found)}\n  {case.told}")
            print(case.circuit)
    return wrong


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--exact", action="store_true", help="leave out shots")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    wrong = run(given.count, given.seed, shots=not given.exact)
    print(f"{given.count} cases, {wrong} differences")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
