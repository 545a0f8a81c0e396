"""Profiles made of what a client reads from a device: a device that looks the same.

Pure: what was read is an argument (`Readings`), made by `obt.survey()`. All of it was said by the
device, so nothing in it is trusted: sizes and depths are bounded, references may lead in cycles,
and what a profile cannot hold is left out and named.
"""

from onboardee.device.simulation.capture.making import (
    CapturedProfile,
    CapturedProfileError,
    captured,
)
from onboardee.device.simulation.capture.readings import Reading, Readings

__all__ = ["CapturedProfile", "CapturedProfileError", "Reading", "Readings", "captured"]
