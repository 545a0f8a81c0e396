"""Software update (oic.r.softwareupdate): what is ordered here, and how far it is.

What an UPDATE writes is an order in the database; the device carries it out in its own time
(`device/machine/updating.py`) and its observers hear of each state. It is a resource of the
device's configuration (OCF Security 8.5): owners reach it in RFPRO as well, but what is ordered
begins in RFNOP, in which a device works.

IoTivity-Lite is followed where the model leaves a choice: `updatetime` may be `now` or `none`, and
1970 is shown for none; an empty `purl` keeps the one that is there.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from onboardee.device.access.call import Call
from onboardee.device.access.ocf_interfaces import BASELINE, READ_WRITE
from onboardee.device.access.target import Kind, Target
from onboardee.device.resources.base import (
    Outcome,
    ReadOnly,
    RefusedError,
    Representation,
    with_common,
)
from onboardee.device.simulation.profile import Profile
from onboardee.device.simulation.software import SoftwareUpdateSettings
from onboardee.device.simulation.value_limits import is_moment
from onboardee.svrdb.model import Software, UpdateAction, UpdateState
from onboardee.svrdb.model.software import MAX_TEXT
from onboardee.svrdb.software_update import moment_text, ordered
from onboardee.wire.coap import Code

WRITABLE: Final = ("purl", "swupdateaction", "updatetime")
"""An UPDATE has all of them."""
NO_TIME: Final = "1970-01-01T00:00:00Z"
NOW: Final = "now"
NEVER: Final = "none"

Date = Callable[[], datetime]
"""The world's time of day."""


class SoftwareUpdateResource(ReadOnly):
    """The order and its state; only `purl`, `swupdateaction` and `updatetime` are written."""

    observable = True

    def __init__(self, profile: Profile, settings: SoftwareUpdateSettings, date: Date) -> None:
        self.target = Target(
            href=settings.path,
            kind=Kind.CORE,
            types=("oic.r.softwareupdate",),
            interfaces=(READ_WRITE, BASELINE),
        )
        made = profile.platform.manufactured
        self._made = None if made is None else f"{made}T00:00:00Z"
        self._date = date

    def version(self) -> object | None:
        """Return itself: all else is in the call."""
        return self

    def retrieve(self, call: Call) -> Representation:
        """Return all that is known of software to come, and when there was some last.

        Times are as RFC 3339 has them; `lastupdate` is at first the date of manufacture, if the
        profile has it.
        """
        return with_common(call, self.target, self._shown(call.database.software))

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Take an order, or with the action `idle` take one back.

        Raises `RefusedError`: 4.00 for what is missing, malformed, read-only or in the past, 4.03
        while software is being installed.
        """
        shown = self._shown(call.database.software)
        for name, value in payload.items():
            if name in shown and name not in WRITABLE and value != shown[name]:
                raise _wrong(f"{name} is read-only")
        missing = [name for name in WRITABLE if name not in payload]
        if missing:
            raise _wrong(f"{missing[0]} has to be in the UPDATE")
        action = self._action(payload["swupdateaction"])
        url = self._url(payload["purl"], call.database.software, action)
        time = self._time(payload["updatetime"], action)
        if call.database.software.state is UpdateState.UPGRADING:
            raise RefusedError(Code.FORBIDDEN, "software update: software is being installed")
        database = ordered(call.database, url=url, action=action, time=time)
        return Outcome(body=self._shown(database.software), database=database)

    def _shown(self, software: Software) -> dict[str, Any]:
        updated = software.updated or self._made
        return {
            "nv": software.new_version,
            "purl": software.url,
            "swupdateaction": str(software.action),
            "swupdatestate": str(software.state),
            "swupdateresult": int(software.result),
            **({} if updated is None else {"lastupdate": updated}),
            "signed": "vendor",
            "updatetime": software.time or NO_TIME,
        }

    @staticmethod
    def _action(value: object) -> UpdateAction:
        try:
            return UpdateAction(str(value))
        except ValueError:
            known = ", ".join(UpdateAction)
            raise _wrong(f"swupdateaction is one of {known}") from None

    @staticmethod
    def _url(value: object, software: Software, action: UpdateAction) -> str:
        if not isinstance(value, str) or len(value) > MAX_TEXT or not value.isprintable():
            raise _wrong(f"purl is a text of at most {MAX_TEXT} characters")
        keeps = not value and action is not UpdateAction.NONE
        return software.url if keeps else value

    def _time(self, value: object, action: UpdateAction) -> str | None:
        """Return the time of an order, None for never. Raises `RefusedError`."""
        if value == NOW:
            return moment_text(self._date())
        if value in (NEVER, NO_TIME):
            return None
        if not isinstance(value, str) or len(value) > MAX_TEXT or not is_moment(value):
            raise _wrong("updatetime is a time as in RFC 3339, now or none")
        is_past = datetime.fromisoformat(value) < self._date().replace(microsecond=0)
        if is_past and action is not UpdateAction.NONE:
            raise _wrong("updatetime is in the past")
        return value


def _wrong(sentence: str) -> RefusedError:
    return RefusedError(Code.BAD_REQUEST, f"software update: {sentence}")
