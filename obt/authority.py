"""A small certificate authority: a root, identity and role certificates, revocation lists.

What stands in the certificates is `onboardee.pki.issuing`'s; who gets one is decided here.

A device makes its key itself, so what is signed is a request (PKCS #10), and the authority only
learns the public half. Whoever has the file with the authority's own key can be any device of the
domain: it is in the provisioning database, and in no log.

Revocations are told by lists, not asked for online: a device has no way to an authority while it
takes part in a handshake.
"""

import base64
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec

from onboardee.obt.anchors import TrustAnchors, wall_clock
from onboardee.obt.errors import PayloadError
from onboardee.obt.identity import Identity
from onboardee.pki import issuing, key_pairs, pem
from onboardee.pki.certificate import Certificate, read_chain, read_octets
from onboardee.pki.curves import OCF, Curve, curve_of
from onboardee.pki.errors import CertificateError
from onboardee.pki.signing_requests import CertificationRequest, read_base64, read_der, read_pem

ROOT_LIFE: Final = timedelta(days=20 * 365)
"""For how long a root is valid: longer than the devices that trust it live."""
LIFE: Final = timedelta(days=365)
LEEWAY: Final = timedelta(days=1)
"""How long before its making a certificate is valid: not all clocks agree."""
LONGEST_REQUEST: Final = 3072
"""Octets of a request; one for a key on P-256 has less than 500, on P-384 less than 600."""


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """A checked certificate signing request: whose key, and for which UUID.

    Checked means: the signature in the request is that of the key in it (so the device has that
    key), the key is on a curve of the authority's, and the name is the UUID of the device that
    showed it.
    """

    uuid: UUID
    """The device that showed the request."""
    key: ec.EllipticCurvePublicKey


@dataclass(frozen=True, slots=True)
class Revocations:
    """A certificate revocation list in DER, its number and when it was made.

    A device keeps the list with the highest number, so numbers only go upwards, also where nothing
    new was revoked.
    """

    number: int
    """The number of the list (`crlid`), higher than that of each list before."""
    made: datetime
    """When it was made, with a time zone."""
    der: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The list as it is sent to `/oic/sec/crl` (OCF Security 13.4)."""
        return {
            "crlid": self.number,
            "thisupdate": self.made.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "crldata": base64.b64encode(self.der).decode("ascii"),
        }


class Authority:
    """Signs for one security domain. All certificates it returns are PEM text.

    It is a root, or works below one: then what it signs comes with the authorities between. Its
    key is on P-256, which OCF has (Security 9.4.2), or on P-384: then it signs with SHA-384, for
    devices whose profile says so.
    """

    def __init__(
        self,
        chain: Sequence[Certificate],
        key: ec.EllipticCurvePrivateKey,
        *,
        clock: Callable[[], datetime] = wall_clock,
    ) -> None:
        self._signer = issuing.Issued(chain[0], key, tuple(chain[1:]))
        self.curve: Final = curve_of(key) or Curve.P256
        """On which its key is, and those that it makes."""
        self._clock = clock
        self._revoked: list[issuing.Revoked] = []
        self._crl_number = 0

    @classmethod
    def create(
        cls,
        name: str = "onboardee authority",
        *,
        curve: Curve = Curve.P256,
        clock: Callable[[], datetime] = wall_clock,
    ) -> Self:
        """Make a root with a new key on a curve."""
        recipe = issuing.on(curve, issuing.authority(name))
        made = issuing.root(recipe=_lasting(recipe, ROOT_LIFE, clock))
        return cls([made.certificate], made.key, clock=clock)

    def subordinate(self, name: str = "onboardee intermediate authority") -> "Authority":
        """Make an authority below this one, with a new key, that makes none itself.

        Raises:
            ValueError: if this one is below another itself.

        """
        if self._signer.issuers:
            raise ValueError("an authority below another one signs no further authorities")
        recipe = issuing.on(self.curve, issuing.authority(name, path_length=0))
        made = self._signer.issue(_lasting(recipe, ROOT_LIFE, self._clock))
        return Authority([made.certificate, *made.issuers], made.key, clock=self._clock)

    @classmethod
    def load(
        cls,
        chain: bytes | str,
        private_key: bytes,
        *,
        clock: Callable[[], datetime] = wall_clock,
    ) -> Self:
        """Take up an authority again: its `chain` in PEM, or its root in DER, and its private key.

        Raises:
            ValueError: if the two do not belong together, or the key is on no curve of `Curve`.

        """
        certificates = read_chain(pem.from_octets(_octets(chain)))
        key = key_pairs.load_private(private_key, is_pem=True)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or curve_of(key) is None:
            raise ValueError(f"the authority's key is not on {' or '.join(Curve)}")
        if certificates[0].public_key() != key.public_key():
            raise ValueError("the private key does not belong to the first certificate")
        return cls(certificates, key, clock=clock)

    @property
    def curves(self) -> tuple[Curve, ...]:
        """On which a device's key may be: on P-256 with every authority, on P-384 with such a one.

        A device that has P-384 has P-256 as well, and one that has not could believe nothing of
        what an authority on P-384 signs.
        """
        return OCF if self.curve is Curve.P256 else (self.curve, *OCF)

    @property
    def root(self) -> str:
        """The root certificate."""
        return self._chain[-1].pem

    @property
    def chain(self) -> str:
        """Its own certificate and those above it, the root last."""
        return "".join(each.pem for each in self._chain)

    @property
    def anchors(self) -> TrustAnchors:
        """The root as the only trust anchor, and what is revoked at the time of asking."""
        root = self._chain[-1].der
        return TrustAnchors((root,), self._clock, lambda: (self._revocation_list(),))

    def private_key(self) -> bytes:
        """Return the private key in PEM, for `load`."""
        return key_pairs.to_pem(self._signer.key)

    def identity(self, request: SigningRequest) -> str:
        """Sign an identity certificate (OCF Security 9.4.2.2).

        The result has the certificate first and then the authorities between it and the root.
        """
        return self._signed(issuing.identity(request.uuid), request)

    def role(self, request: SigningRequest, role: str, *, authority: str | None = None) -> str:
        """Sign a role certificate; without `authority` the role is of the issuer's."""
        return self._signed(issuing.role(request.uuid, role, authority), request)

    def issue(self, uuid: UUID) -> Identity:
        """Make a key and an identity certificate for a client, such as the tool itself."""
        key = ec.generate_private_key(self.curve.parameters)
        certificate = self.identity(SigningRequest(uuid, key.public_key()))
        return Identity(uuid, key_pairs.CertifiedKey(pem.from_pem(certificate), key), self.anchors)

    def issue_role(self, identity: Identity, role: str, *, authority: str | None = None) -> str:
        """Sign a role certificate for the key of an identity."""
        key = identity.certificate.private_key.public_key()
        return self.role(SigningRequest(identity.uuid, key), role, authority=authority)

    def revoke(self, certificate: bytes | str, *, at: datetime | None = None) -> None:
        """Put a certificate of ours on the list of those that are not to be believed.

        The serial number is what counts; `at` is when it was revoked, None for now. Devices know
        of it when they are given the next list.
        """
        number = read_octets(_octets(certificate))[0].serial_number
        self._revoked.append(issuing.Revoked(number, at or self._clock()))

    def go_on_from(self, crl_number: int) -> None:
        """Give the next revocation list a higher number than one that was made before."""
        self._crl_number = max(self._crl_number, crl_number)

    def revocations(self) -> Revocations:
        """Sign a new list of what is revoked."""
        self._crl_number += 1
        made = self._clock().replace(microsecond=0)
        return Revocations(self._crl_number, made, self._revocation_list())

    def _revocation_list(self) -> bytes:
        """Sign what is revoked so far, in DER, with the number of the last list."""
        made = self._clock().replace(microsecond=0)
        return self._signer.revocation_list(self._revoked, made, made + LIFE, self._crl_number)

    @property
    def _chain(self) -> tuple[Certificate, ...]:
        """The authority's own certificate first, its root last."""
        return (self._signer.certificate, *self._signer.issuers)

    def _signed(self, recipe: issuing.Recipe, request: SigningRequest) -> str:
        """Sign, and put the authorities between behind it; the root is known to whoever trusts."""
        lasting = _lasting(issuing.on(self.curve, recipe), LEEWAY + LIFE, self._clock)
        leaf = self._signer.sign(lasting, request.key)
        return "".join(each.pem for each in (leaf, *self._chain[:-1]))


def _lasting(
    recipe: issuing.Recipe, life: timedelta, clock: Callable[[], datetime]
) -> issuing.Recipe:
    """Return a recipe with a period that begins a little before now."""
    start = clock() - LEEWAY
    return replace(recipe, start=start, end=start + life)


def _octets(certificates: bytes | str) -> bytes:
    return certificates.encode() if isinstance(certificates, str) else certificates


def read_request(
    text: object, encoding: str, uuid: UUID, curves: Collection[Curve] = OCF
) -> SigningRequest:
    """Check the signing request of the device `uuid` (OCF Security 13.6).

    Raises:
        PayloadError: if it is for another device, not signed with the key in it, or on a curve that
            is none of `curves`.

    """
    if not isinstance(text, str | bytes):
        raise PayloadError("csr is neither text nor octets")
    data = _octets(text)
    if len(data) > LONGEST_REQUEST:
        raise PayloadError(f"the request is longer than {LONGEST_REQUEST} octets")
    try:
        request = _parse_request(data, encoding, curves, is_text=isinstance(text, str))
    except CertificateError as error:
        raise PayloadError(str(error)) from error
    if request.name != f"uuid:{uuid}":
        raise PayloadError(f"the common name of the request is {request.name!r}")
    return SigningRequest(uuid, request.key)


def _parse_request(
    data: bytes, encoding: str, curves: Collection[Curve], *, is_text: bool
) -> CertificationRequest:
    """Read a request in the encoding that a device names. Raises `CertificateError`."""
    match encoding:
        case "oic.sec.encoding.pem":
            # a device written in C may count the NUL that ends the text
            return read_pem(data.rstrip(b"\0"), curves)
        case "oic.sec.encoding.der":
            return (read_base64 if is_text else read_der)(data, curves)
    raise PayloadError(f"the request is in the encoding {encoding!r}")
