"""`/oic/sec/sp`: the security profile (OCF Security 14.8)."""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.resources.base import Outcome, ReadOnly, Representation, with_common
from onboardee.device.resources.secure.common import (
    bad_request,
    merged,
    require_short,
    target,
    wire,
)

MAX_PROFILES: Final = 16


class SpResource(ReadOnly):
    """The profile in force and those it may be chosen from."""

    target = target("sp")

    def retrieve(self, call: Call) -> Representation:
        """Return sp."""
        return with_common(call, self.target, wire(call.database.sp))

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Choose a profile among the supported ones."""
        sp = merged("sp", call.database.sp, payload, call)
        if sp.current not in sp.supported:
            raise bad_request(f"sp: {sp.current} is not a supported profile")
        if len(sp.supported) > MAX_PROFILES:
            raise bad_request(f"sp: there are at most {MAX_PROFILES} profiles")
        require_short("sp", sp.supported)
        return Outcome(database=replace(call.database, sp=sp))
