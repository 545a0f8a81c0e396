"""What a device does for tools that OCF's rules alone leave out: named settings, all of them off.

Each setting is a tolerance with the tool that depends on it. A preset is a set of them by the name
of what people have; `ocf` is none.

The settings are used in two places. What concerns the decision about a request is a `Concession`
and goes to the gate; what concerns its form is a row in the table of views
(`device/resources/oic_1_1`). So a profile without them has no code of older versions in the way of
its requests. Which program was seen to need which of them is in docs/interop.md.
"""

from enum import StrEnum
from typing import Annotated, Final

import msgspec

from onboardee.device.access.concessions import Concessions
from onboardee.svrdb.model.owners import MAX_SUB_OWNERS


class DirectPairingProperty(StrEnum):
    """What a version of IoTivity calls the property.

    Its tools look for this name in doxm before they offer to pair.
    """

    IOTIVITY_1_1_0 = "dpc"
    IOTIVITY_1_1_1 = "x.org.iotivity.dpc"


class Compatibility(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a device does for older tools. All of it is off unless a profile asks for it."""

    anonymous_doxm: bool = False
    """Anybody may read /oic/sec/doxm in RFNOP: IoTivity's tools find owned devices by that."""
    anonymous_entries: bool = False
    """The factory lets anybody read /oic/res, /oic/d and /oic/p, and lets a reset bring that back.

    The servers of IoTivity ship such entries, and their tools write none.
    """
    oic_1_1: bool = False
    """Serve tools of OIC 1.1, IoTivity 1.1 and 1.2, beside those of today."""
    found_again: bool = False
    """With `oic_1_1`: once its tool owns the device, anybody finds it and reads /oic/sec/doxm.

    That is an entry of the access list, which the owner sees and may remove; other tools get none.
    """
    iotivity_1_1_0: bool = False
    """With `oic_1_1`: 2.01 for a POST to acl and cred, and resource types oic.sec.* too."""
    update_by_put: bool = False
    """With `oic_1_1`: a PUT to a security resource is a POST. IoTivity 1.1.0's tool owns by PUT."""
    values_by_put: bool = False
    """With `oic_1_1`: a PUT to an application resource is a POST, as its clients mean it."""
    wrong_map_size: bool = False
    """With `oic_1_1`: a payload in format 60 may have fewer pairs than its map says.

    IoTivity 1.1.1's encoder announces 10 pairs of doxm and writes 7.
    """
    direct_pairing_property: DirectPairingProperty | None = None
    """With `oic_1_1`: what doxm calls whether it does Direct Pairing.

    IoTivity 1.1's tools write it along; the value that they write has no effect.
    """
    nil_resource_owner: bool = False
    """With `oic_1_1`: a nil rowneruuid written to doxm, pstat or acl changes nothing.

    IoTivity 1.1's tools send it along with what they write.
    """
    operation_mode_3: bool = False
    """With `oic_1_1`: a client directs in mode 3, and pstat's sm is 3, as IoTivity 1.1 has it.

    That its reset writes `om: 3` is a part of it. Later versions mean 4.
    """
    owner_of_resources: bool = False
    """A database whose owner left resources without one is served as if they were the owner's.

    IoTivity's servers leave cred.rowneruuid nil.
    """
    owner_wildcard: bool = False
    """`*` in the owner's entry opens csr, roles and sp too, as IoTivity 1.3's servers let it."""
    removal_in_operation: bool = False
    """A credential may be deleted in RFNOP, as IoTivity 1.3's servers let it and its tool does."""
    anchor_in_optionaldata: bool = False
    """A certificate without publicdata may stand in optionaldata, where IoTivity 1.3 writes it."""
    multiple_owners: bool = False
    """The owner may let sub-owners join by a PIN, as IoTivity 1.3's servers can be built to do."""
    sub_owner_limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_SUB_OWNERS)] = 4
    """With `multiple_owners`: how many sub-owners there may be."""
    reconnect_limit: Annotated[float, msgspec.Meta(ge=1, le=120)] = 30.0
    """With `oic_1_1`: seconds in which the tool, between its two sessions, must come back."""
    security_version: Annotated[str, msgspec.Meta(min_length=1, max_length=15)] = "1.2.1"
    """With `oic_1_1`: what /oic/sec/ver tells."""

    @property
    def opens_discovery(self) -> bool:
        """Whether anybody finds a device from the factory on, owned or not."""
        return self.anonymous_entries or (self.oic_1_1 and not self.found_again)

    @property
    def concessions(self) -> Concessions:
        """What gate and dispatcher need to know of it."""
        return Concessions(
            shows_owner=self.anonymous_doxm,
            shows_owner_by_entry=self.oic_1_1 and self.found_again,
            opens_to_owner=self.owner_wildcard,
            removes_in_operation=self.removal_in_operation,
            takes_put=self.oic_1_1 and self.update_by_put,
            takes_put_of_values=self.oic_1_1 and self.values_by_put,
            has_sub_owners=self.multiple_owners,
            takes_wrong_map_size=self.oic_1_1 and self.wrong_map_size,
        )


class Preset(StrEnum):
    """Settings that belong together, by the name of the tools that need them.

    `docs/profiles.md` has a table of what each of them sets.
    """

    OCF = "ocf"
    AUTO = "auto"
    IOTIVITY_1_1_0 = "iotivity-1.1.0"
    IOTIVITY_1_1_1 = "iotivity-1.1.1"
    IOTIVITY_1_2 = "iotivity-1.2"
    IOTIVITY_1_3 = "iotivity-1.3"
    IOTIVITY_2 = "iotivity-2"
    OIC_1_1 = "oic-1.1"


_OIC_1_1: Final = Compatibility(anonymous_doxm=True, anonymous_entries=True, oic_1_1=True)

_IOTIVITY_1_2: Final = msgspec.structs.replace(
    _OIC_1_1, values_by_put=True, owner_of_resources=True
)

_IOTIVITY_1_1: Final = msgspec.structs.replace(
    _IOTIVITY_1_2,
    direct_pairing_property=DirectPairingProperty.IOTIVITY_1_1_1,
    nil_resource_owner=True,
    operation_mode_3=True,
)

_IOTIVITY_OCF: Final = Compatibility(
    anonymous_doxm=True, anonymous_entries=True, owner_of_resources=True
)

PRESETS: Final = {
    Preset.OCF: Compatibility(),
    # only what a request in the form of OIC 1.1 gets, and only after it asked for it
    Preset.AUTO: Compatibility(
        oic_1_1=True,
        found_again=True,
        update_by_put=True,
        wrong_map_size=True,
        direct_pairing_property=DirectPairingProperty.IOTIVITY_1_1_1,
        nil_resource_owner=True,
    ),
    Preset.IOTIVITY_1_1_0: msgspec.structs.replace(
        _IOTIVITY_1_1,
        direct_pairing_property=DirectPairingProperty.IOTIVITY_1_1_0,
        iotivity_1_1_0=True,
        update_by_put=True,
        security_version="1.1.0",
    ),
    Preset.IOTIVITY_1_1_1: msgspec.structs.replace(
        _IOTIVITY_1_1, wrong_map_size=True, security_version="1.1.1"
    ),
    Preset.IOTIVITY_1_2: _IOTIVITY_1_2,
    Preset.IOTIVITY_1_3: msgspec.structs.replace(
        _IOTIVITY_OCF,
        owner_wildcard=True,
        removal_in_operation=True,
        anchor_in_optionaldata=True,
        multiple_owners=True,
    ),
    Preset.IOTIVITY_2: _IOTIVITY_OCF,
    Preset.OIC_1_1: _OIC_1_1,
}


def resolved(written: "Compatibility | Preset") -> Compatibility:
    """Return the settings that a name stands for; settings stand for themselves."""
    return PRESETS[written] if isinstance(written, Preset) else written
