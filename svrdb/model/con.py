"""`/oic/con`: what clients configured (OCF Core 11.3).

Not a security resource, but kept in the same database and the same commit. All lengths are bounded,
and unknown members refused: whoever may write `/oic/con` could otherwise fill the disk with it.
"""

from typing import Annotated

import msgspec

# The bounds are checked by msgspec, for a peer's UPDATE and for a file alike. Nothing here has a
# default value of its own: the profile of the device has it, and None lets it through.
ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]


class LocalName(msgspec.Struct, frozen=True, kw_only=True):
    """The device's name in one language (RFC 5646).

    The language is a tag such as `de` or `pt-BR`; both texts have 1 to 64 characters.
    """

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
    """What clients configured, `/oic/con` (OCF Core 11.3). None: as it left the factory.

    `location` is latitude and longitude in degrees (WGS 84). There are at most 16 `local_names`,
    one a language; `default_language` is that of `name`.
    """

    name: ShortText | None = None
    location: tuple[Latitude, Longitude] | None = None
    location_name: ShortText | None = None
    currency: ShortText | None = None
    region: ShortText | None = None
    local_names: Annotated[tuple[LocalName, ...], msgspec.Meta(max_length=16)] | None = None
    default_language: ShortText | None = None
