"""Real datagrams: every handshake message decodes and encodes back, every record opens."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from onboardee.wire.dtls import CipherSuite, keys
from onboardee.wire.dtls.config import DtlsLimits
from onboardee.wire.dtls.ecc import leaf_key, verify
from onboardee.wire.dtls.framing import Fragment, HandshakeMessage, fragment, split_fragments
from onboardee.wire.dtls.handshake import CLIENT_LABEL, SERVER_LABEL
from onboardee.wire.dtls.hello import ClientHello, HelloVerifyRequest, ServerHello
from onboardee.wire.dtls.messages import (
    CertificateChain,
    ClientKeyExchange,
    ServerKeyExchange,
    curve_parameters,
)
from onboardee.wire.dtls.numbers import ContentType, HandshakeType
from onboardee.wire.dtls.protection import Protection, protection
from onboardee.wire.dtls.reassembly import Reassembler
from onboardee.wire.dtls.record import Record, plain_record, split
from onboardee.wire.dtls.suites import SUITES
from onboardee.wire.entropy import SeededEntropy

VECTORS = Path(__file__).parents[1] / "vectors"
PAIRINGS: dict[str, Any] = json.loads((VECTORS / "direct-pairing.json").read_text())["sessions"]
"""Sessions of IoTivity 1.1.1, with tinyDTLS on both sides."""
RECORDED: dict[str, Any] = json.loads((VECTORS / "real-sessions.json").read_text()) | PAIRINGS
pytestmark = pytest.mark.parametrize("name", RECORDED)


def recorded_records(name: str) -> Iterator[tuple[str, Record]]:
    """Yield sender and record in the order of the wire."""
    for sender, datagram in RECORDED[name]["datagrams"]:
        for record in split(bytes.fromhex(datagram)):
            yield sender, record


def suite_of(name: str) -> CipherSuite:
    """Return the negotiated suite."""
    return CipherSuite(int(RECORDED[name]["suite"], 16))


def protections(name: str) -> dict[str, Protection]:
    """Return what opens the records of each sender."""
    recorded, suite = RECORDED[name], SUITES[suite_of(name)]
    block = keys.key_block(
        bytes.fromhex(recorded["master_secret"]),
        bytes.fromhex(recorded["client_random"]),
        bytes.fromhex(recorded["server_random"]),
        suite.key_block_size,
    )
    client, server = keys.cut(block, suite.mac_size, suite.key_size, suite.fixed_iv_size)
    entropy = SeededEntropy(1)
    return {
        "client": protection(suite, client, entropy),
        "server": protection(suite, server, entropy),
    }


def handshake_messages(name: str) -> list[tuple[str, HandshakeMessage]]:
    """Return the messages of the handshake in order, Finished included."""
    opened, found = protections(name), []
    inboxes = {"client": Reassembler(0, DtlsLimits()), "server": Reassembler(0, DtlsLimits())}
    for sender, record in recorded_records(name):
        if record.content_type != ContentType.HANDSHAKE:
            continue
        content: bytes | None = record.fragment
        if record.epoch:
            content = opened[sender].open(record.content_type, record.sequence, record.fragment)
        assert content is not None
        for part in split_fragments(content):
            inboxes[sender].add(part)
        while message := inboxes[sender].pop():
            found.append((sender, message))
    return found


def again(message: HandshakeMessage, suite: CipherSuite) -> bytes:
    """Decode and encode the body of a message."""
    exchange, body = SUITES[suite].exchange, message.body
    match HandshakeType(message.type):
        case HandshakeType.CLIENT_HELLO:
            return ClientHello.decode(body).encode()
        case HandshakeType.HELLO_VERIFY_REQUEST:
            return HelloVerifyRequest.decode(body).encode()
        case HandshakeType.SERVER_HELLO:
            return ServerHello.decode(body).encode()
        case HandshakeType.CERTIFICATE:
            return CertificateChain.decode(body).encode()
        case HandshakeType.SERVER_KEY_EXCHANGE:
            return ServerKeyExchange.decode(body, exchange).encode(exchange)
        case HandshakeType.CLIENT_KEY_EXCHANGE:
            return ClientKeyExchange.decode(body, exchange).encode(exchange)
    return body


def test_plain_records_and_fragments_encode_back(name: str) -> None:
    """Each datagram of epoch 0 is rebuilt octet by octet from what was read."""
    for _, datagram in RECORDED[name]["datagrams"]:
        data = bytes.fromhex(datagram)
        found = list(split(data))
        if any(record.epoch for record in found):
            continue
        rebuilt = b"".join(plain_record(r.content_type, r.sequence, r.fragment) for r in found)
        assert rebuilt == data
        for record in (each for each in found if each.content_type == ContentType.HANDSHAKE):
            parts = list(split_fragments(record.fragment))
            assert b"".join(map(encode_fragment, parts)) == record.fragment


def encode_fragment(part: Fragment) -> bytes:
    """Encode a fragment, whose other octets do not matter."""
    body = bytes(part.offset) + part.data + bytes(part.length - part.end)
    return fragment(HandshakeMessage(part.type, part.sequence, body), part.offset, len(part.data))


def test_messages_encode_back(name: str) -> None:
    """Each message body is rebuilt octet by octet from the decoded message."""
    messages = handshake_messages(name)
    kinds = [message.type for _, message in messages]
    assert kinds[:4] == [1, 3, 1, 2]
    assert kinds[-2:] == [20, 20]
    for _, message in messages:
        assert again(message, suite_of(name)) == message.body


def test_finished_values_verify(name: str) -> None:
    """Transcript, master secret and labels give the Finished values that both sides sent."""
    master = bytes.fromhex(RECORDED[name]["master_secret"])
    transcript = sha256()
    labels = {"client": CLIENT_LABEL, "server": SERVER_LABEL}
    checked = 0
    for sender, message in handshake_messages(name)[2:]:
        if message.type == HandshakeType.FINISHED:
            expected = keys.verify_data(master, labels[sender], transcript.digest())
            assert message.body == expected
            checked += 1
        transcript.update(message.encode())
    assert checked == 2


def test_server_signature_verifies(name: str) -> None:
    """The signature over the ephemeral point verifies under the certificate that was sent."""
    bodies = {message.type: message.body for _, message in handshake_messages(name)}
    exchange = SUITES[suite_of(name)].exchange
    point = ServerKeyExchange.decode(bodies[HandshakeType.SERVER_KEY_EXCHANGE], exchange)
    if point.signature is None:
        assert HandshakeType.CERTIFICATE not in bodies
        return
    chain = CertificateChain.decode(bodies[HandshakeType.CERTIFICATE]).chain
    randoms = RECORDED[name]["client_random"] + RECORDED[name]["server_random"]
    signed = bytes.fromhex(randoms) + curve_parameters(point.point)
    verify(leaf_key(chain), signed, point.signature)


def test_application_records_open(name: str) -> None:
    """Every protected record of both sides opens, and holds a CoAP message or an alert."""
    opened = protections(name)
    counts = {"client": 0, "server": 0}
    for sender, record in recorded_records(name):
        if record.epoch:
            content = opened[sender].open(record.content_type, record.sequence, record.fragment)
            assert content is not None
            if record.content_type == ContentType.APPLICATION_DATA:
                assert content[0] >> 6 == 1
                counts[sender] += 1
    assert min(counts.values()) >= (1 if name in PAIRINGS else 11)


def test_sealed_sizes_are_those_of_the_real_peers(name: str) -> None:
    """Our records are exactly as long as the recorded ones with the same content."""
    opened = protections(name)
    for sender, record in recorded_records(name):
        if record.epoch:
            side = opened[sender]
            content = side.open(record.content_type, record.sequence, record.fragment)
            assert content is not None
            assert side.sealed_size(len(content)) == len(record.fragment)
            sealed = side.seal(record.content_type, record.sequence, content)
            assert len(sealed) == len(record.fragment)
            assert side.open(record.content_type, record.sequence, sealed) == content
