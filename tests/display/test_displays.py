"""What a run looks like while it goes on: on terminals of any width, in files, in notebooks."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import hybrid
from hybrid.core import phases
from hybrid.core.phases import Phase, phase, shown
from hybrid.display import lines as lines_module
from hybrid.display import live as live_module
from hybrid.display import notebook as notebook_module
from hybrid.display.here import display_on
from hybrid.display.lines import Lines
from hybrid.display.live import Live
from hybrid.display.notebook import Notebook
from hybrid.display.status import Status, wrapped
from hybrid.loop.result import Progress
from tests.cli.test_report import DESCRIPTION, result
from tests.launch import environment_of_a_job

LIMITED = replace(DESCRIPTION, cores=4, seconds_left=7200.0)


def step(iteration: int, wall_time: float, most: int | None = None, **more: Any) -> Progress:
    value = -75.0 - 1e-3 * iteration
    gradient = np.array([3e-3, 4e-3])
    return Progress(
        iteration, most, iteration + 1, value, value, wall_time, np.zeros(2), gradient, **more
    )


def terminal(width: int, **environment: str) -> Console:
    shown_by = {"TERM": "xterm", **environment}
    return Console(file=io.StringIO(), width=width, force_terminal=True, _environ=shown_by)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show what takes any time, and look often."""
    for module in (lines_module, live_module, notebook_module):
        monkeypatch.setattr(module, "LONG", -1.0)
    monkeypatch.setattr("hybrid.display.status.LONG", -1.0)
    monkeypatch.setattr("hybrid.display.board.Board.seconds_between_glances", 0.01)


def until(condition: Any) -> None:
    """Wait for what a display's thread does."""
    end = time.monotonic() + 20.0
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_everything_that_was_asked_for_is_told() -> None:
    status = Status(lambda value: f"{value:.1f} mHa")
    status.start(LIMITED)
    status.see(step(2, 1.0, most=100))
    status.tick()
    status.see(step(12, 11.0, most=100, standard_error=0.002))
    done = Phase("evaluating", 1)
    done.advance(1, busy=9.0)
    status.spent(done)
    status._rates.see(time.perf_counter() + 10.0, (13.0, status._busy))
    text = " · ".join(status.parts())
    for part in (
        "iteration 12/100", "cost -75.01200000 ± 0.002", "|gradient| 5.00e-03", "error -75.0 mHa",
        "at most 88.0 s left", "13 evaluations (1/s)", "ranks busy 45%",
        "limit in 120 min, 8 core-hours",
    ):  # fmt: skip
        assert part.replace("120 min", "2 h 0 min") in text
    assert status.fraction == 0.12


def test_a_step_tells_how_much_is_done_and_left() -> None:
    now = Phase("evaluating", 4, predicted=100.0, started=time.perf_counter() - 30.0)
    assert now.left == pytest.approx(70.0, abs=1.0)
    now.advance()
    assert now.left == pytest.approx(90.0, abs=1.0)
    status = Status(phase=now)
    assert status.parts() == ["evaluating 1/4 pieces for 30.0 s, 90.0 s left"]
    late = Phase("compiling", predicted=1.0, started=time.perf_counter() - 30.0)
    assert Status(phase=late).parts() == ["compiling for 30.0 s, longer than predicted"]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_no_width_hides_the_bar_the_time_or_a_number(width: int) -> None:
    console = terminal(width)
    live = Live(console)
    live.status.start(LIMITED)
    live.status.see(step(3, 61.0, most=10))
    console.print(live)
    shown_lines = printed(console).splitlines()
    plain = [Console(file=io.StringIO()).render_str(line).plain for line in shown_lines]
    assert "61.0 s" in plain[0]
    assert "━" in plain[0]
    for part in ("iteration 3/10", "cost -75.00300000", "|gradient| 5.00e-03", "4 evaluations"):
        assert any(part in line for line in plain)


def test_lines_are_as_wide_as_asked() -> None:
    parts = ["iteration 12/100", "cost -75.01200000 ± 0.002", "|gradient| 5.00e-03"]
    assert max(map(len, wrapped(parts, 40))) <= 40
    assert " · ".join(wrapped(parts, 40)) == " · ".join(parts)


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": "unknown"}])
def test_a_terminal_that_cannot_move_its_cursor_gets_lines(environment: dict[str, str]) -> None:
    assert isinstance(display_on(terminal(80, **environment)), Lines)
    assert isinstance(display_on(terminal(80)), Live)
    assert isinstance(display_on(Console(file=io.StringIO())), Lines)


@pytest.mark.usefixtures("_impatient")
def test_the_terminal_is_left_as_it_was() -> None:
    console = terminal(80)
    with Live(console) as live:
        live.started(DESCRIPTION)
        live.progressed(step(3, 1.0, most=10))
        until(lambda: "3/10" in printed(console))
        live.finished(result())
    text = printed(console)
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1  # cursor hidden, and shown


@pytest.mark.usefixtures("_impatient")
def test_a_line_at_first_then_every_half_minute_and_one_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.StringIO()
    with Lines(stream) as shown_lines:
        shown_lines.started(DESCRIPTION)
        shown_lines.progressed(step(1, 3.0))
        until(lambda: "iteration 1" in stream.getvalue())
        shown_lines.progressed(step(2, 4.0))
        time.sleep(0.1)
        assert "iteration 2" not in stream.getvalue()
        monkeypatch.setattr(lines_module, "SECONDS_BETWEEN_LINES", 0.0)
        until(lambda: "iteration 2" in stream.getvalue())
        monkeypatch.undo()
        shown_lines.progressed(step(3, 5.0))
        shown_lines.finished(result())
    assert stream.getvalue().splitlines()[-1].startswith("5.0 s · iteration 3")
    assert "\x1b" not in stream.getvalue()


def test_a_short_run_has_one_line() -> None:
    stream = io.StringIO()
    with Lines(stream) as shown_lines:
        shown_lines.started(DESCRIPTION)
        for number in range(50):
            shown_lines.progressed(step(number, 1e-3 * number))
        shown_lines.finished(result())
    assert len(stream.getvalue().splitlines()) == 1
    assert "iteration 49" in stream.getvalue()


@pytest.mark.usefixtures("_impatient")
def test_a_display_that_fails_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Lines):
        drawn = 0

        def draw(self) -> None:
            self.drawn += 1
            raise OSError("no such terminal")

    broken = Broken(io.StringIO())
    with broken:
        broken.progressed(step(1, 3.0))
        until(lambda: broken.drawn > 2)


@pytest.fixture
def problem() -> hybrid.VQE:
    from qiskit.circuit.library import real_amplitudes
    from qiskit.quantum_info import SparsePauliOp

    return hybrid.VQE(real_amplitudes(2, reps=1), SparsePauliOp(["ZZ", "XX"]))


class Recorder:
    """A display that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def began(self, now: Phase) -> None:
        self.told.append(now.name)

    def ended(self, now: Phase) -> None:
        assert now.total is None or now.done == now.total
        self.told.append("ended")

    def started(self, description: Any) -> None:
        self.told.append("started")

    def progressed(self, progress: Any) -> None:
        self.told.append("progressed")

    def finished(self, result: Any) -> None:
        self.told.append("finished")

    def failed(self) -> None:
        self.told.append("failed")


def test_runs_and_calls_are_told_calls_within_calls_are_not(problem: hybrid.VQE) -> None:
    recorder = Recorder()
    with shown(recorder):
        outcome = hybrid.minimize(problem, seed=7, max_iterations=2)
        run, recorder.told = recorder.told, []
        hybrid.map(lambda item: hybrid.minimize(problem, seed=item).value, [1, 2])
    assert run[:3] == ["compiling", "ended", "started"]
    assert run.count("progressed") == run.count("evaluating") == outcome.evaluations
    assert run[-1] == "finished"
    assert recorder.told == ["compiling", "ended", "evaluating", "ended"]
    hybrid.minimize(problem, seed=7, max_iterations=1)
    assert len(recorder.told) == 4


class Failing:
    """An observer whose run fails at its first answer."""

    def started(self, description: Any) -> None: ...

    def progressed(self, progress: Any) -> None:
        raise KeyError("of the user")

    def finished(self, result: Any) -> None: ...


def test_a_run_that_fails_is_no_longer_shown(problem: hybrid.VQE) -> None:
    with Lines(io.StringIO()) as display, shown(display):
        with pytest.raises(KeyError):
            hybrid.minimize(problem, seed=7, observer=Failing())
        assert display.status.description is display.status.progress is None
        with phase("reading"):
            assert display.status.parts()[0].startswith("reading")


def test_a_run_within_a_run_that_fails_leaves_the_run_around_it(problem: hybrid.VQE) -> None:
    class Nested(Failing):
        def progressed(self, progress: Any) -> None:
            with pytest.raises(KeyError):
                hybrid.minimize(problem, seed=7, observer=Failing())

    recorder = Recorder()
    with shown(recorder):
        hybrid.minimize(problem, seed=7, max_iterations=1, observer=Nested())
    assert "failed" not in recorder.told
    assert recorder.told[-1] == "finished"


def test_a_phase_that_fails_has_ended() -> None:
    recorder = Recorder()
    with shown(recorder), pytest.raises(ZeroDivisionError), phase("dividing"):
        _ = 1 / 0
    assert recorder.told == ["dividing", "ended"]
    assert phases._state.current is None


def test_progress_changes_no_bit(problem: hybrid.VQE) -> None:
    plain = hybrid.minimize(problem, seed=7)
    with hybrid.progress():
        watched = hybrid.minimize(problem, seed=7)
    assert watched.value == plain.value
    np.testing.assert_array_equal(watched.x, plain.x)


class Areas:
    """The areas below the cells of a notebook."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def __call__(self, content: Any) -> Any:
        self.shown.append(content.text)
        return SimpleNamespace(update=lambda new: self.shown.append(new.text))


@pytest.mark.usefixtures("_impatient")
def test_a_notebook_shows_a_run_and_keeps_its_last_state() -> None:
    areas = Areas()
    with Notebook(areas) as display:
        display.started(DESCRIPTION)
        display.progressed(step(3, 61.0, most=10))
        until(lambda: areas.shown)
        display.finished(result())
    assert "iteration 3/10" in areas.shown[-1]
    assert "width:30.0%" in areas.shown[-1]
    assert "<script" not in areas.shown[-1]


@pytest.mark.usefixtures("_impatient")
def test_a_notebook_removes_what_it_showed_of_a_step() -> None:
    areas = Areas()
    with Notebook(areas) as display, shown(display), phase("calibrating", predicted=lambda: 9.0):
        until(lambda: areas.shown)
    assert "calibrating" in areas.shown[0]
    assert areas.shown[-1] == ""


def test_in_a_notebook_progress_is_shown_without_asking() -> None:
    code = (
        "import sys; from types import SimpleNamespace\n"
        "shell = type('ZMQInteractiveShell', (), {})()\n"
        "sys.modules['IPython'] = SimpleNamespace(get_ipython=lambda: shell)\n"
        "import hybrid\nfrom hybrid.core import phases\n"
        "assert 'numpy' not in sys.modules\n"
        "print([type(each).__name__ for each in phases.displays()])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=False, env=environment_of_a_job(),
    )  # fmt: skip
    assert (ended.stdout, ended.stderr) == ("['Notebook']\n", "")


@pytest.fixture(autouse=True)
def _no_display_stays(tmp_path: Path) -> Iterator[None]:
    yield
    assert phases._state.displays == []
