"""Install a wheel into a clean environment and use it: ``python packaging/check_wheel.py WHEEL``.

Two ranks run a file with a journal and make its report; then, with MPI removed, one rank does. The
environment is a new virtual environment in a temporary folder, and nothing of the clone is on its
path. ``--python`` chooses another Python.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

RUN_FILE = """
problem = { kind = "pauli", terms = [["ZZI", 1.0], ["IZZ", 1.0], ["XII", 0.5], ["IIX", 0.5]] }
ansatz = { kind = "hardware_efficient", layers = 1 }
optimizer = { name = "SPSA", max_iterations = 20 }
simulator = { shots = 64 }
run = { seed = 7 }
"""

LIBRARY = """
import importlib.resources, pathlib, sys
import hybrid
home = pathlib.Path(hybrid.__file__).parent
assert home.is_relative_to(sys.prefix), home
assert (home / "py.typed").exists()
from hybrid._kernels import about
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp
problem = hybrid.VQE(real_amplitudes(3, reps=2), SparsePauliOp(["ZZI", "IXX"]))
result = hybrid.minimize(problem, seed=7)
assert result.success and abs(result.value + 2**0.5) < 1e-6, result
print("kernels for", about()["processor"], "-", result.value)
"""

IN_WHEEL = (
    r"hybrid/py\.typed",
    r"hybrid/_kernels/__init__\.pyi",
    r"hybrid/_kernels/_\w+\..*\.so",
    r"hybrid/machine/reference-.*\.json",
    r"hybrid/report/assets/echarts\.min\.js",
    r"hybrid/report/assets/echarts\.LICENSE",
    r".*\.dist-info/licenses/LICENSE",
)


def main() -> int:
    """Check one wheel."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--python", default=sys.executable)
    chosen = parser.parse_args()
    check_content(chosen.wheel)
    with tempfile.TemporaryDirectory() as folder:
        check_use(chosen.wheel.absolute(), chosen.python, Path(folder))
    print(f"{chosen.wheel.name}: works on two ranks, and without MPI on one")
    return 0


def check_content(wheel: Path) -> None:
    """Refuse a wheel that lacks a file, or installs another top-level name."""
    names = zipfile.ZipFile(wheel).namelist()
    missing = [each for each in IN_WHEEL if not any(re.fullmatch(each, name) for name in names)]
    assert not missing, f"missing in the wheel: {missing}"
    tops = {name.partition("/")[0] for name in names}
    assert all(top == "hybrid" or top.endswith(".dist-info") for top in tops), tops


def check_use(wheel: Path, python: str, folder: Path) -> None:
    """Install the wheel and use it, on two ranks and without MPI."""
    kept = ("PATH", "HOME", "LANG", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CACHE_DIR",
            "PIP_CONFIG_FILE", "SSL_CERT_FILE", "TMPDIR", "https_proxy", "http_proxy")  # fmt: skip
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {"OMP_NUM_THREADS": "1", "PYTHONNOUSERSITE": "1"}

    def run(*command: str | Path, **more: str) -> str:
        done = subprocess.run(
            command, cwd=folder, env=environment | more, timeout=600, check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    (folder / "run.toml").write_text(RUN_FILE)
    run(python, "-m", "venv", folder / "venv")
    bin_ = folder / "venv" / "bin"
    run(bin_ / "python", "-m", "pip", "install", "--quiet", f"{wheel}[mpi]")
    print(run(bin_ / "python", "-c", LIBRARY).strip())
    hybrid = bin_ / "hybrid"
    run(bin_ / "mpiexec", "-n", "2", hybrid, "run", "run.toml", "--journal", "two.db")
    run(hybrid, "report", "two.db", "-o", "two.html")
    assert (folder / "two.html").stat().st_size > 500_000
    assert "2 ranks" in run(hybrid, "journal", "two.db")
    run(bin_ / "python", "-m", "pip", "uninstall", "--quiet", "--yes", "mpich", "mpi4py")
    run(hybrid, "run", "run.toml", "--journal", "one.db")
    best = [line for line in run(hybrid, "journal", "one.db").splitlines() if "best value" in line]
    assert best == [
        line for line in run(hybrid, "journal", "two.db").splitlines() if "best value" in line
    ], "one rank and two give different bits"


if __name__ == "__main__":
    sys.exit(main())
