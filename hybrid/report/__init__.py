"""The report of a run: one HTML file with charts, made from its journal alone."""

from __future__ import annotations

from hybrid.report.page import write_report

__all__ = ["write_report"]
