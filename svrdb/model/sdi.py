"""`/oic/sec/sdi`: the security domain that the device belongs to.

The tool names the domain in the transfer of ownership; `uuid` is written in RFOTM alone. With
`priv` the domain is not told in `/oic/res` (`sduuid`, `sdname`), and a search for it stays without
answer, so that nobody outside can see which devices belong together.

IoTivity has no such resource; an onboarding tool of IoTivity-Lite writes it, and goes on without
where it is answered 4.04.
"""

import uuid
from typing import Final

import msgspec

from onboardee.svrdb.model.numbers import NIL
from onboardee.svrdb.model.resource import IN_PROVISIONING, IN_RFOTM, Lite, SecurityResource


class Sdi(
    msgspec.Struct, frozen=True, kw_only=True, rename={"domain": "uuid", "is_private": "priv"}
):
    """Security domain information, `/oic/sec/sdi`."""

    domain: uuid.UUID = NIL
    name: str = ""
    is_private: bool = False


SDI: Final = SecurityResource(
    name="sdi",
    title="Security domain",
    model=Sdi,
    rights={"uuid": IN_RFOTM, "name": IN_PROVISIONING, "priv": IN_PROVISIONING},
    lite=Lite(("uuid", "name", "priv")),
    is_iotivitys=False,
)
