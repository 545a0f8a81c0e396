"""The owner credential, against worked examples and keys that a real device stored."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from onboardee.obt import IOT2, OIC11
from onboardee.obt.keys import KEY_BLOCK_SIZES, LABELS, owner_key
from onboardee.obt.model import TransferMethod
from onboardee.wire.dtls import CipherSuite, Role, Session

VECTORS = Path(__file__).parent.parent / "vectors"
EXAMPLES = json.loads((VECTORS / "key-derivation.json").read_text())
RECORDINGS = json.loads((VECTORS / "real-sessions.json").read_text())

METHODS = {label.decode(): method for method, label in LABELS.items()}
SUITES = {
    TransferMethod.JUST_WORKS: CipherSuite.ECDH_ANON_AES_128_CBC_SHA256,
    TransferMethod.RANDOM_PIN: CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,
    TransferMethod.MANUFACTURER_CERTIFICATE: CipherSuite.ECDHE_ECDSA_AES_128_CCM_8,
}


def session(suite: CipherSuite, master: str, client: str, server: str) -> Session:
    """Make a session of its secrets."""
    return Session(
        address=None,
        suite=suite,
        role=Role.CLIENT,
        client_random=bytes.fromhex(client),
        server_random=bytes.fromhex(server),
        master_secret=bytes.fromhex(master),
        extended_master_secret=False,
        established_at=0.0,
        last_active=0.0,
    )


@pytest.mark.parametrize("example", EXAMPLES["sessions"], ids=lambda example: example["name"])
def test_worked_examples(example: dict[str, str]) -> None:
    """Each method's key follows from the session's secrets and both UUIDs, octet by octet."""
    method = METHODS[example["label"]]
    made = session(
        SUITES[method], example["master"], EXAMPLES["client_random"], EXAMPLES["server_random"]
    )
    size = KEY_BLOCK_SIZES[made.suite]
    assert made.key_block(size).hex() == example["key_block"]
    key = owner_key(
        made,
        method=method,
        owner=UUID(EXAMPLES["obt_uuid"]),
        device=UUID(EXAMPLES["device_uuid"]),
    )
    assert key.hex() == example["owner_psk"]


@pytest.mark.parametrize("name", ["jw", "pin", "cert"])
def test_recorded_transfers(name: str) -> None:
    """The key is the one that IoTivity-Lite's device stored in a recorded transfer."""
    record = RECORDINGS[name]
    made = session(
        CipherSuite(int(record["suite"], 16)),
        record["master_secret"],
        record["client_random"],
        record["server_random"],
    )
    key = owner_key(
        made,
        method=METHODS[record["label"]],
        owner=UUID(record["obt_uuid"]),
        device=UUID(record["device_uuid"]),
    )
    assert key.hex() == record["owner_psk_stored_by_the_device"]


def test_each_suite_has_a_key_block_size() -> None:
    """No suite over which ownership may be taken lacks its row in the table."""
    assert set(KEY_BLOCK_SIZES) == set(CipherSuite) - {CipherSuite.PSK_AES_128_CCM_8}


def test_key_block_of_iotivity_1_2() -> None:
    """IoTivity 1.2.1 takes 96 octets of the key block with each suite; others what it has."""
    asked: list[int] = []

    class Recorded:
        suite = CipherSuite.ECDHE_ECDSA_AES_128_CCM_8

        def key_block(self, length: int) -> bytes:
            asked.append(length)
            return bytes(length)

    session: Any = Recorded()
    for size in (OIC11.style.key_block_size, IOT2.style.key_block_size):
        method = TransferMethod.MANUFACTURER_CERTIFICATE
        owner_key(session, method=method, owner=UUID(int=1), device=UUID(int=2), size=size)
    assert asked == [96, 40]
