"""Configuration: `/oic/con`, by which a client names the device and says where it is.

The values are in the database (`con`), so they survive a restart. The name that is set here is
shown in /oic/d instead of the profile's, and a factory reset gives the profile's name back.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from onboardee.device.access.call import Call
from onboardee.device.access.ocf_interfaces import BASELINE, READ_WRITE
from onboardee.device.access.target import Kind, Target
from onboardee.device.resources.base import (
    COMMON,
    Outcome,
    ReadOnly,
    RefusedError,
    Representation,
    with_common,
)
from onboardee.device.simulation.profile import Profile
from onboardee.svrdb.model import Con
from onboardee.wire.coap import Code

_IGNORED: Final = COMMON - {"n"}
"""Common properties that an UPDATE may repeat; `n` is the one that it may set."""


class ConfigurationResource(ReadOnly):
    """`/oic/con` (OCF Core 11.3): kept over a restart, given up at a factory reset."""

    observable = True

    def __init__(self, profile: Profile) -> None:
        self.target = Target(
            href=profile.core.paths.configuration,
            kind=Kind.APPLICATION,
            types=("oic.wk.con",),
            interfaces=(READ_WRITE, BASELINE),
        )
        self._name = profile.device.name
        self._written: int | None = None
        """The revision that the latest UPDATE makes."""

    def retrieve(self, call: Call) -> Representation:
        """Return what is configured; the device always has a name."""
        return with_common(call, self.target, self._shown(call.database.con))

    def version(self) -> object | None:
        """Return itself: all else is in the call."""
        return self

    def revision(self, call: Call) -> int:
        """Return how often it was changed: plgd's clients want another tag after each UPDATE."""
        return call.database.con_revision

    def is_newly_counted(self, call: Call) -> bool:
        """Tell whether the revision is that of the latest UPDATE."""
        return call.database.con_revision == self._written

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Change the properties that the payload names, all or none.

        `n` is the name, `locn` and `loc` the place, `c` a currency, `r` a region, `ln` names in
        other languages, `dl` the language of `n`. Raises `RefusedError`, 4.00, for an unknown
        property, an empty text, or null.
        """
        wanted = {name: value for name, value in payload.items() if name not in _IGNORED}
        if not wanted or None in wanted.values():
            raise RefusedError(Code.BAD_REQUEST, "con: nothing is to be changed, or to null")
        before = call.database.con
        try:
            after = msgspec.convert({**msgspec.to_builtins(before), **wanted}, Con)
        except msgspec.ValidationError as error:
            raise RefusedError(Code.BAD_REQUEST, f"con: {error}") from error
        body = self._shown(after)
        if after == before:
            return Outcome(body=body)
        self._written = call.database.con_revision + 1
        return Outcome(
            body=body,
            database=msgspec.structs.replace(call.database, con=after, con_revision=self._written),
            # /oic/d shows the name, too.
            notify=frozenset({self.target.href, "/oic/d"}),
        )

    def _shown(self, con: Con) -> dict[str, Any]:
        """Return what is configured, over the profile's name."""
        return {"n": self._name, **msgspec.to_builtins(con)}
