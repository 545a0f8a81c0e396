"""What can go wrong on the way to a device and in its answers.

Lower layers do not know which of the owner's devices they talk to: a link knows an address, a
dialogue a step. Who knows the device says so with `about`, on the way up. So one error that reaches
the command tells all of it, without any layer handing down what it does not need itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from onboardee.obt.record import Ownership


class ObtError(Exception):
    """The root of everything this package raises on account of a device or the network."""

    device: UUID | None = None
    """The device that it is about, where somebody on the way up knew it."""


@contextmanager
def about(device: UUID) -> Iterator[None]:
    """Name the device in what goes wrong within, unless it is named already."""
    try:
        yield
    except ObtError as error:
        if error.device is None:
            error.device = device
        raise


class LinkError(ObtError):
    """An exchange or a handshake ended without its result: the link or the peer gave it up.

    The kinds below say what may be done about it: to try again (`NoAnswerError`), to try something
    else (`HandshakeRefusedError`), to shake hands again (`SessionEndedError`).
    """


class NoAnswerError(LinkError):
    """Nothing came in time; trying again may help.

    It does not mean that nothing happened: the request may have arrived, and its answer been lost.
    """


class HandshakeRefusedError(LinkError):
    """One side ended the handshake with an alert; the same again will end the same.

    A wrong PIN ends like this, too, as a server cannot tell a wrong key from broken octets (RFC
    5246 7.2.2).
    """


class SessionEndedError(LinkError):
    """The session was closed while something waited for an answer."""


class PayloadError(ObtError):
    """An answer's payload is not what its resource is defined to answer with."""


class OnboardingError(ObtError):
    """A step went wrong: the device refused it, was silent, or answered what it must not.

    `step` names the step, `expected` and `came` say what was to happen and what did. `ownership` is
    set when a transfer failed so late that the device may be ours already: with it the device can
    be asked, and reset. `code` is the response's where the device refused.
    """

    def __init__(self, step: str, *, expected: str, came: str, code: int | None = None) -> None:
        super().__init__(f"{step}: expected {expected}, but {came}")
        self.step = step
        self.expected = expected
        self.came = came
        self.code = code
        self.ownership: Ownership | None = None
