"""Replays Direct Pairing between IoTivity 1.1.1's client and its sample server.

What the client sent, octet for octet, is sent to a light with the UUIDs, the owner and the
configuration of the recorded server. What was inside DTLS is opened with the recorded keys and sent
over a session of ours.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path as File
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace
from recorded_compare import Comparison, Finding
from recorded_stage import Exchange, Heard

from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import Profile
from onboardee.device.testing import MemoryKeeper
from onboardee.device.testing.local import LocalDevice, local_device
from onboardee.device.testing.onboarded import onboarded
from onboardee.svrdb.model import PairingRule, PairingTarget, Pconf
from onboardee.wire.dtls import (
    CipherSuite,
    ClientConfig,
    DataReceived,
    HandshakeFailed,
    keys,
)
from onboardee.wire.dtls.client import ClientConnection
from onboardee.wire.dtls.numbers import ContentType
from onboardee.wire.dtls.protection import protection
from onboardee.wire.dtls.record import split
from onboardee.wire.dtls.suites import SUITES
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Endpoint, Path

RECORDED: dict[str, Any] = json.loads(
    (File(__file__).parents[1] / "vectors" / "direct-pairing.json").read_text(encoding="utf-8")
)
DEVICE, OWNER, PEER = (UUID(RECORDED[f"{who}_uuid"]) for who in ("device", "owner", "peer"))
PLAIN = Path("fe80::1", 33647, "fe80::2", 38837)
SECURED = Path("fe80::1", 43527, "fe80::2", 45739, secured=True)
STEPS = ("discovery", "port", "begin")
PROFILE = msgspec.convert(
    {
        "device": {"name": "Lamp", "types": ["oic.d.light"]},
        "platform": {"manufacturer": "Samsung"},
        "compat": "oic-1.1",
        "direct_pairing": {},
        "resources": [
            {
                "href": "/a/led",
                "types": ["core.led"],
                "interfaces": ["oic.if.rw", "oic.if.baseline"],
                "properties": {
                    "state": {"type": "boolean", "initial": False},
                    "power": {"type": "integer", "initial": 0},
                },
            }
        ],
    },
    Profile,
)


@dataclass
class Replay:
    """What our device answered, and how that differs."""

    device: LocalDevice
    comparison: Comparison = field(default_factory=Comparison)
    refused: HandshakeFailed | None = None
    suites: list[CipherSuite] = field(default_factory=list)

    def plain(self, step: str, exchange: dict[str, Any]) -> None:
        """Send a plain request."""
        request = bytes.fromhex(exchange["request"])
        answers = [
            each.datagram
            for each in self.device.receive(request, PLAIN, 0.0)
            # whether the address is real is asked by a ping, which the client answers
        ]
        while answers and len(answers[0]) == 4 and answers[0][0] == 0x40:
            pong = b"\x70\x00" + answers[0][2:4]
            answers = [each.datagram for each in self.device.receive(pong, PLAIN, 0.0)]
        self._compare(step, "plain", request, exchange["answers"], answers)

    def secured(self, name: str, key: bytes, suites: tuple[CipherSuite, ...]) -> ClientConnection:
        """Open a session with a key, and send what the client sent over it."""
        config = ClientConfig(suites=suites, psk_identity=PEER.bytes, psk=lambda _hint: key)
        connection = ClientConnection(config, "device", entropy=SeededEntropy(name))
        connection.start(0.0)
        self._exchange(connection)
        if connection.session is not None:
            self.suites.append(connection.session.suite)
            sent, recorded = opened(name)
            connection.send(sent, 0.0)
            ours = self._exchange(connection)
            self._compare(name, "secured", sent, [recorded.hex()], ours)
        return connection

    def _exchange(self, connection: ClientConnection) -> list[bytes]:
        heard: list[bytes] = []
        for _ in range(6):
            for datagram in connection.take_datagrams():
                for answer in self.device.receive(datagram, SECURED, 0.0):
                    connection.receive(answer.datagram, 0.0)
            for event in connection.take_events():
                if isinstance(event, DataReceived):
                    heard.append(event.data)
                elif isinstance(event, HandshakeFailed):
                    self.refused = event
        return heard

    def _compare(
        self, step: str, way: str, request: bytes, recorded: list[str], ours: list[bytes]
    ) -> None:
        peer = ("peer", 0)
        exchange = Exchange(
            step,
            0.0,
            False,
            [request],
            [Heard(way, peer, bytes.fromhex(each)) for each in recorded],
            [Heard(way, peer, each) for each in ours],
        )
        self.comparison.compare(exchange)
        if len(recorded) > len(ours):
            exchange.recorded = exchange.recorded[: len(ours)]
            self.comparison.compare(exchange)


def opened(name: str) -> tuple[bytes, bytes]:
    """Return the one request and the one answer inside a recorded session."""
    recorded = RECORDED["sessions"][name]
    suite = SUITES[CipherSuite(int(recorded["suite"], 16))]
    values = (recorded["master_secret"], recorded["client_random"], recorded["server_random"])
    block = keys.key_block(*map(bytes.fromhex, values), suite.key_block_size)
    client, server = keys.cut(block, suite.mac_size, suite.key_size, suite.fixed_iv_size)
    opener = {
        "client": protection(suite, client, SeededEntropy(1)),
        "server": protection(suite, server, SeededEntropy(1)),
    }
    found: dict[str, bytes] = {}
    for sender, datagram in recorded["datagrams"]:
        for record in split(bytes.fromhex(datagram)):
            if record.content_type == ContentType.APPLICATION_DATA:
                content = opener[sender].open(record.content_type, record.sequence, record.fragment)
                assert content is not None
                found[sender] = content
    return found["client"], found["server"]


def device_like_the_recorded(secure_port: int) -> LocalDevice:
    """Return an owned light with the recorded UUIDs and configuration."""
    entropy = SeededEntropy("like")
    database = onboarded(new_database(PROFILE, entropy, device_uuid=DEVICE), entropy)
    rule = PairingRule(resources=(PairingTarget(href="*"),), permission=31)
    pconf = Pconf(
        is_enabled=True, methods=(1,), pin=b"00000000", rules=(rule,), resource_owner=OWNER
    )
    keeper = MemoryKeeper(replace(database, pconf=pconf))
    device = local_device(PROFILE, keeper, entropy=SeededEntropy("device"))
    device.endpoints = (
        Endpoint("coap", "fe80::1", 33647),
        Endpoint("coaps", "fe80::1", secure_port),
    )
    device.start(0.0)
    return device


def pin_key(pin: bytes) -> bytes:
    """Return the key of a PIN as the client computes it."""
    return hashlib.pbkdf2_hmac("sha256", pin, OWNER.bytes, 1000, 16)


def begun(plain: list[dict[str, Any]], secure_port: int) -> Replay:
    """Play the plain requests."""
    replay = Replay(device_like_the_recorded(secure_port))
    for step, exchange in zip(STEPS, plain, strict=True):
        replay.plain(step, exchange)
    return replay


@cache
def paired() -> Replay:
    """Play the whole pairing with the right PIN, and the request after it."""
    replay = begun(RECORDED["plain"], 43527)
    by_pin = (CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,)
    session = replay.secured("pairing", pin_key(b"00000000"), by_pin).session
    assert session is not None
    secret, seed = session.key_block(96), b"oic.r.dpairing" + DEVICE.bytes + PEER.bytes
    first = hmac.digest(secret, seed, "sha256")
    key = hmac.digest(secret, first + seed, "sha256")[:16]
    replay.secured("paired", key, (CipherSuite.PSK_AES_128_CCM_8, *by_pin))
    return replay


@cache
def refused() -> Replay:
    """Play the pairing with a wrong PIN."""
    replay = begun(RECORDED["wrong_pin"]["plain"], 36210)
    replay.secured("pairing", pin_key(b"11111111"), (CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,))
    return replay


@cache
def all_findings() -> tuple[Finding, ...]:
    """Return every difference, in the answers and in the sessions."""
    found = [*paired().comparison.findings, *refused().comparison.findings]
    recorded = [int(each["suite"], 16) for each in RECORDED["sessions"].values()]
    for step, theirs, ours in zip(("pairing", "paired"), recorded, paired().suites, strict=True):
        if theirs != ours:
            values = (CipherSuite(theirs).name, ours.name)
            found.append(Finding(step, f"session ({step})", "suite", *values))
    alert = bytes.fromhex(RECORDED["wrong_pin"]["datagrams"][-1][1])[-1]
    ours_of_wrong = refused().refused
    assert ours_of_wrong is not None
    if ours_of_wrong.alert != alert:
        values = (str(alert), str(ours_of_wrong.alert))
        found.append(Finding("wrong PIN", "session (wrong PIN)", "alert", *values))
    return tuple(found)
