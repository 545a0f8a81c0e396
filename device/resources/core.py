"""The core resources apart from discovery: `/oic/d`, `/oic/p`, `/oic/mnt`.

/oic/d and /oic/p are read in the clear by tools that look for devices, before there is any session.
Their UUIDs are the database's: `di` changes with the owner or a reset, `piid` and `pi` stay for the
life of the device (OCF Core 11.1). What else they tell is fixed by the profile, but for the version
of software that was updated.
"""

from collections.abc import Mapping
from typing import Final

from onboardee.device.access.call import Call
from onboardee.device.access.ocf_interfaces import BASELINE, READ, READ_WRITE
from onboardee.device.access.target import Kind, Target
from onboardee.device.resources.base import (
    Outcome,
    ReadOnly,
    RefusedError,
    Representation,
    with_common,
)
from onboardee.device.security import onboarding_states
from onboardee.device.simulation.profile import Profile
from onboardee.svrdb.model import Database, State
from onboardee.wire.coap import Code

DEVICE_VERSIONS: Final = {"software_version": "sv"}
PLATFORM_VERSIONS: Final = {
    "firmware_version": "mnfv",
    "os_version": "mnos",
    "platform_version": "mnpv",
}
"""The versions that an update may change, by what they are called in profiles and on the wire."""


def updated_versions(
    profile: Profile, database: Database, names: Mapping[str, str]
) -> Mapping[str, str]:
    """Return those of the named versions that an update has changed, by their wire names."""
    settings, installed = profile.software_update, database.software.installed
    if settings is None or installed is None:
        return {}
    return {names[each]: installed for each in settings.shows if each in names}


class DeviceResource(ReadOnly):
    """`/oic/d`: what the device is (OCF Core 11.1)."""

    observable = True

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._identity = profile.device
        self.target = Target(
            href="/oic/d",
            kind=Kind.CORE,
            types=(*profile.device.types, "oic.wk.d"),
            interfaces=(READ, BASELINE),
            has_plain_endpoint=True,
        )

    def version(self) -> object | None:
        """Return itself: all else is in the call."""
        return self

    def retrieve(self, call: Call) -> Representation:
        """Return the device's description.

        `di`, the device UUID; `piid`, the protocol-independent id; `n`, `icv`, `dmv`, and the
        optional properties that the profile has.
        """
        identity, database = self._identity, call.database
        versions = {
            "dmno": identity.model_number,
            "sv": identity.software_version,
            **updated_versions(self._profile, database, DEVICE_VERSIONS),
        }
        return with_common(
            call,
            self.target,
            {
                "di": str(database.doxm.device_uuid),
                "piid": str(database.permanent.device),
                "n": database.con.name or identity.name,
                "icv": identity.spec_version,
                "dmv": identity.data_model_version,
                **{name: value for name, value in versions.items() if value},
            },
        )


class PlatformResource(ReadOnly):
    """`/oic/p`: what the device runs on (OCF Core 11.1)."""

    target = Target(
        href="/oic/p",
        kind=Kind.CORE,
        types=("oic.wk.p",),
        interfaces=(READ, BASELINE),
        has_plain_endpoint=True,
    )

    def __init__(self, profile: Profile) -> None:
        platform = profile.platform
        properties = {
            "mnmn": platform.manufacturer,
            "mnmo": platform.model,
            "mnpv": platform.platform_version,
            "mnfv": platform.firmware_version,
            "mnml": platform.manufacturer_url,
            "mndt": platform.manufactured,
            "mnos": platform.os_version,
            "mnhw": platform.hardware_version,
            "mnsl": platform.support_url,
            "vid": platform.vendor_id,
            "mnsel": platform.serial_number,
        }
        self._profile = profile
        self._properties = {name: value for name, value in properties.items() if value}

    def version(self) -> object | None:
        """Return itself: all else is in the call."""
        return self

    def retrieve(self, call: Call) -> Representation:
        """Return the platform's description.

        `pi`, the platform's UUID; `mnmn`, and the optional properties that the profile has.
        """
        platform = str(call.database.permanent.platform)
        updated = updated_versions(self._profile, call.database, PLATFORM_VERSIONS)
        return with_common(call, self.target, {"pi": platform, **self._properties, **updated})


class MaintenanceResource(ReadOnly):
    """`/oic/mnt`: factory reset and reboot (OCF Core 11.5).

    A factory reset goes through the onboarding state RESET, as one that the owner writes to pstat
    does: there is one way to reset a device.
    """

    target = Target(
        href="/oic/mnt",
        kind=Kind.CORE,
        types=("oic.wk.mnt",),
        interfaces=(READ_WRITE, BASELINE),
    )

    def __init__(self, profile: Profile) -> None:
        self._wishes = ("fr", "rb") if profile.core.reboot else ("fr",)

    def version(self) -> object | None:
        """Return itself: there is nothing else."""
        return self

    def retrieve(self, call: Call) -> Representation:
        """Return the wishes that there are, none of which is ever pending."""
        return with_common(call, self.target, self._none())

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Reset to factory state, or reboot; a reset includes the reboot.

        `fr` is a factory reset, `rb` a reboot. Raises `RefusedError`, 4.00, for anything but
        booleans of which one is true.
        """
        wishes = {name: payload.get(name, False) for name in self._wishes}
        if not all(isinstance(wish, bool) for wish in wishes.values()):
            raise RefusedError(Code.BAD_REQUEST, "mnt: fr and rb are booleans")
        if not any(wishes.values()):
            raise RefusedError(Code.BAD_REQUEST, f"mnt: true is none of {self._wishes}")
        if call.database.state is State.RESET:
            raise RefusedError(Code.BAD_REQUEST, "mnt: a reset is already on its way")
        # The answer describes the resource afterwards, not the wish.
        answer = self._none()
        if wishes["fr"]:
            return Outcome(
                body=answer, database=onboarding_states.enter(call.database, State.RESET)
            )
        return Outcome(body=answer, reboot=True)

    def _none(self) -> dict[str, bool]:
        return dict.fromkeys(self._wishes, False)
