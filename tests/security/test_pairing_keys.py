"""Every key of a recorded pairing, from the PIN to the session after it.

The numbers are IoTivity 1.1.1's own: what its client and its server computed.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from onboardee.device.security import owner, pairing_keys
from onboardee.svrdb.model import TransferMethod
from onboardee.wire.dtls import keys

RECORDED: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "direct-pairing.json").read_text()
)
KEYS = RECORDED["keys"]
DEVICE, OWNER, PEER = (UUID(RECORDED[f"{who}_uuid"]) for who in ("device", "owner", "peer"))


def octets(where: dict[str, str], name: str) -> bytes:
    """Return a value of the recording."""
    return bytes.fromhex(where[name])


def key_block(recorded: dict[str, str]) -> Callable[[int], bytes]:
    """Return what a session's key block would give."""
    block = octets(recorded, "key_block")
    return lambda size: block[:size]


def test_the_key_of_the_pin() -> None:
    """The PIN's key has the owner's UUID as its salt, not the device's."""
    pin = KEYS["pin"]
    assert pairing_keys.pin_key(pin["pin"].encode(), UUID(pin["owner"])) == octets(pin, "key")
    assert pairing_keys.pin_key(b"12345678", OWNER).hex() == "0e2857b191a985ec99c18953006402f7"


@pytest.mark.parametrize("session", KEYS["sessions"], ids=lambda session: session["what"])
def test_each_session(session: dict[str, str]) -> None:
    """Premaster, master secret and key block of each handshake are the recorded ones."""
    premaster = octets(session, "premaster")
    if "psk" in session:
        psk = octets(session, "psk")
        shared = octets(session, "shared") if "shared" in session else bytes(len(psk))
        assert keys.psk_premaster(shared, psk) == premaster
    randoms = octets(session, "client_random"), octets(session, "server_random")
    master = keys.master_secret(premaster, *randoms)
    assert master == octets(session, "master")
    if "key_block" in session:
        assert keys.key_block(master, *randoms, 96) == octets(session, "key_block")


def test_the_owner_credential() -> None:
    """The credential of the transfer before it is the one that the tool computed."""
    recorded = KEYS["prf"][0]
    assert octets(recorded, "out") == owner.derive(
        key_block(recorded),
        suite=0xFF00,
        method=TransferMethod.JUST_WORKS,
        owner=OWNER,
        device=DEVICE,
    )


def test_the_pairing_credential() -> None:
    """The credential that a pairing makes is the one that both programs computed."""
    recorded = KEYS["prf"][1]
    assert octets(recorded, "label") == pairing_keys.LABEL
    assert octets(recorded, "out") == pairing_keys.pairing_key(
        key_block(recorded), label=pairing_keys.LABEL, server=DEVICE, client=PEER
    )


def test_iotivity_1_1_0_has_another_label() -> None:
    """With the same session 1.1.0 comes to another credential (computed with `hmac` alone)."""
    master, client, server = (
        bytes(range(48)),
        bytes(range(0xC0, 0xD0)) * 2,
        bytes(range(80, 96)) * 2,
    )

    def block(size: int) -> bytes:
        return keys.key_block(master, client, server, size)

    found = [
        pairing_keys.pairing_key(block, label=label, server=DEVICE, client=PEER).hex()
        for label in (pairing_keys.LABEL, pairing_keys.LABEL_1_1_0)
    ]
    assert found == ["1b570e36e09c3935c2ebbca13be9aec7", "1c582e778f3bc919b032d77581b7d846"]
