"""What can go wrong: the peer's faults are alerts, the caller's fault is `NoSessionError`.

Three kinds of errors, which never mix:

* `Alert`: the peer did something that ends the handshake. It is raised where the fault is seen, and
  caught in one place (the endpoint, the client), where the alert goes out and a `HandshakeFailed`
  is reported. Its text is for the log of this side; the peer gets the number alone.
* `AlertReceived`: the peer has ended the handshake itself. Nothing is sent in return, or two sides
  would answer each other for ever.
* `NoSessionError` and ValueError: our own program has used the engine wrongly.

What is not authentic (epoch 0, a record that does not open) is no error but is dropped without a
word: an attacker off the path can send it, and each answer would be a tool (RFC 6347 4.1.2.7).
"""

from typing import ClassVar

from onboardee.wire.dtls.numbers import AlertDescription


class Alert(Exception):  # noqa: N818 - the protocol's own word (RFC 5246 7.2)
    """The handshake cannot go on; the peer is told `description` at level fatal.

    The text says what was wrong, without octets of keys or certificates.
    """

    description: ClassVar[AlertDescription] = AlertDescription.HANDSHAKE_FAILURE


class HandshakeFailure(Alert):
    """No acceptable set of parameters, or a required certificate is missing."""


class UnexpectedMessage(Alert):
    """A message that the transition table does not allow in this state."""

    description = AlertDescription.UNEXPECTED_MESSAGE


class BadRecordMac(Alert):
    """A Finished that does not open: the two sides hold different keys.

    That is how a wrong PIN shows. Records of an established session that do not open are dropped,
    and never end it.
    """

    description = AlertDescription.BAD_RECORD_MAC


class BadCertificate(Alert):
    """A certificate that is corrupt or whose signatures do not verify."""

    description = AlertDescription.BAD_CERTIFICATE


class UnsupportedCertificate(Alert):
    """A certificate of a type or for a use that is not accepted."""

    description = AlertDescription.UNSUPPORTED_CERTIFICATE


class CertificateRevoked(Alert):
    """A certificate that its issuer withdrew."""

    description = AlertDescription.CERTIFICATE_REVOKED


class CertificateExpired(Alert):
    """A certificate outside its period of validity."""

    description = AlertDescription.CERTIFICATE_EXPIRED


class CertificateUnknown(Alert):
    """A certificate refused for a reason that has no alert of its own."""

    description = AlertDescription.CERTIFICATE_UNKNOWN


class UnknownCa(Alert):
    """A chain that ends in no trust anchor of the device."""

    description = AlertDescription.UNKNOWN_CA


class AccessDeniedAlert(Alert):
    """A valid certificate whose holder may not connect."""

    description = AlertDescription.ACCESS_DENIED


class IllegalParameter(Alert):
    """A field outside its range, such as a point that is not on the curve."""

    description = AlertDescription.ILLEGAL_PARAMETER


class DecodeError(Alert):
    """A message whose lengths do not add up: the only error a decoder raises."""

    description = AlertDescription.DECODE_ERROR


class DecryptError(Alert):
    """A signature or a Finished value that does not verify, or not over this transcript."""

    description = AlertDescription.DECRYPT_ERROR


class ProtocolVersion(Alert):
    """The peer speaks no DTLS 1.2."""

    description = AlertDescription.PROTOCOL_VERSION


class InternalError(Alert):
    """We cannot go on, through no fault of the peer."""

    description = AlertDescription.INTERNAL_ERROR


class UnsupportedExtension(Alert):
    """The server answered with an extension the client did not offer."""

    description = AlertDescription.UNSUPPORTED_EXTENSION


class UnknownPskIdentity(Alert):
    """No key belongs to the identity (RFC 4279 2)."""

    description = AlertDescription.UNKNOWN_PSK_IDENTITY


class AlertReceived(Exception):  # noqa: N818 - an occurrence, reported as an event
    """The peer ended the handshake; nothing is sent in return.

    `known` is the description, None for a number that nobody registered; some stacks send such.
    """

    def __init__(self, number: int) -> None:
        self.known = _description(number)
        """The description, or None for a number that nobody registered."""
        name = f"alert {number}" if self.known is None else self.known.name.lower()
        super().__init__(f"the peer sent {name}")


def _description(number: int) -> AlertDescription | None:
    try:
        return AlertDescription(number)
    except ValueError:
        return None


class NoSessionError(Exception):
    """Raised to a caller who sends on a session that is no longer alive, or never was.

    A session may end between two calls, by an alert or by idleness; callers have to be ready for
    it.
    """
