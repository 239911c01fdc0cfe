"""Qiskit's sampler primitive: shots of many circuits in one collective call."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit.primitives import (
    BaseSamplerV2,
    BitArray,
    DataBin,
    PrimitiveJob,
    PrimitiveResult,
    SamplerPubResult,
)
from qiskit.primitives.containers import SamplerPubLike
from qiskit.primitives.containers.sampler_pub import SamplerPub

from hybrid.collective.call import checked_together
from hybrid.core.arrays import IntArray
from hybrid.core.ask import Ask
from hybrid.core.checks import checked_points, checked_shots
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.core.fingerprint import identity_of
from hybrid.core.resources import Auto, Resources
from hybrid.primitives.job import FinishedJob
from hybrid.primitives.questions import Asked, answer_parts
from hybrid.primitives.registers import Readout, bit_arrays
from hybrid.primitives.seeding import Seed, run_seed, shot_source
from hybrid.runtime import elsewhere
from hybrid.simulators import Aer, Choice, Native
from hybrid.simulators.aer.memory import AerMemory
from hybrid.simulators.native.per_point import Probabilities
from hybrid.simulators.native.sampling import SamplingEvaluation
from hybrid.simulators.together import Part
from hybrid.workloads.compiled import compiled_circuit

_WIDEST_DRAWN = 20
"""Up to this many measured qubits, shots are drawn from probabilities, exactly as Qiskit does."""
_MOST_PROBABILITIES = 1 << 24
"""Every rank holds those of all points of a pub; with more, shots are drawn in the kernels."""


class Sampler(BaseSamplerV2):
    """Qiskit's ``BaseSamplerV2``, computed by this package.

    Drop-in replacement for ``qiskit.primitives.StatevectorSampler``. :meth:`run` evaluates all pubs
    together and splits their points and shots over the ranks of the job. Every rank makes the same
    call and gets the same bits. An integer seed reproduces the shots of ``StatevectorSampler`` for
    up to 20 measured qubits, and 2^24 outcomes over all points of a pub.

    Circuits with final measurements only run on the native kernels. Circuits with mid-circuit
    measurements, resets or control flow run on Aer. If the simulator is ``Aer``, all circuits run
    on it, with its noise model if it has one.

    Args:
        default_shots: shots if neither :meth:`run` nor the pub specifies them.
        seed: seed of the shots, an integer or a generator. If None, a fresh one is drawn for each
            run.
        simulator: "auto", "native", "aer", or one of :mod:`hybrid.simulators`.
        threads: threads of each rank. If None, ranks share the cores of their host.
        shards: number of ranks that share one state, a power of two.
        groups: number of such groups that run concurrently.

    Raises:
        InputError: an argument is not usable.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0)
        >>> _ = bell.cx(0, 1)
        >>> bell.measure_all()
        >>> counts = Sampler(seed=7).run([bell], shots=100).result()[0].data.meas.get_counts()
        >>> sorted(counts)
        ['00', '11']
    """

    def __init__(
        self,
        *,
        default_shots: int = 1024,
        seed: Seed = None,
        simulator: Choice = "auto",
        threads: int | None = None,
        shards: int | Auto = "auto",
        groups: int | Auto = "auto",
    ) -> None:
        self._default_shots = checked_shots(default_shots) or 1024
        self._seed = seed
        self._simulator = _checked(simulator)
        self._resources = Resources.checked(threads, shards, groups)

    @property
    def default_shots(self) -> int:
        """Default number of shots."""
        return self._default_shots

    @property
    def seed(self) -> Seed:
        """Seed of the shots."""
        return self._seed

    def run(
        self, pubs: Iterable[SamplerPubLike], *, shots: int | None = None
    ) -> PrimitiveJob[PrimitiveResult[SamplerPubResult]]:
        """Sample the classical registers of all pubs.

        Args:
            pubs: circuits, or tuples ``(circuit, parameter values, shots)``.
            shots: shots of pubs that specify none.

        Returns:
            a finished job. Its result holds, for each pub, one ``BitArray`` per classical register,
            under the register's name in ``data``.

        Raises:
            ValueError: a pub is inconsistent; raised by Qiskit's own validation.
        """
        wanted = self._default_shots if shots is None else shots
        coerced = checked_together(
            "Sampler.run()", lambda: [SamplerPub.coerce(pub, wanted) for pub in pubs]
        )
        if any(not pub.circuit.cregs for pub in coerced):
            warnings.warn(
                "a circuit has no classical registers, so its result is empty; "
                "add measurements, for instance with circuit.measure_all()",
                UserWarning,
                stacklevel=2,
            )
        job: PrimitiveJob[PrimitiveResult[SamplerPubResult]] = FinishedJob(self._run, coerced)
        job._submit()
        return job

    def _run(self, pubs: Sequence[SamplerPub]) -> PrimitiveResult[SamplerPubResult]:
        if (ranks := elsewhere()) is not None:
            found = ranks.call("Sampler.run", {"pubs": list(pubs), **self.settings})
        else:
            found = self.bits_of(pubs)
        results = [
            SamplerPubResult(
                DataBin(**bits, shape=pub.shape),
                metadata={"shots": pub.shots, "circuit_metadata": pub.circuit.metadata},
            )
            for pub, bits in zip(pubs, found, strict=True)
        ]
        return PrimitiveResult(results, metadata={"version": 2})

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments that make an equal sampler."""
        return {
            "default_shots": self._default_shots,
            "seed": self._seed,
            "simulator": self._simulator or "auto",
            **asdict(self._resources),
        }

    def bits_of(self, pubs: Sequence[SamplerPub]) -> list[dict[str, BitArray]]:
        """Return the shots of each pub by the names of its registers; collective."""
        shots: list[_Shots] = []

        def ask() -> Asked:
            shots[:] = [_Shots.of_pub(pub, self._simulator) for pub in pubs]
            return Asked(
                [each.part() for each in shots if len(each.points)],
                lambda: digest([each.content() for each in shots]),
                run_seed(self._seed, is_used=not all(each.is_drawn_here for each in shots)),
            )

        found, seed = answer_parts("Sampler.run()", ask, self._resources)
        source = shot_source(self._seed, seed)
        answers = iter(found)
        return [each.bits(next(answers) if len(each.points) else [], source) for each in shots]


@dataclass(frozen=True)
class _Shots:
    """The shots that one pub requests.

    Attributes:
        pub: the pub, validated by Qiskit.
        readout: the circuit split from its final measurements, or None if Aer runs it.
        aer: runs the circuit if ``readout`` is None.
        points: shape (B, P).
    """

    pub: SamplerPub
    readout: Readout | None
    aer: Aer
    points: NDArray[np.float64]

    @classmethod
    def of_pub(cls, pub: SamplerPub, simulator: Aer | Native | None) -> _Shots:
        circuit = pub.circuit
        readout = None if isinstance(simulator, Aer) else Readout.of(circuit)
        if readout is None and isinstance(simulator, Native):
            raise InputError(
                "simulator",
                got="'native'",
                expected="'aer', or final measurements only",
                advice="'native' has no mid-circuit measurement, reset or control flow",
            )
        values = pub.parameter_values.as_array(circuit.parameters)
        points = values.reshape(pub.parameter_values.size, circuit.num_parameters)
        if len(points):  # of none, there are no shots
            points = checked_points(points, circuit.num_parameters, "parameter values")
        return cls(pub, readout, simulator if isinstance(simulator, Aer) else Aer(), points)

    def part(self) -> Part:
        """Return the part to evaluate."""
        ask, width = Ask(self.points), self.pub.circuit.num_qubits
        if self.readout is None:
            job = self.aer.job(width, sampled=True)
            memory = AerMemory(job, self.pub.circuit, self.pub.shots)
            _ = memory.compiled  # before anything runs
            return Part(memory, ask, width)
        program = compiled_circuit(self.readout.circuit).program
        if self.is_drawn_here:
            return Part(Probabilities(program, self.readout.measured), ask, width)
        return Part(SamplingEvaluation(program, self.pub.shots), ask, width)

    def content(self) -> str:
        """Return a digest of everything that must be equal on all ranks."""
        on = "native" if self.readout is not None else self.aer.content()
        return digest(identity_of(self.pub.circuit), self.points, self.pub.shots, on)

    def bits(self, answer: Any, rng: Callable[[], np.random.Generator]) -> dict[str, BitArray]:
        """Return the registers of the pub; ``rng`` returns the generator of the next point."""
        circuit = self.pub.circuit
        if self.readout is None:
            parts = [_registers(bits, self.pub) for bits in answer]
        else:
            parts = [self.readout.packed(self._outcomes(each, rng())) for each in answer]
        return bit_arrays(parts, circuit.cregs, self.pub.shape, self.pub.shots)

    @property
    def is_drawn_here(self) -> bool:
        """Whether every rank draws all shots itself from probabilities, as Qiskit does."""
        return self.readout is not None and (
            len(self.readout.measured) <= _WIDEST_DRAWN
            and len(self.points) << len(self.readout.measured) <= _MOST_PROBABILITIES
        )

    def _outcomes(self, answer: Any, rng: np.random.Generator) -> IntArray:
        """Return the basis state of each shot, shape (shots,)."""
        assert self.readout is not None
        if not self.is_drawn_here:
            outcomes = np.array([int(label, 2) for label in answer], dtype=np.int64)
            # Users split shots into halves, so they must not be sorted.
            return rng.permutation(np.repeat(outcomes, list(answer.values())))
        drawn = rng.choice(len(answer), p=answer / answer.sum(), size=self.pub.shots)
        outcomes = np.zeros(self.pub.shots, dtype=np.int64)
        for bit, qubit in enumerate(self.readout.measured):
            outcomes |= ((drawn >> bit) & 1) << qubit
        return outcomes


def _registers(bits: NDArray[np.uint8], pub: SamplerPub) -> dict[str, NDArray[np.uint8]]:
    """Pack the classical bits of all shots, register by register."""
    circuit = pub.circuit
    packed = {}
    for register in circuit.cregs:
        places = [circuit.find_bit(bit).index for bit in register]
        padded = np.zeros((len(bits), -(-len(places) // 8) * 8), dtype=np.uint8)
        padded[:, padded.shape[1] - len(places) :] = bits[:, places[::-1]]
        packed[register.name] = np.packbits(padded, axis=-1)
    return packed


def _checked(simulator: Choice) -> Aer | Native | None:
    """Return the chosen simulator, or None to choose per circuit."""
    if isinstance(simulator, Aer | Native):
        return simulator
    known: dict[str, Aer | Native | None] = {"auto": None, "native": Native(), "aer": Aer()}
    if isinstance(simulator, str) and simulator in known:
        return known[simulator]
    raise InputError(
        "simulator",
        got=repr(simulator),
        expected="'auto', 'native', 'aer', or one of hybrid.simulators that samples",
    )
