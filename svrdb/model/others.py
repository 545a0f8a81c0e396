"""The smaller resources: `/oic/sec/sp`, `sdi`, `crl`, `ael`, and `/oic/con`."""

import uuid
from typing import Annotated, Final

import msgspec

from onboardee.svrdb.model.numbers import NIL, Number

BASELINE_PROFILE: Final = "1.3.6.1.4.1.51414.0.0.1.0"


class Sp(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"current": "currentprofile", "supported": "supportedprofiles"},
):
    """Security profile, `/oic/sec/sp` (OCF Security 14.8)."""

    current: str = BASELINE_PROFILE
    supported: tuple[str, ...] = (BASELINE_PROFILE,)


class Sdi(
    msgspec.Struct, frozen=True, kw_only=True, rename={"domain": "uuid", "is_private": "priv"}
):
    """Security domain information, `/oic/sec/sdi`."""

    domain: uuid.UUID = NIL
    name: str = ""
    is_private: bool = False


class Crl(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"number": "crlid", "updated": "thisupdate", "data": "crldata"},
):
    """Revoked certificates, `/oic/sec/crl`: base64 text of the list's DER."""

    number: Number = 0
    updated: str = ""
    data: str = ""


class Ael(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"categories": "categoryfilter", "priority": "priorityfilter"},
):
    """What the audit log, `/oic/sec/ael`, takes up: bits of categories, and the least priority."""

    categories: Annotated[int, msgspec.Meta(ge=0, le=255)] = 255
    priority: Annotated[int, msgspec.Meta(ge=0, le=4)] = 4


ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]


class LocalName(msgspec.Struct, frozen=True, kw_only=True):
    """The device's name in one language (RFC 5646)."""

    language: ShortText
    value: ShortText


class Con(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    rename={
        "name": "n",
        "location": "loc",
        "location_name": "locn",
        "currency": "c",
        "region": "r",
        "local_names": "ln",
        "default_language": "dl",
    },
):
    """What clients configured, `/oic/con` (OCF Core 11.3). None: as it left the factory."""

    name: ShortText | None = None
    location: tuple[Latitude, Longitude] | None = None
    location_name: ShortText | None = None
    currency: ShortText | None = None
    region: ShortText | None = None
    local_names: Annotated[tuple[LocalName, ...], msgspec.Meta(max_length=16)] | None = None
    default_language: ShortText | None = None
