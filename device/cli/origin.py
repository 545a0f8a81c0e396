"""Of which profile the device in a state directory is: kept beside its database.

A database says who owns a device, and not what device it is. Whoever starts another profile in the
same directory would hand the owner's rights over a light to a lock, so the profile's name is noted
at the first start and compared at the others; `--adopt` says that it is meant.
"""

import json
from pathlib import Path
from typing import Final

from onboardee.svrdb import Store, StoreError
from onboardee.svrdb.files import explained, place

NAME: Final = "svr.profile"
"""The file in the state directory."""


class OtherProfileError(StoreError):
    """A state directory is of a device of another profile."""


def settle_origin(store: Store, profile: str, *, adopt: bool) -> bool:
    """Note of which profile the device is; tell whether it has been of another one until now.

    Raises `OtherProfileError` for that, unless the device may `adopt` this one.

    `profile` is the name or path that the device was started with; only its last part counts, as
    files move. Writes to the store's directory.
    """
    kind = Path(profile).stem
    with explained(store.storage):
        known = _read(store.storage.read(NAME))
        if known == kind:
            return False
        if known is not None and not adopt:
            raise OtherProfileError(
                store.storage.location,
                f"keeps the state of a device of the profile {known}, not of {kind}",
                "choose another --state-dir or --name, or go on with that state by --adopt",
            )
        place(store.storage, NAME, json.dumps({"profile": kind}).encode() + b"\n")
    return known is not None


def _read(content: bytes | None) -> str | None:
    """Return what is noted; devices of the first versions, and converted ones, have no note.

    >>> _read(b'{"profile": "light"}'), _read(b"?"), _read(None)
    ('light', None, None)
    """
    try:
        found = json.loads(content or b"{}")
    except ValueError:
        return None
    name = found.get("profile") if isinstance(found, dict) else None
    return name if isinstance(name, str) else None
