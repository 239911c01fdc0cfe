"""How much work each piece of an evaluation is, in counts that depend on the problem alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any, Generic, TypeVar

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.piece import Piece
from hybrid.core.work import Work
from hybrid.programs import count_operations
from hybrid.sharding import Group
from hybrid.simulators import Evaluation
from hybrid.simulators.aer_exact import AerExact
from hybrid.simulators.aer_job import AerJob
from hybrid.simulators.aer_sampled import AerSampled
from hybrid.simulators.native import NativeEvaluation
from hybrid.simulators.per_point import Metric, PerPoint
from hybrid.simulators.sampling import SamplingEvaluation
from hybrid.simulators.spread import over_group, shardings_of
from hybrid.workloads.custom import CustomEvaluation
from hybrid.workloads.supervised import Supervised

Answer = TypeVar("Answer")

_PREDICTABLE = ("statevector", "density_matrix")
"""Methods of Aer whose cost does not depend on the state; of the others nothing is known."""


_SHOT_SECONDS = 1e-7
"""Of drawing a shot from a state that is there."""
_AROUND_SECONDS = 6e-5
"""What losses, the chain rule and their Python take in a piece of samples."""


@singledispatch
def load_of(evaluation: Any, ask: Ask, piece: Piece) -> Work | None:
    """Return the work of a piece, or None where it is found out only by doing it.

    An evaluation of another kind may say so itself, with a method ``load(ask, piece)``.
    """
    own = getattr(evaluation, "load", None)
    return own(ask, piece) if own is not None else None


@load_of.register
def _(evaluation: NativeEvaluation, ask: Ask, piece: Piece) -> Work | None:
    operations = count_operations(evaluation.program, evaluation.observable)
    return Work(
        "native",
        evaluation.program.num_qubits,
        len(piece),
        operations,
        ask.gradient,
        single=evaluation.single,
        shardings=shardings_of(evaluation, ask),
    )


@load_of.register
def _(evaluation: SamplingEvaluation, ask: Ask, piece: Piece) -> Work | None:
    outcomes = min(int(piece.cost), 1 << evaluation.program.num_qubits)
    return _of_a_state(evaluation, ask, piece.cost * _SHOT_SECONDS, 16 * outcomes)


@load_of.register
def _(evaluation: PerPoint, ask: Ask, piece: Piece) -> Work | None:
    return _of_a_state(evaluation, ask, 0.0, evaluation.array_bytes)


def _of_a_state(
    evaluation: SamplingEvaluation | PerPoint, ask: Ask, seconds: float, answered: int
) -> Work:
    """Return the work of making a state and reading it; of a metric, once for each angle."""
    program = evaluation.program
    operations = count_operations(program, None)
    is_metric = isinstance(evaluation, Metric)
    if is_metric:
        times = 1 + program.angles.num_angles
        operations = tuple((kind, count * times) for kind, count in operations)
    return Work(
        "native",
        program.num_qubits,
        1,
        operations,
        is_metric,
        seconds=seconds,
        answered=answered,
        shardings=shardings_of(evaluation, ask),
    )


@load_of.register
def _(evaluation: AerExact, ask: Ask, piece: Piece) -> Work | None:
    gates = float(len(evaluation.expansion.lowered.circuit.data))
    terms = float(evaluation.observable.num_terms)
    return _aer_load(evaluation.job, len(piece), (("gate", gates), ("term", terms)), 0)


@load_of.register
def _(evaluation: AerSampled, ask: Ask, piece: Piece) -> Work | None:
    gates = float(len(evaluation.expansion.lowered.circuit.data))
    slices = len(evaluation._slices(ask)) if piece.axis == "shots" else 1
    return _aer_load(evaluation.job, len(piece), (("gate", gates),), -(-evaluation.shots // slices))


@load_of.register
def _(evaluation: CustomEvaluation, ask: Ask, piece: Piece) -> Work | None:
    workload = evaluation.workload
    if not isinstance(workload, Supervised):
        return evaluation.load(ask, piece)
    inner = workload.evaluation(evaluation.sampling)
    asked = workload.inner(ask, piece)
    parts = [load_of(inner, asked, each) for each in inner.pieces(asked)]
    return _together([part for part in parts if part is not None], len(parts))


def _together(parts: Sequence[Work], expected: int) -> Work | None:
    """Return the work of pieces of one kind that run one after the other."""
    if len(parts) != expected or not parts:
        return None
    circuits = sum(part.circuits for part in parts)
    return replace(parts[0], circuits=circuits, seconds=_AROUND_SECONDS)


def _aer_load(
    job: AerJob, circuits: int, operations: tuple[tuple[str, float], ...], shots: int
) -> Work | None:
    if job.method not in _PREDICTABLE or job.draws_trajectories or job.device != "CPU":
        return None
    single = job.precision == "single"
    return Work(
        f"aer {job.method}", job._index_bits, circuits, operations, shots=shots, single=single
    )


@dataclass(frozen=True)
class Costed(Generic[Answer]):
    """An evaluation whose pieces carry their work, for the scheduler.

    Attributes:
        evaluation: what it wraps; answers are its own.
    """

    evaluation: Evaluation[Answer]

    def __post_init__(self) -> None:
        object.__setattr__(self, "_known", {})

    @property
    def description(self) -> str:
        """One line, of the evaluation."""
        return self.evaluation.description

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return the evaluation's pieces, each with its work."""
        pieces = self.evaluation.pieces(ask)
        known: dict[Any, tuple[tuple[Piece, ...], tuple[Piece, ...]]] = self.__dict__["_known"]
        key = (len(ask.points), ask.gradient, len(pieces))
        found = known.get(key)
        if found is not None and (found[0] is pieces or found[0] == pieces):
            return found[1]
        loaded = _loaded(self.evaluation, ask, pieces)
        if len(known) >= _KEPT:
            known.clear()
        known[key] = (pieces, loaded)
        return loaded

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Run a piece."""
        return self.evaluation.run(ask, piece, seed=seed, threads=threads)

    def on_group(self, group: Group) -> Costed[Answer]:
        """Return it as ranks that share its states run it."""
        return Costed(over_group(self.evaluation, group))

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Answer:
        """Combine partial answers."""
        return self.evaluation.combine(ask, partials)

    def memory_bytes(self, ask: Ask) -> int:
        """Return what running one piece allocates at most."""
        return self.evaluation.memory_bytes(ask)


_KEPT = 16


def _loaded(evaluation: Any, ask: Ask, pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Return the pieces with their work; equal slices are looked at once."""
    by_size: dict[tuple[str, int], Work | None] = {}
    own = isinstance(evaluation, CustomEvaluation) and not isinstance(
        evaluation.workload, Supervised
    )
    loaded = []
    for piece in pieces:
        key = (piece.axis, piece.index if own else len(piece))
        if key not in by_size:
            by_size[key] = load_of(evaluation, ask, piece)
        load = by_size[key]
        if load is not None:
            answered = load.answered or _answer_bytes(ask, piece)
            piece = replace(piece, work=replace(load, asked=ask.points.nbytes, answered=answered))
        loaded.append(piece)
    return tuple(loaded)


def _answer_bytes(ask: Ask, piece: Piece) -> int:
    """Return the bytes of a partial answer, by what was cut."""
    if piece.axis == "points":
        return 8 * len(piece) * ask.components
    if piece.axis in ("circuits", "shots"):
        return 16 * len(piece)
    return 8 * (len(piece) if piece.axis == "components" else ask.components)
