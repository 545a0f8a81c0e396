"""Loss, duplication, reordering and fragmentation, on a fake clock."""

import random

import pytest
from dtls_support import (
    ANON,
    CCM_8,
    CLIENT,
    PSK,
    Pair,
    failures,
    offer_for,
    plain,
    records,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from onboardee.wire.dtls import CipherSuite, DtlsLimits, Offer
from onboardee.wire.dtls.numbers import ContentType

SMALL = DtlsLimits(mtu=200)
CERTIFICATES = offer_for(CCM_8, client_certificate=True)
CASES: list[tuple[CipherSuite, Offer, DtlsLimits]] = [
    (ANON, offer_for(ANON), DtlsLimits()),
    (PSK, offer_for(PSK), DtlsLimits()),
    (CCM_8, CERTIFICATES, DtlsLimits()),
    (CCM_8, CERTIFICATES, SMALL),
]
every_case = pytest.mark.parametrize(
    ("suite", "offer", "limits"), CASES, ids=["anonymous", "psk", "certificate", "fragmented"]
)


@every_case
def test_any_single_lost_datagram_is_made_good(
    suite: CipherSuite, offer: Offer, limits: DtlsLimits
) -> None:
    """Whichever datagram of the handshake is lost, it completes after the first timer."""
    total = len(Pair(suite, offer=offer, limits=limits).start().sent)
    for lost in range(total):
        counter = iter(range(10**6))
        pair = Pair(
            suite,
            offer=offer,
            limits=limits,
            tamper=lambda _, datagram, c=counter, n=lost: [] if next(c) == n else [datagram],
        )
        pair.start().run(5.0)
        assert pair.is_established, f"datagram {lost} of {total}"
        assert pair.now <= 1.0
        pair.assert_talking()


@every_case
def test_any_duplicated_datagram_is_harmless(
    suite: CipherSuite, offer: Offer, limits: DtlsLimits
) -> None:
    """Every datagram twice: one session, no failure, no endless repetition."""
    pair = Pair(suite, offer=offer, limits=limits, tamper=lambda _, datagram: [datagram] * 2)
    pair.start()
    pair.assert_talking()
    assert not failures(pair.server_events + pair.client_events)
    assert len(pair.sent) < 150


@every_case
@given(seed=st.integers(0, 2**32))
@settings(max_examples=15, deadline=None)
def test_any_order_leads_to_a_session(
    suite: CipherSuite, offer: Offer, limits: DtlsLimits, seed: int
) -> None:
    """Datagrams in flight at the same time may arrive in any order."""
    pair = Pair(suite, offer=offer, limits=limits, shuffle=random.Random(seed))
    pair.start().run(10.0)
    pair.assert_talking()


@pytest.mark.parametrize("suite", [PSK, CCM_8])
@pytest.mark.parametrize("client_certificate", [False, True])
def test_records_of_a_flight_in_reverse(suite: CipherSuite, client_certificate: bool) -> None:
    """A flight sent record by record may arrive back to front without a retransmission."""

    def reverse(_sender: str, datagram: bytes) -> list[bytes]:
        parts, position = [], 0
        while position < len(datagram):
            end = position + 13 + int.from_bytes(datagram[position + 11 : position + 13])
            parts.append(datagram[position:end])
            position = end
        return parts[::-1]

    offer = offer_for(suite, client_certificate=client_certificate)
    pair = Pair(suite, offer=offer, tamper=reverse).start()
    assert pair.is_established
    assert pair.now == 0.0
    pair.assert_talking()


@every_case
@given(seed=st.integers(0, 2**32), loss=st.floats(0.2, 0.3))
@settings(max_examples=15, deadline=None)
def test_heavy_loss_is_survived(
    suite: CipherSuite, offer: Offer, limits: DtlsLimits, seed: int, loss: float
) -> None:
    """With 20 to 30 % loss, copies and reordering, a handshake completes or times out cleanly."""
    chance = random.Random(seed)

    def tamper(_sender: str, datagram: bytes) -> list[bytes]:
        if chance.random() < loss:
            return []
        return [datagram] * (2 if chance.random() < 0.1 else 1)

    pair = Pair(suite, offer=offer, limits=limits, tamper=tamper, shuffle=chance)
    pair.start().run(200.0)
    if pair.is_established:
        pair.tamper = lambda _, datagram: [datagram]
        pair.assert_talking()
    else:
        assert limits is SMALL or failures(pair.client_events + pair.server_events)


def test_most_handshakes_survive_30_percent_loss() -> None:
    """At 30 % loss, nearly all handshakes of one-datagram flights complete within a minute."""
    completed = 0
    for seed in range(100):
        chance = random.Random(seed)
        pair = Pair(tamper=lambda _, datagram, d=chance: [] if d.random() < 0.3 else [datagram])
        pair.start().run(59.0)
        completed += pair.is_established
    assert completed >= 95


@every_case
def test_datagrams_respect_the_mtu(suite: CipherSuite, offer: Offer, limits: DtlsLimits) -> None:
    """No datagram of a handshake is longer than the limit."""
    pair = Pair(suite, offer=offer, limits=limits).start()
    assert max(len(datagram) for _, datagram in pair.sent) <= limits.mtu


def deaf(sender: str, datagram: bytes) -> list[bytes]:
    """Lose everything that the server sends after its HelloVerifyRequest."""
    return [datagram] if sender == "client" or datagram[13] == 3 else []


def test_server_repeats_its_flight_with_growing_pauses_and_gives_up() -> None:
    """Flight 4 goes out at 0, 1, 3, 7, 15 and 31 s; after 60 s the handshake is forgotten."""
    pair = Pair(tamper=deaf)
    times: list[float] = []
    pair.start()
    while (due := pair.server.next_deadline()) is not None:
        pair.server.tick(due)
        if pair.server.take_datagrams():
            times.append(due)
        pair.now = due
    assert times == [1.0, 3.0, 7.0, 15.0, 31.0]
    assert pair.now == 60.0
    (failure,) = failures(pair.server.take_events())
    assert (failure.alert, failure.reason) == (None, "timed out")
    assert not pair.server.half_open


def test_retransmission_uses_new_record_numbers_for_the_same_messages() -> None:
    """A repeated flight differs in its record numbers only (RFC 6347 4.2.4)."""
    pair = Pair(tamper=deaf).start()
    first = pair.sent[-1][1]
    pair.server.tick(1.0)
    ((second, _),) = pair.server.take_datagrams()
    assert records(first) == records(second)
    assert first[3:11] != second[3:11]


def test_client_repeats_its_hello_and_gives_up() -> None:
    """Without an answer the client repeats its hello and fails after the limit."""
    pair = Pair(tamper=lambda *_: [])
    pair.start().run(100.0)
    assert [sender for sender, _ in pair.sent] == ["client"] * 6
    assert failures(pair.client_events)[0].reason == "timed out"
    assert pair.client.next_deadline() is None


def test_repeated_hello_repeats_flight_4_and_asks_the_policy_once() -> None:
    """A copy of the cookie-verified ClientHello leads to the same flight again, a few times."""
    pair = Pair(tamper=deaf).start()
    hello = pair.sent[2][1]
    flight = pair.sent[3][1]
    for _ in range(20):
        pair.server.receive(hello, CLIENT, 0.5)
    repeated = pair.server.take_datagrams()
    assert 1 <= len(repeated) <= 8
    assert all(records(datagram) == records(flight) for datagram, _ in repeated)
    assert pair.policy.asked == [CLIENT]


def test_late_copy_of_the_hello_does_not_disturb_the_session() -> None:
    """A ClientHello that arrives again after its handshake finished is ignored."""
    pair = Pair().start()
    pair.server.receive(pair.sent[2][1], CLIENT, 1.0)
    assert pair.server.take_datagrams() == []
    assert not pair.server.half_open
    pair.assert_talking()


def test_final_flight_is_repeated_until_application_data_arrives() -> None:
    """A repeated Finished brings flight 6 again, until the client has shown that it has it."""
    pair = Pair(
        tamper=lambda sender, datagram: (
            []
            if sender == "server" and datagram[0] == ContentType.CHANGE_CIPHER_SPEC
            else [datagram]
        )
    ).start()
    assert pair.session.alive
    pair.client.tick(1.0)
    (again,) = pair.client.take_datagrams()
    pair.server.receive(again, CLIENT, 1.0)
    ((flight, _),) = pair.server.take_datagrams()
    assert [kind for kind, _, _ in records(flight)] == [20, 22]
    pair.client.tick(3.0)
    (once_more,) = pair.client.take_datagrams()
    pair.client.receive(flight, 3.0)
    pair.assert_talking()
    pair.server.receive(once_more, CLIENT, 3.0)
    assert pair.server.take_datagrams() == []


def test_client_repeats_its_flight_when_the_server_repeats_flight_4() -> None:
    """A server that has not heard flight 5 and sends flight 4 again gets it at once."""
    pair = Pair(
        tamper=lambda sender, datagram: (
            [] if sender == "client" and len(records(datagram)) == 3 else [datagram]
        )
    ).start()
    pair.server.tick(1.0)
    ((again, _),) = pair.server.take_datagrams()
    pair.client.receive(again, 1.0)
    (flight,) = pair.client.take_datagrams()
    pair.server.receive(flight, CLIENT, 1.0)
    assert CLIENT in pair.server.sessions


def test_only_the_flight_that_is_due_is_repeated() -> None:
    """A server with two handshakes repeats the older flight when its timer expires, not both."""

    def tamper(sender: str, datagram: bytes) -> list[bytes]:
        return [] if sender == "client" and len(records(datagram)) == 3 else [datagram]

    older = Pair(tamper=tamper).start()
    Pair(tamper=tamper, server=older.server, address="later", seed=2, now=0.5).start()
    older.server.tick(1.2)
    assert {address for _, address in older.server.take_datagrams()} == {CLIENT}


def test_a_malformed_change_cipher_spec_undoes_nothing() -> None:
    """A ChangeCipherSpec that came early counts, whatever nonsense of that type follows it."""

    def tamper(sender: str, datagram: bytes) -> list[bytes]:
        if sender == "server" or len(records(datagram)) != 3:
            return [datagram]
        sizes = [13 + len(content) for _, _, content in records(datagram)]
        exchange, change = datagram[: sizes[0]], datagram[sizes[0] : sizes[0] + sizes[1]]
        nonsense = plain(ContentType.CHANGE_CIPHER_SPEC, b"\x02", 9)
        return [change, nonsense, exchange, datagram[sizes[0] + sizes[1] :]]

    assert Pair(tamper=tamper).start().is_established
