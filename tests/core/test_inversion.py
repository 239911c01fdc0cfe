"""A function that calls back becomes a generator that yields, and leaves nothing behind."""

import gc

import pytest
from greenlet import greenlet

from hybrid.core.inversion import inverted


def suspended_greenlets():
    return sum(
        isinstance(it, greenlet) and bool(it) and it.parent is not None for it in gc.get_objects()
    )


def running_sum(log):
    def run(ask):
        total = 0
        try:
            while total < 10:
                total += ask(total)
            return total
        finally:
            log.append("unwound")

    return run


def test_asks_and_result_pass_through():
    log = []
    steps = inverted(running_sum(log))
    asked = [next(steps), steps.send(4), steps.send(5)]
    with pytest.raises(StopIteration) as end:
        steps.send(6)
    assert asked == [0, 4, 9]
    assert end.value.value == 15
    assert log == ["unwound"]


def test_what_the_function_raises_the_generator_raises():
    def run(ask):
        raise ZeroDivisionError(ask("?"))

    steps = inverted(run)
    assert next(steps) == "?"
    with pytest.raises(ZeroDivisionError, match="because"):
        steps.send("because")


@pytest.mark.parametrize("how", ["close", "throw", "forget"])
def test_an_unfinished_function_is_unwound(how):
    before = suspended_greenlets()
    log = []
    steps = inverted(running_sum(log))
    next(steps)
    steps.send(1)
    assert suspended_greenlets() == before + 1  # the count does see one
    assert log == []
    if how == "close":
        steps.close()
    elif how == "throw":
        with pytest.raises(KeyboardInterrupt):
            steps.throw(KeyboardInterrupt())
    else:
        del steps
    assert log == ["unwound"]
    assert suspended_greenlets() == before


def test_driven_from_another_greenlet_than_the_one_that_started_it():
    steps = inverted(running_sum([]))
    assert greenlet(lambda: next(steps)).switch() == 0
    assert greenlet(lambda: steps.send(3)).switch() == 3
    assert steps.send(4) == 7


def test_closed_before_it_began():
    log = []
    inverted(running_sum(log)).close()
    assert log == []


def test_two_at_once_do_not_mix():
    one, two = inverted(running_sum([])), inverted(running_sum([]))
    assert [next(one), next(two)] == [0, 0]
    assert [one.send(1), two.send(2), one.send(3), two.send(4)] == [1, 2, 4, 6]
