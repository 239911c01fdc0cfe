"""What all collective calls have in common: prepared on every rank, agreed on, then one team."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from hybrid.collective.site import site_of
from hybrid.core.ask import Ask
from hybrid.core.errors import InputError
from hybrid.core.resources import ANY, Resources
from hybrid.runtime import (
    Team,
    World,
    agree,
    free_bytes,
    mark_collective,
    nested_seed,
    on_survivors,
    thread_bound,
    world,
)
from hybrid.runtime.messages import pack, unpack
from hybrid.scheduler import Scheduler, check_memory, shards_to_try
from hybrid.simulators import Evaluation


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A call as one rank has prepared it from checked input.

    Attributes:
        evaluation: what is to be evaluated, compiled.
        first_ask: the first question that will be put, or one of the same size.
        num_qubits: width of the widest state.
        contents: returns a digest, or short text, of each thing that all ranks must have alike.
        seed: of the run, or None for a fresh one.
        resources: threads, and groups of ranks that share a state.
        recorded_seed: what rank 0 takes for a fresh one, from the record of the run; or None.
    """

    evaluation: Evaluation[Any]
    first_ask: Ask
    num_qubits: int
    contents: Callable[[], Mapping[str, str]]
    seed: int | None = 0
    resources: Resources = ANY
    recorded_seed: int | None = None

    def agreed(self) -> Mapping[str, str]:
        """Return the contents, with those that every call has."""
        return {
            **self.contents(),
            "gradient": str(self.first_ask.gradient),
            "seed": str(self.seed),
            **self.resources.contents(),
        }


P = TypeVar("P", bound=Prepared)

_FREE_ANYWAY = 1 << 20
"""Bytes that any process can allocate; free memory, which takes time to find, is for more."""


@dataclass(frozen=True)
class Call(Generic[P]):
    """A collective call that every rank has prepared alike.

    Attributes:
        world: the ranks.
        prepared: what this rank prepared.
        seed: of the run, the same on every rank.
        team: the ranks around the evaluation.
    """

    world: World
    prepared: P
    seed: int
    team: Team[Any]


def answer(name: str, prepare: Callable[[], Prepared]) -> Any:
    """Put one question to all ranks; each returns its answer.

    Collective. Where the MPI library can go on without ranks that die, so does the call.

    Args:
        name: of the public function, for messages.
        prepare: checks the input and compiles; raises InputError.

    Raises:
        InputError: from ``prepare``, or a state does not fit in memory.
        MismatchError: the ranks made other calls, or gave other things.
        RankError: another rank failed.
    """
    return answer_with_seed(name, prepare)[0]


def answer_with_seed(name: str, prepare: Callable[[], Prepared]) -> tuple[Any, int]:
    """Do as :func:`answer`, and return the seed of the run too, the same on every rank."""
    return on_survivors(lambda: _one_question(call_together(name, prepare)), name)


def _one_question(call: Call[Prepared]) -> tuple[Any, int]:
    found, _ = call.team.run(lambda team: team.ask(call.prepared.first_ask))
    return found, call.seed


def call_together(name: str, prepare: Callable[[], P]) -> Call[P]:
    """Prepare a call on every rank, agree that all prepared the same, and return it ready to run.

    Args:
        name: of the public function, for messages.
        prepare: checks the input and compiles; raises InputError.
    """
    job = world()

    def prepare_what_fits() -> P:
        prepared = prepare()
        prepared.resources.check(job.size)
        prepared.evaluation.check(prepared.first_ask)
        if prepared.evaluation.memory_bytes(prepared.first_ask) > _FREE_ANYWAY:
            check_fits(prepared, job.size, free_bytes())
        return prepared

    prepared = agree(job.communicator, name, prepare_what_fits, lambda ready: ready.agreed())
    seed = prepared.seed
    if seed is None:
        seed = _shared_seed(job, prepared.recorded_seed)
    resources = prepared.resources
    planner = planner_of(job, thread_bound(), resources)
    team = Team(job, prepared.evaluation, planner, seed=seed, threads=resources.threads)
    if len(prepared.first_ask.points) > 0 and prepared.evaluation.may_spread:
        _refuse_together(job, lambda: team.plan(prepared.first_ask))
    elif resources.shards not in (None, 1):
        _refuse_together(job, lambda: shards_to_try((), planner.site, resources))
    return Call(job, prepared, seed, team)


@lru_cache(maxsize=4)
def planner_of(job: World, most_threads: int | None, resources: Resources) -> Scheduler:
    """Return what plans for a job; short calls of the same shape, one after the other, plan once.

    Collective on first use, as :func:`~hybrid.collective.site.site_of` is.
    """
    can_draw = not job.communicator.survives_losses
    return Scheduler(site_of(job, most_threads), resources, can_draw)


def _shared_seed(job: World, recorded: int | None) -> int:
    """Return the seed that rank 0 has found recorded, or drawn afresh, for all."""
    seed = nested_seed() if recorded is None else recorded
    if job.size == 1:
        return seed
    mine = pack(seed) if job.rank == 0 else None
    return int(unpack(job.communicator.broadcast(mine)))


def _refuse_together(job: World, plan: Callable[[], object]) -> None:
    """Plan on all ranks, which come to the same, so that all refuse what does not fit."""
    try:
        plan()
    except InputError as error:
        if job.size > 1:
            mark_collective(error)
        raise


def check_fits(prepared: Prepared, num_ranks: int, memory_bytes: int) -> None:
    """Refuse what does not fit on a host with so much free memory even when one rank works alone.

    Where it fits on some of a host's ranks only, the scheduler lets the others rest; where ranks
    may share a state, it finds out whether that fits.
    """
    if len(prepared.first_ask.points) == 0:
        return
    if num_ranks > 1 and prepared.evaluation.shardings(prepared.first_ask):
        return
    check_memory(
        prepared.evaluation.memory_bytes(prepared.first_ask),
        memory_bytes,
        ranks_on_host=1,
        num_qubits=prepared.num_qubits,
    )
