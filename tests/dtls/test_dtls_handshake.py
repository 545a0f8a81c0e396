"""Client and server against each other: every suite, every refusal."""

from dataclasses import replace

import pytest
from dtls_support import (
    ANON,
    BY_KEY,
    CCM_8,
    CLIENT,
    CLIENT_CERTIFICATE,
    HINT,
    IDENTITY,
    PLAIN_PSK,
    PSK,
    SERVER_CERTIFICATE,
    FixedPolicy,
    Pair,
    closed,
    config_for,
    failures,
    is_certificate_suite,
    offer_for,
    records,
    server_hello,
)

from onboardee.wire.dtls import (
    CipherSuite,
    CloseReason,
    DataReceived,
    DtlsLimits,
    Renegotiation,
    Role,
    ServerEndpoint,
    SessionEstablished,
)
from onboardee.wire.dtls.config import no_key
from onboardee.wire.dtls.framing import split_fragments
from onboardee.wire.dtls.hello import ClientHello
from onboardee.wire.dtls.numbers import ContentType, ExtensionType, HandshakeType
from onboardee.wire.entropy import SeededEntropy


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
    assert theirs.peer_identity == (IDENTITY if suite in BY_KEY else None)
    assert mine.psk_hint == (HINT if suite in BY_KEY else b"")
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


def test_closing_a_client_in_mid_handshake() -> None:
    """A client that is closed before it has a session reports a failed handshake."""
    pair = Pair()
    pair.client.start(0.0)
    pair.client.close(0.0)
    assert failures(pair.client.take_events())[0].reason == "closed"
    assert pair.client.next_deadline() is None


def test_closed_client_ends_the_servers_session() -> None:
    """A client's close_notify is answered and ends both sides."""
    pair = Pair(limits=DtlsLimits()).start()
    pair.client.close(0.0)
    pair.settle()
    assert closed(pair.client_events)[0].reason is CloseReason.LOCAL
    assert closed(pair.server_events)[0].reason is CloseReason.PEER_CLOSED
    assert not pair.server.sessions


def test_a_client_asks_for_no_resumption() -> None:
    """The client's hello has an empty session id: there is nothing to resume."""
    pair = Pair().start()
    (part,) = split_fragments(records(pair.sent[0][1])[0][2])
    assert ClientHello.decode(part.data).session_id == b""


def test_a_key_is_used_without_diffie_hellman_only_where_that_is_meant() -> None:
    """An offer whose keys are for ECDHE_PSK lets nobody in with the same key on plain PSK."""
    pair = Pair(PLAIN_PSK, offer=replace(offer_for(PLAIN_PSK), plain_psk=no_key))
    pair.start()
    assert pair.client.session is None
    (failure,) = failures(pair.server_events)
    assert failure.reason == "no key for this identity"
