"""`amacl` as IoTivity 1.1 and 1.2 keep it: `{"resources": {"rlist": [...]}, "ams", "rowneruuid"}`.

A UUID in `ams` is a text of its 16 octets, not of its 36 characters: IoTivity copies whatever
length it finds into 16 octets. One whose octets are no text cannot be written.

A resource that cannot be read so is not an error. IoTivity itself ignores it then, so it is kept
as octets without a meaning, like all that we do not know (`foreign`).
"""

import uuid
from typing import Any, Final

import msgspec

from onboardee.svrdb.formats.cbor import loads
from onboardee.svrdb.formats.errors import FormatError
from onboardee.svrdb.model.amacl import Amacl

NAME: Final = "amacl"
"""Its name in IoTivity's file, and in ours."""


def read(content: bytes) -> Amacl | None:
    """Return what a file has; None if it is of a form that means nothing here."""
    try:
        found = loads(content)
        values = {
            "resources": [{"href": each["href"]} for each in found["resources"]["rlist"]],
            "ams": [str(_uuid(each)) for each in found["ams"]],
            "rowneruuid": found["rowneruuid"],
        }
        return msgspec.convert(values, Amacl)
    except (FormatError, msgspec.ValidationError, ValueError, KeyError, TypeError, AttributeError):
        return None


def written(amacl: Amacl) -> tuple[dict[str, Any], list[str]]:
    """Return what a file gets, and sentences on what is lost."""
    managers, warnings = [], []
    for each in amacl.managers:
        try:
            managers.append(each.bytes.decode())
        except UnicodeDecodeError:
            warnings.append(f"access manager {each} is left out: IoTivity cannot keep its UUID")
    rlist = [{"href": each.href, "rt": "", "if": ""} for each in amacl.resources]
    value = {
        "resources": {"rlist": rlist},
        "ams": managers,
        "rowneruuid": str(amacl.resource_owner),
    }
    return value, warnings


def _uuid(text: str) -> uuid.UUID:
    """Return the UUID that a text stands for, in IoTivity's form or in the usual one.

    Of the 36 characters IoTivity would use the first 16. People who write such a file by hand
    mean the UUID all the same.
    """
    raw = text.encode()
    return uuid.UUID(bytes=raw) if len(raw) == 16 else uuid.UUID(text)
