"""What can go wrong: the peer's faults are alerts, the caller's fault is `NoSessionError`."""

from typing import ClassVar

from onboardee.wire.dtls.numbers import AlertDescription


class Alert(Exception):  # noqa: N818 - the protocol's own word (RFC 5246 7.2)
    """The handshake cannot go on; the peer is told `description` at level fatal."""

    description: ClassVar[AlertDescription] = AlertDescription.HANDSHAKE_FAILURE


class HandshakeFailure(Alert):
    """No acceptable set of parameters, or a required certificate is missing."""


class UnexpectedMessage(Alert):
    """A message that the transition table does not allow in this state."""

    description = AlertDescription.UNEXPECTED_MESSAGE


class BadRecordMac(Alert):
    """A Finished that does not open: the two sides hold different keys."""

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
    """A chain that ends in no trust anchor."""

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
    """A signature or a Finished value that does not verify."""

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
    """The peer ended the handshake; nothing is sent in return."""

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
    """Raised to a caller who sends on a session that is no longer alive."""
