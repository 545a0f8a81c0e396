"""What is sent in the clear proves nothing: forged fragments, numbers, messages out of epoch."""

from collections.abc import Callable

import pytest
from dtls_support import (
    CCM_8,
    CLIENT,
    PSK,
    Pair,
    failures,
    offer_for,
    plain,
    records,
)

from onboardee.wire.dtls import (
    AlertDescription,
    CipherSuite,
    DtlsLimits,
    ServerEndpoint,
)
from onboardee.wire.dtls.framing import HandshakeMessage, split_fragments
from onboardee.wire.dtls.hello import ClientHello, HelloVerifyRequest
from onboardee.wire.dtls.numbers import ContentType, HandshakeType

HELLO = ClientHello(0xFEFD, bytes(32), b"", b"", (PSK,))
FINISHED_RECORD = 93
"""Octets of the record with the client's Finished, the last of its flight, on CBC suites."""


def hello(sequence: int, number: int, cookie: bytes = b"") -> bytes:
    """Return the record of a ClientHello with chosen numbers."""
    body = ClientHello(0xFEFD, bytes(32), b"", cookie, (PSK,)).encode()
    message = HandshakeMessage(HandshakeType.CLIENT_HELLO, sequence, body)
    return plain(ContentType.HANDSHAKE, message.encode(), number)


def exchange(server: ServerEndpoint, sequence: int, number: int) -> list[bytes]:
    """Say hello, come back with the cookie if there is one; return what the server answers."""
    server.receive(hello(sequence, number), CLIENT, 0.0)
    answers = [datagram for datagram, _ in server.take_datagrams()]
    if answers:
        cookie = HelloVerifyRequest.decode(answers[0][25:]).cookie
        server.receive(hello(sequence, number, cookie), CLIENT, 0.0)
        answers = [datagram for datagram, _ in server.take_datagrams()]
    return answers


# --- numbers


@pytest.mark.parametrize(("sequence", "number"), [(0, 0), (1, 1), (1000, 2**20), (65000, 2**47)])
def test_hello_with_high_numbers_is_served_through_every_repetition(
    sequence: int, number: int
) -> None:
    """Whatever is answered stays in its epoch and in its numbers, to the end of the handshake."""
    server = Pair().server
    sent = exchange(server, sequence, number)
    assert sent
    while (due := server.next_deadline()) is not None:
        server.tick(due)
        sent += [datagram for datagram, _ in server.take_datagrams()]
    parts = [
        part
        for datagram in sent
        for _, epoch, fragment in records(datagram)
        if epoch == 0
        for part in split_fragments(fragment)
    ]
    assert sum(len(records(datagram)) for datagram in sent) == len(parts)
    assert {part.sequence for part in parts} == {sequence, sequence + 1, sequence + 2}


def test_client_answers_a_few_demands_for_a_cookie_only() -> None:
    """A server that never stops to ask for cookies is given up."""
    pair = Pair()
    pair.client.start(0.0)
    pair.client.take_datagrams()
    sent = 0
    for sequence in range(70000):
        body = HelloVerifyRequest(0xFEFD, sequence.to_bytes(4)).encode()
        message = HandshakeMessage(HandshakeType.HELLO_VERIFY_REQUEST, sequence, body)
        pair.client.receive(plain(ContentType.HANDSHAKE, message.encode()), 0.0)
        sent += len(pair.client.take_datagrams())
        if found := failures(pair.client.take_events()):
            break
    assert found[0].alert is AlertDescription.UNEXPECTED_MESSAGE
    assert 2 <= sent < 20


# --- fragments


def forged(kind: int, length: int, sequence: int, offset: int, size: int) -> bytes:
    """Return a record with a fragment that nobody sent."""
    header = (
        kind.to_bytes(1)
        + length.to_bytes(3)
        + sequence.to_bytes(2)
        + offset.to_bytes(3)
        + size.to_bytes(3)
    )
    return plain(ContentType.HANDSHAKE, header + b"?" * size)


FORGERIES = {
    "another type": forged(HandshakeType.CERTIFICATE_VERIFY, 100, 2, 0, 10),
    "another length": forged(HandshakeType.CLIENT_KEY_EXCHANGE, 77, 2, 5, 10),
    "its end": forged(HandshakeType.CLIENT_KEY_EXCHANGE, 500, 2, 490, 10),
    "as long as can be": forged(HandshakeType.CLIENT_KEY_EXCHANGE, 16384, 2, 0, 1),
    "longer than can be": forged(HandshakeType.CLIENT_KEY_EXCHANGE, 2**24 - 1, 2, 0, 1),
    "the right type and length": forged(HandshakeType.CLIENT_KEY_EXCHANGE, 84, 2, 0, 83),
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_fragment_does_not_keep_a_whole_message_out(forgery: bytes) -> None:
    """A tool whose address somebody imitates finishes its handshake all the same, at once."""

    def inject(sender: str, datagram: bytes) -> list[bytes]:
        is_flight_5 = sender == "client" and len(records(datagram)) == 3
        return [forgery, datagram] if is_flight_5 else [datagram]

    pair = Pair(tamper=inject).start()
    assert not failures(pair.server_events)
    pair.assert_talking()


@pytest.mark.parametrize("kind", [HandshakeType.CERTIFICATE, HandshakeType.FINISHED])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_forged_fragments_do_not_keep_fragments_out(kind: HandshakeType, place: int) -> None:
    """A certificate in pieces arrives although others come before, between and after them."""
    count = 0

    def inject(sender: str, datagram: bytes) -> list[bytes]:
        nonlocal count
        epoch, content = datagram[3:5], datagram[13]
        if sender != "client" or epoch != b"\0\0" or content != HandshakeType.CERTIFICATE:
            return [datagram]
        count += 1
        forgeries = [forged(kind, 4000, 2, 100, 50), forged(kind, 4001, 2, 0, 50)]
        return [*forgeries, datagram] if count == place + 1 else [datagram]

    pair = Pair(
        CCM_8,
        offer=offer_for(CCM_8, client_certificate=True),
        limits=DtlsLimits(mtu=300),
        tamper=inject,
    ).start()
    assert count > 2
    pair.assert_talking()


@pytest.mark.parametrize("suite", CipherSuite)
def test_a_client_is_not_kept_out_either(suite: CipherSuite) -> None:
    """The client's side puts messages together in the same way."""

    def inject(sender: str, datagram: bytes) -> list[bytes]:
        if sender != "server" or datagram[13] != HandshakeType.SERVER_HELLO:
            return [datagram]
        sequence = int.from_bytes(datagram[17:19])
        forgeries = [
            forged(HandshakeType.SERVER_HELLO, 5000, sequence + ahead, 0, 10) for ahead in range(5)
        ]
        return [*forgeries, datagram]

    Pair(suite, tamper=inject).start().assert_talking()


# --- epochs


def flight_5(pair: Pair, deliver: Callable[[bytes, bytes, bytes, bytes], list[bytes]]) -> Pair:
    """Deliver the client's last flight as four records: keys, change, Finished, and that in clear.

    `deliver` takes them in this order and returns what arrives.
    """
    flown: list[bytes] = []

    def tamper(sender: str, datagram: bytes) -> list[bytes]:
        if sender != "client" or len(records(datagram)) != 3 or flown:
            return [datagram]
        flown.append(datagram)
        assert pair.client._handshake is not None
        message = pair.client._handshake.flight._items[-1].message
        assert message is not None
        in_clear = plain(ContentType.HANDSHAKE, message.encode(), 50)
        keys, rest = datagram[: -14 - FINISHED_RECORD], datagram[-14 - FINISHED_RECORD :]
        return deliver(keys, rest[:14], rest[14:], in_clear)

    pair.tamper = tamper
    return pair.start()


def test_finished_ahead_of_the_change_of_keys_does_not_count() -> None:
    """A Finished in the clear that waits for its turn is forgotten when the keys change."""
    pair = flight_5(Pair(), lambda keys, change, _, clear: [clear, change, keys])
    assert not pair.server.sessions
    assert pair.server._handshakes[CLIENT].has_keys


def test_finished_in_the_clear_after_the_change_of_keys_does_not_count() -> None:
    """Once the peer has changed its keys nothing in the clear is taken; the real one still is."""
    pair = flight_5(Pair(), lambda keys, change, _, clear: [keys, change, clear])
    assert not pair.server.sessions
    assert pair.server.half_open
    pair.run(10.0)
    pair.assert_talking()
    pair = flight_5(Pair(), lambda keys, change, finished, clear: [keys, change, clear, finished])
    pair.assert_talking()


def test_alert_in_the_clear_after_the_change_of_keys_ends_nothing() -> None:
    """Nobody without the keys can end a handshake that is about to finish."""
    alert = plain(ContentType.ALERT, b"\x02\x28")
    pair = flight_5(Pair(), lambda keys, change, finished, _: [keys, change, alert, finished])
    pair.assert_talking()
