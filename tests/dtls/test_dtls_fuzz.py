"""Arbitrary and damaged datagrams: no exception, bounded tables, live sessions stay alive."""

from dtls_support import CCM_8, CLIENT, PSK, FixedPolicy, Pair, offer_for
from hypothesis import given, settings
from hypothesis import strategies as st

from onboardee.wire.dtls import CipherSuite, DtlsLimits
from onboardee.wire.dtls.numbers import ContentType, HandshakeType

RECORDED = {
    suite: Pair(suite, offer=offer_for(suite, client_certificate=True)).start().sent
    for suite in (PSK, CCM_8)
}
LIMITS = DtlsLimits(half_open=2, sessions=2)
suites = st.sampled_from([PSK, CCM_8])

record_like = st.builds(
    lambda kind, epoch, number, body: (
        kind.to_bytes(1)
        + b"\xfe\xfd"
        + epoch.to_bytes(2)
        + number.to_bytes(6)
        + len(body).to_bytes(2)
        + body
    ),
    st.sampled_from([*ContentType, 0, 24, 255]),
    st.integers(0, 2),
    st.integers(0, 2**48 - 1),
    st.binary(max_size=120),
)
handshake_like = st.builds(
    lambda kind, sequence, body: (
        b"\x16\xfe\xfd"
        + bytes(8)
        + (len(body) + 12).to_bytes(2)
        + kind.to_bytes(1)
        + len(body).to_bytes(3)
        + sequence.to_bytes(2)
        + bytes(3)
        + len(body).to_bytes(3)
        + body
    ),
    st.sampled_from([*HandshakeType, 4, 99]),
    st.integers(0, 12),
    st.binary(max_size=120),
)
garbage = st.lists(st.binary(max_size=80) | record_like | handshake_like, max_size=4).map(b"".join)


@st.composite
def mutated(draw: st.DrawFn, datagram: bytes) -> bytes:
    """Damage a genuine datagram: flip octets, cut it off, append to it."""
    changed = bytearray(datagram)
    for _ in range(draw(st.integers(0, 3))):
        changed[draw(st.integers(0, len(changed) - 1))] ^= draw(st.integers(1, 255))
    end = draw(st.integers(0, len(changed)) | st.just(len(changed)))
    return bytes(changed[:end]) + draw(st.just(b"") | garbage)


@given(datagrams=st.lists(garbage, max_size=6), suite=suites, position=st.integers(0, 6))
@settings(deadline=None, max_examples=150)
def test_garbage_at_any_point_of_a_handshake(
    datagrams: list[bytes], suite: CipherSuite, position: int
) -> None:
    """Garbage before, during and after a handshake raises nothing on either side."""
    pair = Pair(suite, limits=LIMITS)
    steps = iter(range(1000))

    def inject(sender: str, datagram: bytes) -> list[bytes]:
        return [*datagrams, datagram] if next(steps) == position else [datagram]

    pair.tamper = inject
    pair.start().run(100.0)
    assert len(pair.server.half_open) <= LIMITS.half_open
    assert len(pair.server.sessions) <= LIMITS.sessions


@given(suite=suites, data=st.data())
@settings(deadline=None, max_examples=200)
def test_damaged_handshakes(suite: CipherSuite, data: st.DataObject) -> None:
    """Damaging any one datagram of a handshake leads to a session, an alert, or a time-out."""
    sent = RECORDED[suite]
    victim = data.draw(st.integers(0, len(sent) - 1))
    steps = iter(range(1000))

    def damage(_sender: str, datagram: bytes) -> list[bytes]:
        if next(steps) != victim:
            return [datagram]
        return [data.draw(mutated(datagram))]

    pair = Pair(suite, offer=offer_for(suite, client_certificate=True), tamper=damage)
    pair.start().run(200.0)
    if pair.is_established:
        pair.tamper = lambda _, datagram: [datagram]
        pair.assert_talking()


@given(datagrams=st.lists(garbage, min_size=1, max_size=8))
@settings(deadline=None, max_examples=150)
def test_garbage_does_not_end_a_live_session(datagrams: list[bytes]) -> None:
    """Whatever an outsider sends, a live session goes on and no bound is exceeded."""
    pair = Pair(limits=LIMITS).start()
    for datagram in datagrams:
        pair.server.receive(datagram, CLIENT, 1.0)
        pair.client.receive(datagram, 1.0)
    assert len(pair.server.half_open) <= LIMITS.half_open
    pair.server.take_datagrams()
    pair.client.take_datagrams()
    pair.assert_talking()


@given(suite=suites, data=st.data())
@settings(deadline=None, max_examples=100)
def test_damaged_copies_of_the_handshake_do_not_end_a_live_session(
    suite: CipherSuite, data: st.DataObject
) -> None:
    """Replaying a session's own handshake, damaged or not, leaves the session alive."""
    pair = Pair(suite, limits=LIMITS).start()
    for sender, datagram in pair.sent.copy():
        copy = data.draw(mutated(datagram))
        if sender == "client":
            pair.server.receive(copy, CLIENT, 1.0)
        else:
            pair.client.receive(copy, 1.0)
    pair.server.take_datagrams()
    pair.client.take_datagrams()
    pair.assert_talking()


@given(datagrams=st.lists(garbage, max_size=20), data=st.data())
@settings(deadline=None, max_examples=100)
def test_many_addresses(datagrams: list[bytes], data: st.DataObject) -> None:
    """Garbage from many addresses leaves no trace in the tables."""
    server = Pair(limits=LIMITS).server
    for datagram in datagrams:
        server.receive(datagram, data.draw(st.integers(0, 100)), 0.0)
    assert not server.half_open
    assert not server.sessions
    assert server.next_deadline() is None
    assert FixedPolicy().asked == []
