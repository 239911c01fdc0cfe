"""One engine in a process of its own: reads requests, runs the workload, answers; JSON lines.

Requests: ``{"prepare": workload, "gradient": bool, "options": {...}}`` and ``{"run": calls}``.
Engines live in separate processes so that peers keep their own environment and nobody's thread
pool disturbs another's run.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from bench.engines.task import Task
from bench.workload import from_json

RUN_SECONDS = 0.2
"""A timed run repeats short work until it lasts about this long."""
LONG_SECONDS = 5.0
"""Work longer than this needs no second warm-up to determine its repetitions."""


def main(engine: str, threads: int) -> None:
    """Answer requests on standard input until it closes."""
    if hasattr(os, "sched_setaffinity"):
        # JAX uses one thread per allowed core, so every engine gets the same cores.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # keep output of libraries out of the replies
    module = import_module(f"bench.engines.{engine}")
    task: Task | None = None
    say(replies, {"versions": _versions(module)})
    for line in sys.stdin:
        request = json.loads(line)
        if "prepare" in request:
            task = None  # free the last workload's memory first
            workload = from_json(request["prepare"])
            task, reply = _prepare(module, workload, request["gradient"], request["options"])
        else:
            assert task is not None
            reply = _timed(task, request["run"])
        say(replies, reply)


def say(stream, message: dict[str, Any]) -> None:
    """Write one message as a line."""
    stream.write(json.dumps(message) + "\n")
    stream.flush()


def _prepare(module, workload, gradient: bool, options) -> tuple[Task, dict[str, Any]]:
    """Build and run once (the first call), then once more to time a warm call."""
    start = time.perf_counter()
    task = module.prepare(workload, gradient, **options)
    found = task.run()
    first = time.perf_counter() - start
    answer = task.answer(found)
    warm = first if first > LONG_SECONDS else _timed(task, 1)["seconds"]
    return task, {
        "first_seconds": first,
        "warm_seconds": warm,
        "calls": max(1, min(1000, math.ceil(RUN_SECONDS / warm))),
        "value": answer.value,
        "gradient_norm": answer.gradient_norm,
    }


def _timed(task: Task, calls: int) -> dict[str, Any]:
    """Return wall and processor seconds per call, the mean over ``calls``."""
    wall, busy = time.perf_counter(), time.process_time()
    for _ in range(calls):
        task.run()
    busy, wall = time.process_time() - busy, time.perf_counter() - wall
    return {"seconds": wall / calls, "cores": busy / wall}


def _versions(module) -> dict[str, str]:
    packages = ["numpy", *getattr(module, "PACKAGES", ())]
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed as a package"
    return found


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
