"""The device's own key pair and the certificates that it presents."""

from datetime import UTC, datetime
from uuid import UUID

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec.structs import replace

from onboardee.device.security.device_certificates import (
    identity_certificate,
    manufacturer_certificate,
    new_key,
)
from onboardee.pki import issuing
from onboardee.pki.ocf_profile import check_end_entity
from onboardee.svrdb.model import (
    Cred,
    Credential,
    CredentialType,
    CredentialUsage,
    Database,
    Doxm,
    Encoding,
    Permanent,
    PrivateData,
    PublicData,
)

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
DEVICE = UUID("11111111-2222-4333-8444-555555555555")
ROOT = issuing.root()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


class FixedEntropy:
    """Gives one number, whoever asks."""

    def __init__(self, number: int) -> None:
        self.number = number

    def token(self, size: int, /) -> bytes:
        """Return the number in so many octets."""
        return self.number.to_bytes(size)


def test_any_random_octets_make_a_key() -> None:
    """No octets make a scalar outside 1 … order - 1, which would be no key."""
    for number in (0, 1, ORDER - 2, ORDER - 1, ORDER, 2**320 - 1):
        key = load_pem_private_key(new_key(FixedEntropy(number)).data, None)
        scalar = key.private_numbers().private_value  # type: ignore[union-attr]
        assert scalar == number % (ORDER - 1) + 1


def test_a_certificate_that_is_not_there_is_passed_over() -> None:
    """An identity without its certificate, or without a key, gives way to the maker's."""
    made = ROOT.issue(issuing.manufacturer())
    makers = Credential(
        credid=1,
        kind=CredentialType.CERTIFICATE,
        subject="*",
        usage=CredentialUsage.MANUFACTURER,
        public=PublicData(data=made.pem, encoding=Encoding.PEM),
        private=PrivateData(data=made.key_pem.encode(), encoding=Encoding.PEM),
    )
    own = ROOT.issue(issuing.identity(DEVICE))
    without_key = PublicData(data=own.pem, encoding=Encoding.PEM)
    for public in (None, without_key):
        identity = Credential(
            credid=2,
            kind=CredentialType.CERTIFICATE,
            subject="*",
            usage=CredentialUsage.IDENTITY,
            public=public,
        )
        database = Database(
            doxm=Doxm(methods=(0,), credential_types=9, device_uuid=DEVICE),
            permanent=Permanent(device=DEVICE, platform=DEVICE, original=DEVICE),
            cred=Cred(credentials=(makers, identity)),
        )
        presented = identity_certificate(database, NOON)
        assert presented is not None
        assert presented.chain == made.certified_key.chain


def test_a_makers_certificate_needs_no_purpose_of_ocf() -> None:
    """What a manufacturer's certificate is for need not be said in it (OCF Security 9.4.2.2)."""
    check_end_entity(ROOT.issue(issuing.manufacturer()).certificate, None)


def device_with(*credentials: Credential, key: PrivateData | None = None) -> Database:
    """Make a device with these certificates."""
    return Database(
        doxm=Doxm(methods=(0,), credential_types=9, device_uuid=DEVICE),
        permanent=Permanent(device=DEVICE, platform=DEVICE, original=DEVICE),
        cred=Cred(credentials=credentials),
        identity_key=key or PrivateData(),
    )


def makers(credid: int, pem: str, key: str | None = None) -> Credential:
    """Make a credential of a manufacturer's chain."""
    return Credential(
        credid=credid,
        kind=CredentialType.CERTIFICATE,
        subject="*",
        usage=CredentialUsage.MANUFACTURER,
        public=PublicData(data=pem, encoding=Encoding.PEM),
        private=None if key is None else PrivateData(data=key.encode(), encoding=Encoding.PEM),
    )


def test_a_chain_in_several_credentials_is_shown_as_one() -> None:
    """A database of IoTivity has each certificate in a credential of its own, in any order."""
    middle = ROOT.issue(issuing.authority("middle", path_length=0))
    leaf = middle.issue(issuing.manufacturer())
    first = makers(1, leaf.certificate.pem, leaf.key_pem)
    above, stranger = makers(2, middle.certificate.pem), makers(3, issuing.root().pem)
    broken = makers(4, "no certificate")
    own_key = new_key(FixedEntropy(7))
    for order in ((first, above, stranger, broken), (broken, stranger, above, first)):
        shown = manufacturer_certificate(device_with(*order, key=own_key), NOON)
        assert shown is not None
        assert shown.chain == (leaf.certificate.der, middle.certificate.der)
        assert shown.private_key.public_key() == leaf.key.public_key()
    elsewhere = replace(above, usage=CredentialUsage.IDENTITY)
    shown = manufacturer_certificate(device_with(first, elsewhere), NOON)
    assert shown is not None
    assert shown.chain == (leaf.certificate.der,)


def test_a_makers_certificate_brings_its_key() -> None:
    """A manufacturer's certificate for the device's own key pair is not shown as the maker's."""
    own = ROOT.issue(issuing.manufacturer())
    key = PrivateData(data=own.key_pem.encode(), encoding=Encoding.PEM)
    assert manufacturer_certificate(device_with(makers(1, own.pem), key=key), NOON) is None


def test_a_key_that_is_not_the_certificates_is_not_shown() -> None:
    """A certificate beside another key would end each handshake: it is passed over."""
    made, other = (ROOT.issue(issuing.manufacturer()) for _ in range(2))
    wrong = makers(2, made.pem, other.key_pem)
    shown = manufacturer_certificate(device_with(makers(1, made.pem, made.key_pem), wrong), NOON)
    assert shown is not None
    assert shown.private_key.public_key() == made.key.public_key()
    assert manufacturer_certificate(device_with(wrong), NOON) is None
