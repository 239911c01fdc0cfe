"""What a rank uses: CPU time, memory, and the energy of its host where the host tells it."""

from __future__ import annotations

import resource
import threading
import time
from pathlib import Path
from types import TracebackType

from hybrid.runtime.cgroup import read
from hybrid.runtime.protocol import Used

POWERCAP = Path("/sys/class/powercap")
_SECONDS_BETWEEN_READINGS = 60.0
"""The counters of a busy package wrap around after twenty minutes."""


class Meter:
    """Measures what this process uses from its creation on; as a context, energy too.

    Args:
        powercap: folder of the kernel's energy counters, or None where another rank reads them.

    Example:
        >>> meter = Meter()
        >>> meter.read().joules is None, meter.read().peak_bytes > 0
        (True, True)
    """

    def __init__(self, powercap: Path | None = None) -> None:
        self._process_start = time.process_time()
        self._powercap = powercap
        self._energy: Energy | None = None

    def __enter__(self) -> Meter:
        """Read the counters of energy from now on, if there are any."""
        self._end = threading.Event()
        packages = () if self._powercap is None else counters(self._powercap)
        if packages:
            self._energy = Energy(packages)
            threading.Thread(target=self._work, name="meter", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop reading."""
        self._end.set()

    def read(self) -> Used:
        """Return what has been used so far."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        joules = None if self._energy is None else self._energy.joules()
        return Used(time.process_time() - self._process_start, peak, joules)

    def _work(self) -> None:
        while self._energy is not None and not self._end.wait(_SECONDS_BETWEEN_READINGS):
            self._energy.joules()


class Energy:
    """Energy of the processor packages of a host, by RAPL (Linux's powercap interface).

    Everything that the packages do counts, other processes included.

    Args:
        packages: folders of their counters, see :func:`counters`.
    """

    def __init__(self, packages: tuple[Path, ...]) -> None:
        self._packages = packages
        self._ranges = [_number(folder / "max_energy_range_uj") or 0 for folder in packages]
        self._last = self._microjoules()
        self._sum = 0
        self._lock = threading.Lock()

    def joules(self) -> float:
        """Return the energy since the creation; read more often than the counters wrap around."""
        with self._lock:
            now = self._microjoules()
            for before, after, span in zip(self._last, now, self._ranges, strict=True):
                self._sum += after - before + (span if after < before else 0)
            self._last = now
            return self._sum * 1e-6

    def _microjoules(self) -> list[int]:
        return [_number(folder / "energy_uj") or 0 for folder in self._packages]


def counters(powercap: Path) -> tuple[Path, ...]:
    """Return the folders of the energy counters that may be read, one for each package."""
    folders = sorted(powercap.glob("intel-rapl:*"))
    packages = [folder for folder in folders if folder.name.count(":") == 1]
    return tuple(f for f in packages if _number(f / "energy_uj") is not None)


def _number(path: Path) -> int | None:
    text = read(path).strip()
    return int(text) if text.isdecimal() else None
