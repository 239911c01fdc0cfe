"""Convert a function with a callback into a generator.

SciPy's minimisers and integrators own their loop and call a function; here the loop owns them. A
greenlet runs them on a separate stack, so that their call of the function can be suspended and
resumed, C frames included. A thread would need locks, take 30 times as long to switch, and be hard
to stop.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

from greenlet import getcurrent, greenlet

AskT = TypeVar("AskT")
ToldT = TypeVar("ToldT")
ResultT = TypeVar("ResultT")


def inverted(
    run: Callable[[Callable[[AskT], ToldT]], ResultT],
) -> Generator[AskT, ToldT, ResultT]:
    """Return a generator that yields the requests of ``run`` and sends it the answers.

    ``run`` is called with one function, ``ask``. The generator yields the argument of ``ask``, and
    the value sent to the generator becomes its return value. The generator returns what ``run``
    returns and raises what ``run`` raises. When the generator is closed, or an exception is thrown
    into it, ``run`` is unwound (its ``finally`` clauses run) without seeing that exception.

    The generator must be driven from the thread that started it.

    Example:
        >>> steps = inverted(lambda ask: ask("a") + ask("b"))
        >>> next(steps), steps.send(1)
        ('a', 'b')
        >>> try:
        ...     steps.send(2)
        ... except StopIteration as end:
        ...     print(end.value)
        3
    """

    def ask(request: AskT) -> ToldT:
        answer: ToldT = worker.parent.switch(request)
        return answer

    worker = greenlet(run)
    try:
        outcome = worker.switch(ask)
        while not worker.dead:
            told = yield outcome
            worker.parent = getcurrent()  # the driver may itself be a greenlet, not always the same
            outcome = worker.switch(told)
        result: ResultT = outcome
        return result
    finally:
        if not worker.dead:
            worker.parent = getcurrent()
            worker.throw()  # GreenletExit: unwinds run, and is not an error
