"""Shared by the tests of the engine: credentials, a policy, and a wire with a fake clock."""

import datetime as dt
import random
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from onboardee.pki.key_pairs import CertifiedKey
from onboardee.wire.dtls import (
    BadCertificate,
    CipherSuite,
    ClientConfig,
    DataReceived,
    DtlsLimits,
    Event,
    HandshakeFailed,
    Offer,
    ServerEndpoint,
    Session,
    SessionClosed,
    SessionEstablished,
)
from onboardee.wire.dtls.client import ClientConnection
from onboardee.wire.dtls.framing import split_fragments
from onboardee.wire.dtls.hello import ServerHello
from onboardee.wire.dtls.numbers import HandshakeType
from onboardee.wire.dtls.suites import SUITES, KeyExchange
from onboardee.wire.entropy import SeededEntropy

ANON = CipherSuite.ECDH_ANON_AES_128_CBC_SHA256
PSK = CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256
PLAIN_PSK = CipherSuite.PSK_AES_128_CCM_8
BY_KEY = (PSK, PLAIN_PSK)
CCM_8 = CipherSuite.ECDHE_ECDSA_AES_128_CCM_8

IDENTITY = bytes(range(16))
KEY = b"0123456789abcdef"
HINT = bytes(range(100, 116))
CLIENT = ("192.0.2.1", 40000)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _issue(
    subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey
) -> bytes:
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(1000 + len(subject))
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36500))
        .add_extension(x509.BasicConstraints(ca=subject == issuer, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


ROOT_KEY = ec.generate_private_key(ec.SECP256R1())
ROOT = _issue("root", "root", ROOT_KEY, ROOT_KEY)


def make_certificate(subject: str) -> CertifiedKey:
    """Return a leaf certificate with its chain under the tests' root."""
    key = ec.generate_private_key(ec.SECP256R1())
    return CertifiedKey((_issue(subject, "root", key, ROOT_KEY), ROOT), key)


SERVER_CERTIFICATE = make_certificate("a device")
CLIENT_CERTIFICATE = make_certificate("uuid:11111111-2222-4333-8444-555555555555")


def trust_root(chain: tuple[bytes, ...]) -> None:
    """Refuse every chain that was not issued by the tests' root."""
    try:
        x509.load_der_x509_certificate(chain[0]).verify_directly_issued_by(
            x509.load_der_x509_certificate(ROOT)
        )
    except Exception as error:
        raise BadCertificate("not of the tests' root") from error


OFFER = Offer(
    suites=tuple(CipherSuite),
    psk_hint=HINT,
    psk={IDENTITY: KEY}.get,
    plain_psk={IDENTITY: KEY}.get,
    certificate=SERVER_CERTIFICATE,
    tag="tag",
)


def offer_for(suite: CipherSuite, *, client_certificate: bool = False) -> Offer:
    """Return terms with one suite only."""
    verify = trust_root if client_certificate else None
    return replace(OFFER, suites=(suite,), verify_peer=verify)


def config_for(*suites: CipherSuite, limits: DtlsLimits | None = None) -> ClientConfig:
    """Return a client configuration that fits `OFFER`."""
    return ClientConfig(
        suites,
        psk_identity=IDENTITY,
        psk={HINT: KEY}.get,
        certificate=CLIENT_CERTIFICATE,
        verify_server=trust_root,
        limits=limits or DtlsLimits(),
    )


def is_certificate_suite(suite: CipherSuite) -> bool:
    """Whether the suite carries certificates."""
    return SUITES[suite].exchange is KeyExchange.ECDSA


@dataclass
class FixedPolicy:
    """A policy with one answer for everybody, which counts how often it was asked."""

    answer: Offer | None = OFFER
    asked: list[Hashable] = field(default_factory=list)

    def offer(self, address: Hashable) -> Offer | None:
        """Return the answer."""
        self.asked.append(address)
        return self.answer


Tamper = Callable[[str, bytes], list[bytes]]
"""Takes the sender ("client" or "server") and a datagram, returns what arrives."""


def pass_on(_sender: str, datagram: bytes) -> list[bytes]:
    """Deliver everything as it is."""
    return [datagram]


class Pair:
    """A client and a server endpoint on a wire that a test can tamper with."""

    def __init__(
        self,
        suite: CipherSuite = PSK,
        *,
        offer: Offer | None = None,
        config: ClientConfig | None = None,
        server: ServerEndpoint | None = None,
        limits: DtlsLimits | None = None,
        tamper: Tamper = pass_on,
        address: Hashable = CLIENT,
        seed: int = 1,
        now: float = 0.0,
        shuffle: random.Random | None = None,
    ) -> None:
        self.policy = FixedPolicy(offer or offer_for(suite))
        self.server = server or ServerEndpoint(
            self.policy, entropy=SeededEntropy(f"server {seed}"), limits=limits or DtlsLimits()
        )
        self.client = ClientConnection(
            config or config_for(suite, limits=limits),
            "server",
            entropy=SeededEntropy(f"client {seed}"),
        )
        self.address = address
        self.now = now
        self.tamper = tamper
        self.shuffle = shuffle
        self.server_events: list[Event] = []
        self.client_events: list[Event] = []
        self.sent: list[tuple[str, bytes]] = []
        self._flying: list[tuple[str, bytes]] = []

    def start(self) -> "Pair":
        """Send the first hello and deliver until nobody has anything to say."""
        self.client.start(self.now)
        return self.settle()

    def settle(self) -> "Pair":
        """Deliver until nobody has anything to say."""
        self._collect()
        while self._flying:
            index = self.shuffle.randrange(len(self._flying)) if self.shuffle else 0
            sender, datagram = self._flying.pop(index)
            if sender == "client":
                self.server.receive(datagram, self.address, self.now)
            else:
                self.client.receive(datagram, self.now)
            self._collect()
        return self

    def run(self, seconds: float) -> "Pair":
        """Let time pass, tick whenever somebody is due, deliver what that leads to."""
        end = self.now + seconds
        self.settle()
        while not self.is_established:
            due = [self.client.next_deadline(), self.server.next_deadline()]
            nearest = min((at for at in due if at is not None), default=end)
            if nearest >= end:
                break
            self.now = max(self.now, nearest)
            self.client.tick(self.now)
            self.server.tick(self.now)
            self.settle()
        return self

    @property
    def is_established(self) -> bool:
        """Whether both sides have a live session with each other."""
        mine, theirs = self.client.session, self.server.sessions.get(self.address)
        return (
            mine is not None
            and theirs is not None
            and mine.alive
            and mine.client_random == theirs.client_random
        )

    @property
    def session(self) -> Session:
        """The server's session."""
        return self.server.sessions[self.address]

    def client_says(self, data: bytes) -> bytes:
        """Return the datagram with which the client sends `data`, without delivering it."""
        self.client.send(data, self.now)
        (datagram,) = self.client.take_datagrams()
        return datagram

    def server_hears(self, datagram: bytes) -> list[bytes]:
        """Deliver a datagram to the server; return the application data that came out."""
        self.server.receive(datagram, self.address, self.now)
        events = self.server.take_events()
        self.server_events += events
        return [event.data for event in events if isinstance(event, DataReceived)]

    def assert_talking(self) -> None:
        """Check that data passes in both directions."""
        assert self.is_established
        self.client.send(b"ping", self.now)
        self.server.send(self.session, b"pong", self.now)
        self.settle()
        assert self.server_events[-1] == DataReceived(self.session, b"ping")
        assert self.client.session is not None
        assert self.client_events[-1] == DataReceived(self.client.session, b"pong")

    def _collect(self) -> None:
        for datagram in self.client.take_datagrams():
            self._fly("client", datagram)
        for datagram, address in self.server.take_datagrams():
            if address == self.address:
                self._fly("server", datagram)
        self.server_events += self.server.take_events()
        self.client_events += self.client.take_events()

    def _fly(self, sender: str, datagram: bytes) -> None:
        self.sent.append((sender, datagram))
        self._flying += [(sender, arriving) for arriving in self.tamper(sender, datagram)]


def failures(events: list[Event]) -> list[HandshakeFailed]:
    """Return the failed handshakes."""
    return [event for event in events if isinstance(event, HandshakeFailed)]


def established(events: list[Event]) -> list[SessionEstablished]:
    """Return the finished handshakes."""
    return [event for event in events if isinstance(event, SessionEstablished)]


def closed(events: list[Event]) -> list[SessionClosed]:
    """Return the ended sessions."""
    return [event for event in events if isinstance(event, SessionClosed)]


def records(datagram: bytes) -> list[tuple[int, int, bytes]]:
    """Return content type, epoch and fragment of each record."""
    found, position = [], 0
    while position < len(datagram):
        length = int.from_bytes(datagram[position + 11 : position + 13])
        epoch = int.from_bytes(datagram[position + 3 : position + 5])
        end = position + 13 + length
        found.append((datagram[position], epoch, datagram[position + 13 : end]))
        position = end
    return found


def plain(content_type: int, fragment: bytes, number: int = 7) -> bytes:
    """Return a record of epoch 0."""
    header = content_type.to_bytes(1) + b"\xfe\xfd" + number.to_bytes(8)
    return header + len(fragment).to_bytes(2) + fragment


def server_hello(pair: Pair) -> ServerHello:
    """Return the ServerHello that went over the wire."""
    (body,) = (
        part.data
        for origin, datagram in pair.sent
        if origin == "server"
        for _, epoch, fragment in records(datagram)
        if epoch == 0
        for part in split_fragments(fragment)
        if part.type == HandshakeType.SERVER_HELLO
    )
    return ServerHello.decode(body)
