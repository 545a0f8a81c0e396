"""Client and server against each other: every suite, every refusal."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from dtls_support import (
    ANON,
    CCM_8,
    CLIENT,
    CLIENT_CERTIFICATE,
    HINT,
    IDENTITY,
    KEY,
    PSK,
    SERVER_CERTIFICATE,
    FixedPolicy,
    Pair,
    closed,
    config_for,
    established,
    failures,
    is_certificate_suite,
    offer_for,
    plain,
    records,
)

from device.dtls import (
    Alert,
    AlertDescription,
    CertificateExpired,
    CipherSuite,
    ClientConfig,
    ClientConnection,
    CloseReason,
    DataReceived,
    Limits,
    Offer,
    Renegotiation,
    Role,
    ServerEndpoint,
    SessionEstablished,
)
from device.dtls.exchange import Ephemeral
from device.dtls.framing import Message, split_fragments
from device.dtls.hello import ClientHello, ServerHello
from device.dtls.numbers import ContentType, ExtensionType, HandshakeType
from device.entropy import SeededEntropy


def sent_messages(pair: Pair, sender: str) -> list[int]:
    """Return the types of the plaintext handshake messages that a side sent."""
    return [
        part.type
        for origin, datagram in pair.sent
        if origin == sender
        for content_type, epoch, fragment in records(datagram)
        if content_type == ContentType.HANDSHAKE and epoch == 0
        for part in split_fragments(fragment)
    ]


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


@pytest.mark.parametrize("suite", CipherSuite)
@pytest.mark.parametrize("extended", [False, True])
def test_every_suite_completes_and_talks(suite: CipherSuite, extended: bool) -> None:
    """Each suite works with and without extended master secret; both sides agree on everything."""
    config = replace(config_for(suite), extended_master_secret=extended)
    pair = Pair(suite, config=config).start()
    mine, theirs = pair.client.session, pair.session
    assert mine is not None
    assert (mine.role, theirs.role) == (Role.CLIENT, Role.SERVER)
    assert mine.suite is theirs.suite is suite
    assert mine.extended_master_secret is theirs.extended_master_secret is extended
    assert mine.key_block(120) == theirs.key_block(120)
    assert theirs.tag == "tag"
    assert theirs.peer_identity == (IDENTITY if suite is PSK else None)
    assert mine.psk_hint == (HINT if suite is PSK else b"")
    assert mine.peer_certificates == (
        SERVER_CERTIFICATE.chain if is_certificate_suite(suite) else ()
    )
    assert pair.server_events == [SessionEstablished(theirs)]
    assert pair.client_events == [SessionEstablished(mine)]
    pair.assert_talking()


@pytest.mark.parametrize("suite", list(filter(is_certificate_suite, CipherSuite)))
def test_client_certificate_is_requested_and_verified(suite: CipherSuite) -> None:
    """With `verify_peer` set, the session carries the client's chain."""
    pair = Pair(suite, offer=offer_for(suite, client_certificate=True)).start()
    assert pair.session.peer_certificates == CLIENT_CERTIFICATE.chain
    assert HandshakeType.CERTIFICATE_VERIFY in sent_messages(pair, "client")
    pair.assert_talking()


@pytest.mark.parametrize("suite", [ANON, PSK])
def test_suites_without_certificates_never_ask_for_one(suite: CipherSuite) -> None:
    """`verify_peer` means nothing on anonymous and PSK suites (RFC 5246 7.4.4, RFC 5489 2)."""
    pair = Pair(suite, offer=offer_for(suite, client_certificate=True)).start()
    assert sent_messages(pair, "server") == [3, 2, 12, 14]
    pair.assert_talking()


def test_numbers_continue_from_the_client() -> None:
    """HelloVerifyRequest and ServerHello copy record and message numbers (RFC 6347 4.2.1)."""
    pair = Pair().start()
    (_, hello), (_, verify), (_, second), (_, flight) = pair.sent[:4]
    assert verify[3:11] == hello[3:11] == bytes(8)
    assert flight[3:11] == second[3:11] == bytes(7) + b"\x01"
    assert flight[17:19] == second[17:19] == b"\x00\x01"


def test_nothing_is_kept_before_the_cookie_returns() -> None:
    """A first ClientHello leads to one short datagram, no state, and no question to the policy."""
    pair = Pair(tamper=lambda sender, datagram: [datagram] if sender == "client" else [])
    pair.client.start(0.0)
    (hello,) = pair.client.take_datagrams()
    pair.server.receive(hello, CLIENT, 0.0)
    ((answer, address),) = pair.server.take_datagrams()
    assert address == CLIENT
    assert len(answer) < len(hello)
    assert not pair.server.half_open
    assert pair.policy.asked == []
    assert pair.server.next_deadline() is None


def test_policy_may_stay_silent() -> None:
    """Without an offer, a cookie-verified ClientHello is not answered and leaves nothing behind."""
    pair = Pair(server=ServerEndpoint(FixedPolicy(None), entropy=SeededEntropy(1))).start()
    assert [sender for sender, _ in pair.sent] == ["client", "server", "client"]
    assert not pair.server.half_open
    assert pair.server_events == []


def test_server_prefers_its_own_order() -> None:
    """The first suite of the offer that the client knows is chosen."""
    offer = replace(offer_for(PSK), suites=(CipherSuite.ECDHE_ECDSA_AES_128_CCM, PSK, CCM_8))
    pair = Pair(offer=offer, config=config_for(CCM_8, PSK)).start()
    assert pair.session.suite is PSK


def test_certificate_suites_need_a_certificate() -> None:
    """A server without a certificate passes over certificate suites."""
    offer = replace(offer_for(PSK), suites=(CCM_8, PSK), certificate=None)
    pair = Pair(offer=offer, config=config_for(CCM_8, PSK)).start()
    assert pair.session.suite is PSK


@pytest.mark.parametrize(
    ("renegotiation", "expected"),
    [(Renegotiation.SCSV, True), (Renegotiation.EXTENSION, True), (Renegotiation.NONE, False)],
)
def test_secure_renegotiation_is_answered_if_offered(
    renegotiation: Renegotiation, expected: bool
) -> None:
    """An SCSV or an empty extension is answered, silence is not (RFC 5746 3.6)."""
    pair = Pair(config=replace(config_for(PSK), renegotiation=renegotiation)).start()
    extensions = server_hello(pair).extensions or {}
    assert (ExtensionType.RENEGOTIATION_INFO in extensions) is expected
    pair.assert_talking()


def test_encrypt_then_mac_is_never_accepted() -> None:
    """An offer of encrypt_then_mac is passed over, records stay MAC-then-encrypt."""
    pair = Pair(config=replace(config_for(PSK), offer_encrypt_then_mac=True)).start()
    assert ExtensionType.ENCRYPT_THEN_MAC not in (server_hello(pair).extensions or {})
    pair.assert_talking()


def test_hello_without_extensions_gets_none_back() -> None:
    """A ServerHello to a hello without extensions has no extensions block (RFC 5246 7.4.1.4)."""
    client = Hello(replace(bare_hello(), extensions=None))
    client.exchange()
    assert server_hello(client.pair).extensions is None


def test_client_that_looks_like_another_tool() -> None:
    """Other groups first, one record per datagram, renegotiation by extension: all the same."""
    config = replace(
        config_for(PSK),
        groups=(29, 23, 24),
        renegotiation=Renegotiation.EXTENSION,
        one_record_per_datagram=True,
        signature_algorithms=(0x0603, 0x0503, 0x0403),
    )
    pair = Pair(config=config).start()
    assert all(len(records(datagram)) == 1 for sender, datagram in pair.sent if sender == "client")
    pair.assert_talking()


# --- refusals


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
        message = Message(HandshakeType.CLIENT_HELLO, number, hello.encode())
        return plain(ContentType.HANDSHAKE, message.encode(), number)


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
    """An identity without a key ends the handshake with unknown_psk_identity (RFC 4279 2)."""
    pair = Pair(config=replace(config_for(PSK), psk_identity=b"stranger")).start()
    (failure,) = failures(pair.server_events)
    assert failure.alert is AlertDescription.UNKNOWN_PSK_IDENTITY
    (failure,) = failures(pair.client_events)
    assert failure.alert is AlertDescription.UNKNOWN_PSK_IDENTITY
    assert not pair.server.half_open


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

    monkeypatch.setattr("device.dtls.client_handshake.Ephemeral.shared", shared)
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


def rewrite_server_hello(change: Callable[[ServerHello], ServerHello]) -> Pair:
    """Handshake with a server whose hello is changed on the way."""

    def tamper(sender: str, datagram: bytes) -> list[bytes]:
        if sender == "client" or datagram[13] != HandshakeType.SERVER_HELLO:
            return [datagram]
        _, _, fragment = records(datagram)[0]
        (part,) = split_fragments(fragment)
        hello = change(ServerHello.decode(part.data))
        message = Message(part.type, part.sequence, hello.encode())
        return [plain(ContentType.HANDSHAKE, message.encode())]

    return Pair(tamper=tamper).start()


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


def test_client_starts_once() -> None:
    """A connection cannot be used for two handshakes."""
    pair = Pair().start()
    with pytest.raises(RuntimeError):
        pair.client.start(0.0)


def test_offer_and_certificate_hide_their_secrets() -> None:
    """Representations show neither private keys nor the look-up of keys."""
    shown = repr(offer_for(PSK))
    assert "private" not in shown
    assert "psk=" not in shown


def test_key_log_lines_open_the_session() -> None:
    """Both sides log the client random and the same master secret in the NSS format."""
    lines: list[str] = []
    server = ServerEndpoint(
        FixedPolicy(offer_for(PSK)), entropy=SeededEntropy(1), keylog=lines.append
    )
    pair = Pair(server=server)
    pair.start()
    session = pair.session
    label, random, secret = lines[0].split()
    assert (label, random) == ("CLIENT_RANDOM", session.client_random.hex())
    assert bytes.fromhex(secret) == session.master_secret


def test_data_that_overtakes_finished_is_delivered_after_it() -> None:
    """Application data that arrives before Finished waits for the session to be established."""
    pair = Pair()
    flight: list[bytes] = []

    def hold_last_flight(sender: str, datagram: bytes) -> list[bytes]:
        if sender == "server" and datagram[0] == ContentType.CHANGE_CIPHER_SPEC:
            flight.append(datagram)
            return []
        return [datagram]

    pair.tamper = hold_last_flight
    pair.start()
    pair.server.send(pair.session, b"early", 0.0)
    ((data, _),) = pair.server.take_datagrams()
    pair.client.receive(data, 0.0)
    assert pair.client.session is None
    pair.client.receive(flight[0], 0.0)
    session = pair.client.session
    assert session is not None
    assert pair.client.take_events() == [
        SessionEstablished(session),
        DataReceived(session, b"early"),
    ]


def test_same_seeds_give_the_same_octets() -> None:
    """A run with fixed entropy repeats byte for byte, signatures included."""
    offer = offer_for(CCM_8, client_certificate=True)
    first, second = (Pair(CCM_8, offer=offer).start().sent for _ in range(2))
    assert first == second


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


def test_closing_a_client_in_mid_handshake() -> None:
    """A client that is closed before it has a session reports a failed handshake."""
    pair = Pair()
    pair.client.start(0.0)
    pair.client.close(0.0)
    assert failures(pair.client.take_events())[0].reason == "closed"
    assert pair.client.next_deadline() is None


def test_closed_client_ends_the_servers_session() -> None:
    """A client's close_notify is answered and ends both sides."""
    pair = Pair(limits=Limits()).start()
    pair.client.close(0.0)
    pair.settle()
    assert closed(pair.client_events)[0].reason is CloseReason.LOCAL
    assert closed(pair.server_events)[0].reason is CloseReason.PEER_CLOSED
    assert not pair.server.sessions
