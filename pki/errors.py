"""Why a certificate is not believed. Each has its alert in a handshake (RFC 5246 7.2.2).

A caller that shows the error to a peer picks the alert by the class. A caller that shows it to a
person prints the text. Neither needs the certificate for it.
"""


class CertificateError(ValueError):
    """What holds for all: the text says what is wrong, and repeats nothing of the certificate."""


class BadCertificateError(CertificateError):
    """It cannot be read, or a signature does not verify."""


class UnsupportedCertificateError(CertificateError):
    """It is of a kind, or for a use, that is not accepted."""


class OutdatedCertificateError(CertificateError):
    """It has expired, or is not valid yet."""


class RevokedCertificateError(CertificateError):
    """Its issuer withdrew it."""


class UntrustedCertificateError(CertificateError):
    """It leads to nobody who is trusted."""
