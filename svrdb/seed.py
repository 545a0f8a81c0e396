"""Device UUIDs: made from a seed, or read from text.

IoTivity's `SetDeviceIdSeed` lets a manufacturer have the same UUID each time a device's memory is
written anew, from a serial number or a MAC address in text. The same seed gives the same UUID here,
so that a simulated device can stand in for a real one.
"""

import hashlib
from typing import Final
from uuid import UUID

SEED_OCTETS: Final = range(8, 65)
"""How long a seed may be (IoTivity `SetDeviceIdSeed`)."""


def uuid_from_seed(seed: bytes | str) -> UUID:
    """Return the UUID that a seed always gives: the first 16 octets of its SHA-256.

    No version or variant bits are set, as with IoTivity since 1.3; whoever reads device UUIDs must
    not insist on these bits. Text counts in UTF-8. Raises ValueError if the seed does not have 8 to
    64 octets: a raw MAC address of 6 is too short, its text form is not.

    >>> uuid_from_seed("b8:27:eb:12:34:56")
    UUID('a1d70c49-8ec3-396d-d56e-78a87de54373')
    """
    octets = seed.encode() if isinstance(seed, str) else seed
    if len(octets) not in SEED_OCTETS:
        raise ValueError(
            f"a seed has {SEED_OCTETS[0]} to {SEED_OCTETS[-1]} octets, and this has {len(octets)}"
        )
    return UUID(bytes=hashlib.sha256(octets).digest()[:16])


def parsed_uuid(text: str) -> UUID | None:
    """Return the UUID that a text is, None if it is none.

    Subjects of credentials and entries are texts, as `"*"` and the empty text occur there, too.
    """
    try:
        return UUID(text)
    except ValueError:
        return None
