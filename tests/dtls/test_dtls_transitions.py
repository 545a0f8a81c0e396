"""The transition tables, walked cell by cell."""

import random

import pytest
from dtls_support import CCM_8, PSK, Pair, failures, offer_for, plain

from onboardee.wire.dtls import AlertDescription, CipherSuite, UnexpectedMessage
from onboardee.wire.dtls.framing import HandshakeMessage
from onboardee.wire.dtls.numbers import ContentType, HandshakeType
from onboardee.wire.dtls.transitions import (
    CLIENT_STEPS,
    SERVER_STEPS,
    HandshakeInput,
    HandshakeState,
    Steps,
    followers,
)

# Spelled out a second time on purpose: changing a table must break a test.
LEGAL = {
    "SERVER_CERTIFICATE": {"CERTIFICATE": "SERVER_KEY_EXCHANGE_THEN_PROOF"},
    "SERVER_KEY_EXCHANGE": {"CLIENT_KEY_EXCHANGE": "SERVER_CHANGE_CIPHER_SPEC"},
    "SERVER_KEY_EXCHANGE_THEN_PROOF": {"CLIENT_KEY_EXCHANGE": "SERVER_CERTIFICATE_VERIFY"},
    "SERVER_CERTIFICATE_VERIFY": {"CERTIFICATE_VERIFY": "SERVER_CHANGE_CIPHER_SPEC"},
    "SERVER_CHANGE_CIPHER_SPEC": {"CHANGE_CIPHER_SPEC": "SERVER_FINISHED"},
    "SERVER_FINISHED": {"FINISHED": "SERVER_ESTABLISHED"},
    "SERVER_ESTABLISHED": {
        "CLIENT_HELLO": "SERVER_ESTABLISHED",
        "FINISHED": "SERVER_ESTABLISHED",
    },
    "CLIENT_HELLO": {
        "HELLO_VERIFY_REQUEST": "CLIENT_HELLO",
        "SERVER_HELLO": "CLIENT_CERTIFICATE CLIENT_KEY_EXCHANGE CLIENT_HINT_OR_DONE",
    },
    "CLIENT_CERTIFICATE": {"CERTIFICATE": "CLIENT_SIGNED_KEY_EXCHANGE"},
    "CLIENT_SIGNED_KEY_EXCHANGE": {"SERVER_KEY_EXCHANGE": "CLIENT_REQUEST_OR_DONE"},
    "CLIENT_KEY_EXCHANGE": {"SERVER_KEY_EXCHANGE": "CLIENT_DONE"},
    "CLIENT_HINT_OR_DONE": {
        "SERVER_KEY_EXCHANGE": "CLIENT_DONE",
        "SERVER_HELLO_DONE": "CLIENT_CHANGE_CIPHER_SPEC",
    },
    "CLIENT_REQUEST_OR_DONE": {
        "CERTIFICATE_REQUEST": "CLIENT_DONE",
        "SERVER_HELLO_DONE": "CLIENT_CHANGE_CIPHER_SPEC",
    },
    "CLIENT_DONE": {"SERVER_HELLO_DONE": "CLIENT_CHANGE_CIPHER_SPEC"},
    "CLIENT_CHANGE_CIPHER_SPEC": {"CHANGE_CIPHER_SPEC": "CLIENT_FINISHED"},
    "CLIENT_FINISHED": {"FINISHED": "CLIENT_ESTABLISHED"},
    "CLIENT_ESTABLISHED": {"FINISHED": "CLIENT_ESTABLISHED"},
}


def steps_of(state: HandshakeState) -> Steps:
    """Return the table that a state belongs to."""
    return SERVER_STEPS if state.name.startswith("SERVER") else CLIENT_STEPS


@pytest.mark.parametrize("state", HandshakeState, ids=lambda state: state.name)
@pytest.mark.parametrize("received", HandshakeInput, ids=lambda received: received.name)
def test_cell(state: HandshakeState, received: HandshakeInput) -> None:
    """A legal cell leads where the specification says, any other is an unexpected message."""
    expected = LEGAL[state.name].get(received.name, "")
    if state.name.startswith("CLIENT") and received is HandshakeInput.HELLO_REQUEST:
        expected = state.name
    if expected:
        names = [follower.name for follower in followers(steps_of(state), state, received)]
        assert names == expected.split()
    else:
        with pytest.raises(UnexpectedMessage):
            followers(steps_of(state), state, received)


def test_unknown_handshake_type_is_unexpected() -> None:
    """A number that is no handshake message is refused like a message out of place."""
    with pytest.raises(UnexpectedMessage):
        followers(SERVER_STEPS, HandshakeState.SERVER_KEY_EXCHANGE, 99)


def test_every_state_can_be_reached_and_left() -> None:
    """No state of the tables is an island, and all paths end established."""
    for steps, end in (
        (SERVER_STEPS, HandshakeState.SERVER_ESTABLISHED),
        (CLIENT_STEPS, HandshakeState.CLIENT_ESTABLISHED),
    ):
        for start in steps:
            state, walk = start, random.Random(1)
            for _ in range(100):
                state = walk.choice([s for cell in steps[state].values() for s in cell])
            assert state is end


def reach(state: HandshakeState) -> Pair:
    """Bring a server to a state by letting only the messages before it arrive."""
    certificates = state in {
        HandshakeState.SERVER_CERTIFICATE,
        HandshakeState.SERVER_KEY_EXCHANGE_THEN_PROOF,
        HandshakeState.SERVER_CERTIFICATE_VERIFY,
    }
    suite: CipherSuite = CCM_8 if certificates else PSK
    passing = {
        HandshakeState.SERVER_CERTIFICATE: [],
        HandshakeState.SERVER_KEY_EXCHANGE: [],
        HandshakeState.SERVER_KEY_EXCHANGE_THEN_PROOF: [HandshakeType.CERTIFICATE],
        HandshakeState.SERVER_CERTIFICATE_VERIFY: [
            HandshakeType.CERTIFICATE,
            HandshakeType.CLIENT_KEY_EXCHANGE,
        ],
        HandshakeState.SERVER_CHANGE_CIPHER_SPEC: [HandshakeType.CLIENT_KEY_EXCHANGE],
    }[state]

    def tamper(sender: str, datagram: bytes) -> list[bytes]:
        if sender == "server" or datagram[13] == HandshakeType.CLIENT_HELLO:
            return [datagram]
        kept, position = [], 0
        while position < len(datagram):
            end = position + 13 + int.from_bytes(datagram[position + 11 : position + 13])
            if datagram[position] == ContentType.HANDSHAKE and datagram[position + 13] in passing:
                kept.append(datagram[position:end])
            position = end
        return kept

    offer = offer_for(suite, client_certificate=certificates)
    return Pair(suite, offer=offer, tamper=tamper).start()


SERVER_STATES_IN_PLAINTEXT = [
    HandshakeState.SERVER_CERTIFICATE,
    HandshakeState.SERVER_KEY_EXCHANGE,
    HandshakeState.SERVER_KEY_EXCHANGE_THEN_PROOF,
    HandshakeState.SERVER_CERTIFICATE_VERIFY,
    HandshakeState.SERVER_CHANGE_CIPHER_SPEC,
]


@pytest.mark.parametrize("state", SERVER_STATES_IN_PLAINTEXT, ids=lambda state: state.name)
@pytest.mark.parametrize("kind", HandshakeType, ids=lambda kind: kind.name)
def test_server_answers_an_illegal_message_with_unexpected_message(
    state: HandshakeState, kind: HandshakeType
) -> None:
    """On the wire, too, a message out of place ends the handshake with the alert of that name."""
    if kind.name in LEGAL[state.name] or kind is HandshakeType.CLIENT_HELLO:
        return
    pair = reach(state)
    handshake = pair.server._handshakes[pair.address]
    assert handshake.state is state
    message = HandshakeMessage(kind, handshake._inbox.next_sequence, b"")
    pair.server.receive(plain(ContentType.HANDSHAKE, message.encode()), pair.address, 0.0)
    (failure,) = failures(pair.server.take_events())
    assert failure.alert is AlertDescription.UNEXPECTED_MESSAGE
    assert handshake.state is state
    assert not pair.server.half_open
