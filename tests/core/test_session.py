"""A stop in an interactive session leaves the session."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import hybrid
from hybrid.core import session
from hybrid.core.errors import Suspended, SuspendedSession
from tests.launch import environment_of_a_job

TYPED = """
import hybrid
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp
problem = hybrid.VQE(real_amplitudes(2, reps=1), SparsePauliOp(["ZZ", "XX"]))
hybrid.minimize(problem, seed=7, journal="run.db", time_limit=1e-6)
print("still here")
"""


@pytest.mark.launches
def test_a_session_outlives_a_stopped_run(tmp_path: Path) -> None:
    """The same lines as a script end with exit code 75."""
    shared = {"capture_output": True, "text": True, "cwd": tmp_path, "env": environment_of_a_job()}
    typed = subprocess.run([sys.executable, "-i"], input=TYPED, check=False, **shared)
    assert typed.returncode == 0
    assert typed.stdout == "still here\n"
    assert "SuspendedSession: hybrid: stopped by the time limit after 1 answer" in typed.stderr
    script = subprocess.run([sys.executable, "-c", TYPED], check=False, **shared)
    assert (script.returncode, script.stdout) == (75, "")


def test_a_notebook_is_an_interactive_session(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not session.is_notebook()
    shell = type("ZMQInteractiveShell", (), {})()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert session.is_interactive()
    assert session.is_notebook()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert not session.is_interactive()


def test_what_is_raised_tells_the_reason() -> None:
    error = SuspendedSession(Suspended("SIGINT", "stopped"))
    assert isinstance(error, KeyboardInterrupt)
    assert (error.reason, str(error)) == ("SIGINT", "stopped")
    assert hybrid.core.errors.SuspendedSession is SuspendedSession
