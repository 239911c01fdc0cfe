"""The sampler fills registers as Qiskit's own does, and takes circuits that Qiskit's refuses."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Qubit
from qiskit.circuit.library import real_amplitudes
from qiskit.primitives import StatevectorSampler
from qiskit_aer.noise import NoiseModel, depolarizing_error

import hybrid
from hybrid.core.errors import HybridError, InputError
from hybrid.runtime import World
from hybrid.runtime.world import use
from hybrid.simulators import Aer


def registers() -> QuantumCircuit:
    """Two registers, bits in odd order, one bit never written, one qubit read twice."""
    circuit = QuantumCircuit(
        QuantumRegister(3), ClassicalRegister(2, "alpha"), ClassicalRegister(9, "beta")
    )
    circuit.compose(real_amplitudes(3, reps=1), inplace=True)
    circuit.measure(2, 0)
    circuit.measure([0, 1, 0], [3, 10, 7])
    return circuit


def all_measured() -> QuantumCircuit:
    circuit = real_amplitudes(4, reps=1)
    circuit.measure_all()
    return circuit


POINTS = np.random.default_rng(0).normal(size=(2, 2, 6))


@pytest.mark.parametrize("seed", [3, "a generator"])
def test_shots_are_those_of_qiskit(seed) -> None:
    def source():
        return np.random.default_rng(5) if seed == "a generator" else seed

    pubs = [(registers(), POINTS), (all_measured(), np.ones(8), 77)]
    theirs = StatevectorSampler(seed=source()).run(pubs, shots=300).result()
    ours = hybrid.Sampler(seed=source()).run(pubs, shots=300).result()
    for a, b in zip(theirs, ours, strict=True):
        assert a.metadata == b.metadata
        assert list(a.data) == list(b.data)
        for name in a.data:
            assert np.array_equal(a.data[name].array, b.data[name].array)
            assert a.data[name].num_bits == b.data[name].num_bits


def test_wide_registers_are_sampled_in_the_kernels() -> None:
    circuit = QuantumCircuit(22)
    circuit.h(0)
    for qubit in range(21):
        circuit.cx(qubit, qubit + 1)
    circuit.measure_all()
    data = hybrid.Sampler(seed=1).run([circuit], shots=400).result()[0].data.meas
    assert set(data.get_counts()) == {"0" * 22, "1" * 22}
    first = data.array[:200, -1] & 1  # not sorted: halves are alike
    assert 60 < first.sum() < 140


def test_measurements_on_the_way_steer_gates() -> None:
    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(1)
    circuit.measure(1, 1)
    counts = hybrid.Sampler(seed=1).run([circuit], shots=9000).result()[0].data.c.get_counts()
    assert set(counts) == {"00", "11"}
    assert abs(counts["11"] - 4500) < 5 * np.sqrt(9000) / 2


def test_noise_of_the_simulator_is_in_the_shots() -> None:
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.5, 1), ["x"])
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    circuit.measure(0, 0)
    sampler = hybrid.Sampler(simulator=Aer(noise_model=noise), seed=2)
    counts = sampler.run([circuit], shots=8000).result()[0].data.c.get_counts()
    assert abs(counts["0"] - 2000) < 5 * np.sqrt(8000 * 0.25 * 0.75)


def test_a_circuit_without_registers_is_pointed_out() -> None:
    with pytest.warns(UserWarning, match="no classical registers"):
        result = hybrid.Sampler().run([QuantumCircuit(1)]).result()
    assert len(list(result[0].data)) == 0


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="simulator"):
        hybrid.Sampler(simulator="nothing")
    with pytest.raises(InputError, match="shots"):
        hybrid.Sampler(default_shots=0)
    with pytest.raises(ValueError, match=r"."):
        hybrid.Sampler().run([(registers(), np.zeros(5))])


def test_qubits_outside_of_registers_keep_their_places() -> None:
    first, second = Qubit(), Qubit()
    circuit = QuantumCircuit([first], QuantumRegister(1), [second], ClassicalRegister(3, "c"))
    circuit.x(0)
    circuit.measure([0, 1, 2], [0, 1, 2])
    counts = hybrid.Sampler(seed=1).run([circuit], shots=9).result()[0].data.c.get_counts()
    assert counts == {"001": 9}


def test_gates_are_told_by_what_they_are() -> None:
    """A gate called reset or barrier flips; initialize of a used qubit goes to Aer."""
    circuit = QuantumCircuit(3, 3)
    for qubit, name in enumerate(["reset", "barrier"]):
        flip = QuantumCircuit(1, name=name)
        flip.x(0)
        circuit.append(flip.to_gate(), [qubit])
    circuit.x(2)
    circuit.measure(range(3), range(3))
    counts = hybrid.Sampler(simulator="native", seed=1).run([circuit], shots=9).result()[0]
    assert counts.data.c.get_counts() == {"111": 9}
    used = QuantumCircuit(1, 1)
    used.h(0)
    used.initialize([0.0, 1.0], 0)
    used.measure(0, 0)
    assert hybrid.Sampler(seed=1).run([used], shots=9).result()[0].data.c.get_counts() == {"1": 9}


@pytest.mark.ranks
def test_what_one_rank_refuses_all_refuse(job: World) -> None:
    bad = registers() if job.rank == job.size - 1 else all_measured()
    points = np.ones(8)
    with pytest.raises((ValueError, HybridError)):
        hybrid.Sampler(seed=1).run([(bad, points)])
    with pytest.raises(InputError, match="seed"):
        hybrid.Sampler(seed=-1).run([(all_measured(), points)]).result()


@pytest.mark.ranks
def test_all_ranks_get_the_bits_of_one(alone: World) -> None:
    steered = QuantumCircuit(1, 1)
    steered.h(0)
    steered.measure(0, 0)
    steered.reset(0)

    def everything() -> list[bytes]:
        result = hybrid.Sampler(seed=4).run([(registers(), POINTS), steered], shots=6000).result()
        return [each.data[name].array.tobytes() for each in result for name in each.data]

    together = everything()
    with use(alone):
        assert everything() == together
