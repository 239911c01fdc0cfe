"""Measure hybrid and its peers side by side: ``python benchmarks/run.py --help``."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from pathlib import Path

from bench.machine import describe_machine
from bench.measure import Effort, Measured, Pythons, measure
from bench.peak import PEAKS, QUICK_PEAKS, measure_peak
from bench.probes import measure_limits
from bench.report import Report, line
from bench.rows import FULL, QUICK, rows

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"


def main() -> int:
    """Run the selected rows; the exit code is 1 if a row has no valid comparison."""
    arguments = _arguments()
    sizes = QUICK if arguments.quick else FULL
    wanted = [row for row in rows(sizes) if not arguments.only or row.name in arguments.only]
    pythons = Pythons(sys.executable, arguments.peers_python)
    effort = Effort(arguments.repeat, 5.0 if arguments.quick else arguments.seconds)
    machine = describe_machine()
    limits = measure_limits(arguments.threads)
    measured = []
    for row in wanted:
        measured.append(measure(row, pythons, arguments.threads, effort))
        print("  ".join(cell for cell in line(measured[-1]) if cell), flush=True)
    peaks = QUICK_PEAKS if arguments.quick else PEAKS
    report = Report(
        command=_command(),
        date=time.strftime("%Y-%m-%d"),
        threads=arguments.threads,
        machine=machine,
        limits=limits,
        measured=measured,
        peaks=[
            (peak, *measure_peak(peak, sys.executable, arguments.threads))
            for peak in (peaks if arguments.memory else ())
        ],
    )
    print("\n" + report.markdown())
    if arguments.write:
        RESULTS.write_text(report.markdown())
    return int(any(_is_broken(found) for found in measured))


def _is_broken(found: Measured) -> bool:
    return found.failure is not None


def _command() -> str:
    """Return the command that repeats this run, without local paths."""
    kept = [argument for argument in sys.argv[1:] if "peers-python" not in argument]
    kept = [argument for argument in kept if not Path(argument).is_absolute()]
    return shlex.join(["python", "benchmarks/run.py", *kept])


def _arguments() -> argparse.Namespace:
    names = list(dict.fromkeys(row.name for row in rows(FULL)))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--repeat", type=int, default=7, help="paired runs of each row")
    parser.add_argument(
        "--seconds",
        type=float,
        default=40.0,
        help="time limit of a row; above it fewer pairs run, at least 3",
    )
    parser.add_argument("--threads", type=int, default=2, help="threads of every engine")
    parser.add_argument("--quick", action="store_true", help="small sizes: a check, not a result")
    parser.add_argument("--memory", action="store_true", help="measure peak memory too")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    parser.add_argument(
        "--peers-python",
        default=str(HERE.parent / ".venv-peers" / "bin" / "python"),
        help="interpreter with requirements-peers.txt installed",
    )
    arguments = parser.parse_args()
    if arguments.write and (arguments.quick or arguments.only):
        parser.error("--write needs a full run, without --quick and --only")
    if not Path(arguments.peers_python).exists():
        parser.error(
            f"no interpreter at {arguments.peers_python}; run 'make bench', or "
            "python -m venv .venv-peers && .venv-peers/bin/pip install "
            "-r benchmarks/requirements-peers.txt"
        )
    return arguments


if __name__ == "__main__":
    sys.exit(main())
