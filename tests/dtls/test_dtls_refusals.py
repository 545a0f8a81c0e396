"""What ends a handshake, and with which alert."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from dtls_support import (
    ANON,
    CCM_8,
    CLIENT,
    CLIENT_CERTIFICATE,
    HINT,
    KEY,
    PSK,
    SERVER_CERTIFICATE,
    Pair,
    config_for,
    established,
    failures,
    offer_for,
    plain,
    records,
    server_hello,
)

from onboardee.wire.dtls import (
    Alert,
    AlertDescription,
    CertificateExpired,
    CipherSuite,
    ClientConfig,
    Offer,
)
from onboardee.wire.dtls.client import ClientConnection
from onboardee.wire.dtls.ecc import Ephemeral
from onboardee.wire.dtls.framing import HandshakeMessage, split_fragments
from onboardee.wire.dtls.hello import ClientHello, ServerHello
from onboardee.wire.dtls.messages import DigitallySigned
from onboardee.wire.dtls.numbers import ContentType, HandshakeType
from onboardee.wire.entropy import SeededEntropy


def bare_hello() -> ClientHello:
    """Return a hello with the least that the server accepts."""
    return ClientHello(0xFEFD, bytes(32), b"", b"", (PSK,), extensions={})


class Hello:
    """A hand-made ClientHello taken through the cookie exchange."""

    def __init__(self, hello: ClientHello, offer: Offer | None = None) -> None:
        self.hello = hello
        self.pair = Pair(offer=offer)

    def exchange(self) -> AlertDescription | None:
        """Return the alert that the server answers with, or None for a flight."""
        server, pair = self.pair.server, self.pair
        server.receive(self._record(self.hello, 0), CLIENT, 0.0)
        ((verify, _),) = server.take_datagrams()
        second = replace(self.hello, cookie=verify[28:])
        server.receive(self._record(second, 1), CLIENT, 0.0)
        pair.sent += [("server", datagram) for datagram, _ in server.take_datagrams()]
        answer = pair.sent[-1][1]
        if answer[0] != ContentType.ALERT:
            return None
        (failure,) = failures(server.take_events())
        assert not server.half_open
        assert answer[13:] == bytes([2, failure.alert or 0])
        assert failure.tag == "tag"
        return failure.alert

    @staticmethod
    def _record(hello: ClientHello, number: int) -> bytes:
        message = HandshakeMessage(HandshakeType.CLIENT_HELLO, number, hello.encode())
        return plain(ContentType.HANDSHAKE, message.encode(), number)


def test_hello_without_extensions_gets_none_back() -> None:
    """A ServerHello to a hello without extensions has no extensions block (RFC 5246 7.4.1.4)."""
    client = Hello(replace(bare_hello(), extensions=None))
    client.exchange()
    assert server_hello(client.pair).extensions is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, None),
        ({"version": 0xFEFC}, None),
        ({"version": 0xFEFF}, AlertDescription.PROTOCOL_VERSION),
        ({"suites": (0x003D, 0xFF)}, AlertDescription.HANDSHAKE_FAILURE),
        ({"compression_methods": (1,)}, AlertDescription.ILLEGAL_PARAMETER),
        ({"compression_methods": (1, 0)}, None),
        ({"extensions": {10: b"\x00\x02\x00\x18"}}, AlertDescription.HANDSHAKE_FAILURE),
        ({"extensions": {10: b"\x00\x02\x00\x17"}}, None),
        ({"extensions": {10: b"\x00\x03\x00\x17\x00"}}, AlertDescription.DECODE_ERROR),
        ({"extensions": {11: b"\x01\x01"}}, AlertDescription.ILLEGAL_PARAMETER),
        ({"extensions": {0xFF01: b"\x01x"}}, AlertDescription.HANDSHAKE_FAILURE),
        ({"extensions": {0x1234: b"unknown"}}, None),
        (
            {"suites": (CCM_8,), "extensions": {13: b"\x00\x02\x06\x03"}},
            AlertDescription.HANDSHAKE_FAILURE,
        ),
        ({"suites": (CCM_8,), "extensions": {13: b"\x00\x04\x06\x03\x04\x03"}}, None),
        ({"suites": (CCM_8,)}, None),
    ],
)
def test_hello_is_answered_as_its_parameters_deserve(
    change: dict[str, object], expected: AlertDescription | None
) -> None:
    """Each unacceptable hello gets the alert of its kind, each acceptable one a flight."""
    offer = replace(offer_for(PSK), suites=(PSK, CCM_8))
    assert Hello(replace(bare_hello(), **change), offer).exchange() is expected  # type: ignore[arg-type]


def test_unknown_identity() -> None:
    """An identity without a key looks to its peer like a wrong key, octet by octet but the MACs.

    The owner of the device reads the difference in the log (RFC 4279 2).
    """
    unknown = Pair(config=replace(config_for(PSK), psk_identity=bytes(16))).start()
    wrong = Pair(config=replace(config_for(PSK), psk={HINT: b"another key, 16!"}.get)).start()
    (failure,) = failures(unknown.client_events)
    assert failure.alert is AlertDescription.BAD_RECORD_MAC
    shapes = [[(sender, len(each)) for sender, each in pair.sent] for pair in (unknown, wrong)]
    assert shapes[0] == shapes[1]
    assert unknown.sent[-1] == wrong.sent[-1]
    (failure,) = failures(unknown.server_events)
    assert (failure.alert, failure.reason) == (
        AlertDescription.BAD_RECORD_MAC,
        "no key for this identity",
    )
    assert not unknown.server.half_open


@pytest.mark.parametrize("guess", [b"", bytes(16), bytes(32), KEY])
def test_no_key_fits_an_unknown_identity(guess: bytes) -> None:
    """The stand-in for the key of an unknown identity is nothing that can be guessed."""
    config = replace(config_for(PSK), psk_identity=b"stranger", psk={HINT: guess}.get)
    pair = Pair(config=config).start()
    assert failures(pair.server_events)
    assert not established(pair.server_events)


def test_hint_that_the_client_cannot_map() -> None:
    """A client without a key for the hint says so, and the server gives up."""
    pair = Pair(config=replace(config_for(PSK), psk={b"other": KEY}.get)).start()
    assert failures(pair.client_events)[0].alert is AlertDescription.UNKNOWN_PSK_IDENTITY
    assert failures(pair.server_events)[0].alert is AlertDescription.UNKNOWN_PSK_IDENTITY


def test_wrong_key_shows_as_bad_record_mac_at_once() -> None:
    """A wrong PIN makes Finished unreadable: a fatal bad_record_mac in epoch 0 tells the client."""
    pair = Pair(config=replace(config_for(PSK), psk={HINT: b"wrong"}.get)).start()
    (failure,) = failures(pair.server_events)
    assert failure.alert is AlertDescription.BAD_RECORD_MAC
    sender, alert = pair.sent[-1]
    assert sender == "server"
    assert records(alert) == [(ContentType.ALERT, 0, b"\x02\x14")]
    assert failures(pair.client_events)[0].alert is AlertDescription.BAD_RECORD_MAC


def test_garbage_does_not_end_a_handshake_that_waits_for_finished() -> None:
    """Unreadable records that are not the size of a Finished, or came early, are only dropped."""
    held: list[bytes] = []

    def hold_finished(sender: str, datagram: bytes) -> list[bytes]:
        if sender == "client" and len(records(datagram)) == 3:
            held.append(datagram[-93:])
            return [datagram[:-93]]
        return [datagram]

    pair = Pair(tamper=hold_finished)
    protected = b"\x16\xfe\xfd\x00\x01" + bytes(5)
    pair.start()
    for size in (0, 16, 64, 96, 112, 1000):
        junk = protected + b"\x01" + size.to_bytes(2) + bytes(size)
        pair.server.receive(junk, CLIENT, 0.0)
    pair.server.receive(b"\x17" + protected[1:] + b"\x01\x00\x50" + bytes(80), CLIENT, 0.0)
    assert pair.server.half_open
    pair.server.receive(held[0], CLIENT, 0.0)
    assert CLIENT in pair.server.sessions


def test_forged_finished_ahead_of_its_turn_is_dropped_silently() -> None:
    """A forged Finished that arrives before the keys exist does not count."""

    def inject(sender: str, datagram: bytes) -> list[bytes]:
        if sender == "client" and len(records(datagram)) == 3:
            forged = b"\x16\xfe\xfd\x00\x01" + bytes(6) + b"\x00\x50" + bytes(80)
            return [forged, datagram]
        return [datagram]

    pair = Pair(tamper=inject).start()
    pair.assert_talking()
    assert not failures(pair.server_events)


@pytest.mark.parametrize(
    "point",
    [
        b"",
        b"\x00",
        b"\x04" + bytes(64),
        b"\x04" + b"\xff" * 64,
        b"\x02" + Ephemeral(SeededEntropy(1)).point[1:33],
        Ephemeral(SeededEntropy(1)).point + b"\x00",
    ],
    ids=["empty", "infinity", "not on the curve", "too large", "compressed", "long"],
)
@pytest.mark.parametrize("suite", [ANON, PSK, CCM_8])
def test_bad_points_are_refused(
    suite: CipherSuite, point: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A point that is no uncompressed point on the curve is an illegal parameter."""
    pair = Pair(suite)
    original = Ephemeral.shared

    def shared(self: Ephemeral, peer: bytes) -> bytes:
        premaster = original(self, peer)
        self.point = point
        return premaster

    monkeypatch.setattr("onboardee.wire.dtls.client_handshake.Ephemeral.shared", shared)
    pair.start()
    (failure,) = failures(pair.server_events)
    expected = AlertDescription.ILLEGAL_PARAMETER if point else AlertDescription.DECODE_ERROR
    assert failure.alert is expected


def test_missing_client_certificate_is_a_handshake_failure() -> None:
    """A client that has none although one is required is refused."""
    config = replace(config_for(CCM_8), certificate=None)
    pair = Pair(CCM_8, offer=offer_for(CCM_8, client_certificate=True), config=config).start()
    assert failures(pair.server_events)[0].alert is AlertDescription.HANDSHAKE_FAILURE


def test_client_needs_the_key_of_its_certificate() -> None:
    """A CertificateVerify by another key is a decrypt_error."""
    stolen = replace(CLIENT_CERTIFICATE, private_key=SERVER_CERTIFICATE.private_key)
    config = replace(config_for(CCM_8), certificate=stolen)
    pair = Pair(CCM_8, offer=offer_for(CCM_8, client_certificate=True), config=config).start()
    assert failures(pair.server_events)[0].alert is AlertDescription.DECRYPT_ERROR
    assert not pair.server.sessions


def test_server_needs_the_key_of_its_certificate() -> None:
    """A ServerKeyExchange signed by another key is a decrypt_error at the client."""
    stolen = replace(SERVER_CERTIFICATE, private_key=CLIENT_CERTIFICATE.private_key)
    pair = Pair(CCM_8, offer=replace(offer_for(CCM_8), certificate=stolen)).start()
    assert failures(pair.client_events)[0].alert is AlertDescription.DECRYPT_ERROR


def refuse(_chain: tuple[bytes, ...]) -> None:
    """Refuse every chain as expired."""
    raise CertificateExpired("long ago")


def test_verifiers_choose_the_alert() -> None:
    """The alert that a verifier raises is the one that the peer hears, on either side."""
    offer = replace(offer_for(CCM_8), verify_peer=refuse)
    pair = Pair(CCM_8, offer=offer).start()
    (failure,) = failures(pair.server_events)
    assert (failure.alert, failure.reason) == (AlertDescription.CERTIFICATE_EXPIRED, "long ago")
    pair = Pair(CCM_8, config=replace(config_for(CCM_8), verify_server=refuse)).start()
    assert failures(pair.server_events)[0].alert is AlertDescription.CERTIFICATE_EXPIRED


@pytest.mark.parametrize("chain", [(b"garbage",), (b"\x30\x00",), (bytes(4000),)])
def test_octets_that_are_no_certificate(chain: tuple[bytes, ...]) -> None:
    """Garbage in place of a certificate is a bad_certificate, from either side."""
    config = replace(config_for(CCM_8), certificate=replace(CLIENT_CERTIFICATE, chain=chain))
    pair = Pair(CCM_8, offer=offer_for(CCM_8, client_certificate=True), config=config).start()
    assert failures(pair.server_events)[0].alert is AlertDescription.BAD_CERTIFICATE
    offer = replace(offer_for(CCM_8), certificate=replace(SERVER_CERTIFICATE, chain=chain))
    pair = Pair(CCM_8, offer=offer).start()
    assert failures(pair.client_events)[0].alert is AlertDescription.BAD_CERTIFICATE


def rewrite_server_hello(
    change: Callable[[ServerHello], ServerHello],
    config: ClientConfig | None = None,
    suite: CipherSuite = PSK,
) -> Pair:
    """Handshake with a server whose hello is changed on the way."""

    def tamper(sender: str, datagram: bytes) -> list[bytes]:
        if sender == "client" or datagram[13] != HandshakeType.SERVER_HELLO:
            return [datagram]
        _, _, fragment = records(datagram)[0]
        part = next(iter(split_fragments(fragment)))
        hello = change(ServerHello.decode(part.data))
        message = HandshakeMessage(part.type, part.sequence, hello.encode())
        return [plain(ContentType.HANDSHAKE, message.encode())]

    return Pair(suite, tamper=tamper, config=config).start()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"version": 0xFEFF}, AlertDescription.PROTOCOL_VERSION),
        ({"suite": CCM_8}, AlertDescription.ILLEGAL_PARAMETER),
        ({"suite": 0x1234}, AlertDescription.ILLEGAL_PARAMETER),
        ({"compression_method": 1}, AlertDescription.ILLEGAL_PARAMETER),
        ({"extensions": {16: b""}}, AlertDescription.UNSUPPORTED_EXTENSION),
        ({"extensions": {22: b""}}, AlertDescription.UNSUPPORTED_EXTENSION),
        ({"extensions": {0xFF01: b"\x01x"}}, AlertDescription.HANDSHAKE_FAILURE),
    ],
)
def test_client_refuses_what_it_did_not_offer(
    change: dict[str, object], expected: AlertDescription
) -> None:
    """A ServerHello outside the client's offer ends the handshake with the alert of its kind."""
    pair = rewrite_server_hello(lambda hello: replace(hello, **change))  # type: ignore[arg-type]
    assert failures(pair.client_events)[0].alert is expected


def test_stripping_the_extended_master_secret_is_noticed() -> None:
    """An attacker in the middle who removes the extension leaves both sides with other keys."""
    pair = rewrite_server_hello(lambda hello: replace(hello, extensions={}))
    pair.run(100.0)
    assert not established(pair.server_events)
    assert not established(pair.client_events)


def test_client_configuration_is_checked() -> None:
    """Certificate suites without a verifier, or no suites at all, are the caller's mistake."""
    for config in (ClientConfig(()), ClientConfig((CCM_8,))):
        with pytest.raises(ValueError, match=r"suite"):
            ClientConnection(config, "server", entropy=SeededEntropy(1))


def test_alert_classes_carry_their_descriptions() -> None:
    """Every alert class has a number of its own, except the base, which means handshake_failure."""
    descriptions = [kind.description for kind in Alert.__subclasses__()]
    assert len(set(descriptions)) == len(descriptions)


def test_peer_that_gives_up_is_reported() -> None:
    """A fatal alert or close_notify in plaintext ends a handshake; other warnings do not."""
    for content, ending in ((b"\x02\x28", True), (b"\x01\x00", True), (b"\x01\x5a", False)):
        pair = Pair(tamper=lambda s, d: [] if s == "server" and d[13] == 2 else [d]).start()
        assert pair.server.half_open
        pair.server.receive(plain(ContentType.ALERT, content), CLIENT, 0.0)
        assert bool(failures(pair.server.take_events())) is ending


def test_unregistered_alert_number_is_reported_without_a_name() -> None:
    """An alert that nobody registered still ends the handshake."""
    pair = Pair(tamper=lambda s, d: [] if s == "server" and d[13] == 2 else [d]).start()
    pair.server.receive(plain(ContentType.ALERT, b"\x02\xf0"), CLIENT, 0.0)
    (failure,) = failures(pair.server.take_events())
    assert (failure.alert, failure.reason) == (None, "the peer sent alert 240")


def test_encrypt_then_mac_needs_a_suite_with_a_mac() -> None:
    """A server that accepts it together with an AEAD suite breaks RFC 7366 3."""
    config = replace(config_for(CCM_8), offer_encrypt_then_mac=True)
    pair = rewrite_server_hello(lambda hello: replace(hello, extensions={22: b""}), config, CCM_8)
    assert failures(pair.client_events)[0].alert is AlertDescription.ILLEGAL_PARAMETER


def test_encrypt_then_mac_that_was_not_offered() -> None:
    """A server that accepts what nobody offered is refused."""
    pair = rewrite_server_hello(lambda hello: replace(hello, extensions={22: b""}), config_for(PSK))
    assert failures(pair.client_events)[0].alert is AlertDescription.UNSUPPORTED_EXTENSION


def test_server_without_a_certificate_is_refused() -> None:
    """A certificate suite with an empty chain is a handshake_failure."""
    offer = replace(offer_for(CCM_8), certificate=replace(SERVER_CERTIFICATE, chain=()))
    pair = Pair(CCM_8, offer=offer).start()
    assert failures(pair.client_events)[0].alert is AlertDescription.HANDSHAKE_FAILURE


def test_certificate_for_another_algorithm_is_unsupported() -> None:
    """An RSA certificate has no place in an ECDSA suite."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([])
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, start, start)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    offer = replace(offer_for(CCM_8), certificate=replace(SERVER_CERTIFICATE, chain=(certificate,)))
    pair = Pair(CCM_8, offer=offer).start()
    assert failures(pair.client_events)[0].alert is AlertDescription.UNSUPPORTED_CERTIFICATE


@pytest.mark.parametrize(("scheme", "offered"), [(0x0603, (0x0403,)), (0x0401, (0x0403, 0x0401))])
def test_signature_algorithm_of_the_server_must_be_offered_and_known(
    scheme: int, offered: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signature that was not offered, or offered for show only, is an illegal parameter."""
    monkeypatch.setattr(
        "onboardee.wire.dtls.server_handshake.sign", lambda *_: DigitallySigned(scheme, b"x")
    )
    config = replace(config_for(CCM_8), signature_algorithms=offered)
    pair = Pair(CCM_8, config=config).start()
    assert failures(pair.client_events)[0].alert is AlertDescription.ILLEGAL_PARAMETER


def test_signature_algorithm_of_the_client_must_be_the_requested_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A CertificateVerify with another hash than SHA-256 is an illegal parameter."""
    monkeypatch.setattr(
        "onboardee.wire.dtls.client_handshake.sign", lambda *_: DigitallySigned(0x0503, b"x")
    )
    pair = Pair(CCM_8, offer=offer_for(CCM_8, client_certificate=True)).start()
    assert failures(pair.server_events)[0].alert is AlertDescription.ILLEGAL_PARAMETER


@pytest.mark.parametrize("side", ["client", "server"])
def test_wrong_finished_value_is_a_decrypt_error(
    side: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Finished that opens but does not fit the transcript ends the handshake."""
    name = f"onboardee.wire.dtls.{side}_handshake.{side.upper()}_LABEL"
    monkeypatch.setattr(name, b"another label")
    pair = Pair().start()
    events = pair.server_events if side == "client" else pair.client_events
    assert failures(events)[0].alert is AlertDescription.DECRYPT_ERROR


def test_protected_alert_in_place_of_finished_ends_the_handshake() -> None:
    """A client that gives up after its ChangeCipherSpec says so under the new keys."""

    def without_finished(sender: str, datagram: bytes) -> list[bytes]:
        finished = sender == "client" and len(records(datagram)) == 3
        return [datagram[:-93] if finished else datagram]

    pair = Pair(tamper=without_finished).start()
    handshake = pair.client._handshake
    assert handshake is not None
    alert = handshake.alert(AlertDescription.INTERNAL_ERROR)
    assert records(alert)[0][1] == 1
    pair.server.receive(alert, CLIENT, 0.0)
    (failure,) = failures(pair.server.take_events())
    assert failure.alert is AlertDescription.INTERNAL_ERROR
