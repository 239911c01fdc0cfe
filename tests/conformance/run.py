"""Run the test suites of Qiskit's libraries with this package's primitives: ``make conformance``.

Downloads the source distributions from the package index and runs each suite twice, with Qiskit's
``StatevectorEstimator`` and ``StatevectorSampler`` and with ours. What passes with theirs must pass
with ours.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

SUITES = {
    "qiskit-algorithms": "0.4.0",
    "qiskit-machine-learning": "0.9.1",
    "qiskit-nature": "0.8.0",
}
LEFT_OUT = (
    "gradients/test_sampler_gradient.py",  # fails with the reference too
    "time_evolvers/test_trotter_qrte.py",  # takes hours with the reference too
)
_PROJECT = Path(__file__).parents[2]


def main() -> int:
    """Run the suites and print how many tests pass with each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", choices=[*SUITES], action="append")
    parser.add_argument("--only", default="", help="a path below the suite's folder of tests")
    parser.add_argument("--folder", type=Path, default=None, help="where to unpack")
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="conformance-"))
    worse = []
    for name in chosen.suite or SUITES:
        root = _unpacked(name, SUITES[name], folder)
        theirs = _outcomes(root, chosen.only, ours=False)
        ours = _outcomes(root, chosen.only, ours=True)
        lost = sorted(test for test, end in theirs.items() if end == "passed" != ours.get(test))
        count = {
            end: sum(1 for each in theirs.values() if each == end) for end in {*theirs.values()}
        }
        passed = sum(1 for end in ours.values() if end == "passed")
        print(
            f"{name} {SUITES[name]}: with Qiskit's {count}; passed with ours {passed}", flush=True
        )
        print("".join(f"  only with Qiskit's: {test}\n" for test in lost), end="", flush=True)
        worse += lost
    return 1 if worse else 0


def _unpacked(name: str, version: str, folder: Path) -> Path:
    file = folder / f"{name.replace('-', '_')}-{version}.tar.gz"
    if not file.exists():
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        wanted = ["--no-binary", ":all:", "--dest", str(folder), f"{name}=={version}"]
        subprocess.run([*download, *wanted], check=True)
    root = folder / f"{name.replace('-', '_')}-{version}"
    if not root.exists():
        with tarfile.open(file) as archive:
            archive.extractall(folder, filter="data")
    return root


def _outcomes(root: Path, only: str, *, ours: bool) -> dict[str, str]:
    """Return how each test of a suite ended, by its name."""
    swap = ["-p", "tests.conformance.swap"] if ours else []
    left_out = [f"--ignore=test/{path}" for path in LEFT_OUT]
    paths = [str(root), str(_PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "-q", "-p", "no:warnings", "-p", "no:cacheprovider",
         *swap, *left_out, f"test/{only}"],
        cwd=root, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    lines = re.findall(
        r"^(PASSED|FAILED|ERROR|SUBFAILED\S*) (test/\S+)", ended.stdout, re.MULTILINE
    )
    outcomes: dict[str, str] = {}
    for end, test in lines:
        if outcomes.get(test) != "failed":
            outcomes[test] = "passed" if end == "PASSED" else "failed"
    if not outcomes:
        print(ended.stdout[-2000:], ended.stderr[-2000:], file=sys.stderr)
    return outcomes


if __name__ == "__main__":
    sys.exit(main())
