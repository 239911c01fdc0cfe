"""Qiskit's sampler primitive: shots of many circuits as one question."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit.primitives import (
    BaseSamplerV2,
    DataBin,
    PrimitiveJob,
    PrimitiveResult,
    SamplerPubResult,
)
from qiskit.primitives.containers import SamplerPubLike
from qiskit.primitives.containers.sampler_pub import SamplerPub

from hybrid.core.arrays import IntArray
from hybrid.core.ask import Ask
from hybrid.core.checks import checked_points, checked_shots
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.core.fingerprint import identity_of
from hybrid.core.resources import Auto, Resources
from hybrid.core.seeds import derive
from hybrid.primitives.job import FinishedJob
from hybrid.primitives.questions import ask_parts
from hybrid.primitives.registers import Readout, bit_arrays
from hybrid.primitives.seeding import Seed
from hybrid.programs import compile_program, flatten
from hybrid.simulators import Aer, Choice, Native
from hybrid.simulators.aer_memory import AerMemory
from hybrid.simulators.sampling import SamplingEvaluation
from hybrid.simulators.together import Part

_ORDER = 1
"""Keys the seeds of the order of shots, apart from those of the shots themselves."""


class Sampler(BaseSamplerV2):
    """Qiskit's ``BaseSamplerV2``, computed by this package.

    Takes the place of ``qiskit.primitives.StatevectorSampler``. All pubs of one :meth:`run` are
    one question, whose points and shots are split over the ranks of the job. Every rank makes the
    same call and gets the same bits.

    Circuits whose measurements come last run on the native kernels. Circuits that measure, reset
    or branch on the way, and all circuits where the simulator is ``Aer``, run on Aer, with its
    noise model if it has one.

    Args:
        default_shots: shots where :meth:`run` and the pub name none.
        seed: seed of the shots, an integer or a generator. If None, a fresh one is drawn for each
            run.
        simulator: "auto", "native", "aer", or one of :mod:`hybrid.simulators`.
        threads: threads of each rank. If None, ranks share the cores of their host.
        shards: number of ranks that share one state, a power of two.
        groups: number of such groups that work side by side.

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
        """Shots where none are named."""
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
            shots: of pubs that name none.

        Returns:
            a finished job. Its result holds for each pub a ``BitArray`` for each classical
            register, under the register's name in ``data``.

        Raises:
            ValueError: a pub does not fit together; from Qiskit's own checks.
        """
        wanted = self._default_shots if shots is None else shots
        coerced = [SamplerPub.coerce(pub, wanted) for pub in pubs]
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
        shots = [_Shots.of_pub(pub, self._simulator) for pub in pubs]
        found, seed = ask_parts(
            "Sampler.run()",
            lambda: [each.part() for each in shots],
            lambda: digest([each.content() for each in shots]),
            self._seed,
            self._resources,
        )
        results = [
            each.result(answer, derive(seed, _ORDER, number))
            for number, (each, answer) in enumerate(zip(shots, found, strict=True))
        ]
        return PrimitiveResult(results, metadata={"version": 2})


@dataclass(frozen=True)
class _Shots:
    """The shots that one pub wants.

    Attributes:
        pub: as Qiskit checked it.
        readout: the circuit without its last measurements, where the kernels can run it.
        aer: what runs it otherwise.
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
                expected="'aer', or measurements at the end only",
                advice="the kernels do not measure, reset or branch on the way",
            )
        values = pub.parameter_values.as_array(circuit.parameters)
        points = checked_points(
            values.reshape(pub.parameter_values.size, circuit.num_parameters),
            circuit.num_parameters,
            "parameter values",
        )
        return cls(pub, readout, simulator if isinstance(simulator, Aer) else Aer(), points)

    def part(self) -> Part:
        """Return the question."""
        ask = Ask(self.points)
        if self.readout is not None:
            program = compile_program(flatten(self.readout.circuit))
            return Part(SamplingEvaluation(program, self.pub.shots), ask)
        job = self.aer.job(self.pub.circuit.num_qubits, sampled=True)
        return Part(AerMemory(job, self.pub.circuit, self.pub.shots), ask)

    def content(self) -> str:
        """Return a digest of what the ranks must have alike."""
        on = "native" if self.readout is not None else self.aer.content()
        return digest(identity_of(self.pub.circuit), self.points, self.pub.shots, on)

    def result(self, answer: Any, seed: int) -> SamplerPubResult:
        """Return the registers that Qiskit's users read."""
        circuit = self.pub.circuit
        if self.readout is not None:
            rng = np.random.default_rng(seed)
            parts = [self.readout.packed(_in_random_order(counts, rng)) for counts in answer]
        else:
            parts = [_registers(bits, self.pub) for bits in answer]
        arrays = bit_arrays(parts, circuit.cregs, self.pub.shape, self.pub.shots)
        return SamplerPubResult(
            DataBin(**arrays, shape=self.pub.shape),
            metadata={"shots": self.pub.shots, "circuit_metadata": circuit.metadata},
        )


def _in_random_order(counts: dict[str, int], rng: np.random.Generator) -> IntArray:
    """Return one outcome for each shot: users cut shots in halves, so none may be sorted."""
    outcomes = np.array([int(label, 2) for label in counts], dtype=np.int64)
    shots = np.repeat(outcomes, list(counts.values()))
    return rng.permutation(shots)


def _registers(bits: NDArray[np.uint8], pub: SamplerPub) -> dict[str, NDArray[np.uint8]]:
    """Return the classical bits of all shots, packed register by register."""
    circuit = pub.circuit
    packed = {}
    for register in circuit.cregs:
        places = [circuit.find_bit(bit).index for bit in register]
        padded = np.zeros((len(bits), -(-len(places) // 8) * 8), dtype=np.uint8)
        padded[:, padded.shape[1] - len(places) :] = bits[:, places[::-1]]
        packed[register.name] = np.packbits(padded, axis=-1)
    return packed


def _checked(simulator: Choice) -> Aer | Native | None:
    """Return the simulator that was named, or None to choose for each circuit."""
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
