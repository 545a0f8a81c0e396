"""Device UUIDs: made from a seed, or read from text."""

import hashlib
from typing import Final
from uuid import UUID

SEED_OCTETS: Final = range(8, 65)
"""How long a seed may be (IoTivity `SetDeviceIdSeed`)."""


def uuid_from_seed(seed: bytes | str) -> UUID:
    """Return the UUID that a seed always gives: the first 16 octets of its SHA-256.

    No version or variant bits are set, as with IoTivity since 1.3. Text counts in UTF-8. Raises
    ValueError if the seed does not have 8 to 64 octets.
    """
    octets = seed.encode() if isinstance(seed, str) else seed
    if len(octets) not in SEED_OCTETS:
        raise ValueError(
            f"a seed has {SEED_OCTETS[0]} to {SEED_OCTETS[-1]} octets, and this has {len(octets)}"
        )
    return UUID(bytes=hashlib.sha256(octets).digest()[:16])


def parsed_uuid(text: str) -> UUID | None:
    """Return the UUID that a text is, None if it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
