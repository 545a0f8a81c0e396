"""Profiles made of what a client reads from a device: a device that looks the same.

Pure: what was read is an argument (`Readings`), made by `obt.survey()`. All of it was said by the
device, so nothing in it is trusted: sizes and depths are bounded, references may lead in cycles,
and what a profile cannot hold is left out and named.

    readings        what a client has read, as far as it is needed here
    making          the whole profile; sections: /oic/d and /oic/p
    resources       one resource: types, interfaces, properties
    limits          one value: type and limits, from its schema and from itself
    schemas         JSON Schema with its references; introspected: finding it in the document
    ranges          limits that stand as values beside the number that they are for
    neutral_values  values for what could not be read; catalogue: what a type usually has
    linking         links of collections; notes: what the profile lacks

The result is a file that runs, or none: it is read again by the same code that reads profiles
before anybody gets it.
"""

from onboardee.device.simulation.capture.making import (
    CapturedProfile,
    CapturedProfileError,
    captured,
)
from onboardee.device.simulation.capture.readings import Reading, Readings

__all__ = ["CapturedProfile", "CapturedProfileError", "Reading", "Readings", "captured"]
