"""A prepared minimization: checked, compiled, and ready to be described, planned or run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from numpy.typing import ArrayLike

from hybrid.collective.call import Call, Prepared, check_fits
from hybrid.collective.topology import cores_of
from hybrid.core.arrays import FloatArray
from hybrid.core.checks import (
    WhetherSector,
    checked_sector,
    checked_seed,
    checked_shots,
    checked_stall,
    checked_start,
    checked_step,
    checked_time_limit,
)
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.core.files import checked_target
from hybrid.core.fingerprint import identity_of
from hybrid.core.plan import Plan
from hybrid.core.resources import Auto, Resources
from hybrid.core.seeds import derive
from hybrid.journal import Identity
from hybrid.loop.observers import Observers
from hybrid.loop.provenance import code_contents
from hybrid.loop.recording import Recording, checked_recording
from hybrid.loop.result import RunDescription
from hybrid.optimizers import Optimizer, Steps, driven, first_ask, make
from hybrid.runtime import OnStall, world
from hybrid.scheduler import Topology, plan
from hybrid.scheduler.explain import summary
from hybrid.simulators import Choice
from hybrid.simulators.counted import counted
from hybrid.workloads import Minimizable, Sampling

_DEFAULT = "L-BFGS-B"
"""The default optimizer."""


@dataclass(frozen=True, kw_only=True)
class Minimization(Prepared):
    """A compiled workload with its optimizer, journal and limits.

    ``hybrid.minimize`` runs it, ``hybrid check`` describes it, ``hybrid plan`` plans it.

    Attributes:
        workload: the workload to minimise.
        optimizer: the optimizer, with its limits and options set.
        x0: shape (P,), the starting point. If None, the workload suggests one.
        observers: progress callbacks, invoked on rank 0 only.
        recording: the journal, or None.
        identity: returns the contents that a journal compares, by name.
        time_limit: in seconds, or None.
        stall: how to handle a stalled piece.
        trace: file for the timeline of the ranks, or None.
    """

    workload: Minimizable
    optimizer: Optimizer
    x0: FloatArray | None
    observers: Observers
    recording: Recording | None
    identity: Callable[[], Mapping[str, str]]
    time_limit: float | None
    stall: OnStall
    trace: Path | None = None

    @classmethod
    def prepared(
        cls,
        workload: Minimizable,
        optimizer: str | Optimizer = _DEFAULT,
        *,
        x0: ArrayLike | None = None,
        seed: int | None = None,
        simulator: Choice = "auto",
        shots: int | None = None,
        gradient: Literal["exact", "finite-difference"] = "exact",
        max_iterations: int | None = None,
        tolerance: float | None = None,
        options: Mapping[str, Any] | None = None,
        threads: int | None = None,
        shards: int | Auto = "auto",
        groups: int | Auto = "auto",
        sector: WhetherSector = "auto",
        observer: object = None,
        journal: str | os.PathLike[str] | None = None,
        fork: str | os.PathLike[str] | None = None,
        time_limit: float | None = None,
        stall: Literal["report", "abort"] = "report",
        trace: str | os.PathLike[str] | None = None,
        origin: Mapping[str, Any] | None = None,
    ) -> Minimization:
        """Check the arguments of :func:`hybrid.minimize` and compile its workload, on this rank.

        Raises:
            InputError: an argument is not usable, or the journal records another run.
            JournalError: the journal cannot be read.
        """
        if isinstance(workload, type) or not isinstance(workload, Minimizable):
            raise InputError(
                "workload",
                got=repr(workload) if isinstance(workload, type) else type(workload).__name__,
                expected="a workload such as hybrid.VQE(ansatz, observable)",
            )
        sampling = Sampling(
            simulator, checked_shots(shots), checked_step(gradient, shots), checked_sector(sector)
        )
        method = make(optimizer, max_iterations, tolerance, options)
        if workload.own_method is not None:
            _refuse_optimizer(workload.own_method, optimizer, max_iterations, tolerance, options)
        start = None if x0 is None else checked_start(x0, workload.num_parameters)
        if start is not None and getattr(method, "starts_itself", False):
            raise InputError(
                "x0",
                got=f"a start besides the optimizer {method.name}, which has one of its own",
                expected="one of them",
                advice="pass hybrid.optimizers.AskTell a function (x0, seed) that makes it",
            )
        recording = checked_recording(journal, fork, origin)

        def identity() -> dict[str, str]:
            return {
                **workload.contents(),
                **sampling.contents(),
                **code_contents(workload),
                "optimizer": _content_of(method),
                "start point": "" if start is None else digest(start),
            }

        return cls(
            workload=workload,
            optimizer=method,
            x0=start,
            observers=Observers.checked(observer).and_displays(),  # type: ignore[arg-type]
            evaluation=workload.prepare(sampling),
            first_ask=workload.largest_ask(partial(first_ask, method)),
            num_qubits=workload.num_qubits,
            contents=lambda: {
                **identity(),
                "journal": str(journal),
                "time limit": str(time_limit),
                "way to handle stalls": str(stall),
                "trace": str(trace),
            },
            seed=checked_seed(seed),
            resources=Resources.checked(threads, shards, groups),
            recorded_seed=_recorded_seed(recording, identity, seed),
            recording=recording,
            identity=identity,
            time_limit=checked_time_limit(time_limit),
            stall=checked_stall(stall),
            trace=checked_target(trace, "trace", writes=world().rank == 0),
        )

    @property
    def max_iterations(self) -> int | None:
        """The maximum number of iterations of the run, or None."""
        return self.workload.most_iterations(getattr(self.optimizer, "max_iterations", None))

    def start(self, seed: int) -> FloatArray:
        """Return the starting point, shape (P,), for the seed of the run."""
        return self.workload.initial_point(derive(seed, 0)) if self.x0 is None else self.x0

    def steps(self, seed: int) -> Steps:
        """Return the steps of the workload with this optimizer, for the seed of the run."""
        drive = partial(driven, self.optimizer, scale=self.workload.scale())
        return self.workload.steps(drive, self.start(seed), derive(seed, 1))

    def plan(self, topology: Topology, memory_bytes: int) -> Plan:
        """Return how the first evaluation is split over a topology, real or simulated.

        Args:
            topology: the ranks.
            memory_bytes: free memory of each host.

        Raises:
            InputError: it does not fit in memory, or needs more ranks.
        """
        self.resources.check(topology.size)
        self.evaluation.check(self.first_ask)
        check_fits(self, topology.size, memory_bytes)
        return plan(counted(self.evaluation, self.first_ask), topology, self.resources)

    def describe(
        self,
        call: Call[Minimization],
        journal: str | None = None,
        seconds_left: float | None = None,
    ) -> RunDescription:
        """Describe the run on the ranks of a call, and how its first evaluation is split.

        Args:
            call: the agreed call.
            journal: path of the journal and what it already holds; or None.
            seconds_left: seconds until the time limit, or None.
        """
        split = call.team.plan(self.first_ask)
        alone = self.evaluation.memory_bytes(self.first_ask)
        return RunDescription(
            workload=self.workload.description,
            simulator=self.evaluation.description,
            optimizer=self.workload.own_method or self.optimizer.name,
            num_parameters=self.workload.num_parameters,
            ranks=call.world.size,
            hosts=len(call.world.hosts),
            threads=call.team.threads(split),
            plan=summary(split),
            memory_bytes=split.memory_bytes or alone,
            seed=call.seed,
            journal=journal,
            cores=cores_of(call.world, self.resources.threads),
            seconds_left=seconds_left,
        )


def _refuse_optimizer(
    own_method: str,
    optimizer: str | Optimizer,
    max_iterations: int | None,
    tolerance: float | None,
    options: Mapping[str, Any] | None,
) -> None:
    """Refuse the settings of an optimizer for a workload that takes none."""
    given = {
        "optimizer": None if optimizer == _DEFAULT else optimizer,
        "max_iterations": max_iterations,
        "tolerance": tolerance,
        "options": options or None,
    }
    for name, value in given.items():
        if value is not None:
            raise InputError(
                name,
                got=repr(value)[:60],
                expected=f"none: {own_method} takes the steps of this workload",
                advice="leave it out; the workload's own arguments control its steps",
            )


def _content_of(optimizer: Optimizer) -> str:
    """Return what identifies an optimizer: its repr, or its class and attributes."""
    if type(optimizer).__repr__ is not object.__repr__:
        return repr(optimizer)
    return digest(identity_of(type(optimizer)), identity_of(getattr(optimizer, "__dict__", {})))


def _recorded_seed(
    recording: Recording | None, identity: Callable[[], Mapping[str, str]], seed: int | None
) -> int | None:
    """Return the seed recorded in the journal; refuse a journal of another run. Rank 0 only."""
    if recording is None or world().rank > 0:
        return None
    return recording.check(Identity(identity(), seed))
