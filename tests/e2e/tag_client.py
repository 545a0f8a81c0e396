"""A client with a session whose messages aiocoap makes and reads, and a device that knows it."""

from itertools import count
from typing import Any
from uuid import UUID

import cbor2
from aiocoap import CON, GET, NON, POST, Message
from msgspec.structs import replace

from onboardee.device.events import Bus
from onboardee.device.machine.boot import Surroundings, boot
from onboardee.device.machine.memory import MemoryKeeper
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import Profile, load
from onboardee.device.testing.local import LocalDevice
from onboardee.device.testing.onboarded import onboarded
from onboardee.svrdb.model import SECURITY_RESOURCES, Ace, AceResource, Database, Subject
from onboardee.wire.dtls import CipherSuite, ClientConfig, DataReceived
from onboardee.wire.dtls.client import ClientConnection
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Endpoint, Outgoing, Path

CLIENTS = {UUID(int=number, version=4): bytes([number]) * 16 for number in (1, 2)}
ONE, OTHER = CLIENTS
ENDPOINTS = (Endpoint("coap", "10.0.0.10", 5683), Endpoint("coaps", "10.0.0.10", 5684))


def device_for(
    profile: str | Profile = "light", database: Database | None = None, **surroundings: Any
) -> LocalDevice:
    """Start a device that its clients may use, or another one with the database of an earlier."""
    made = load(profile) if isinstance(profile, str) else profile
    entropy = SeededEntropy("tags")
    if database is None:
        database = with_service(
            onboarded(new_database(made, entropy), entropy, clients=CLIENTS), ONE
        )
    given = Surroundings(entropy=entropy, bus=Bus(), **surroundings)
    device = LocalDevice(boot(made, MemoryKeeper(database), given), ENDPOINTS)
    device.start(0.0)
    return device


def with_service(database: Database, uuid: UUID) -> Database:
    """Let a client use all security resources as well."""
    hrefs = [
        "/.well-known/core",
        "/oic/mnt",
        *(f"/oic/sec/{each.name}" for each in SECURITY_RESOURCES),
    ]
    entry = Ace(
        aceid=99,
        subject=Subject(uuid=str(uuid)),
        resources=tuple(AceResource(href=href) for href in hrefs),
        permission=31,
    )
    acl2 = replace(database.acl2, entries=(*database.acl2.entries, entry))
    return replace(database, acl2=acl2)


class Reader:
    """A client of the device."""

    def __init__(self, device: LocalDevice, uuid: UUID = ONE, host: str = "10.0.0.1") -> None:
        self.device, self.now = device, 0.0
        self._path = Path("10.0.0.10", 5684, host, 40000, secured=True)
        config = ClientConfig(
            suites=(CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,),
            psk_identity=uuid.bytes,
            psk=lambda _hint: CLIENTS[uuid],
        )
        self._client = ClientConnection(config, "10.0.0.10", entropy=SeededEntropy(str(uuid)))
        self._mids = count(1)
        self._heard: list[Message] = []
        self._strays: list[Outgoing] = []
        self._client.start(0)
        while self._client.session is None:
            self._exchange()
        self._exchange()
        self._client.take_events()

    def ask(self, href: str, *query: str, body: Any = None, **options: Any) -> Message:
        """Ask, and return the answer; options are aiocoap's."""
        token = options.pop("token", b"ask")
        kind = NON if options.pop("non", False) else CON
        code = options.pop("code", GET if body is None else POST)
        asked = Message(code=code, **options)
        asked.mtype, asked.mid, asked.token = kind, next(self._mids), token
        asked.opt.uri_path, asked.opt.uri_query = href.strip("/").split("/"), query
        if body is not None:
            asked.payload, asked.opt.content_format = cbor2.dumps(body), 10000
        self._client.send(bytes(asked.encode()), self.now)
        self._exchange()
        number = next(n for n, each in enumerate(self._heard) if each.token == token)
        return self._heard.pop(number)

    def heard(self) -> list[Message]:
        """Return what the device has sent by itself, in order, each acknowledged."""
        heard, self._heard = self._heard, []
        return heard

    def strays(self) -> list[Outgoing]:
        """Return what the device has sent to others when this client asked, for `do` of theirs."""
        strays, self._strays = self._strays, []
        return strays

    def do(self, sent: Any) -> None:
        """Take what the device has sent when something was done to it."""
        for each in sent:
            if each.path == self._path:
                self._client.receive(each.datagram, self.now)
        self._read()
        self._exchange()

    def read(self, href: str, *query: str, **options: Any) -> tuple[str, Any, bytes | None]:
        """Return code, decoded payload and tag, all blocks joined."""
        answer = self.ask(href, *query, **options)
        body, first = answer.payload, answer
        while answer.opt.block2 is not None and answer.opt.block2.more:
            number, _, size = answer.opt.block2
            answer = self.ask(href, *query, block2=(number + 1, False, size), **options)
            assert answer.opt.etag == first.opt.etag
            body += answer.payload
        shown = cbor2.loads(body) if body else None
        return first.code.dotted, shown, first.opt.etag

    def _read(self) -> None:
        for event in self._client.take_events():
            if isinstance(event, DataReceived):
                message = Message.decode(event.data)
                if message.mtype == CON:
                    self._client.send(bytes((0x60, 0)) + message.mid.to_bytes(2), self.now)
                if message.code:
                    self._heard.append(message)

    def _exchange(self) -> None:
        while datagrams := self._client.take_datagrams():
            for datagram in datagrams:
                for answer in self.device.receive(datagram, self._path, self.now):
                    if answer.path == self._path:
                        self._client.receive(answer.datagram, self.now)
                    else:
                        self._strays.append(answer)
            self._read()
