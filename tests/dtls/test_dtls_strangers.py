"""What a stranger can do to an endpoint: nothing that lasts, and nothing to others."""

from dataclasses import replace

import pytest
from dtls_support import (
    ANON,
    PSK,
    FixedPolicy,
    Pair,
    config_for,
    failures,
    offer_for,
    plain,
    records,
)

from onboardee.wire.dtls import ClientConfig, DtlsLimits, ServerEndpoint
from onboardee.wire.dtls.client import ClientConnection
from onboardee.wire.dtls.framing import HandshakeMessage
from onboardee.wire.dtls.hello import ClientHello, HelloVerifyRequest
from onboardee.wire.dtls.numbers import ContentType, HandshakeType
from onboardee.wire.dtls.record import Channel, split
from onboardee.wire.entropy import SeededEntropy

HELLO = ClientHello(0xFEFD, bytes(32), b"", b"", (ANON,), extensions={10: bytes((0, 2, 0, 23))})


def endpoint(limits: DtlsLimits | None = None) -> ServerEndpoint:
    """Make a server of the anonymous suite whose addresses are (host, port)."""
    return ServerEndpoint(
        FixedPolicy(offer_for(ANON)),
        entropy=SeededEntropy(1),
        limits=limits or DtlsLimits(),
        host_of=lambda address: address[0],  # type: ignore[index]
    )


def open_from(server: ServerEndpoint, address: tuple[str, int], sequence: int, number: int) -> int:
    """Send both hellos of a handshake; return how many datagrams answered the second."""
    random = bytes((address[1] % 256,)) * 32

    def send(hello: ClientHello, message: int, record: int) -> list[bytes]:
        body = HandshakeMessage(HandshakeType.CLIENT_HELLO, message, hello.encode()).encode()
        server.receive(plain(ContentType.HANDSHAKE, body, record), address, 0.0)
        return [datagram for datagram, _ in server.take_datagrams()]

    hello = replace(HELLO, random=random)
    answers = send(hello, sequence, number)
    if not answers:
        return 0
    ((_, _, fragment),) = records(answers[0])
    cookie = HelloVerifyRequest.decode(fragment[12:]).cookie
    return len(send(replace(hello, cookie=cookie), sequence, number))


def without_finished(sender: str, datagram: bytes) -> list[bytes]:
    """Let the client's key exchange arrive, and nothing that comes after it."""
    if sender == "server":
        return [datagram]
    return [
        plain(record.content_type, record.fragment, record.sequence)
        for record in split(datagram)
        if record.epoch == 0
    ]


@pytest.mark.parametrize(
    ("sequence", "number", "answered"),
    [
        (0, 0, True),
        (0xFFFF - 32, 0, True),
        (0xFFFF - 31, 0, False),
        (0xFFFB, 0, False),
        (0xFFFF, 0, False),
        (0, 1 << 47, True),
        (0, (1 << 47) + 1, False),
        (0, (1 << 48) - 1, False),
    ],
)
def test_numbers_at_their_end(sequence: int, number: int, answered: bool) -> None:
    """A hello whose numbers leave no room for a handshake is not heard; nothing is raised."""
    server = endpoint()
    assert bool(open_from(server, ("a", 1), sequence, number)) is answered
    assert bool(server.half_open) is answered


def test_a_flood_from_one_host_displaces_its_own() -> None:
    """Whoever opens handshakes without end loses its own, and nobody else does."""
    server = endpoint(DtlsLimits(half_open=4))
    assert open_from(server, ("honest", 1), 0, 0)
    for port in range(100):
        assert open_from(server, ("flood", port), 0, 0)
        server.take_events()
    assert ("honest", 1) in server.half_open
    assert len(server.half_open) == 4


def test_a_handshake_with_keys_goes_last() -> None:
    """A peer that answered our flight is not displaced by those who have not."""
    pair = Pair(limits=DtlsLimits(half_open=3))
    pair.tamper = without_finished
    pair.start()
    address = pair.address
    assert address in pair.server.half_open
    for port in range(50):
        client = ClientConnection(
            ClientConfig((PSK,), psk_identity=b"x"), "server", entropy=SeededEntropy(f"f{port}")
        )
        client.start(pair.now)
        for _ in range(2):
            for datagram in client.take_datagrams():
                pair.server.receive(datagram, ("192.0.2.66", port), pair.now)
            for datagram, to in pair.server.take_datagrams():
                if to == ("192.0.2.66", port):
                    client.receive(datagram, pair.now)
    assert address in pair.server.half_open
    assert len(pair.server.half_open) == 3


def test_a_failure_tells_whether_a_key_was_tried() -> None:
    """Whatever ends a handshake after the key exchange, its end says that a key was at stake."""
    pair = Pair()

    pair.tamper = without_finished
    pair.start()
    pair.server.tick(1000.0)
    (failure,) = failures(pair.server.take_events())
    assert (failure.alert, failure.had_keys) == (None, True)


def test_a_failure_before_the_key_exchange_tried_nothing() -> None:
    """A client that never answers our flight had no key at stake."""
    pair = Pair()
    hellos = iter(range(2))
    pair.tamper = lambda sender, datagram: (
        [datagram] if sender == "server" or next(hellos, None) is not None else []
    )
    pair.start()
    pair.server.tick(1000.0)
    (failure,) = failures(pair.server.take_events())
    assert not failure.had_keys


def test_early_data_is_bounded() -> None:
    """Application data that overtakes Finished is kept up to the limit, and no further."""
    limits = DtlsLimits(early_records=4)
    pair = Pair(limits=limits, config=config_for(PSK, limits=limits))
    held: list[bytes] = []

    def without_finished(sender: str, datagram: bytes) -> list[bytes]:
        if sender == "client" and any(epoch for _, epoch, _ in records(datagram)):
            held.append(datagram)
            return []
        return [datagram]

    pair.tamper = without_finished
    pair.start()
    assert held
    link = pair.client
    handshake = link._handshake
    assert handshake is not None
    flood = [handshake.channel.seal(ContentType.APPLICATION_DATA, b"early", 1) for _ in range(50)]
    finished, *_ = held
    for record in split(finished):
        if record.epoch == 0:
            pair.server.receive(
                plain(record.content_type, record.fragment, record.sequence), pair.address, 0.0
            )
    for datagram in flood:
        pair.server.receive(datagram, pair.address, 0.0)
    pair.server.receive(finished, pair.address, 0.0)
    received = [event for event in pair.server.take_events() if hasattr(event, "data")]
    assert 0 < len(received) <= 4


class InTheClear(Channel):
    """Writes what belongs into epoch 1 without protection, in epoch 0."""

    __slots__ = ()

    def seal(self, content_type: ContentType, content: bytes, epoch: int) -> bytes:
        """Return a record of epoch 0."""
        return super().seal(content_type, content, 0)


@pytest.mark.parametrize("order", ["before", "after"])
def test_finished_without_protection_opens_nothing(order: str) -> None:
    """A Finished in the clear counts neither ahead of ChangeCipherSpec nor behind it."""
    pair = Pair()

    def reorder(sender: str, datagram: bytes) -> list[bytes]:
        parts = list(split(datagram))
        if sender == "server" or len(parts) < 3:
            return [datagram]
        exchange, change, finished = parts[-3:]
        behind, ahead = (exchange, change, finished), (finished, change, exchange)
        return [
            plain(each.content_type, each.fragment, each.sequence)
            for each in (behind if order == "after" else ahead)
        ]

    pair.tamper = reorder
    pair.client.start(pair.now)
    handshake = pair.client._handshake
    assert handshake is not None
    handshake.channel.__class__ = InTheClear
    pair.settle()
    assert [kind for kind, _, _ in records(b"".join(d for s, d in pair.sent if s == "client"))][
        -3:
    ] == [ContentType.HANDSHAKE, ContentType.CHANGE_CIPHER_SPEC, ContentType.HANDSHAKE]
    assert not pair.server.sessions
    assert pair.address in pair.server.half_open


def test_what_a_stranger_may_take() -> None:
    """Spelled out a second time on purpose: a default bound changes by decision, not by slip."""
    limits = DtlsLimits()
    assert (limits.half_open, limits.sessions, limits.early_records) == (64, 64, 8)
    assert (limits.idle_timeout, limits.handshake_timeout) == (600, 60)
    assert (limits.retransmit_initial, limits.retransmit_maximum) == (1, 60)
    assert (limits.mtu, limits.message_size, limits.reassembly_size) == (1200, 16384, 32768)
