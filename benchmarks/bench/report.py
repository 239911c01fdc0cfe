"""The report: measured ratios and their targets, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.contention import QUIET
from bench.measure import MISSED, REACHED, Measured
from bench.peak import Peak
from bench.probes import Limits, copies_in, nominal_gigaflops

HEADER = (
    "workload",
    "against",
    "ours, s",
    "theirs, s",
    "ratio (min / median / max)",
    "pairs",
    "target",
    "reached",
)


@dataclass(frozen=True)
class Report:
    """All results of one run."""

    command: str
    date: str
    threads: int
    machine: Mapping[str, str]
    limits: Limits
    measured: Sequence[Measured]
    peaks: Sequence[tuple[Peak, float, float]]

    def markdown(self) -> str:
        """Return the contents of RESULTS.md."""
        return "\n\n".join(filter(None, self._sections())) + "\n"

    def _sections(self) -> Iterable[str]:
        yield "# Benchmarks: results"
        yield (
            f"Measured {self.date} with `{self.command}`, every engine on {self.threads} "
            "threads unless a row says otherwise. Times are medians over runs, per call; ratios "
            "are theirs over ours, paired run by run. See `README.md`."
        )
        yield _summary(self.measured)
        yield table(HEADER, map(line, self.measured))
        yield "## First calls, cores in use, answers"
        yield (
            "The first call builds the circuit, compiles it and runs it once, imports excluded. "
            "Cores: processor time over wall time; others: processes outside this benchmark. "
            "Answers agree to 1e-8 (1e-4 with complex64), or there is no ratio; qubit excitations "
            "are a different ansatz and differ."
        )
        yield table(*_details(self.measured))
        yield "## Against the machine's limits"
        yield _limits_sentence(self.limits, self.threads)
        yield table(*_fractions(self.measured, self.limits))
        if self.peaks:
            yield "## Peak memory above the interpreter"
            yield table(*_memory(self.peaks))
        yield "## Machine and versions"
        versions = {k: v for row in self.measured for k, v in row.versions.items()}
        facts = {**self.machine, **dict(sorted(versions.items()))}
        yield "\n".join(f"- {name}: {fact}" for name, fact in facts.items())


def line(found: Measured) -> tuple[str, ...]:
    """Return the cells of one row of the main table."""
    row, comparison = found.row, found.comparison
    target = "" if row.target is None else f"{row.target:g}"
    verdict = found.verdict if found.verdict == REACHED else f"**{found.verdict}**"
    if row.target is None and found.failure is None:
        verdict = ""
    if comparison is None:
        return (row.title, row.against, "", "", "", "", target, verdict)
    ratios = comparison.ratios
    shown = f"{ratios[0]:.2f} / **{comparison.ratio:.2f}** / {ratios[-1]:.2f}"
    return (
        row.title,
        row.against,
        f"{comparison.ours.seconds:.3g}",
        f"{comparison.other.seconds:.3g}",
        "" if found.failure else shown,
        str(len(ratios)),
        target,
        verdict,
    )


def table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    rows = [header, ["---"] * len(header), *lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


def _summary(measured: Sequence[Measured]) -> str:
    targets = [found for found in measured if found.row.target is not None]
    missed = [found for found in targets if found.verdict == MISSED]
    broken = [found for found in measured if found.failure]
    reached = sum(found.verdict == REACHED for found in targets)
    sentence = f"**{reached} of {len(targets)} targets reached"
    sentence += f", {len(missed)} missed" if missed else ""
    sentence += f", {len(broken)} rows without a ratio.**" if broken else ".**"
    contended = [found.others for found in measured if (found.others or 0) > QUIET]
    if not contended:
        return sentence
    return (
        f"{sentence} Other processes used up to {max(contended):.1f} cores during "
        f"{len(contended)} of {len(measured)} rows: repeat on a quiet machine."
    )


def _details(measured: Sequence[Measured]) -> tuple[Sequence[str], list[tuple[str, ...]]]:
    header = (
        "workload",
        "against",
        "first call ours, s",
        "theirs, s",
        "cores ours",
        "theirs",
        "value ours",
        "theirs",
        "gradient norm ours",
        "theirs",
        "cores others",
    )
    lines = []
    for found in measured:
        if found.comparison is None:
            continue
        ours, other = found.comparison.ours, found.comparison.other
        lines.append(
            (
                found.row.title,
                found.row.against,
                _first_call(found, ours.ready.first_seconds),
                f"{other.ready.first_seconds:.3g}",
                f"{ours.cores:.2f}",
                f"{other.cores:.2f}",
                *(f"{side.ready.value:.10f}" for side in (ours, other)),
                *(_norm(side.ready.gradient_norm) for side in (ours, other)),
                "" if found.others is None else f"{found.others:.2f}",
            )
        )
    return header, lines


def _first_call(found: Measured, seconds: float) -> str:
    target = found.row.first_call
    if target is None:
        return f"{seconds:.3g}"
    return f"{seconds:.3g} (target < {target:g}: {'reached' if seconds < target else '**missed**'})"


def _norm(norm: float | None) -> str:
    return "" if norm is None else f"{norm:.10f}"


def _limits_sentence(limits: Limits, threads: int) -> str:
    return (
        f"Small probes in the same run, {threads} threads: vector peak {limits.double:.0f} GFLOP/s "
        f"in double and {limits.single:.0f} in single precision, copying {limits.copy:.1f} GB/s, "
        f"updating in place {limits.update:.1f} GB/s (bytes read and written, arrays of 256 MiB). "
        "Operations are counted for the adjoint method gate by gate; copies: number of times the "
        "state could be copied in memory in our time."
    )


def _fractions(
    measured: Sequence[Measured], limits: Limits
) -> tuple[Sequence[str], list[tuple[str, ...]]]:
    header = (
        "workload",
        "ours, s",
        "operations, GFLOP",
        "GFLOP/s",
        "of vector peak",
        "copies of the state",
        "parametrized gates",
    )
    lines: dict[str, tuple[str, ...]] = {}
    for found in measured:
        workload = found.row.ours()
        work = nominal_gigaflops(workload, found.row.gradient)
        if found.comparison is None or work is None:
            continue
        seconds = found.comparison.ours.seconds
        single = "complex64" in found.row.options.values()
        peak, amplitude = (limits.single, 8) if single else (limits.double, 16)
        lines.setdefault(
            found.row.title,
            (
                found.row.title,
                f"{seconds:.3g}",
                f"{work:.3g}",
                f"{work / seconds:.3g}",
                f"{work / seconds / peak:.0%}",
                f"{copies_in(seconds, workload, limits, amplitude):.0f}",
                str(sum(gate.weight is not None for gate in workload.gates)),
            ),
        )
    return header, list(lines.values())


def _memory(
    peaks: Sequence[tuple[Peak, float, float]],
) -> tuple[Sequence[str], list[tuple[str, ...]]]:
    header = ("evaluation (HEA, L=1)", "peak, GiB", "target, GiB", "seconds", "reached")
    return header, [
        (
            peak.title,
            f"{gib:.2f}",
            f"<= {peak.target:g}",
            f"{seconds:.1f}",
            REACHED if gib <= peak.target else f"**{MISSED}**",
        )
        for peak, gib, seconds in peaks
    ]
