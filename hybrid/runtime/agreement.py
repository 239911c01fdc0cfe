"""Compare the inputs of all ranks at the start of every collective call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from hybrid.core.errors import MismatchError
from hybrid.runtime.communicator import SCRIPT_END, Communicator
from hybrid.runtime.failure import FAILURES, describe, error_of, in_step, mark_collective
from hybrid.runtime.protocol import Failure, Message, Ready, decode, encode

T = TypeVar("T")


def agree(
    communicator: Communicator,
    call: str,
    prepare: Callable[[], T],
    contents: Callable[[T], Mapping[str, str]],
) -> T:
    """Prepare a collective call on every rank, and check that all ranks prepared the same.

    Args:
        communicator: the ranks that take part.
        call: name of the public function, for instance ``minimize()``.
        prepare: validates the input of this rank and returns the prepared call.
        contents: returns a digest, or a short text, of everything in the prepared call that must
            be equal on all ranks, by name. Not called in a job of one rank.

    Returns:
        What ``prepare`` returned on this rank.

    Raises:
        MismatchError: the ranks made different calls or passed different input; on every rank.
        Exception: an exception of ``prepare`` on this rank. One of another rank is raised on every
            rank, with a RankError as its cause, or as a RankError.
    """
    if communicator.size == 1:
        return prepare()
    with in_step(communicator):
        failure: BaseException | None = None
        try:
            value = prepare()
            report: Message = Ready(call, dict(contents(value)))
        except FAILURES as error:
            failure = error
            report = describe(error, communicator.rank, call)
        reports = [_checked(each) for each in communicator.all_gather(encode(report), call)]
        if failure is not None:
            raise mark_collective(failure)
        _refuse_other_calls(reports)
        for other in reports:
            if isinstance(other, Failure):
                raise error_of(other)
        _refuse_other_contents(call, [other for other in reports if isinstance(other, Ready)])
        return value


def agree_on_the_end(communicator: Communicator) -> None:
    """Take part in the agreements of the other ranks until all have ended their scripts.

    The other ranks learn that this rank has ended and raise, instead of waiting forever.
    """
    message = encode(Ready(SCRIPT_END, {}))
    while any(
        _checked(other).call != SCRIPT_END for other in communicator.all_gather(message, SCRIPT_END)
    ):
        pass


def _checked(message: bytes) -> Ready | Failure:
    report = decode(message)
    assert isinstance(report, Ready | Failure)
    return report


def _refuse_other_calls(reports: Sequence[Ready | Failure]) -> None:
    ranks_of = _by([report.call for report in reports])
    if len(ranks_of) > 1:
        places = "; ".join(f"{_ranks(ranks)} reached {call}" for call, ranks in ranks_of.items())
        raise mark_collective(
            MismatchError(
                f"the ranks are at different places of the script: {places}. "
                "Every rank must make the same hybrid calls in the same order: take them out of "
                "branches that depend on the rank"
            ),
            # A rank at its end raises nothing.
            printed_by=next(k for k, each in enumerate(reports) if each.call != SCRIPT_END),
        )


def _refuse_other_contents(call: str, reports: Sequence[Ready]) -> None:
    for name in reports[0].contents:
        ranks_of = _by([report.contents.get(name, "") for report in reports])
        if len(ranks_of) > 1:
            groups = " / ".join(_ranks(ranks) for ranks in ranks_of.values())
            raise mark_collective(
                MismatchError(
                    f"{call} was given a different {name} on different ranks ({groups}). "
                    f"Every rank must pass the same {name}: make it from the same data, and "
                    "seed what is random with the same number on every rank"
                )
            )


def _by(items: list[str]) -> dict[str, list[int]]:
    """Group the ranks by item."""
    ranks_of: dict[str, list[int]] = {}
    for rank, item in enumerate(items):
        ranks_of.setdefault(item, []).append(rank)
    return ranks_of


def _ranks(ranks: list[int]) -> str:
    listed = ", ".join(map(str, ranks[:8])) + (", ..." if len(ranks) > 8 else "")
    return f"rank{'s' if len(ranks) > 1 else ''} {listed}"
