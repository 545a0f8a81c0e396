"""Resource and device types as profiles have them."""

import re
from collections.abc import Sequence
from typing import Final

from onboardee.device.simulation.capture.notes import Notes, shown

MAX_TYPES: Final = 16
UNKNOWN_TYPE: Final = "x.unknown"
"""What something is that does not say so in a form that profiles have."""

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9.-]{0,63}")


def type_names(place: str, names: Sequence[str], notes: Notes) -> list[str]:
    """Return the names of types that a profile can have, each once."""
    good = list(dict.fromkeys(each for each in names if _NAME.fullmatch(each)))[:MAX_TYPES]
    for each in names:
        if each not in good:
            notes.add(f"{place} has a type that is left out: {shown(each)}")
    if not good:
        notes.add(f"{place} tells no type that profiles can have, and gets {UNKNOWN_TYPE}")
    return good
