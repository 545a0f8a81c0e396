"""Software and its update (oic.r.softwareupdate): what was ordered, how far it is, what runs.

It is a part of the same database as all else, so that a device that loses its power in the middle
of an update knows at its next start that it was in the middle, and which software it has. What the
states mean for `/oic/sec/pstat` is in `svrdb.software_update`; what makes them follow each other,
in `onboardee.device.machine.updating`.
"""

from enum import IntEnum, StrEnum
from typing import Annotated, Final

import msgspec

from onboardee.svrdb.model.resource import DatabasePart

MAX_TEXT: Final = 64
"""Characters of an address or a version (oic.r.softwareupdate)."""

_Text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT)]


class UpdateState(StrEnum):
    """How far an update is, `swupdatestate`."""

    IDLE = "idle"
    AVAILABLE = "nsa"
    """New software is available."""
    VALIDATING = "svv"
    """It is downloaded and validated (software version validation)."""
    READY = "sva"
    """It is downloaded and valid (software version available)."""
    UPGRADING = "upgrading"


class UpdateAction(StrEnum):
    """What is to be done at `updatetime`, `swupdateaction`."""

    NONE = "idle"
    CHECK = "isac"
    """Initiate software availability check."""
    VALIDATE = "isvv"
    """Initiate software version validation: look, download, validate."""
    UPGRADE = "upgrade"
    """All of it, and install."""


class UpdateResult(IntEnum):
    """What came of it, `swupdateresult`."""

    NONE = 0
    SUCCESS = 1
    LESS_RAM = 2
    LESS_FLASH = 3
    CONNECTION_LOST = 4
    VALIDATION_FAILED = 5
    """A wrong version, or a signature that is not the vendor's."""
    INVALID_URL = 6
    UNSUPPORTED_PROTOCOL = 7
    UPGRADE_FAILED = 8


class Software(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={
        "url": "purl",
        "action": "swupdateaction",
        "time": "updatetime",
        "state": "swupdatestate",
        "result": "swupdateresult",
        "new_version": "nv",
        "updated": "lastupdate",
    },
):
    """The order, how far it is, and what is installed. Times are texts as RFC 3339 has them.

    `time` is that at which `action` is to begin; None: never. `installed` is None while the device
    has the software that it left the factory with, and so is `updated`.
    """

    url: _Text = ""
    action: UpdateAction = UpdateAction.NONE
    time: _Text | None = None
    state: UpdateState = UpdateState.IDLE
    result: UpdateResult = UpdateResult.NONE
    new_version: _Text = ""
    installed: _Text | None = None
    updated: _Text | None = None


SOFTWARE: Final = DatabasePart(name="software", title="Software, and its update")
