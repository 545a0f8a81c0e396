"""The codec: round trips, exact consumption, truncation at every length."""

import ssl
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboardee.wire.dtls.errors import DecodeError, IllegalParameter
from onboardee.wire.dtls.framing import HandshakeMessage, fragment, split_fragments
from onboardee.wire.dtls.hello import ClientHello, HelloVerifyRequest, ServerHello
from onboardee.wire.dtls.messages import (
    CertificateChain,
    CertificateRequest,
    ClientKeyExchange,
    DigitallySigned,
    ServerKeyExchange,
    check_empty,
)
from onboardee.wire.dtls.numbers import AlertDescription
from onboardee.wire.dtls.presentation import Reader
from onboardee.wire.dtls.suites import KeyExchange

RANDOM = bytes(range(32))
POINT = b"\x04" + bytes(64)
SIGNATURE = DigitallySigned(0x0403, b"\x30\x06signed")

Decode = Callable[[bytes], object]

SAMPLES: dict[str, tuple[Decode, bytes, set[int]]] = {
    # name: decoder, encoded message, lengths at which a shorter message is complete, too
    "client hello": (
        ClientHello.decode,
        ClientHello(0xFEFD, RANDOM, b"id", b"cookie", (0xC037, 0xFF), (0,), {10: b"ab"}).encode(),
        {52},
    ),
    "hello verify request": (
        HelloVerifyRequest.decode,
        HelloVerifyRequest(0xFEFD, b"cookie").encode(),
        set(),
    ),
    "server hello": (
        ServerHello.decode,
        ServerHello(0xFEFD, RANDOM, 0xC037, b"session", 0, {23: b""}).encode(),
        {45},
    ),
    "certificate": (CertificateChain.decode, CertificateChain((b"a", b"bc")).encode(), set()),
    "certificate request": (
        CertificateRequest.decode,
        CertificateRequest((64,), (0x0403,), (b"name",)).encode(),
        set(),
    ),
    "certificate verify": (DigitallySigned.decode, SIGNATURE.encode(), set()),
    "anonymous server key exchange": (
        lambda body: ServerKeyExchange.decode(body, KeyExchange.ANONYMOUS),
        ServerKeyExchange(POINT).encode(KeyExchange.ANONYMOUS),
        set(),
    ),
    "psk server key exchange": (
        lambda body: ServerKeyExchange.decode(body, KeyExchange.PSK),
        ServerKeyExchange(POINT, hint=b"hint").encode(KeyExchange.PSK),
        set(),
    ),
    "signed server key exchange": (
        lambda body: ServerKeyExchange.decode(body, KeyExchange.ECDSA),
        ServerKeyExchange(POINT, signature=SIGNATURE).encode(KeyExchange.ECDSA),
        set(),
    ),
    "client key exchange": (
        lambda body: ClientKeyExchange.decode(body, KeyExchange.ANONYMOUS),
        ClientKeyExchange(POINT).encode(KeyExchange.ANONYMOUS),
        set(),
    ),
    "psk client key exchange": (
        lambda body: ClientKeyExchange.decode(body, KeyExchange.PSK),
        ClientKeyExchange(POINT, b"identity").encode(KeyExchange.PSK),
        set(),
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_truncation_raises_the_decoders_own_error(name: str) -> None:
    """A message cut off anywhere raises DecodeError and nothing else."""
    decode, body, complete = SAMPLES[name]
    decode(body)
    for length in range(len(body)):
        if length in complete:
            decode(body[:length])
        else:
            with pytest.raises(DecodeError):
                decode(body[:length])


@pytest.mark.parametrize("name", SAMPLES)
def test_trailing_octets_are_refused(name: str) -> None:
    """A message with an octet too many raises DecodeError."""
    decode, body, _ = SAMPLES[name]
    with pytest.raises(DecodeError):
        decode(body + b"\x00")


@pytest.mark.parametrize("name", SAMPLES)
@given(data=st.data())
def test_mutations_raise_alerts_only(name: str, data: st.DataObject) -> None:
    """A message with changed octets decodes, or raises one of the two errors that tell the peer."""
    decode, body, _ = SAMPLES[name]
    changed = bytearray(body)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with suppress(DecodeError, IllegalParameter):
        decode(bytes(changed))


def test_foreign_curve_is_an_illegal_parameter() -> None:
    """A server that picks another curve than secp256r1 is refused."""
    body = bytearray(ServerKeyExchange(POINT).encode(KeyExchange.ANONYMOUS))
    body[2] = 24
    with pytest.raises(IllegalParameter):
        ServerKeyExchange.decode(bytes(body), KeyExchange.ANONYMOUS)


def test_repeated_extension_is_refused() -> None:
    """Two extensions of one type make a hello malformed (RFC 5246 7.4.1.4)."""
    hello = ClientHello(0xFEFD, RANDOM, b"", b"", (1,))
    with pytest.raises(DecodeError):
        ClientHello.decode(hello.encode() + b"\x00\x08" + b"\x00\x17\x00\x00" * 2)


def test_message_without_content_has_none() -> None:
    """ServerHelloDone with content is malformed."""
    check_empty(b"")
    with pytest.raises(DecodeError):
        check_empty(b"x")


def test_odd_length_of_two_octet_items_is_refused() -> None:
    """A list of suites must have an even number of octets."""
    with pytest.raises(DecodeError):
        Reader(b"\x00\x03\x01\x02\x03").numbers(2, 2)


hellos = st.builds(
    ClientHello,
    version=st.integers(0, 0xFFFF),
    random=st.binary(min_size=32, max_size=32),
    session_id=st.binary(max_size=32),
    cookie=st.binary(max_size=255),
    suites=st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=50).map(tuple),
    compression_methods=st.lists(st.integers(0, 255), min_size=1, max_size=5).map(tuple),
    extensions=st.none() | st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=40)),
)


@given(hellos)
def test_client_hello_round_trip(hello: ClientHello) -> None:
    """Whatever hello is encoded, the same comes back, unknown extensions included."""
    assert ClientHello.decode(hello.encode()) == hello


@given(st.binary(max_size=300), st.integers(0, 255), st.integers(0, 0xFFFF), st.integers(1, 50))
def test_fragments_round_trip(body: bytes, kind: int, sequence: int, size: int) -> None:
    """The fragments of a message, in one record, are found again and add up to its body."""
    message = HandshakeMessage(kind, sequence, body)
    offsets = range(0, len(body), size) or (0,)
    parts = [fragment(message, at, min(size, len(body) - at)) for at in offsets]
    found = list(split_fragments(b"".join(parts)))
    assert b"".join(part.data for part in found) == body
    assert {(part.type, part.sequence, part.length) for part in found} == {
        (kind, sequence, len(body))
    }


@given(st.binary(max_size=60))
def test_garbage_yields_no_impossible_fragment(content: bytes) -> None:
    """Fragments never reach beyond their message or their record."""
    for part in split_fragments(content):
        assert part.end <= part.length
        assert len(part.data) <= len(content)


def test_certificate_request_on_the_wire() -> None:
    """A request has types, schemes and names, each behind its length (RFC 5246 7.4.4)."""
    request = CertificateRequest((64, 1), (0x0403,), (b"one", b"other"))
    expected = b"\x02\x40\x01\x00\x02\x04\x03\x00\x0c\x00\x03one\x00\x05other"
    assert request.encode() == expected
    assert CertificateRequest.decode(expected) == request


def test_a_session_id_has_at_most_32_octets() -> None:
    """Hellos of either side with a longer session id are malformed (RFC 5246 7.4.1.2)."""
    client = ClientHello(0xFEFD, RANDOM, bytes(33), b"", (0xC037,), (0,), {})
    server = ServerHello(0xFEFD, RANDOM, 0xC037, bytes(33))
    for hello in (client, server):
        with pytest.raises(DecodeError):
            type(hello).decode(hello.encode())


def test_alerts_have_their_registered_numbers() -> None:
    """An alert means to a peer what its name says, as another library numbers them, too."""
    others = {
        alert.name.removeprefix("ALERT_DESCRIPTION_"): alert for alert in ssl.AlertDescription
    }
    others["USER_CANCELED"] = others.pop("USER_CANCELLED")
    ours = {alert.name: alert for alert in AlertDescription}
    assert ours.pop("INAPPROPRIATE_FALLBACK") == 86  # RFC 7507, which that library leaves out
    assert ours == {name: others[name] for name in ours}
