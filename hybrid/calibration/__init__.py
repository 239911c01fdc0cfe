"""Measuring hosts: fully by ``hybrid calibrate``, or roughly on first use."""

from hybrid.calibration.calibrate import calibrate, kind_of_host, quick
from hybrid.calibration.here import here

__all__ = ["calibrate", "here", "kind_of_host", "quick"]
