"""What can go wrong on the way to a device and in its answers."""

from onboardee.obt.record import Ownership


class ObtError(Exception):
    """The root of everything this package raises on account of a device or the network."""


class LinkError(ObtError):
    """An exchange or a handshake ended without its result: the link or the peer gave it up."""


class NoAnswerError(LinkError):
    """Nothing came in time; trying again may help."""


class HandshakeRefusedError(LinkError):
    """One side ended the handshake with an alert; the same again will end the same."""


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
