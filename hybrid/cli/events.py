"""Events of a journal as sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hybrid.cli import quantities
from hybrid.cli.report import count
from hybrid.journal import Event

_LONGEST = 300


def sentence(event: Event) -> str:
    """Return what happened, in a sentence; what is not understood is listed by name.

    Example:
        >>> sentence(Event(0.0, "resume", {"answers": 46, "ranks": 2}))
        'resumed on 2 ranks after 46 answers'
    """
    tell = _SENTENCES.get(event.kind)
    try:
        text = _listed(event) if tell is None else tell(event.detail)
    except (KeyError, TypeError, ValueError):  # written by another version
        text = _listed(event)
    return text[:_LONGEST]


def _listed(event: Event) -> str:
    plain = (str, int, float)
    shown = [f"{name} {value}" for name, value in event.detail.items() if isinstance(value, plain)]
    return f"{event.kind}: {', '.join(shown)}" if shown else event.kind


def _started(detail: Mapping[str, Any]) -> str:
    return f"started on {count(int(detail['ranks']), 'rank')}"


def _resumed(detail: Mapping[str, Any]) -> str:
    answers = count(int(detail["answers"]), "answer")
    return f"resumed on {count(int(detail['ranks']), 'rank')} after {answers}"


def _completed(detail: Mapping[str, Any]) -> str:
    evaluations = count(int(detail["evaluations"]), "evaluation")
    value = quantities.value(float(detail["value"]))
    return f"completed: {detail['outcome']}, value {value} after {evaluations}"


def _stopped(detail: Mapping[str, Any]) -> str:
    return f"stopped by {detail['reason']} after {count(int(detail['answers']), 'answer')}"


def _forked(detail: Mapping[str, Any]) -> str:
    if "left_record_at" in detail:
        return f"left the forked record at answer {int(detail['left_record_at'])}"
    kept = count(int(detail["answers"]), "answer")
    return f"forked from {detail['from']}, of which {kept} may be reused"


def _stalled(detail: Mapping[str, Any]) -> str:
    spent = quantities.seconds(float(detail["seconds"]))
    return f"rank {detail['rank']} stalled: {detail['what']} has taken {spent}"


_SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "start": _started,
    "resume": _resumed,
    "completed": _completed,
    "stop": _stopped,
    "fork": _forked,
    "stall": _stalled,
    "lost rank": lambda detail: f"lost {detail['which']}",
}
