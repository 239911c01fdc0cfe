"""Collective calls: prepare on every rank, agree, run one team."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from operator import methodcaller
from typing import Any, Generic, TypeVar

from hybrid.collective.topology import topology_of
from hybrid.core.ask import Ask
from hybrid.core.errors import InputError
from hybrid.core.phases import phase
from hybrid.core.resources import ANY, Resources
from hybrid.runtime import (
    Team,
    World,
    agree,
    free_bytes,
    mark_collective,
    nested_seed,
    on_survivors,
    refuse_unsent,
    thread_bound,
    world,
)
from hybrid.runtime.messages import pack, unpack
from hybrid.scheduler import Scheduler, check_memory, shards_to_try
from hybrid.simulators import Evaluation


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A call prepared by one rank from checked input.

    Attributes:
        evaluation: the compiled evaluation.
        first_ask: the first Ask, or one of the same size.
        num_qubits: width of the widest state.
        contents: returns a digest or short text for each input that must be equal on all ranks.
        seed: seed of the run, or None to draw one.
        resources: requested threads, shards and groups.
        recorded_seed: seed that rank 0 uses instead of drawing one, from the journal; or None.
    """

    evaluation: Evaluation[Any]
    first_ask: Ask
    num_qubits: int
    contents: Callable[[], Mapping[str, str]]
    seed: int | None = 0
    resources: Resources = ANY
    recorded_seed: int | None = None

    def agreed(self) -> Mapping[str, str]:
        """Return the contents, including those common to all calls."""
        return {
            **self.contents(),
            "gradient": str(self.first_ask.gradient),
            "seed": str(self.seed),
            **self.resources.contents(),
        }


P = TypeVar("P", bound=Prepared)
T = TypeVar("T")

FREE_ANYWAY = 1 << 20
"""Up to this many bytes, free memory is not checked: finding it takes time."""


@dataclass(frozen=True)
class Call(Generic[P]):
    """A collective call on which all ranks have agreed.

    Attributes:
        world: the ranks.
        prepared: the call as prepared by this rank.
        seed: seed of the run, the same on every rank.
        team: the team that runs the evaluation.
    """

    world: World
    prepared: P
    seed: int
    team: Team[Any]


def answer(name: str, prepare: Callable[[], Prepared]) -> Any:
    """Evaluate one Ask on all ranks; every rank returns the answer.

    Collective. With a fault-tolerant MPI library (ULFM) the call survives the loss of ranks.

    Args:
        name: name of the public function, for messages.
        prepare: checks the input and compiles; raises InputError.

    Raises:
        InputError: from ``prepare``, or a state does not fit in memory.
        MismatchError: ranks made different calls, or passed different arguments.
        RankError: another rank failed.
    """
    return on_survivors(partial(_answered, name, prepare), name)[0]


def checked_together(name: str, check: Callable[[], T]) -> T:
    """Run checks before a call on every rank; if they fail on one rank, all ranks raise.

    Collective. For checks whose errors the caller must see before the call proper.

    Args:
        name: name of the public function, for messages.
        check: checks the input on this rank; its result is returned.
    """
    return on_survivors(lambda: agree(world().communicator, name, check, lambda _: {}), name)


def answer_with_seed(name: str, prepare: Callable[[], Prepared]) -> tuple[Any, int]:
    """Return the result of :func:`answer`, and the seed of the run."""
    return on_survivors(partial(_answered, name, prepare), name)


def _answered(name: str, prepare: Callable[[], Prepared]) -> tuple[Any, int]:
    call = call_together(name, prepare)
    # Bound in C: each Python frame around a small evaluation can be felt.
    found, _ = call.team.run(methodcaller("ask", call.prepared.first_ask))
    return found, call.seed


def call_together(name: str, prepare: Callable[[], P]) -> Call[P]:
    """Prepare a call on every rank, check that all ranks prepared the same, and return it.

    Args:
        name: name of the public function, for messages.
        prepare: checks the input and compiles; raises InputError.
    """
    refuse_unsent(name)
    job = world()

    def prepare_what_fits() -> P:
        prepared = prepare()
        prepared.resources.check(job.size)
        prepared.evaluation.check(prepared.first_ask)
        if prepared.evaluation.memory_bytes(prepared.first_ask) > FREE_ANYWAY:
            check_fits(prepared, job.size, free_bytes())
        return prepared

    with phase("compiling"):
        prepared = agree(job.communicator, name, prepare_what_fits, lambda ready: ready.agreed())
    seed = prepared.seed
    if seed is None:
        seed = _shared_seed(job, prepared.recorded_seed)
    resources = prepared.resources
    planner = planner_of(job, thread_bound(), resources)
    team = Team(job, prepared.evaluation, planner, seed=seed, threads=resources.threads)
    if len(prepared.first_ask.points) > 0 and prepared.evaluation.may_distribute:
        _refuse_together(job, lambda: team.plan(prepared.first_ask))
    elif resources.shards not in (None, 1):
        _refuse_together(job, lambda: shards_to_try((), planner.topology, resources))
    return Call(job, prepared, seed, team)


@lru_cache(maxsize=4)
def planner_of(job: World, most_threads: int | None, resources: Resources) -> Scheduler:
    """Return the scheduler of a job; cached, so that repeated short calls reuse their plans.

    Collective on first use, as :func:`~hybrid.collective.topology.topology_of` is.
    """
    can_draw = not job.communicator.survives_losses
    return Scheduler(topology_of(job, most_threads), resources, can_draw)


def _shared_seed(job: World, recorded: int | None) -> int:
    """Broadcast the seed of rank 0: the recorded one, or a fresh one."""
    seed = nested_seed() if recorded is None else recorded
    if job.size == 1:
        return seed
    mine = pack(seed) if job.rank == 0 else None
    return int(unpack(job.communicator.broadcast(mine)))


def _refuse_together(job: World, plan: Callable[[], object]) -> None:
    """Plan on every rank; all ranks make the same plan, so all raise the same error."""
    try:
        plan()
    except InputError as error:
        if job.size > 1:
            mark_collective(error)
        raise


def check_fits(prepared: Prepared, num_ranks: int, memory_bytes: int) -> None:
    """Refuse an evaluation that does not fit on a host even if only one of its ranks works.

    If it fits on some ranks of a host, the scheduler leaves the others idle; if ranks may share a
    state, the scheduler checks whether that fits.
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
        halves=prepared.evaluation.complex64_halves_memory(prepared.first_ask),
    )
