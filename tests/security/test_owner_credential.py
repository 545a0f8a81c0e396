"""The owner credential against worked examples (OCF Security 7.3.2)."""

from uuid import UUID

import pytest

from onboardee.device.security import owner

OBT = UUID("11111111-2222-4333-8444-555555555555")
DEVICE = UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")

JUST_WORKS = (
    "1a4dec83875aeaf8acaa7ed1fdd1e2fd7a5ea57b0d3bcd5faccb4cd4184321d5fc039eba9ace7230090ac1b6b8e236b7"
    "854be6d4ecc7ab83f4ef08eed5c3d8220f727c3e512c01fc424635d0605a37489fa0010e6e06c9e4ea949a3a09723c02"
)
JUST_WORKS_EMS = (
    "e4cce06517c84ccc8ea961d4aeac11f3e20653617aa07406aefdce49d90a3d709d98560f0fe1501093cb44a02d761e4d"
    "ac8d31952cc04fc51f81042886636d68d7184d8d4b6eca74636cb73f917c2ca79cb7b82ae51736dd4bcf7faf157e12a3"
)
PIN = (
    "31cba4a532c968e8d0057aa117504d642f6b221930ed9c56862214db1de90b2ce57d2edaba890c15eac1bdda24b0eb9d"
    "f015f9c6c49810f58c868bb68b13e557172c5ba02e7e10cbae308a266bc329a3e04238aa6244ba903acf0a35b5145c28"
)
PIN_EMS = (
    "c97a8929ebdc1fe378d47d7848b722f4d95d2080baa872c2da38f946b3317f3264ccc47da12db56db314b5288fca1e35"
    "97d662d615a07ed92186a28a3dbc71f9b5275eb5229987670f6d25535f18e4490ee586da3bcbe084083d24d956f7deb1"
)
CERTIFICATE = JUST_WORKS[:80]


@pytest.mark.parametrize(
    ("key_block", "suite", "method", "key"),
    [
        (JUST_WORKS, 0xFF00, 0, "482b99372f3fc92079035927f81a684d"),
        (JUST_WORKS_EMS, 0xFF00, 0, "7c69b6fb9cd8c73282eda289e3632e00"),
        (PIN, 0xC037, 1, "943ef4821db37c54233f82383049e361"),
        (PIN_EMS, 0xC037, 1, "47c10cc0c92cdff2d5668ba0a7921015"),
        (CERTIFICATE, 0xC0AE, 2, "15efd9dc35ae897d77c16d524e61876e"),
    ],
    ids=["just works", "just works, EMS", "PIN", "PIN, EMS", "certificate"],
)
def test_published_vectors(key_block: str, suite: int, method: int, key: str) -> None:
    """The key that deployed tools compute comes out of their session's key block."""
    asked: list[int] = []

    def block(size: int) -> bytes:
        asked.append(size)
        return bytes.fromhex(key_block)[:size]

    derived = owner.derive(block, suite=suite, method=method, owner=OBT, device=DEVICE)
    assert derived.hex() == key
    assert asked == [len(key_block) // 2]


@pytest.mark.parametrize(
    ("suite", "size"),
    [
        (0xFF00, 96),
        (0xC037, 96),
        (0xC0AC, 40),
        (0xC0AE, 40),
        (0xC0AD, 72),
        (0xC0AF, 72),
        (0xC02B, 120),
        (0xC02C, 184),
    ],
)
def test_how_much_of_the_key_block_enters(suite: int, size: int) -> None:
    """Each suite has its own length, which is not always that of TLS."""
    asked: list[int] = []

    def block(length: int) -> bytes:
        asked.append(length)
        return bytes(length)

    owner.derive(block, suite=suite, method=0, owner=OBT, device=DEVICE)
    assert asked == [size]


@pytest.mark.parametrize(
    ("suite", "method"), [(0xFF00, 4), (0xFF00, 3), (0xFF00, 0xFF01), (0xC024, 0), (0, 0)]
)
def test_what_has_no_derivation(suite: int, method: int) -> None:
    """An unknown suite or method is an error, never an empty key."""
    with pytest.raises(KeyError):
        owner.derive(bytes, suite=suite, method=method, owner=OBT, device=DEVICE)


def test_both_ends_and_the_method_matter() -> None:
    """Another owner, device, order or method gives another key."""
    keys = {
        owner.derive(bytes, suite=0xFF00, method=method, owner=one, device=two)
        for one, two, method in [
            (OBT, DEVICE, 0),
            (DEVICE, OBT, 0),
            (OBT, OBT, 0),
            (OBT, DEVICE, 1),
        ]
    }
    assert len(keys) == 4
