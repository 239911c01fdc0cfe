"""Exit codes of the command line, and of scripts whose run was stopped."""

from __future__ import annotations

from collections.abc import Mapping

DONE = 0
FAILED = 1
BAD_INPUT = 2
RESUME_ME = 75
"""EX_TEMPFAIL of sysexits.h: the run stopped early and can be resumed."""
INTERRUPTED = 130
"""After Control-C, by the convention of shells."""

MEANINGS: Mapping[int, str] = {
    DONE: "the run ended; the closing table says whether it converged.",
    FAILED: "it failed, or standard output could not be written (the closing table is then on "
    "standard error).",
    BAD_INPUT: "the input is invalid; nothing was run.",
    RESUME_ME: "it was stopped (by a signal, the time limit or a stalled rank) and can be resumed.",
    INTERRUPTED: "it was interrupted; the best point so far was printed.",
}
"""What each exit code means, as a sentence."""
