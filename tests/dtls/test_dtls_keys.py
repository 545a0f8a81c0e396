"""Key derivation against worked examples and against a real device's stored credential."""

import hashlib
import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from onboardee.wire.dtls import CipherSuite, Role, Session, keys

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "key-derivation.json").read_text()
)
RECORDED: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "real-sessions.json").read_text()
)
CLIENT_RANDOM = bytes.fromhex(VECTORS["client_random"])
SERVER_RANDOM = bytes.fromhex(VECTORS["server_random"])
SHARED = bytes.fromhex(VECTORS["shared_x"])


def owner_psk(key_block: bytes, label: str, owner: str, device: str) -> bytes:
    """Derive the owner credential (OCF Security 7.3.2) from a key block."""
    seed = label.encode() + uuid.UUID(owner).bytes + uuid.UUID(device).bytes
    return keys.p_hash(key_block, seed, 16)


def test_prf_gives_the_known_stream() -> None:
    """P_SHA256 agrees with the published sample."""
    sample = {name: bytes.fromhex(VECTORS["prf"][name]) for name in ("secret", "seed", "output")}
    label = VECTORS["prf"]["label"].encode()
    assert keys.prf(sample["secret"], label, sample["seed"], 16) == sample["output"]


def test_psk_premaster_keeps_the_leading_zero() -> None:
    """The ECDHE_PSK premaster secret holds all 32 octets of the shared X."""
    psk = bytes.fromhex(VECTORS["pin"]["psk"])
    assert keys.psk_premaster(SHARED, psk).hex() == VECTORS["psk_premaster"]


def test_pin_becomes_the_pre_shared_key() -> None:
    """PBKDF2 over the PIN with the device's UUID as salt gives the known key."""
    pin = VECTORS["pin"]
    salt = uuid.UUID(pin["device_uuid"]).bytes
    derived = hashlib.pbkdf2_hmac("sha256", pin["pin"].encode(), salt, 1000, 16)
    assert derived.hex() == pin["psk"]


@pytest.mark.parametrize("case", VECTORS["sessions"], ids=lambda case: case["name"])
def test_worked_session(case: dict[str, Any]) -> None:
    """Master secret, key block and owner credential come out as in the worked example."""
    premaster = SHARED
    if case["psk"]:
        premaster = keys.psk_premaster(SHARED, bytes.fromhex(case["psk"]))
    if case["extended"]:
        session_hash = bytes.fromhex(VECTORS["session_hash"])
        master = keys.extended_master_secret(premaster, session_hash)
    else:
        master = keys.master_secret(premaster, CLIENT_RANDOM, SERVER_RANDOM)
    assert master.hex() == case["master"]
    block = keys.key_block(master, CLIENT_RANDOM, SERVER_RANDOM, len(case["key_block"]) // 2)
    assert block.hex() == case["key_block"]
    derived = owner_psk(block, case["label"], VECTORS["obt_uuid"], VECTORS["device_uuid"])
    assert derived.hex() == case["owner_psk"]


def test_key_block_is_cut_in_the_order_of_the_standard() -> None:
    """MAC keys, then keys, then IVs, the client's before the server's each time."""
    client, server = keys.cut(bytes(range(2 * (4 + 3 + 2))), mac=4, key=3, iv=2)
    assert client == keys.WriteKeys(b"\x00\x01\x02\x03", b"\x08\x09\x0a", b"\x0e\x0f")
    assert server == keys.WriteKeys(b"\x04\x05\x06\x07", b"\x0b\x0c\x0d", b"\x10\x11")


def test_keys_do_not_show_in_a_representation() -> None:
    """A traceback or log line with keys in it shows none of their octets."""
    assert repr(keys.WriteKeys(b"secret mac", b"secret key", b"secret iv")) == "WriteKeys()"


def session_of(recorded: dict[str, Any]) -> Session:
    """Build the session of a recording from its randoms and master secret."""
    return Session(
        address="a real peer",
        suite=CipherSuite(int(recorded["suite"], 16)),
        role=Role.SERVER,
        client_random=bytes.fromhex(recorded["client_random"]),
        server_random=bytes.fromhex(recorded["server_random"]),
        master_secret=bytes.fromhex(recorded["master_secret"]),
        extended_master_secret=True,
        established_at=0.0,
        last_active=0.0,
    )


@pytest.mark.parametrize("name", RECORDED)
def test_real_session_gives_the_credential_that_the_real_device_stored(name: str) -> None:
    """A recorded master secret leads to the owner PSK in the reference device's storage."""
    recorded = RECORDED[name]
    block = session_of(recorded).key_block(recorded["key_block_octets"])
    derived = owner_psk(block, recorded["label"], recorded["obt_uuid"], recorded["device_uuid"])
    assert derived.hex() == recorded["owner_psk_stored_by_the_device"]


def test_master_secret_does_not_show_in_a_session() -> None:
    """The representation of a session is free of its secret."""
    session = session_of(RECORDED["jw"])
    assert RECORDED["jw"]["master_secret"] not in repr(session)
    assert repr(session.master_secret) not in repr(session)
