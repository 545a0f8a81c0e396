"""UUIDs from seeds, as IoTivity makes them."""

from uuid import UUID

import pytest

from onboardee.svrdb import uuid_from_seed


@pytest.mark.parametrize(
    ("seed", "uuid"),
    [
        ("b8:27:eb:12:34:56", "a1d70c49-8ec3-396d-d56e-78a87de54373"),
        ("ocf-light-0001", "80cd5608-1351-9558-c6f7-d2bb0a0394b6"),
        (b"ocf-light-0001", "80cd5608-1351-9558-c6f7-d2bb0a0394b6"),
    ],
)
def test_vectors(seed: str | bytes, uuid: str) -> None:
    """The UUID is the first half of the seed's SHA-256, without version and variant bits."""
    assert uuid_from_seed(seed) == UUID(uuid)


@pytest.mark.parametrize("size", [8, 64])
def test_shortest_and_longest(size: int) -> None:
    """8 octets are enough, and 64 not too many."""
    assert uuid_from_seed(bytes(size)) == uuid_from_seed("\0" * size)


@pytest.mark.parametrize("seed", [b"", b"\xb8\x27\xeb\x12\x34\x56", "1234567", "x" * 65, "ä" * 33])
def test_wrong_length(seed: str | bytes) -> None:
    """A raw MAC address is too short; the sentence says what is allowed, and what came."""
    size = len(seed.encode() if isinstance(seed, str) else seed)
    with pytest.raises(ValueError, match=f"8 to 64 octets, and this has {size}$"):
        uuid_from_seed(seed)
