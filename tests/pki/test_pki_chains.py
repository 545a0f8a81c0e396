"""Chains against OCF's certificate profile: each fault has its alert."""

import base64
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from msgspec.structs import replace as replace_struct

from onboardee.device.security.trust import verify_peer, verify_roles
from onboardee.pki import issuing
from onboardee.pki.certificate import Certificate, read_chain, read_octets
from onboardee.pki.chains import MAX_CHAIN, Trust, verify, with_issuers
from onboardee.pki.errors import (
    BadCertificateError,
    CertificateError,
    OutdatedCertificateError,
    RevokedCertificateError,
    UnsupportedCertificateError,
    UntrustedCertificateError,
)
from onboardee.pki.issuing import Issued, Recipe
from onboardee.pki.ocf_profile import IDENTITY, ROLE, roles_in
from onboardee.pki.revocations import read_der as read_list
from onboardee.svrdb.model import (
    Cred,
    Credential,
    CredentialType,
    CredentialUsage,
    Database,
    Doxm,
    Permanent,
    PublicData,
    RoleId,
)
from onboardee.svrdb.model import Encoding as Encoding64

PEER = UUID("11111111-2222-4333-8444-555555555555")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROOT = issuing.root()
MIDDLE = ROOT.issue(issuing.authority("middle", path_length=0))
GOOD = issuing.identity(PEER)
LEAF = MIDDLE.issue(GOOD)
BOTH = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
DAY = timedelta(days=1)


def check(
    chain: list[Certificate],
    *anchors: Certificate,
    at: datetime = NOON,
    purpose: x509.ObjectIdentifier = IDENTITY,
    revoked: bytes | None = None,
) -> None:
    """Verify a chain against some anchors, the root by default."""
    lists = [] if revoked is None else [read_list(revoked)]
    verify(chain, purpose, Trust(anchors or (ROOT.certificate,), at, lists))


def chain_of(leaf: Issued, *, with_root: bool = False) -> list[Certificate]:
    """Return a chain as a peer sends it."""
    return [leaf.certificate, *(leaf.issuers if with_root else leaf.issuers[:-1])]


@pytest.mark.parametrize("with_root", [False, True])
@pytest.mark.parametrize("issuer", [ROOT, MIDDLE])
def test_good_chains(issuer: Issued, with_root: bool) -> None:
    """Chains of one and two links are accepted, whether the root is sent or not."""
    check(chain_of(issuer.issue(GOOD), with_root=with_root))


def test_an_intermediate_can_be_the_anchor() -> None:
    """Some tools install the last certificate of the chain they send, whatever it is."""
    check(chain_of(LEAF), MIDDLE.certificate)
    check([LEAF.certificate], MIDDLE.certificate)


def test_superfluous_certificates_are_passed_over() -> None:
    """A certificate that was sent twice, or has nothing to do with the leaf, does no harm."""
    other = issuing.root("other").certificate
    check([LEAF.certificate, LEAF.certificate, other, MIDDLE.certificate])


def test_one_of_several_anchors_of_the_same_name() -> None:
    """A root that was renewed under its name is found by its key."""
    check(chain_of(LEAF), issuing.root().certificate, ROOT.certificate)


FAULTY_LEAVES: dict[str, Recipe] = {
    "of an authority": replace(GOOD, ca=True),
    "for signing only": replace(GOOD, usages=frozenset({"digital_signature"})),
    "for too much": replace(GOOD, usages=GOOD.usages | {"key_cert_sign"}),
    "without purposes": replace(GOOD, purposes=()),
    "of no identity": replace(GOOD, purposes=BOTH),
    "of a role": replace(GOOD, purposes=(*BOTH, ROLE)),
    "of both kinds": replace(GOOD, purposes=(*BOTH, IDENTITY, ROLE)),
    "for servers only": replace(GOOD, purposes=(BOTH[0], IDENTITY)),
    "for clients only": replace(GOOD, purposes=(BOTH[1], IDENTITY)),
    "for any purpose": replace(
        GOOD, purposes=(*BOTH, IDENTITY, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)
    ),
    "on another curve": replace(GOOD, curve=ec.SECP384R1()),
    "signed with another hash": replace(GOOD, algorithm=hashes.SHA384()),
}


@pytest.mark.parametrize("recipe", FAULTY_LEAVES.values(), ids=FAULTY_LEAVES)
def test_leaves_outside_the_profile(recipe: Recipe) -> None:
    """A certificate that was made for something else is unsupported."""
    with pytest.raises(UnsupportedCertificateError):
        check(chain_of(MIDDLE.issue(recipe)))


CA = issuing.authority("faulty")
FAULTY_AUTHORITIES: dict[str, Recipe] = {
    "no authority": replace(CA, ca=False),
    "not for certificates": replace(CA, usages=frozenset({"crl_sign"})),
    "on another curve": replace(CA, curve=ec.SECP384R1()),
}


@pytest.mark.parametrize("recipe", FAULTY_AUTHORITIES.values(), ids=FAULTY_AUTHORITIES)
def test_authorities_outside_the_profile(recipe: Recipe) -> None:
    """Who may sign no certificates signs none, in the middle and at the root."""
    with pytest.raises(UnsupportedCertificateError):
        check(chain_of(ROOT.issue(recipe).issue(GOOD)))
    other = issuing.root(recipe=recipe)
    with pytest.raises(UnsupportedCertificateError):
        check(chain_of(other.issue(GOOD)), other.certificate)


def test_path_length() -> None:
    """An authority that may have none below has none."""
    below = MIDDLE.issue(issuing.authority("below"))
    with pytest.raises(UnsupportedCertificateError):
        check(chain_of(below.issue(GOOD)))


@pytest.mark.parametrize("critical", [False, True])
def test_unknown_extensions(critical: bool) -> None:
    """What is not understood is a reason to refuse if it is critical only (RFC 5280 4.2)."""
    key = ec.generate_private_key(ec.SECP256R1())
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    builder = x509.CertificateBuilder(
        issuer_name=MIDDLE.certificate.subject,
        subject_name=LEAF.certificate.subject,
        public_key=key.public_key(),
        serial_number=1,
        not_valid_before=NOON - DAY,
        not_valid_after=NOON + DAY,
        extensions=[
            *LEAF.certificate.content.extensions,
            x509.Extension(unknown.oid, critical, unknown),
        ],
    )
    signed = builder.sign(MIDDLE.key, hashes.SHA256())
    with pytest.raises(UnsupportedCertificateError) if critical else nullcontext():
        check([Certificate.of(signed), MIDDLE.certificate])


def test_chains_to_nowhere() -> None:
    """Without its link or its anchor a chain proves nothing."""
    with pytest.raises(UntrustedCertificateError):
        check([LEAF.certificate])
    with pytest.raises(UntrustedCertificateError):
        check(chain_of(LEAF), issuing.root("another").certificate)
    with pytest.raises(UntrustedCertificateError):
        check([issuing.root(recipe=GOOD).certificate])
    with pytest.raises(UntrustedCertificateError):
        verify(chain_of(LEAF), IDENTITY, Trust((), NOON))


def test_forged_signatures() -> None:
    """Somebody else's signature under a known name is a bad certificate."""
    impostor = issuing.root()
    with pytest.raises(BadCertificateError):
        check(chain_of(impostor.issue(GOOD)))
    with pytest.raises(BadCertificateError):
        check([issuing.root("middle").issue(GOOD).certificate, MIDDLE.certificate])


def test_chains_that_are_too_long_or_empty() -> None:
    """The work for a stranger's chain is bounded."""
    with pytest.raises(BadCertificateError):
        check([LEAF.certificate] * 7)
    with pytest.raises(BadCertificateError):
        check([])


@pytest.mark.parametrize("octets", [b"", b"\x30\x00", b"no certificate", bytes(100)])
def test_octets_that_are_no_certificate(octets: bytes) -> None:
    """What cannot be read is a bad certificate."""
    with pytest.raises(BadCertificateError):
        read_chain((octets,))


@pytest.mark.parametrize("who", ["leaf", "middle", "root"])
@pytest.mark.parametrize(
    "period", [(NOON - 2 * DAY, NOON - DAY), (NOON + DAY, NOON + 2 * DAY)], ids=["past", "future"]
)
def test_time(who: str, period: tuple[datetime, datetime]) -> None:
    """Every certificate up to the anchor must be valid now."""

    def recipe(name: str, made: Recipe) -> Recipe:
        return replace(made, start=period[0], end=period[1]) if name == who else made

    root = issuing.root(recipe=recipe("root", issuing.authority("r")))
    middle = root.issue(recipe("middle", issuing.authority("m")))
    leaf = middle.issue(recipe("leaf", GOOD))
    with pytest.raises(OutdatedCertificateError):
        check(chain_of(leaf), root.certificate)
    check(chain_of(leaf), root.certificate, at=period[0] + DAY / 2)


def test_revocation() -> None:
    """A list counts for certificates of the issuer that signed it."""
    for issuer, victim in ((MIDDLE, LEAF), (ROOT, MIDDLE)):
        revoked = issuer.revoke(victim.certificate)
        with pytest.raises(RevokedCertificateError):
            check(chain_of(LEAF), revoked=revoked)
        check(chain_of(MIDDLE.issue(GOOD)), revoked=MIDDLE.revoke(LEAF.certificate))
    check(chain_of(LEAF), revoked=ROOT.revoke(LEAF.certificate))
    check(chain_of(LEAF), revoked=issuing.root("middle").revoke(LEAF.certificate))


@pytest.mark.parametrize(
    ("subject", "uuid"),
    [
        (f"uuid:{PEER}", PEER),
        (f"uuid:{str(PEER).upper()}", PEER),
        (f"{PEER}", None),
        (f"uuid:{PEER}0", None),
        (f"x uuid:{PEER}", None),
        ("uuid:00000000-0000-0000-0000-000000000000", None),
        ("uuid:", None),
    ],
)
def test_identities(subject: str, uuid: UUID | None) -> None:
    """The common name is uuid:<UUID>, and nil is nobody."""
    assert ROOT.issue(replace(GOOD, subject=subject)).certificate.identity == uuid


def test_roles() -> None:
    """A role without an authority is one of the issuer."""
    named = ROOT.issue(issuing.role(PEER, "guest", "house"))
    assert roles_in(named.certificate) == {("guest", "house")}
    unnamed = ROOT.issue(issuing.role(PEER, "guest"))
    expected = ("guest", "onboardee laboratory root")
    assert roles_in(unnamed.certificate) == {expected}
    assert roles_in(LEAF.certificate) == set()
    check(chain_of(named), purpose=ROLE)


def test_no_octet_of_a_leaf_can_be_changed() -> None:
    """Whatever a certificate turns into, it is refused with an alert and nothing else."""
    der = LEAF.certified_key.chain[0]

    def outcome(octets: bytes) -> Any:
        try:
            check([*read_chain((octets,)), MIDDLE.certificate])
        except CertificateError as error:
            return error
        return None

    for place in range(0, len(der), 3):
        changed = bytearray(der)
        changed[place] ^= 0x41
        assert isinstance(outcome(bytes(changed)), CertificateError), place


def unreadable(certificate: Certificate, text: bytes) -> bytes:
    """Return the DER of a certificate with a name that is no UTF-8."""
    assert text in certificate.der
    return certificate.der.replace(text, b"\xff" * len(text))


def test_a_name_that_cannot_be_decoded() -> None:
    """A certificate with an unreadable name is refused as one that is no certificate."""
    der = unreadable(LEAF.certificate, str(PEER).encode())
    with pytest.raises(BadCertificateError):
        read_chain((der,))


def test_an_unreadable_anchor_harms_nobody() -> None:
    """Beside an anchor whose name cannot be read, peers of the others are believed."""
    der = unreadable(issuing.root("spoiled").certificate, b"spoiled")
    spoiled = Credential(
        credid=7,
        kind=CredentialType.CERTIFICATE,
        subject="*",
        usage=CredentialUsage.TRUST_ANCHOR,
        public=PublicData(data=base64.b64encode(der).decode(), encoding=Encoding64.BASE64),
    )
    good = replace_struct(
        spoiled, credid=8, public=PublicData(data=ROOT.pem, encoding=Encoding64.PEM)
    )
    database = Database(
        doxm=Doxm(methods=(0,), credential_types=9, device_uuid=PEER),
        permanent=Permanent(device=PEER, platform=PEER, original=PEER),
        cred=Cred(credentials=(spoiled, good)),
    )
    chain = tuple(each.der for each in chain_of(LEAF))
    assert verify_peer(chain, database, lambda: NOON) == PEER


def test_two_common_names_are_nobody() -> None:
    """Who has two names could be taken for either: it is nobody."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = [
        x509.NameAttribute(x509.NameOID.COMMON_NAME, f"uuid:{uuid}")
        for uuid in (PEER, UUID("99999999-2222-4333-8444-555555555555"))
    ]
    start = datetime(2024, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(names))
        .issuer_name(ROOT.certificate.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + 9000 * DAY)
        .sign(ROOT.key, hashes.SHA256())
    )
    assert Certificate.of(certificate).identity is None


@pytest.mark.parametrize("critical", [False, True])
def test_name_constraints_are_not_passed_over(critical: bool) -> None:
    """An authority that may not certify everybody certifies nobody here."""
    key = ec.generate_private_key(ec.SECP256R1())
    start = datetime(2024, 1, 1, tzinfo=UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "narrow")])
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(ROOT.certificate.subject)
        .public_key(key.public_key())
        .serial_number(2)
        .not_valid_before(start)
        .not_valid_after(start + 9000 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.NameConstraints([x509.DNSName("example")], None), critical=critical)
        .sign(ROOT.key, hashes.SHA256())
    )
    narrow = Issued(Certificate.of(certificate), key, (ROOT.certificate,))
    with pytest.raises(UnsupportedCertificateError):
        check(chain_of(narrow.issue(GOOD)))


def test_a_role_certificate_without_role_gives_nothing() -> None:
    """A certificate for roles that names none is refused, as is one with a reserved role."""
    key = ec.generate_private_key(ec.SECP256R1())
    own = MIDDLE.issue(GOOD, key)
    anchor = Credential(
        credid=8,
        kind=CredentialType.CERTIFICATE,
        subject="*",
        usage=CredentialUsage.TRUST_ANCHOR,
        public=PublicData(data=ROOT.pem, encoding=Encoding64.PEM),
    )
    database = Database(
        doxm=Doxm(methods=(0,), credential_types=9, device_uuid=PEER),
        permanent=Permanent(device=PEER, platform=PEER, original=PEER),
        cred=Cred(credentials=(anchor,)),
    )

    def roles(recipe: Recipe) -> object:
        public = PublicData(data=MIDDLE.issue(recipe, key).pem, encoding=Encoding64.PEM)
        return verify_roles(public, own.certified_key.chain, database, lambda: NOON).roles

    good = issuing.role(PEER, "guest")
    assert roles(good) == {RoleId(role="guest", authority="middle")}
    for faulty in (replace(good, role=None), issuing.role(PEER, "oic.role.king")):
        with pytest.raises(UnsupportedCertificateError):
            roles(faulty)


@pytest.mark.parametrize("form", ["der", "pem"])
def test_several_certificates_in_one_text(form: str) -> None:
    """Certificates one behind the other, DER or PEM, are the same chain."""
    chain = (LEAF.certificate, MIDDLE.certificate, ROOT.certificate)
    parts = [each.der if form == "der" else each.pem.encode() for each in chain]
    assert read_octets(b"".join(parts)) == chain


def test_a_chain_out_of_loose_certificates() -> None:
    """What issued the last one follows it, each once, and no more than a handshake may carry."""
    loose = [ROOT.certificate, issuing.root("other").certificate, MIDDLE.certificate]
    whole = (LEAF.certificate, MIDDLE.certificate, ROOT.certificate)
    assert with_issuers([LEAF.certificate], loose) == whole
    assert with_issuers(whole[:2], []) == whole[:2]
    below, made = ROOT, [ROOT.certificate]
    for number in range(8):
        below = below.issue(issuing.authority(f"authority {number}"))
        made.append(below.certificate)
    assert with_issuers([below.certificate], made) == tuple(reversed(made))[:MAX_CHAIN]
