"""`/oic/sec/sp`: the security profile (OCF Security 14.8).

Profiles are object identifiers below 1.3.6.1.4.1.51414.0.0: 1.0 is baseline, 2.0 black, 3.0 blue,
4.0 purple. The current one has to be among the supported ones; which these are, a new device has
from its profile.
"""

from typing import Final

import msgspec

from onboardee.svrdb.model.resource import IN_PROVISIONING, Lite, SecurityResource

BASELINE_PROFILE: Final = "1.3.6.1.4.1.51414.0.0.1.0"
PROFILE_NAMES: Final = {
    "baseline": BASELINE_PROFILE,
    "black": "1.3.6.1.4.1.51414.0.0.2.0",
    "blue": "1.3.6.1.4.1.51414.0.0.3.0",
    "purple": "1.3.6.1.4.1.51414.0.0.4.0",
}
"""The profiles that OCF has, by name (OCF Security 14.8.3)."""
BLACK_PROFILE: Final = PROFILE_NAMES["black"]


class Sp(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"current": "currentprofile", "supported": "supportedprofiles"},
):
    """Security profile, `/oic/sec/sp` (OCF Security 14.8).

    A profile that is written and is not supported is refused with 4.00.
    """

    current: str = BASELINE_PROFILE
    supported: tuple[str, ...] = (BASELINE_PROFILE,)


SP: Final = SecurityResource(
    name="sp",
    title="Security profile",
    model=Sp,
    rights={"currentprofile": IN_PROVISIONING, "supportedprofiles": IN_PROVISIONING},
    is_profiled=True,
    lite=Lite(("currentprofile", "supportedprofiles")),
)
