"""What a device does as older ones did: named settings, all of them off unless a profile asks."""

from enum import StrEnum
from typing import Annotated

import msgspec


class Compatibility(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a device does as older ones did. All of it is off unless a profile asks for it."""

    anonymous_doxm: bool = False
    """Anybody may read /oic/sec/doxm in RFNOP: IoTivity 2 finds owned devices by that."""
    oic_1_1: bool = False
    """Serve tools of OIC 1.1, IoTivity 1.1 and 1.2, beside those of today."""
    iotivity_1_1_0: bool = False
    """With `oic_1_1`: 2.01 for a POST to acl and cred, and resource types oic.sec.* too."""
    reconnect_limit: Annotated[float, msgspec.Meta(ge=1, le=120)] = 30.0
    """With `oic_1_1`: seconds in which the tool, between its two sessions, must come back."""
    security_version: Annotated[str, msgspec.Meta(min_length=1, max_length=15)] = "1.2.1"
    """With `oic_1_1`: what /oic/sec/ver tells."""


class Preset(StrEnum):
    """Settings that belong together, by one name."""

    OIC_1_1 = "oic-1.1"


PRESETS = {Preset.OIC_1_1: Compatibility(anonymous_doxm=True, oic_1_1=True)}


def resolved(written: "Compatibility | Preset") -> Compatibility:
    """Return the settings that a name stands for; settings stand for themselves."""
    return PRESETS[written] if isinstance(written, Preset) else written
