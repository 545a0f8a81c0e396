"""The handshake as data: which message is allowed in which state, and what follows.

A state is named after what the side waits for. Everything that depends on the state is in the two
tables below; the handlers of a message never look at the state. A pair that is not in the table is
an unexpected message: the alert of that name goes out and the state stays as it was. Where a pair
has several followers, the handler of the message says which one it is.

ChangeCipherSpec is no handshake message and has no place in their numbering, so one that overtakes
the messages before it is kept until the table allows it; it is never an error.

Renegotiation shows as a ClientHello or HelloRequest in ESTABLISHED: the server answers the first
with the warning no_renegotiation, the client ignores the second (RFC 5246 7.4.1.1).
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from onboardee.wire.dtls.errors import UnexpectedMessage


class Input(Enum):
    """What moves the machine: a handshake message by its number, or a ChangeCipherSpec."""

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


class State(Enum):
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
    CLIENT_REQUEST_OR_DONE = "certificate request or server hello done"
    CLIENT_DONE = "server hello done"
    CLIENT_CHANGE_CIPHER_SPEC = "server's change cipher spec"
    CLIENT_FINISHED = "server's finished"
    CLIENT_ESTABLISHED = "nothing more, as client"


Steps = Mapping[State, Mapping[Input, tuple[State, ...]]]

SERVER_STEPS: Final[Steps] = MappingProxyType(
    {
        State.SERVER_CERTIFICATE: {Input.CERTIFICATE: (State.SERVER_KEY_EXCHANGE_THEN_PROOF,)},
        State.SERVER_KEY_EXCHANGE: {
            Input.CLIENT_KEY_EXCHANGE: (State.SERVER_CHANGE_CIPHER_SPEC,),
        },
        State.SERVER_KEY_EXCHANGE_THEN_PROOF: {
            Input.CLIENT_KEY_EXCHANGE: (State.SERVER_CERTIFICATE_VERIFY,),
        },
        State.SERVER_CERTIFICATE_VERIFY: {
            Input.CERTIFICATE_VERIFY: (State.SERVER_CHANGE_CIPHER_SPEC,),
        },
        State.SERVER_CHANGE_CIPHER_SPEC: {Input.CHANGE_CIPHER_SPEC: (State.SERVER_FINISHED,)},
        State.SERVER_FINISHED: {Input.FINISHED: (State.SERVER_ESTABLISHED,)},
        State.SERVER_ESTABLISHED: {
            Input.CLIENT_HELLO: (State.SERVER_ESTABLISHED,),
            Input.FINISHED: (State.SERVER_ESTABLISHED,),
        },
    }
)

CLIENT_STEPS: Final[Steps] = MappingProxyType(
    {
        State.CLIENT_HELLO: {
            Input.HELLO_REQUEST: (State.CLIENT_HELLO,),
            Input.HELLO_VERIFY_REQUEST: (State.CLIENT_HELLO,),
            Input.SERVER_HELLO: (State.CLIENT_CERTIFICATE, State.CLIENT_KEY_EXCHANGE),
        },
        State.CLIENT_CERTIFICATE: {
            Input.HELLO_REQUEST: (State.CLIENT_CERTIFICATE,),
            Input.CERTIFICATE: (State.CLIENT_SIGNED_KEY_EXCHANGE,),
        },
        State.CLIENT_SIGNED_KEY_EXCHANGE: {
            Input.HELLO_REQUEST: (State.CLIENT_SIGNED_KEY_EXCHANGE,),
            Input.SERVER_KEY_EXCHANGE: (State.CLIENT_REQUEST_OR_DONE,),
        },
        State.CLIENT_KEY_EXCHANGE: {
            Input.HELLO_REQUEST: (State.CLIENT_KEY_EXCHANGE,),
            Input.SERVER_KEY_EXCHANGE: (State.CLIENT_DONE,),
        },
        State.CLIENT_REQUEST_OR_DONE: {
            Input.HELLO_REQUEST: (State.CLIENT_REQUEST_OR_DONE,),
            Input.CERTIFICATE_REQUEST: (State.CLIENT_DONE,),
            Input.SERVER_HELLO_DONE: (State.CLIENT_CHANGE_CIPHER_SPEC,),
        },
        State.CLIENT_DONE: {
            Input.HELLO_REQUEST: (State.CLIENT_DONE,),
            Input.SERVER_HELLO_DONE: (State.CLIENT_CHANGE_CIPHER_SPEC,),
        },
        State.CLIENT_CHANGE_CIPHER_SPEC: {
            Input.HELLO_REQUEST: (State.CLIENT_CHANGE_CIPHER_SPEC,),
            Input.CHANGE_CIPHER_SPEC: (State.CLIENT_FINISHED,),
        },
        State.CLIENT_FINISHED: {
            Input.HELLO_REQUEST: (State.CLIENT_FINISHED,),
            Input.FINISHED: (State.CLIENT_ESTABLISHED,),
        },
        State.CLIENT_ESTABLISHED: {
            Input.HELLO_REQUEST: (State.CLIENT_ESTABLISHED,),
            Input.FINISHED: (State.CLIENT_ESTABLISHED,),
        },
    }
)


def followers(steps: Steps, state: State, number: int | Input) -> tuple[State, ...]:
    """Return the states that may follow.

    Raises:
        UnexpectedMessage: if the table has no such step, or the number is no handshake message.

    """
    try:
        return steps[state][Input(number)]
    except (KeyError, ValueError):
        raise UnexpectedMessage(f"message {number} while waiting for the {state.value}") from None
