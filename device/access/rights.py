"""Which property of a security resource may be written in which state, and over what.

The table of OCF Security 13 in one place. Properties that are not named here are read-only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from onboardee.device.access.target import ACL2, AEL, CRED, CSR, Operation
from onboardee.svrdb.model import State
from onboardee.wire.coap import Code


class Over(Enum):
    """Over which connection a property may be written in RFOTM, beyond what the gate requires."""

    OWNERSHIP = "the ownership connection"
    BEFORE_OWNERSHIP = "an unsecured connection, before the ownership connection"
    EITHER = "an unsecured connection before the ownership connection, or that one"


@dataclass(frozen=True, slots=True)
class Right:
    """When and how a property may be written."""

    states: frozenset[State]
    over: Over = Over.OWNERSHIP


Rights = Mapping[str, Mapping[str, Right]]
"""By resource and property."""

_RFOTM: Final = frozenset({State.RFOTM})
_REPAIR: Final = frozenset({State.RFOTM, State.SRESET})
_PROVISIONING: Final = frozenset({State.RFOTM, State.RFPRO, State.SRESET})
_NOT_RESETTING: Final = frozenset({State.RFOTM, State.RFPRO, State.RFNOP, State.SRESET})

RIGHTS: Final[Rights] = {
    "doxm": {
        "oxmsel": Right(_RFOTM, Over.BEFORE_OWNERSHIP),
        "owned": Right(_RFOTM),
        "deviceuuid": Right(_RFOTM),
        "devowneruuid": Right(_RFOTM),
        "rowneruuid": Right(_REPAIR),
    },
    "pstat": {
        "dos": Right(_NOT_RESETTING),
        "tm": Right(_NOT_RESETTING),
        "om": Right(_NOT_RESETTING),
        "rowneruuid": Right(_REPAIR),
    },
    "cred": {"creds": Right(_PROVISIONING), "rowneruuid": Right(_REPAIR)},
    "acl2": {"aclist2": Right(_PROVISIONING), "rowneruuid": Right(_REPAIR)},
    "crl": {
        "crlid": Right(_PROVISIONING),
        "thisupdate": Right(_PROVISIONING),
        "crldata": Right(_PROVISIONING),
    },
    "ael": {"categoryfilter": Right(_PROVISIONING), "priorityfilter": Right(_PROVISIONING)},
    "sp": {"currentprofile": Right(_PROVISIONING), "supportedprofiles": Right(_PROVISIONING)},
    "sdi": {"uuid": Right(_RFOTM), "name": Right(_PROVISIONING), "priv": Right(_PROVISIONING)},
}


@dataclass(frozen=True, slots=True)
class Season:
    """In which states an operation on a whole resource is refused, and how."""

    refused_in: frozenset[State]
    code: Code
    sentence: str


Seasons = Mapping[tuple[str, Operation], Season]
"""By path and operation; what is not named here is possible in every state."""

_IN_OPERATION: Final = frozenset({State.RFNOP, State.RESET})

SEASONS: Final[Seasons] = {
    (CRED, Operation.DELETE): Season(
        _IN_OPERATION, Code.FORBIDDEN, "credentials are not removed now"
    ),
    (ACL2, Operation.DELETE): Season(_IN_OPERATION, Code.FORBIDDEN, "entries are not removed now"),
    (AEL, Operation.UPDATE): Season(
        frozenset({State.RFNOP}), Code.FORBIDDEN, "the filters are not changed now"
    ),
    (CSR, Operation.RETRIEVE): Season(
        frozenset({State.RESET}), Code.SERVICE_UNAVAILABLE, "a reset makes another key pair"
    ),
}

OIC_1_1_SEASONS: Final[Seasons] = {
    place: season for place, season in SEASONS.items() if place != (CRED, Operation.DELETE)
}
"""Tools of OIC 1.1 remove credentials in normal operation, too."""

OIC_1_1_RIGHTS: Final[Rights] = {
    **RIGHTS,
    "pstat": {**RIGHTS["pstat"], "om": Right(_NOT_RESETTING, Over.EITHER)},
    "cred": {**RIGHTS["cred"], "creds": Right(_NOT_RESETTING)},
    "acl": {"aclist": Right(_NOT_RESETTING), "rowneruuid": Right(_REPAIR)},
}
"""Where tools of OIC 1.1 are served: they provision in normal operation, without a bracket."""


def why_not_writable(  # noqa: PLR0913 - all but the first three are named
    resource: str,
    name: str,
    state: State,
    *,
    secured: bool,
    owns_transfer: bool,
    rights: Rights = RIGHTS,
) -> str | None:
    """Return None if the property may be written, otherwise the sentence that says why not."""
    right = rights[resource].get(name)
    if right is None:
        return f"{name} is read-only"
    if state not in right.states:
        return f"{name} cannot be written in {state.name}"
    is_right_connection = (owns_transfer and right.over is not Over.BEFORE_OWNERSHIP) or (
        not secured and right.over is not Over.OWNERSHIP
    )
    if state is State.RFOTM and not is_right_connection:
        return f"{name} is written over {right.over.value} only"
    return None
