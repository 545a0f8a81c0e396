"""The handshake as data: which message is allowed in which state, and what follows.

A state is named after what the side waits for. Everything that depends on the state is in the two
tables below; the handlers of a message never look at the state. A pair that is not in the table is
an unexpected message: the alert of that name goes out and the state stays as it was. Where a pair
has several followers, the handler of the message says which one it is.

The server, after it has sent its flight 4 (from ServerHello to ServerHelloDone); CCS is
ChangeCipherSpec:

    no certificate asked for            a certificate asked for
            |                                   | Certificate
            | ClientKeyExchange                 | ClientKeyExchange
            |                                   | CertificateVerify
            +-----------------+-----------------+
                              | CCS
                              | Finished
                         ESTABLISHED

The client, after its first ClientHello:

    ClientHello  <--HelloVerifyRequest-- (again, with the cookie)
            | ServerHello
            +--------------------------------+
            | no certificates in the suite   | certificates
            |                                | Certificate
            | ServerKeyExchange              | ServerKeyExchange, signed
            |                                | CertificateRequest, perhaps
            +-----------------+--------------+
                              | ServerHelloDone
                              | CCS
                              | Finished
                         ESTABLISHED

That CertificateVerify has states of its own is what makes it impossible to leave it out: a client
that shows the certificate of somebody else and goes straight to Finished meets a state in which
that is not allowed.

ChangeCipherSpec is no handshake message and has no place in their numbering, so one that overtakes
the messages before it is kept until the table allows it; it is never an error.

Renegotiation shows as a ClientHello or HelloRequest in ESTABLISHED: the server answers the first
with the warning no_renegotiation, the client ignores the second (RFC 5246 7.4.1.1). A Finished in
ESTABLISHED is a repetition, of a peer that has not seen our last flight.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from onboardee.wire.dtls.errors import UnexpectedMessage


class HandshakeInput(Enum):
    """What moves the machine: a handshake message by its number, or a ChangeCipherSpec.

    The numbers are those of `HandshakeType`, so that a message is looked up by the number it came
    with.
    """

    HELLO_REQUEST = 0
    CLIENT_HELLO = 1
    SERVER_HELLO = 2
    HELLO_VERIFY_REQUEST = 3
    CERTIFICATE = 11
    SERVER_KEY_EXCHANGE = 12
    CERTIFICATE_REQUEST = 13
    SERVER_HELLO_DONE = 14
    CERTIFICATE_VERIFY = 15
    CLIENT_KEY_EXCHANGE = 16
    FINISHED = 20
    CHANGE_CIPHER_SPEC = "change_cipher_spec"


class HandshakeState(Enum):
    """What a side waits for. The server's states begin after its cookie exchange and flight 4."""

    SERVER_CERTIFICATE = "client's certificate"
    SERVER_KEY_EXCHANGE = "client's key exchange"
    SERVER_KEY_EXCHANGE_THEN_PROOF = "client's key exchange, then its certificate verify"
    SERVER_CERTIFICATE_VERIFY = "client's certificate verify"
    SERVER_CHANGE_CIPHER_SPEC = "client's change cipher spec"
    SERVER_FINISHED = "client's finished"
    SERVER_ESTABLISHED = "nothing more, as server"
    CLIENT_HELLO = "hello verify request or server hello"
    CLIENT_CERTIFICATE = "server's certificate"
    CLIENT_SIGNED_KEY_EXCHANGE = "server's signed key exchange"
    CLIENT_KEY_EXCHANGE = "server's unsigned key exchange"
    CLIENT_HINT_OR_DONE = "server's hint or server hello done"
    CLIENT_REQUEST_OR_DONE = "certificate request or server hello done"
    CLIENT_DONE = "server hello done"
    CLIENT_CHANGE_CIPHER_SPEC = "server's change cipher spec"
    CLIENT_FINISHED = "server's finished"
    CLIENT_ESTABLISHED = "nothing more, as client"


Steps = Mapping[HandshakeState, Mapping[HandshakeInput, tuple[HandshakeState, ...]]]
"""By state and input, the states that may follow; absent pairs are unexpected messages."""

SERVER_STEPS: Final[Steps] = MappingProxyType(
    {
        HandshakeState.SERVER_CERTIFICATE: {
            HandshakeInput.CERTIFICATE: (HandshakeState.SERVER_KEY_EXCHANGE_THEN_PROOF,)
        },
        HandshakeState.SERVER_KEY_EXCHANGE: {
            HandshakeInput.CLIENT_KEY_EXCHANGE: (HandshakeState.SERVER_CHANGE_CIPHER_SPEC,),
        },
        HandshakeState.SERVER_KEY_EXCHANGE_THEN_PROOF: {
            HandshakeInput.CLIENT_KEY_EXCHANGE: (HandshakeState.SERVER_CERTIFICATE_VERIFY,),
        },
        HandshakeState.SERVER_CERTIFICATE_VERIFY: {
            HandshakeInput.CERTIFICATE_VERIFY: (HandshakeState.SERVER_CHANGE_CIPHER_SPEC,),
        },
        HandshakeState.SERVER_CHANGE_CIPHER_SPEC: {
            HandshakeInput.CHANGE_CIPHER_SPEC: (HandshakeState.SERVER_FINISHED,)
        },
        HandshakeState.SERVER_FINISHED: {
            HandshakeInput.FINISHED: (HandshakeState.SERVER_ESTABLISHED,)
        },
        HandshakeState.SERVER_ESTABLISHED: {
            HandshakeInput.CLIENT_HELLO: (HandshakeState.SERVER_ESTABLISHED,),
            HandshakeInput.FINISHED: (HandshakeState.SERVER_ESTABLISHED,),
        },
    }
)

CLIENT_STEPS: Final[Steps] = MappingProxyType(
    {
        HandshakeState.CLIENT_HELLO: {
            HandshakeInput.HELLO_REQUEST: (HandshakeState.CLIENT_HELLO,),
            HandshakeInput.HELLO_VERIFY_REQUEST: (HandshakeState.CLIENT_HELLO,),
            HandshakeInput.SERVER_HELLO: (
                HandshakeState.CLIENT_CERTIFICATE,
                HandshakeState.CLIENT_KEY_EXCHANGE,
                HandshakeState.CLIENT_HINT_OR_DONE,
            ),
        },
        HandshakeState.CLIENT_CERTIFICATE: {
            HandshakeInput.HELLO_REQUEST: (HandshakeState.CLIENT_CERTIFICATE,),
            HandshakeInput.CERTIFICATE: (HandshakeState.CLIENT_SIGNED_KEY_EXCHANGE,),
        },
        HandshakeState.CLIENT_SIGNED_KEY_EXCHANGE: {
            HandshakeInput.HELLO_REQUEST: (HandshakeState.CLIENT_SIGNED_KEY_EXCHANGE,),
            HandshakeInput.SERVER_KEY_EXCHANGE: (HandshakeState.CLIENT_REQUEST_OR_DONE,),
        },
        HandshakeState.CLIENT_KEY_EXCHANGE: {
            HandshakeInput.HELLO_REQUEST: (HandshakeState.CLIENT_KEY_EXCHANGE,),
            HandshakeInput.SERVER_KEY_EXCHANGE: (HandshakeState.CLIENT_DONE,),
        },
        HandshakeState.CLIENT_HINT_OR_DONE: {
            HandshakeInput.HELLO_REQUEST: (HandshakeState.CLIENT_HINT_OR_DONE,),
            HandshakeInput.SERVER_KEY_EXCHANGE: (HandshakeState.CLIENT_DONE,),
            HandshakeInput.SERVER_HELLO_DONE: (HandshakeState.CLIENT_CHANGE_CIPHER_SPEC,),
        },
        HandshakeState.CLIENT_REQUEST_OR_DONE: {
            HandshakeInput.HELLO_REQUEST: (HandshakeState.CLIENT_REQUEST_OR_DONE,),
            HandshakeInput.CERTIFICATE_REQUEST: (HandshakeState.CLIENT_DONE,),
            HandshakeInput.SERVER_HELLO_DONE: (HandshakeState.CLIENT_CHANGE_CIPHER_SPEC,),
        },
        HandshakeState.CLIENT_DONE: {
            HandshakeInput.HELLO_REQUEST: (HandshakeState.CLIENT_DONE,),
            HandshakeInput.SERVER_HELLO_DONE: (HandshakeState.CLIENT_CHANGE_CIPHER_SPEC,),
        },
        HandshakeState.CLIENT_CHANGE_CIPHER_SPEC: {
            HandshakeInput.HELLO_REQUEST: (HandshakeState.CLIENT_CHANGE_CIPHER_SPEC,),
            HandshakeInput.CHANGE_CIPHER_SPEC: (HandshakeState.CLIENT_FINISHED,),
        },
        HandshakeState.CLIENT_FINISHED: {
            HandshakeInput.HELLO_REQUEST: (HandshakeState.CLIENT_FINISHED,),
            HandshakeInput.FINISHED: (HandshakeState.CLIENT_ESTABLISHED,),
        },
        HandshakeState.CLIENT_ESTABLISHED: {
            HandshakeInput.HELLO_REQUEST: (HandshakeState.CLIENT_ESTABLISHED,),
            HandshakeInput.FINISHED: (HandshakeState.CLIENT_ESTABLISHED,),
        },
    }
)


def followers(
    steps: Steps, state: HandshakeState, number: int | HandshakeInput
) -> tuple[HandshakeState, ...]:
    """Return the states that may follow; the first is the usual one.

    Raises:
        UnexpectedMessage: if the table has no such step, or the number is no handshake message.

    >>> followers(SERVER_STEPS, HandshakeState.SERVER_FINISHED, 20)
    (<HandshakeState.SERVER_ESTABLISHED: 'nothing more, as server'>,)
    """
    try:
        return steps[state][HandshakeInput(number)]
    except (KeyError, ValueError):
        raise UnexpectedMessage(f"message {number} while waiting for the {state.value}") from None
