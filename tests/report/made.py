"""Journals with known times."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from hybrid.core.ask import Ask, Told
from hybrid.journal import Identity, Writer
from hybrid.journal.blobs import checksum

WHO = Identity({"circuit": "a" * 64, "numpy": "2.4", "kernels": "x86-64-v3"}, 7)

EVIL = "</script><script>window.broken = 1</script><img src=x onerror=window.broken=1>"


def start(writer: Writer, ranks: int, title: str = "VQE", **environment: Any) -> None:
    told = {
        "command": ["run.py", title],
        "folder": "/home/somebody",
        "job cores": ranks,
        "run": {"workload": title, "optimizer": "Adam", "parameters": 3},
        "plan": {
            "axis": "points", "pieces": 4, "ranks": ranks, "threads": 1, "memory_bytes": 4096,
            "why": title, "branches": [{"ranks": [0, ranks - 1], "pieces": 2, "seconds": 0.1}],
        },
    }  # fmt: skip
    hosts = [f"node{rank // 2}" for rank in range(ranks)]
    writer.start(hosts, "native", "four pieces", told | environment)


def answer(
    writer: Writer, number: int, pieces: list[tuple[int, float, float, float]], seconds: float
) -> None:
    """Record an answer from pieces of (rank, began, seconds, quantum)."""
    points = np.full((1, 3), 0.1 * number)
    writer.ask(number, Ask(points, True, number))
    moments = array("d")
    for index, (rank, began, took, quantum) in enumerate(pieces):
        writer.piece(number, index, rank, predicted=0.01, measured=took, partial=np.zeros(2))
        moments.extend((index, began, quantum))
    writer.moments(number, moments)
    writer.told(number, Told(np.array([1.0 / (number + 1)]), points), seconds)


def happen_at(path: Path, seconds: float, ends: Callable[[int], float]) -> None:
    """Let the run begin at second 1000, last so long, and its answers end at known times."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE starts SET time = 1000.0")
        connection.execute("UPDATE events SET time = 1000.0")
        connection.execute(
            "INSERT INTO events (time, kind, detail) VALUES (?, 'stop', '{}')", (1000.0 + seconds,)
        )
        rows = connection.execute(
            "SELECT number, start, time, seconds, value, gradient, error FROM tolds"
        ).fetchall()
        for number, first, _, *rest in rows:
            time = 1000.0 + ends(number)
            connection.execute(
                "UPDATE tolds SET time = ?, checksum = ? WHERE number = ?",
                (time, checksum(number, first, time, *rest), number),
            )
        connection.commit()


def run_of(path: Path, title: str = "VQE", answers: int = 5, ranks: int = 2) -> Path:
    """Write a journal of evaluations of 0.1 s with two ranks at work."""
    with Writer(path, WHO, {"kind": "script", "title": title}) as writer:
        start(writer, ranks, title)
        for number in range(answers):
            pieces = [(0, 0.0, 0.04, 0.03), (0, 0.05, 0.02, 0.02), (1, 0.01, 0.03, 0.03)]
            answer(writer, number, pieces, 0.1)
        used: dict[str, list[float | None]] = {
            "core_seconds": ranks * [0.5], "peak_bytes": ranks * [1e8], "joules": ranks * [None],
        }  # fmt: skip
        writer.event("usage", **used)
        writer.event("completed", message=title, value=0.2, standard_error=None)
    return path
