"""Live sessions and the endpoint's bounds."""

import gc
import weakref
from collections.abc import Hashable
from dataclasses import replace
from zlib import crc32

import pytest
from dtls_support import (
    ANON,
    CLIENT,
    HINT,
    KEY,
    PSK,
    FixedPolicy,
    Pair,
    closed,
    config_for,
    established,
    failures,
    offer_for,
    plain,
    records,
)

from onboardee.wire.dtls import (
    AlertDescription,
    CloseReason,
    DataReceived,
    DtlsLimits,
    Event,
    HandshakeFailed,
    NoSessionError,
    ServerEndpoint,
    SessionClosed,
    SessionEstablished,
)
from onboardee.wire.dtls.cookie import CookieJar
from onboardee.wire.dtls.framing import HandshakeMessage
from onboardee.wire.dtls.hello import ClientHello
from onboardee.wire.dtls.numbers import ContentType, HandshakeType
from onboardee.wire.entropy import SeededEntropy

HELLO = ClientHello(0xFEFD, bytes(32), b"", b"", (PSK,))


def seal(pair: Pair, content_type: ContentType, content: bytes) -> bytes:
    """Return a record of the client's live session with any content type."""
    link = pair.client._link
    assert link is not None
    return link.channel.seal(content_type, content, 1)


# --- cookies


def test_cookie_is_bound_to_address_and_hello() -> None:
    """A cookie is worth nothing at another address or for another hello."""
    jar = CookieJar(SeededEntropy(1))
    cookie = jar.issue("here", HELLO, 0.0)
    good = replace(HELLO, cookie=cookie)
    assert jar.verify("here", good, 0.0)
    assert not jar.verify("there", good, 0.0)
    assert not jar.verify("here", replace(good, random=b"\x01" * 32), 0.0)
    assert not jar.verify("here", replace(good, suites=(ANON,)), 0.0)
    assert not jar.verify("here", replace(good, cookie=cookie[:-1]), 0.0)
    assert not jar.verify("here", HELLO, 0.0)


def test_extensions_may_differ_between_the_two_hellos() -> None:
    """The cookie covers what RFC 6347 4.2.1 lists, not the extensions."""
    jar = CookieJar(SeededEntropy(1))
    cookie = jar.issue("here", HELLO, 0.0)
    assert jar.verify("here", replace(HELLO, cookie=cookie, extensions={1: b""}), 0.0)


@pytest.mark.parametrize(("age", "valid"), [(0.0, True), (59.0, True), (121.0, False)])
def test_cookies_expire(age: float, valid: bool) -> None:
    """A cookie lives through one change of the secret and dies with the second."""
    jar = CookieJar(SeededEntropy(1))
    jar.issue("elsewhere", HELLO, 0.0)
    cookie = jar.issue("here", HELLO, 30.0)
    assert jar.verify("here", replace(HELLO, cookie=cookie), 30.0 + age) is valid


def test_cookie_survives_one_rotation() -> None:
    """A hello that crosses a change of the secret is still accepted."""
    jar = CookieJar(SeededEntropy(1))
    cookie = jar.issue("here", HELLO, 0.0)
    jar.issue("elsewhere", HELLO, 65.0)
    assert jar.verify("here", replace(HELLO, cookie=cookie), 70.0)


def test_wrong_cookie_is_answered_with_a_new_one() -> None:
    """A stale cookie leads to another HelloVerifyRequest and then to a session."""
    pair = Pair()
    stale: list[bytes] = []

    def spoil_once(sender: str, datagram: bytes) -> list[bytes]:
        if sender == "server" and datagram[13] == 3 and not stale:
            stale.append(datagram)
            return [datagram[:-1] + b"?"]
        return [datagram]

    pair.tamper = spoil_once
    pair.start()
    assert [datagram[13] for _, datagram in pair.sent[:6]] == [1, 3, 1, 3, 1, 2]
    pair.assert_talking()


def test_fragmented_client_hello_is_dropped() -> None:
    """A server without state cannot put a hello together, so a fragment is not answered."""
    message = HandshakeMessage(HandshakeType.CLIENT_HELLO, 0, HELLO.encode())
    content = bytearray(message.encode()[:-5])
    content[9:12] = (len(content) - 12).to_bytes(3)
    pair = Pair()
    pair.server.receive(plain(ContentType.HANDSHAKE, bytes(content)), CLIENT, 0.0)
    pair.server.receive(plain(ContentType.HANDSHAKE, message.encode()[:30]), CLIENT, 0.0)
    assert pair.server.take_datagrams() == []


# --- data


def test_replayed_and_forged_records_are_dropped_silently() -> None:
    """A copy of a record, and a record with a changed octet, lead to nothing at all."""
    pair = Pair().start()
    datagram = pair.client_says(b"once")
    assert pair.server_hears(datagram) == [b"once"]
    assert pair.server_hears(datagram) == []
    forged = bytearray(pair.client_says(b"twice"))
    forged[-1] ^= 1
    assert pair.server_hears(bytes(forged)) == []
    assert pair.server.take_datagrams() == []
    pair.assert_talking()


def test_reordered_data_is_delivered_as_it_comes() -> None:
    """Within the replay window, order does not matter."""
    pair = Pair().start()
    datagrams = [pair.client_says(bytes([number])) for number in range(70)]
    heard = [data for datagram in reversed(datagrams) for data in pair.server_hears(datagram)]
    assert heard == [bytes([number]) for number in range(69, 5, -1)]


def test_several_records_in_one_datagram() -> None:
    """Each record of a datagram counts, whatever stands between them."""
    pair = Pair().start()
    datagram = pair.client_says(b"one") + plain(ContentType.ALERT, b"\x02\x28")
    datagram += pair.client_says(b"two") + b"rest"
    assert pair.server_hears(datagram) == [b"one", b"two"]


def test_plaintext_data_is_never_delivered() -> None:
    """Application data in epoch 0 is dropped, with and without a session."""
    pair = Pair()
    assert pair.server_hears(plain(ContentType.APPLICATION_DATA, b"x")) == []
    pair.start()
    assert pair.server_hears(plain(ContentType.APPLICATION_DATA, b"x")) == []
    assert pair.session.alive


def test_sending_on_an_ended_session_is_the_callers_error() -> None:
    """After its end a session cannot be used by either side."""
    pair = Pair().start()
    session = pair.session
    pair.server.close(session, 0.0)
    pair.server.close(session, 0.0)
    with pytest.raises(NoSessionError):
        pair.server.send(session, b"x", 0.0)
    pair.settle()
    with pytest.raises(NoSessionError):
        pair.client.send(b"x", 0.0)
    assert [end.reason for end in closed(pair.server_events)] == [CloseReason.LOCAL]
    assert [end.reason for end in closed(pair.client_events)] == [CloseReason.PEER_CLOSED]


def test_too_long_plaintext_is_the_callers_error() -> None:
    """More than 2**14 octets do not fit a record."""
    pair = Pair().start()
    with pytest.raises(ValueError, match=r"16385"):
        pair.server.send(pair.session, bytes(2**14 + 1), 0.0)
    pair.server.send(pair.session, bytes(2**14), 0.0)


# --- alerts and post-handshake messages


@pytest.mark.parametrize("level", [1, 2])
def test_close_notify_is_answered_at_either_level(level: int) -> None:
    """A close_notify, even a fatal one, is answered by ours and ends the session."""
    pair = Pair().start()
    pair.server.receive(seal(pair, ContentType.ALERT, bytes([level, 0])), CLIENT, 1.0)
    assert closed(pair.server.take_events())[0].reason is CloseReason.PEER_CLOSED
    ((answer, _),) = pair.server.take_datagrams()
    pair.client.receive(answer, 1.0)
    assert closed(pair.client.take_events())[0].reason is CloseReason.PEER_CLOSED


def test_authentic_fatal_alert_ends_the_session() -> None:
    """A fatal alert under the session's keys ends it without an answer."""
    pair = Pair().start()
    pair.server.receive(seal(pair, ContentType.ALERT, b"\x02\x28"), CLIENT, 1.0)
    assert closed(pair.server.take_events())[0].reason is CloseReason.FATAL_ALERT
    assert pair.server.take_datagrams() == []


@pytest.mark.parametrize("content", [b"\x01\x5a", b"\x02", b"", b"\x02\x28\x00"])
def test_warnings_and_malformed_alerts_change_nothing(content: bytes) -> None:
    """Only whole alerts that are fatal or close_notify end a session."""
    pair = Pair().start()
    pair.server.receive(seal(pair, ContentType.ALERT, content), CLIENT, 1.0)
    assert pair.server.take_events() == []
    pair.assert_talking()


def test_plaintext_alerts_do_not_touch_a_live_session() -> None:
    """Anybody can forge an alert in epoch 0, so nobody is believed."""
    pair = Pair().start()
    for content in (b"\x02\x28", b"\x01\x00", b"\x02\x00"):
        pair.server.receive(plain(ContentType.ALERT, content), CLIENT, 0.0)
        pair.client.receive(plain(ContentType.ALERT, content), 0.0)
    pair.assert_talking()


def test_renegotiation_is_refused_with_a_warning() -> None:
    """A ClientHello inside the session gets no_renegotiation, and the session goes on."""
    pair = Pair().start()
    hello = HandshakeMessage(HandshakeType.CLIENT_HELLO, 0, HELLO.encode()).encode()
    pair.server.receive(seal(pair, ContentType.HANDSHAKE, hello), CLIENT, 1.0)
    ((answer, _),) = pair.server.take_datagrams()
    (record,) = [kind for kind, epoch, _ in records(answer) if epoch == 1]
    assert record == ContentType.ALERT
    pair.client.receive(answer, 1.0)
    pair.assert_talking()


def test_hello_request_is_ignored_by_the_client() -> None:
    """A HelloRequest neither renegotiates nor disturbs (RFC 5246 7.4.1.1)."""
    pair = Pair().start()
    link = pair.server._links[CLIENT]
    request = HandshakeMessage(HandshakeType.HELLO_REQUEST, 0, b"").encode()
    pair.client.receive(link.channel.seal(ContentType.HANDSHAKE, request, 1), 1.0)
    assert pair.client.take_datagrams() == []
    pair.assert_talking()


def test_other_handshake_messages_in_a_session_end_it() -> None:
    """A message that has no place in an established session is an unexpected message."""
    pair = Pair().start()
    message = HandshakeMessage(HandshakeType.CLIENT_KEY_EXCHANGE, 9, b"").encode()
    pair.server.receive(seal(pair, ContentType.HANDSHAKE, message), CLIENT, 1.0)
    assert closed(pair.server.take_events())[0].reason is CloseReason.FATAL_ALERT
    ((answer, _),) = pair.server.take_datagrams()
    pair.client.receive(answer, 1.0)
    assert closed(pair.client.take_events())[0].reason is CloseReason.FATAL_ALERT


def test_unknown_and_out_of_place_content_types_are_ignored() -> None:
    """A protected ChangeCipherSpec or unknown record type changes nothing."""
    pair = Pair().start()
    pair.server.receive(seal(pair, ContentType.CHANGE_CIPHER_SPEC, b"\x01"), CLIENT, 1.0)
    link = pair.client._link
    assert link is not None
    unknown = link.channel.seal(99, b"?", 1)  # type: ignore[arg-type]
    pair.server.receive(unknown, CLIENT, 1.0)
    pair.assert_talking()


# --- several sessions


def test_two_addresses_have_two_sessions() -> None:
    """Sessions with different suites and addresses live side by side."""
    first = Pair(ANON, offer=offer_for(ANON)).start()
    first.policy.answer = offer_for(PSK)
    second = Pair(PSK, server=first.server, address=("192.0.2.1", 40001), seed=2).start()
    first.assert_talking()
    second.assert_talking()
    assert set(first.server.sessions) == {first.address, second.address}


def test_new_handshake_replaces_the_session_only_when_it_finished() -> None:
    """The old session works until the new Finished is verified, then it is reported replaced."""
    old = Pair().start()
    old_session = old.session
    new = Pair(server=old.server, seed=2)
    held: list[bytes] = []

    def hold_flight_5(sender: str, datagram: bytes) -> list[bytes]:
        if sender == "client" and len(records(datagram)) == 3:
            held.append(datagram)
            return []
        return [datagram]

    new.tamper = hold_flight_5
    new.start()
    assert list(new.server.half_open) == [CLIENT]
    assert old.server_hears(old.client_says(b"still here")) == [b"still here"]
    new.server.receive(held[0], CLIENT, 0.0)
    new.tamper = lambda _, datagram: [datagram]
    new.settle()
    assert new.session is not old_session
    assert new.server_events == [
        SessionEstablished(new.session, replaced=old_session),
        SessionClosed(old_session, CloseReason.REPLACED),
    ]
    assert not old_session.alive
    assert old.server_hears(old.client_says(b"gone")) == []
    new.assert_talking()


def test_failed_handshake_beside_a_session_leaves_it_alone() -> None:
    """A wrong key in a second handshake from the same address does not hurt the first session."""
    old = Pair().start()
    wrong = replace(config_for(PSK), psk={HINT: b"wrong"}.get)
    new = Pair(server=old.server, config=wrong, seed=2).start()
    assert failures(new.server_events)[0].alert is AlertDescription.BAD_RECORD_MAC
    old.assert_talking()


def test_newer_attempt_replaces_a_half_open_one() -> None:
    """A client that starts again from the same address is not held up by its first attempt."""
    first = Pair(tamper=lambda s, d: [] if s == "server" and d[13] == 2 else [d]).start()
    second = Pair(server=first.server, seed=2).start()
    (failure,) = failures(second.server_events)
    assert failure == HandshakeFailed(CLIENT, "tag", None, "superseded by a new attempt")
    second.assert_talking()


def test_policy_that_says_no_leaves_a_session_alone() -> None:
    """When the policy has no offer for a second handshake, the first session goes on."""
    old = Pair().start()
    old.policy.answer = None
    new = Pair(server=old.server, seed=2)
    new.start().run(100.0)
    assert new.client.session is None
    old.assert_talking()


# --- bounds


def test_half_open_handshakes_are_bounded() -> None:
    """One handshake too many pushes out another one, and the newest is in."""
    server = Pair(limits=DtlsLimits(half_open=3)).server
    addresses = [("192.0.2.7", port) for port in range(6)]
    failed = [failure for address in addresses for failure in failures(begin(server, address))]
    assert len(server.half_open) == 3
    assert addresses[-1] in server.half_open
    assert len(failed) == 3
    assert {failure.address for failure in failed} == set(addresses) - set(server.half_open)
    assert {failure.reason for failure in failed} == {"evicted by a newer attempt"}


def host_of(address: Hashable) -> Hashable:
    """Return the host of an address, as a device tells the engine."""
    assert isinstance(address, tuple)
    return address[0]


def begin(server: ServerEndpoint, address: Hashable, *, keyed: bool = False) -> list[Event]:
    """Let a client begin a handshake and stop before its key exchange, or before its Finished."""

    def stop(sender: str, datagram: bytes) -> list[bytes]:
        if keyed and sender == "client" and len(records(datagram)) == 3:
            return [datagram[:-93]]
        return [] if not keyed and sender == "server" and datagram[13] == 2 else [datagram]

    pair = Pair(server=server, address=address, seed=crc32(repr(address).encode()), tamper=stop)
    return pair.start().server_events


def crowded(seed: int = 1) -> ServerEndpoint:
    """Make a server with room for eight handshakes."""
    return ServerEndpoint(
        FixedPolicy(offer_for(PSK)),
        entropy=SeededEntropy(seed),
        limits=DtlsLimits(half_open=8),
        host_of=host_of,
    )


def with_keys(server: ServerEndpoint) -> list[Hashable]:
    """Return the addresses whose handshake lacks nothing but Finished."""
    return [address for address, each in server._handshakes.items() if each.has_keys]


TOOL = ("192.0.2.1", 40000)


def test_one_host_cannot_push_out_the_handshake_of_another() -> None:
    """Whoever floods a server with handshakes loses its own."""
    server = crowded()
    begin(server, TOOL)
    for port in range(100):
        begin(server, ("192.0.2.66", port))
    assert TOOL in server.half_open
    assert len(server.half_open) == 8


def test_a_host_that_filled_the_table_makes_room_for_another() -> None:
    """A tool that comes after a flood finds a place, and keeps it through the next flood."""
    server = crowded()
    for port in range(20):
        begin(server, ("192.0.2.66", port))
    begin(server, TOOL)
    for port in range(20, 40):
        begin(server, ("192.0.2.66", port), keyed=True)
    assert TOOL in server.half_open


def test_among_many_hosts_chance_decides() -> None:
    """A flood from many hosts cannot aim: neither the oldest nor the newest is sure to go."""
    gone = set()
    for seed in range(12):
        server = crowded(seed)
        hosts = [(f"192.0.2.{number}", 1) for number in range(9)]
        for host in hosts:
            begin(server, host)
        (victim,) = set(hosts) - set(server.half_open)
        gone.add(hosts.index(victim))
    assert len(gone) > 3
    assert 8 not in gone


def test_handshakes_past_the_key_exchange_go_last() -> None:
    """A flood of hellos from many hosts pushes out none that is about to finish."""
    server = crowded()
    begin(server, TOOL, keyed=True)
    assert with_keys(server) == [TOOL]
    for number in range(60):
        begin(server, (f"192.0.2.{number + 2}", 1))
    assert with_keys(server) == [TOOL]


def test_past_the_key_exchange_is_no_privilege_of_most() -> None:
    """If most handshakes claim to be about to finish, a new one is not the first to go."""
    survived = 0
    for seed in range(12):
        server = crowded(seed)
        for number in range(8):
            begin(server, (f"192.0.2.{number + 2}", 1), keyed=True)
        begin(server, TOOL)
        begin(server, ("192.0.2.99", 1), keyed=True)
        survived += TOOL in server.half_open
    assert survived > 6


def test_sessions_are_bounded() -> None:
    """One session too many closes the one that was idle for longest."""
    policy = FixedPolicy(offer_for(PSK))
    server = ServerEndpoint(policy, entropy=SeededEntropy(1), limits=DtlsLimits(sessions=3))
    pairs = [
        Pair(server=server, address=("192.0.2.7", port), seed=port, now=float(port)).start()
        for port in range(3)
    ]
    pairs[0].now = 10.0
    assert pairs[0].server_hears(pairs[0].client_says(b"busy")) == [b"busy"]
    last = Pair(server=server, address=("192.0.2.7", 99), seed=99, now=11.0).start()
    assert ("192.0.2.7", 1) not in server.sessions
    assert len(server.sessions) == 3
    assert [type(event) for event in last.server_events] == [SessionEstablished, SessionClosed]
    assert closed(last.server_events)[0].reason is CloseReason.EVICTED


def test_idle_sessions_are_closed_after_ten_minutes() -> None:
    """600 s without traffic end a session with close_notify; traffic puts it off."""
    pair = Pair().start()
    assert pair.server.next_deadline() == 600.0
    pair.now = 100.0
    pair.server_hears(pair.client_says(b"x"))
    assert pair.server.next_deadline() == 700.0
    pair.server.send(pair.session, b"y", 150.0)
    assert pair.server.next_deadline() == 750.0
    pair.settle()
    pair.server.tick(749.9)
    assert pair.server.sessions
    pair.server.tick(750.0)
    assert closed(pair.server.take_events())[0].reason is CloseReason.IDLE
    ((farewell, _),) = pair.server.take_datagrams()
    pair.client.receive(farewell, 750.0)
    assert closed(pair.client.take_events())[0].reason is CloseReason.PEER_CLOSED
    assert pair.server.next_deadline() is None


def test_idle_client_closes_its_session() -> None:
    """The client side has the same limit."""
    pair = Pair().start()
    assert pair.client.next_deadline() == 600.0
    pair.client.tick(600.0)
    assert closed(pair.client.take_events())[0].reason is CloseReason.IDLE
    assert len(pair.client.take_datagrams()) == 1


def test_records_of_the_next_epoch_are_bounded() -> None:
    """Only a few records that came before their keys are kept."""
    pair = Pair(tamper=lambda s, d: [] if s == "server" and d[13] == 2 else [d]).start()
    for number in range(100):
        early = b"\x17\xfe\xfd\x00\x01" + number.to_bytes(6) + b"\x00\x50" + bytes(80)
        pair.server.receive(early, CLIENT, 0.0)
    assert len(pair.server._handshakes[CLIENT]._early_records) == DtlsLimits().early_records


def test_closing_everything() -> None:
    """`close_all` says goodbye on every session and forgets every handshake."""
    first = Pair().start()
    stuck = Pair(server=first.server, address="other", seed=2)
    stuck.tamper = lambda s, d: [] if s == "server" and d[13] == 2 else [d]
    stuck.start()
    first.server.close_all(1.0)
    assert not first.server.sessions
    assert not first.server.half_open
    events = first.server.take_events()
    assert [type(event) for event in events] == [SessionClosed, HandshakeFailed]
    assert len(first.server.take_datagrams()) == 1


def test_an_ended_session_is_garbage() -> None:
    """The endpoint keeps no reference to a session after its end."""
    pair = Pair().start()
    session = weakref.ref(pair.session)
    pair.server.close(pair.session, 0.0)
    pair.server_events.clear()
    pair.server.take_events()
    gc.collect()
    assert session() is None


def test_events_come_in_order() -> None:
    """Establishment, data and end are reported in the order in which they happened."""
    pair = Pair().start()
    session = pair.session
    pair.server.receive(
        pair.client_says(b"x") + seal(pair, ContentType.ALERT, b"\x01\x00"), CLIENT, 0.0
    )
    pair.server_events += pair.server.take_events()
    assert pair.server_events == [
        SessionEstablished(session),
        DataReceived(session, b"x"),
        SessionClosed(session, CloseReason.PEER_CLOSED),
    ]
    assert len(established(pair.server_events)) == 1
    assert pair.policy.asked == [CLIENT]
    assert KEY.hex() not in repr(pair.server_events)
