"""ECDSA with NULL parameters, as Mbed TLS wrote it: read, verified, and nothing else is eased."""

import warnings
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from null_certificates import (
    NULL,
    PLAIN,
    content_of,
    null_authority,
    null_issue,
    null_root,
    rewritten,
    value,
    with_null,
)
from test_pki_chains import FAULTY_LEAVES

from onboardee.pki import issuing, revocations, signing_requests
from onboardee.pki.certificate import Certificate, read_der, read_octets, read_pem
from onboardee.pki.chains import Trust, issued_in_turn, verify
from onboardee.pki.errors import (
    BadCertificateError,
    CertificateError,
    OutdatedCertificateError,
    RevokedCertificateError,
    UnsupportedCertificateError,
    UntrustedCertificateError,
)
from onboardee.pki.issuing import Issued, Recipe
from onboardee.pki.ocf_profile import IDENTITY
from onboardee.pki.printing import title

PEER = UUID("11111111-2222-4333-8444-555555555555")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
GOOD = issuing.identity(PEER)
ROOT = null_root()
MIDDLE = null_authority(ROOT)
LEAF = null_issue(MIDDLE, GOOD)
SHA1 = bytes.fromhex("300b 06072a8648ce3d0401 0500")
SHA224 = bytes.fromhex("300c 06082a8648ce3d040301 0500")
SHA384 = bytes.fromhex("300c 06082a8648ce3d040303 0500")


def check(chain: list[Certificate], *anchors: Certificate, revoked: bytes | None = None) -> None:
    """Verify a chain against some anchors, the root by default."""
    lists = [] if revoked is None else [revocations.read_der(revoked)]
    verify(chain, IDENTITY, Trust(anchors or (ROOT.certificate,), NOON, lists))


def body(certificate: Certificate) -> bytes:
    """Return what the signature of a certificate without NULL is over."""
    return certificate.content.tbs_certificate_bytes


def test_a_chain_is_verified_over_the_octets_that_came() -> None:
    """Root, authority and leaf with NULL are believed, and stay what they are to the octet."""
    check([*LEAF.chain])
    check([*LEAF.chain, ROOT.certificate])
    check([LEAF.certificate], MIDDLE.certificate)
    for each in (LEAF, MIDDLE, ROOT):
        der = each.certificate.der
        assert der.count(NULL) == 2
        assert read_der(der) == each.certificate
        assert read_der(der).der == der
        assert read_pem(each.certificate.pem) == read_octets(der) == (each.certificate,)
    assert LEAF.certificate.identity == PEER
    assert title(LEAF.chain) == f"CN=uuid:{PEER} until 2123-12-08 and 1 more"


def test_chains_of_both_ways_of_writing() -> None:
    """Each certificate is read by itself: those of today stand below and above."""
    today = issuing.root()
    check([null_issue(today, GOOD).certificate], today.certificate)
    below = MIDDLE.issue(GOOD)
    check([*below.chain])
    assert issued_in_turn([*below.chain, ROOT.certificate]) == 3
    assert issued_in_turn([LEAF.certificate, ROOT.certificate]) == 1
    renamed = null_issue(ROOT, issuing.authority("renamed"), MIDDLE.key).certificate
    assert issued_in_turn([LEAF.certificate, renamed]) == 1


def test_nothing_is_said_about_it() -> None:
    """Who reads such certificates by the hundred gets no warnings."""
    with warnings.catch_warnings(action="error"):
        read_der(LEAF.certificate.der)


@pytest.mark.parametrize(
    ("inside", "outside"),
    [(NULL, PLAIN), (PLAIN, NULL), (NULL, SHA384), (SHA384, NULL), (PLAIN, SHA384)],
)
def test_inside_and_outside_agree(inside: bytes, outside: bytes) -> None:
    """A certificate that says two algorithms is none, even if it is signed (RFC 5280 4.1.1.2)."""
    made = MIDDLE.issue(GOOD)
    der = rewritten(body(made.certificate), MIDDLE.key, inside=inside, outside=outside)
    with pytest.raises(BadCertificateError):
        check([read_der(der), MIDDLE.certificate])


@pytest.mark.parametrize(
    "algorithm",
    [
        SHA1,
        SHA224,
        bytes.fromhex("300e 06082a8648ce3d040302 05020000"),
        bytes.fromhex("300c 06082a8648ce3d040302 0400"),
        bytes.fromhex("300c 06082a8648ce3d040302 3000"),
        bytes.fromhex("300e 06082a8648ce3d040302 0500 0500"),
        bytes.fromhex("300d 06082a8648ce3d040302 058100"),
        bytes.fromhex("300b 06072a8648ce3d0201 0500"),
        bytes.fromhex("300d 06092a864886f70d01010b 0500"),
    ],
    ids=["SHA-1", "SHA-224", "full", "octets", "sequence", "two", "long", "key", "RSA"],
)
def test_nothing_but_null_is_tolerated(algorithm: bytes) -> None:
    """Other parameters, other writings of NULL and other algorithms are refused."""
    made = MIDDLE.issue(GOOD)
    der = rewritten(body(made.certificate), MIDDLE.key, inside=algorithm, outside=algorithm)
    with pytest.raises(CertificateError):
        check([read_der(der), MIDDLE.certificate])


def test_another_hash_is_another_algorithm() -> None:
    """A certificate that says SHA-384 and was signed with SHA-256 is not signed."""
    made = MIDDLE.issue(GOOD)
    der = rewritten(body(made.certificate), MIDDLE.key, inside=SHA384, outside=SHA384)
    assert not read_der(der).is_issued_by(MIDDLE.certificate)
    right = body(MIDDLE.issue(GOOD).certificate).replace(PLAIN, SHA384)
    content = value(0x30, content_of(right))
    signature = MIDDLE.key.sign(content, ec.ECDSA(hashes.SHA384()))
    der = value(0x30, content + SHA384 + value(0x03, b"\x00" + signature))
    assert read_der(der).is_issued_by(MIDDLE.certificate)
    with pytest.raises(UnsupportedCertificateError, match="ECDSA with SHA-256"):
        check([read_der(der), MIDDLE.certificate])


def test_keys_have_their_curve() -> None:
    """NULL in place of a key's curve is no tolerated writing: there would be no key."""
    made = body(MIDDLE.issue(GOOD).certificate)
    named = bytes.fromhex("3013 06072a8648ce3d0201 06082a8648ce3d030107")
    assert named in made
    content = content_of(made).replace(named, bytes.fromhex("300b 06072a8648ce3d0201 0500"))
    # the key's own length is one octet before it
    content = content.replace(b"\x30\x59\x30\x0b", b"\x30\x51\x30\x0b")
    der = rewritten(value(0x30, content), MIDDLE.key)
    with pytest.raises(CertificateError):
        check([read_der(der), MIDDLE.certificate])


def test_a_signature_over_other_octets() -> None:
    """What was signed without NULL is not signed once somebody has written NULL into it."""
    plain = MIDDLE.issue(GOOD).certificate
    content = value(0x30, content_of(body(plain)).replace(PLAIN, NULL))
    changed = value(0x30, content + NULL + value(0x03, b"\x00" + plain.content.signature))
    with pytest.raises(BadCertificateError, match="signature does not verify"):
        check([read_der(changed), MIDDLE.certificate])
    stripped = LEAF.certificate.content.public_bytes(Encoding.DER)
    with pytest.raises(BadCertificateError, match="signature does not verify"):
        check([read_der(stripped), MIDDLE.certificate])


def test_somebody_elses_signature() -> None:
    """Under a known name another key convinces nobody, and another name leads nowhere."""
    impostor = null_root("root of its time")
    with pytest.raises(BadCertificateError):
        check([null_issue(impostor, GOOD).certificate])
    same_key = replace(
        ROOT, certificate=null_issue(ROOT, issuing.authority("x"), ROOT.key).certificate
    )
    with pytest.raises(UntrustedCertificateError):
        check([null_issue(same_key, GOOD).certificate])
    on_other_curve = issuing.root(recipe=replace(issuing.authority("x"), curve=ec.SECP384R1()))
    forged = with_null(on_other_curve.issue(GOOD).certificate, MIDDLE.key)
    with pytest.raises(BadCertificateError):
        check([forged], on_other_curve.certificate)


def test_no_octet_of_a_leaf_can_be_changed() -> None:
    """Whatever such a certificate turns into, it is refused, and nothing else comes of it."""
    der = LEAF.certificate.der
    for place in range(len(der)):
        for bit in (1, 0x40):
            changed = bytearray(der)
            changed[place] ^= bit
            with pytest.raises(CertificateError):
                check([read_der(bytes(changed)), MIDDLE.certificate])


def test_a_signature_is_whole_octets() -> None:
    """A signature of which some bits do not count is none, whoever made it."""
    der = b"\x01"
    while der[-1] & 1:
        der = null_issue(MIDDLE, GOOD).certificate.der
    at = len(der) - len(read_der(der).content.signature) - 1
    assert der[at] == 0
    with pytest.raises(BadCertificateError):
        read_der(der[:at] + b"\x01" + der[at + 1 :])


def test_the_first_version_of_certificates() -> None:
    """A certificate of version 1 is read and verified, and fits no profile of OCF."""
    made = MIDDLE.issue(GOOD).certificate
    fields = content_of(body(made))
    version, extensions = value(0xA0, value(0x02, b"\x02")), fields.rindex(b"\xa3")
    assert fields.startswith(version)
    der = rewritten(value(0x30, fields[len(version) : extensions]), MIDDLE.key)
    assert read_der(der).is_issued_by(MIDDLE.certificate)
    with pytest.raises(UnsupportedCertificateError, match="version 3"):
        check([read_der(der), MIDDLE.certificate])


def test_keys_of_another_kind() -> None:
    """An anchor of the issuer's name with a key for RSA has not signed it."""
    key = rsa.generate_private_key(65537, 2048)
    name = MIDDLE.certificate.subject
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOON - DAY, NOON + DAY)
    other = Certificate.of(builder.sign(key, hashes.SHA256()))
    with pytest.raises(BadCertificateError, match="signature does not verify"):
        check([LEAF.certificate], other)


@pytest.mark.parametrize("length", [0, 1, 4, 9, 40, 200, 300, -1])
def test_octets_that_break_off(length: int) -> None:
    """Half a certificate is none, with its NULL or without."""
    with pytest.raises(BadCertificateError):
        read_der(LEAF.certificate.der[:length])


@pytest.mark.parametrize("fields", [b"", value(0x02, b"\x01"), value(0xA0, b"")])
def test_content_without_fields(fields: bytes) -> None:
    """Signed content that has no field where the algorithm stands is refused."""
    der = rewritten(value(0x30, fields), ROOT.key)
    for read in (read_der, revocations.read_der, signing_requests.read_der):
        with pytest.raises(CertificateError):
            read(der)


WEAKER: dict[str, tuple[type[CertificateError], Recipe]] = {
    **{
        name: (UnsupportedCertificateError, recipe)
        for name, recipe in FAULTY_LEAVES.items()
        if name != "signed with another hash"  # there is a test of its own
    },
    "expired": (OutdatedCertificateError, replace(GOOD, end=NOON - DAY)),
    "early": (OutdatedCertificateError, replace(GOOD, start=NOON + DAY)),
}


@pytest.mark.parametrize("name", WEAKER)
def test_the_profile_is_as_strict(name: str) -> None:
    """NULL is forgiven, and nothing beside it: use, curve, times."""
    error, recipe = WEAKER[name]
    with pytest.raises(error):
        check([*null_issue(MIDDLE, recipe).chain])


@pytest.mark.parametrize(
    "recipe",
    [
        replace(issuing.authority("x"), ca=False),
        replace(issuing.authority("x"), usages=frozenset({"crl_sign"})),
        replace(issuing.authority("x"), curve=ec.SECP384R1()),
    ],
)
def test_authorities_are_as_limited(recipe: Recipe) -> None:
    """Who may sign no certificates signs none with NULL either."""
    with pytest.raises(UnsupportedCertificateError):
        check([*null_issue(null_issue(ROOT, recipe), GOOD).chain])


def test_path_length() -> None:
    """An authority that may have none below has none."""
    below = null_issue(MIDDLE, issuing.authority("below"))
    with pytest.raises(UnsupportedCertificateError, match="longer than an authority allows"):
        check([*null_issue(below, GOOD).chain])


def test_unknown_critical_extensions() -> None:
    """What must be understood is asked for in such certificates too (RFC 5280 4.2)."""
    key = ec.generate_private_key(ec.SECP256R1())
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    content = LEAF.certificate.content
    builder = x509.CertificateBuilder(
        issuer_name=content.issuer,
        subject_name=content.subject,
        public_key=key.public_key(),
        serial_number=1,
        not_valid_before=NOON - DAY,
        not_valid_after=NOON + DAY,
        extensions=[*content.extensions, x509.Extension(unknown.oid, True, unknown)],
    )
    made = Certificate.of(builder.sign(MIDDLE.key, hashes.SHA256()))
    with pytest.raises(UnsupportedCertificateError, match="unknown critical"):
        check([with_null(made, MIDDLE.key), MIDDLE.certificate])


def null_list(signer: Issued, *certificates: Certificate, key: Issued | None = None) -> bytes:
    """Make a list of revoked certificates with NULL parameters."""
    found = x509.load_der_x509_crl(signer.revoke(*certificates))
    return rewritten(found.tbs_certlist_bytes, (key or signer).key)


def test_lists_of_revoked_certificates() -> None:
    """A list with NULL withdraws what it names, if the issuer's key signed it."""
    revoked = null_list(MIDDLE, LEAF.certificate)
    assert revoked.count(NULL) == 2
    assert revocations.read_der(revoked).der == revoked
    with pytest.raises(RevokedCertificateError):
        check([*LEAF.chain], revoked=revoked)
    check([*null_issue(MIDDLE, GOOD).chain], revoked=revoked)
    forged = null_list(MIDDLE, LEAF.certificate, key=ROOT)
    check([*LEAF.chain], revoked=forged)
    renamed = null_issue(ROOT, issuing.authority("renamed"), MIDDLE.key)
    for other in (null_list(renamed, LEAF.certificate), renamed.revoke(LEAF.certificate)):
        check([*LEAF.chain], revoked=other)
    content = x509.load_der_x509_crl(MIDDLE.revoke(LEAF.certificate)).tbs_certlist_bytes
    for inside, outside in ((NULL, PLAIN), (PLAIN, NULL)):
        with pytest.raises(BadCertificateError):
            revocations.read_der(rewritten(content, MIDDLE.key, inside=inside, outside=outside))


def null_request(key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey) -> bytes:
    """Make a certificate request with NULL parameters."""
    made = x509.load_pem_x509_csr(signing_requests.make_request(key, PEER).encode())
    return rewritten(made.tbs_certrequest_bytes, signer)


def test_certificate_requests() -> None:
    """A device of that time gets its certificate, if its key signed the request."""
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    der = null_request(key, key)
    assert der.count(NULL) == 1
    found = signing_requests.read_der(der)
    assert (found.name, found.key) == (f"uuid:{PEER}", key.public_key())
    with pytest.raises(BadCertificateError, match="not signed with the key in it"):
        signing_requests.read_der(null_request(key, other))
