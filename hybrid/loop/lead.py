"""The optimizer loop on rank 0: take an Ask, evaluate it, send the Told."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from hybrid.collective.call import Call
from hybrid.core.ask import Ask
from hybrid.core.outcome import Outcome
from hybrid.core.steps import CutShort, Steps
from hybrid.journal import Identity
from hybrid.loop.minimization import Minimization
from hybrid.loop.recording import Setup, answers_of
from hybrid.loop.replay import Answers
from hybrid.loop.result import History, Result
from hybrid.loop.spans import TimedTeam
from hybrid.loop.trace import Trace
from hybrid.optimizers import Solution
from hybrid.runtime import StallReport, Stopped, Stops, Team


def lead(
    team: Team[Any], call: Call[Minimization], stops: Stops, late: StallReport
) -> dict[str, Any]:
    """Run the optimizer on rank 0; return the result as a message for all ranks."""
    path = call.prepared.trace
    if path is None:
        return _led(team, call, stops, late)
    timed = TimedTeam(team, call.world)
    try:
        return _led(timed, call, stops, late)
    finally:
        timed.write(path)


def _led(team: Any, call: Call[Minimization], stops: Stops, late: StallReport) -> dict[str, Any]:
    run = call.prepared
    trace = Trace(run.max_iterations)
    with _answers(team, call, stops.seconds_left) as answers:
        late.record = answers.stalled
        if run.observers:
            run.observers.started(run.describe(call, answers.description, stops.seconds_left))
        solution = _solve(answers, call, trace, stops)
        message = {**_message(solution, trace, call.seed), "replayed": answers.replayed}
        answers.completed({**_listed(message), "history": len(trace.values)})
    return message


def result_of(message: Mapping[str, Any], core_seconds: float) -> Result:
    """Build the result from a message of :func:`lead`."""
    iterations, evaluations, values, wall_times = message["history"]
    apart = ("history", "outcome", "operators")
    return Result(
        **{name: message[name] for name in message if name not in apart},
        operators=tuple(message["operators"]),
        outcome=Outcome(message["outcome"]),
        core_seconds=core_seconds,
        history=History(
            np.array(iterations, dtype=np.int64),
            np.array(evaluations, dtype=np.int64),
            np.array(values, dtype=np.float64),
            np.array(wall_times, dtype=np.float64),
        ),
    )


def _message(solution: Solution, trace: Trace, seed: int) -> dict[str, Any]:
    """Return the result in plain types, whatever number types the optimizer used."""
    x = np.array(solution.x, dtype=np.float64)
    values = solution.values
    if values is None:
        x = x.reshape(-1)
    return {
        "value": float(solution.value),
        "x": x,
        "message": str(solution.message),
        "outcome": solution.outcome.value,
        "success": bool(solution.success),
        "iterations": int(solution.iterations),
        "evaluations": trace.evaluations[-1] if trace.evaluations else 0,
        "wall_time": trace.wall_time,
        "standard_error": trace.standard_error(x if solution.at is None else solution.at),
        "history": [trace.iterations, trace.evaluations, trace.values, trace.wall_times],
        "seed": seed,
        "values": None if values is None else np.array(values, dtype=np.float64),
        "operators": [str(each) for each in solution.operators],
        "error_bounds": solution.error_bounds,
    }


def _listed(message: Mapping[str, Any]) -> dict[str, Any]:
    """Convert arrays to lists, because journal events are JSON."""
    arrays = {name: each.tolist() for name, each in message.items() if isinstance(each, np.ndarray)}
    return {**message, **arrays}


def _answers(
    team: Any, call: Call[Minimization], seconds_left: float | None
) -> AbstractContextManager[Answers]:
    """Answer from the journal first, then from the ranks."""
    run = call.prepared
    if run.recording is None:
        return answers_of(team)
    plan = team.plan(run.first_ask)
    setup = Setup(
        simulator=run.evaluation.description,
        plan=plan,
        reproducible=run.evaluation.reproducible,
        threads=team.threads(plan),
        about={
            "workload": run.workload.description,
            "optimizer": run.optimizer.name,
            "parameters": run.workload.num_parameters,
            "max iterations": run.max_iterations,
            "seconds left": seconds_left,
        },
    )
    return run.recording.opened(team, call.world, Identity(run.identity(), call.seed), setup)


def _solve(answers: Answers, call: Call[Minimization], trace: Trace, stops: Stops) -> Solution:
    run = call.prepared
    steps = run.steps(call.seed)
    ask = next(steps)
    try:
        while True:
            told = answers.ask(ask)
            progress = trace.add(ask, told)
            reason = run.observers.progressed(progress)
            if reason is not None:
                because = f" ({reason.rstrip('.')})" if reason else ""
                cut = CutShort(Outcome.STOPPED, "Stopped by an observer", because)
                return _cut_short(steps, cut, trace, call, ask)
            stops.look_ahead(trace.longest)
            ask = steps.send(told)
    except StopIteration as end:
        solution: Solution = end.value
        return solution
    except Stopped as stopped:
        answers.stopped(stopped.reason)
        cut = CutShort(Outcome.INTERRUPTED, f"Interrupted by {stopped.reason}", "")
        return _cut_short(steps, cut, trace, call, ask)
    finally:
        steps.close()


def _cut_short(
    steps: Steps, cut: CutShort, trace: Trace, call: Call[Minimization], ask: Ask
) -> Solution:
    """Return the solution of the steps if they provide one, else the best point so far."""
    try:
        steps.throw(cut)
    except StopIteration as end:
        solution: Solution = end.value
        return solution
    except CutShort:
        pass
    start = call.prepared.start(call.seed)
    return trace.best.cut_short(cut.outcome, cut.verb, cut.because, ask.iteration, start)
