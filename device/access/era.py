"""The standard that a request follows: today's, or OIC 1.1 where a profile serves that too."""

from dataclasses import dataclass
from typing import Final

from onboardee.device.access.rights import (
    OIC_1_1_RIGHTS,
    OIC_1_1_SEASONS,
    RIGHTS,
    SEASONS,
    Rights,
    Seasons,
)


@dataclass(frozen=True, slots=True)
class Era:
    """What differs for a request between OCF and OIC 1.1."""

    rights: Rights
    """Which property may be written when."""
    seasons: Seasons
    """Which operation is possible when."""
    is_old: bool
    """The request is written as in OIC 1.1 and wants an answer of that form."""


TODAY: Final = Era(RIGHTS, SEASONS, is_old=False)
OIC_1_1: Final = Era(OIC_1_1_RIGHTS, OIC_1_1_SEASONS, is_old=True)
