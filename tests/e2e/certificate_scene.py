"""A device in memory and certificate holders who talk to it, datagram by datagram."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

import cbor2
from msgspec.structs import replace

from onboardee.device.events import Bus, Event
from onboardee.device.security import onboarding_states
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import Profile, load
from onboardee.device.testing import MemoryKeeper
from onboardee.device.testing.local import local_device
from onboardee.pki import issuing
from onboardee.pki.key_pairs import CertifiedKey
from onboardee.svrdb.model import (
    Ace,
    AceResource,
    Acl2,
    Cred,
    Credential,
    CredentialType,
    CredentialUsage,
    Database,
    Encoding,
    PrivateData,
    PublicData,
    State,
    Subject,
)
from onboardee.wire.coap import Code, Method, ResponseReceived
from onboardee.wire.coap.client import CoapClient
from onboardee.wire.dtls import (
    CipherSuite,
    ClientConfig,
    DataReceived,
    HandshakeFailed,
    SessionClosed,
    SessionEstablished,
)
from onboardee.wire.dtls.client import ClientConnection
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Path

OWNER = UUID("11111111-2222-4333-8444-555555555555")
FRIEND = UUID("22222222-2222-4333-8444-555555555555")
KEY = b"0123456789abcdef"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROOT = issuing.root()
CCM_8 = CipherSuite.ECDHE_ECDSA_AES_128_CCM_8
PSK = CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256
PORTS = count(40000)


def anchor(public: str, credid: int = 8, subject: str = "*") -> Credential:
    """Make a trust anchor for peers."""
    return Credential(
        credid=credid,
        kind=CredentialType.CERTIFICATE,
        subject=subject,
        usage=CredentialUsage.TRUST_ANCHOR,
        public=PublicData(data=public),
    )


def owner_key(credid: int = 1) -> Credential:
    """Make the owner credential."""
    return Credential(
        credid=credid,
        kind=CredentialType.SYMMETRIC_PAIRWISE,
        subject=str(OWNER),
        private=PrivateData(data=KEY),
    )


def identity(database: Database, issuer: issuing.Issued = ROOT) -> Credential:
    """Make the device's own certificate."""
    issued = issuer.issue(issuing.identity(database.doxm.device_uuid))
    return Credential(
        credid=9,
        kind=CredentialType.CERTIFICATE,
        subject="*",
        usage=CredentialUsage.IDENTITY,
        public=PublicData(data=issued.pem),
        private=PrivateData(data=issued.key_pem.encode(), encoding=Encoding.PEM),
    )


def owned(database: Database, *others: Credential, roles: tuple[str, ...] = ()) -> Database:
    """Give a device an owner, and everybody with one of the roles the light."""
    entries = tuple(
        Ace(
            aceid=number,
            subject=Subject(role=role),
            resources=(AceResource(wildcard="*"),),
            permission=31,
        )
        for number, role in enumerate(roles, 1)
    )
    changed = replace(
        database,
        doxm=replace(database.doxm, owned=True, owner_uuid=OWNER, resource_owner=OWNER),
        cred=Cred(credentials=(owner_key(), *others), resource_owner=OWNER),
        acl2=Acl2(entries=entries, resource_owner=OWNER),
        pstat=replace(database.pstat, resource_owner=OWNER),
    )
    return onboarding_states.enter(changed, State.RFNOP)


@dataclass
class Stage:
    """A device, its time of day and its time, and what it said."""

    profile: Profile = field(default_factory=lambda: load("light"))
    now: float = 0.0
    time_of_day: datetime = NOON
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        entropy, bus = SeededEntropy(0), Bus()
        bus.subscribe(self.events.append)
        self.keeper = MemoryKeeper(new_database(self.profile, entropy))
        self.device = local_device(
            self.profile,
            self.keeper,
            entropy=entropy,
            bus=bus,
            wall_clock=lambda: self.time_of_day,
        )
        self.device.start(self.now)

    @property
    def database(self) -> Database:
        """What the device keeps."""
        return self.device.database

    def certified(self, *others: Credential, **options: Any) -> "Stage":
        """Give the device an owner and an identity of the usual root."""
        self.keeper.current = owned(
            self.database, identity(self.database), anchor(ROOT.pem), *others, **options
        )
        return self


class Peer:
    """A client that talks to the device of a stage."""

    def __init__(self, stage: Stage, config: ClientConfig | None = None) -> None:
        self.stage = stage
        port = next(PORTS)
        secured = config is not None
        self._path = Path("10.0.0.1", 5684 if secured else 5683, "10.0.0.9", port, secured=secured)
        entropy = SeededEntropy(port)
        self._coap = CoapClient(entropy=entropy)
        self._dtls = (
            None if config is None else ClientConnection(config, self._path, entropy=entropy)
        )
        self.failure: HandshakeFailed | None = None
        self.closed = False
        if self._dtls is not None:
            self._dtls.start(stage.now)
            self._pump()

    @property
    def session(self) -> Any:
        """The session, None if there is none."""
        return None if self._dtls is None else self._dtls.session

    @property
    def alert(self) -> str:
        """What the device said to refuse the handshake."""
        assert self.session is None
        if self.failure is None or self.failure.alert is None:
            return "silence"
        return self.failure.alert.name.lower()

    def ask(self, method: Method, path: str, body: Any = None, *query: str) -> tuple[Code, Any]:
        """Send a request and return code and content."""
        payload = b"" if body is None else cbor2.dumps(body)
        self._coap.request(
            method, path, query=query, payload=payload, content_format=10000, now=self.stage.now
        )
        self._pump()
        (event,) = self._coap.take_events()
        assert isinstance(event, ResponseReceived), event
        response = event.response
        return response.code, cbor2.loads(response.payload) if response.payload else None

    def get(self, path: str, *query: str) -> Any:
        """Retrieve content, or the error's code."""
        code, content = self.ask(Method.GET, path, None, *query)
        return content if code is Code.CONTENT else code

    def post(self, path: str, body: Any) -> Code:
        """Update."""
        return self.ask(Method.POST, path, body)[0]

    def delete(self, path: str, *query: str) -> Code:
        """Delete."""
        return self.ask(Method.DELETE, path, None, *query)[0]

    def close(self) -> None:
        """End the session."""
        assert self._dtls is not None
        self._dtls.close(self.stage.now)
        self._pump()

    def hear(self) -> None:
        """Let the device do what is due, and take what it sends."""
        self._take(self.stage.device.tick(self.stage.now))
        self._pump()

    def _pump(self) -> None:
        device, now = self.stage.device, self.stage.now
        for _ in range(50):
            sent = self._outgoing()
            if not sent:
                return
            for datagram in sent:
                self._take(device.receive(datagram, self._path, now))

    def _outgoing(self) -> list[bytes]:
        messages = self._coap.take_outgoing()
        if self._dtls is None:
            return messages
        for message in messages:
            self._dtls.send(message, self.stage.now)
        return self._dtls.take_datagrams()

    def _take(self, sent: Any) -> None:
        for outgoing in sent:
            if outgoing.path != self._path:
                continue
            if self._dtls is None:
                self._coap.receive(outgoing.datagram, self.stage.now)
                continue
            self._dtls.receive(outgoing.datagram, self.stage.now)
            for event in self._dtls.take_events():
                self._note(event)

    def _note(self, event: Any) -> None:
        match event:
            case DataReceived(_, data):
                self._coap.receive(data, self.stage.now)
            case HandshakeFailed():
                self.failure = event
            case SessionClosed():
                self.closed = True
            case SessionEstablished():
                pass


def with_certificate(
    certificate: CertifiedKey | None, *, suite: CipherSuite = CCM_8
) -> ClientConfig:
    """Make a client that shows a certificate and trusts everybody."""
    return ClientConfig(suites=(suite,), certificate=certificate, verify_server=lambda _chain: None)


def with_key(uuid: UUID = OWNER, key: bytes = KEY) -> ClientConfig:
    """Make a client with a pre-shared key."""
    return ClientConfig(suites=(PSK,), psk_identity=uuid.bytes, psk=lambda _hint: key)
