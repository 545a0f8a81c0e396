"""Chains of certificates: which are believed, and what is said of the others."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from null_certificates import null_authority, null_issue, null_root
from obt_certificates import LEAF_USES, NOW, YEAR, Issued, Plan, authority, issue

from onboardee.obt import OnboardingError, TrustAnchors
from onboardee.obt.chain import MAX_CHAIN, check_identity, check_manufacturer
from onboardee.pki import issuing
from onboardee.pki.pem import from_octets
from onboardee.wire.dtls import (
    Alert,
    BadCertificate,
    CertificateExpired,
    CertificateRevoked,
    CertificateUnknown,
    UnknownCa,
    UnsupportedCertificate,
)

DEVICE = UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")
SERVER, CLIENT = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
IDENTITY, ROLE = "1.3.6.1.4.1.44924.1.6", "1.3.6.1.4.1.44924.1.7"
ROOT = authority()


def trust(*roots: Issued) -> TrustAnchors:
    """Trust roots, at the time of these tests."""
    return TrustAnchors.of(*(root.der for root in roots), clock=lambda: NOW)


def accepts(*chain: Issued, root: Issued = ROOT) -> None:
    """Check a manufacturer's chain."""
    check_manufacturer(tuple(each.der for each in chain), trust(root))


def test_usage_that_may_be_missing() -> None:
    """A certificate may say nothing of its use where that is allowed, but nothing wrong."""
    root = authority("old", uses=None)
    silent = issue(Plan("device", root, uses=None))
    for leaf, right in ((silent, True), (issue(Plan("d", root, uses=("crl_sign",))), False)):
        for needs_usage in (False, True):
            chain = (leaf.der, root.der)
            if right and not needs_usage:
                check_manufacturer(chain, trust(root), needs_usage=False)
            else:
                with pytest.raises(UnsupportedCertificate, match="not for signing handshakes"):
                    check_manufacturer(chain, trust(root), needs_usage=needs_usage)
    wrong = authority("wrong", uses=("crl_sign",))
    with pytest.raises(BadCertificate, match="not for signing certificates"):
        check_manufacturer(
            (issue(Plan("device", wrong, uses=None)).der,), trust(wrong), needs_usage=False
        )


def test_right_chains() -> None:
    """Leaf alone, with the root, with authorities between, in SHA-384 and on P-384."""
    leaf = issue(Plan("device", ROOT))
    accepts(leaf)
    accepts(leaf, ROOT)
    accepts(issue(Plan("device", ROOT, purposes=(SERVER,), digest=SHA384())))
    middle = authority("middle", ROOT, length=0, key=ec.generate_private_key(ec.SECP384R1()))
    below = issue(Plan("device", middle))
    accepts(below, middle)
    accepts(below, middle, ROOT)
    accepts(below, root=middle)
    check_manufacturer((leaf.der,), trust(authority("other"), ROOT))


def unsigned_by(other: Issued) -> Issued:
    """Return a leaf that names an issuer whose key did not sign it."""
    return issue(Plan("device", Issued(ROOT.certificate, other.key)))


WRONG: dict[str, tuple[type[Alert], Callable[[], tuple[Issued, ...]]]] = {
    "foreign": (UnknownCa, lambda: (issue(Plan("device", authority("other"))),)),
    "same name": (UnknownCa, lambda: (unsigned_by(authority("other")),)),
    "self-signed": (UnknownCa, lambda: (issue(Plan("device")),)),
    "expired": (CertificateExpired, lambda: (issue(Plan("device", ROOT, end=NOW - YEAR / 2)),)),
    "not yet": (
        CertificateExpired,
        lambda: (issue(Plan("device", ROOT, start=NOW + timedelta(seconds=1))),),
    ),
    "authority": (UnsupportedCertificate, lambda: (authority("device", ROOT),)),
    "anchor itself": (UnsupportedCertificate, lambda: (ROOT,)),
    "no key usage": (UnsupportedCertificate, lambda: (issue(Plan("device", ROOT, uses=None)),)),
    "wrong key usage": (
        UnsupportedCertificate,
        lambda: (issue(Plan("device", ROOT, uses=("key_agreement",))),),
    ),
    "key may sign": (
        UnsupportedCertificate,
        lambda: (issue(Plan("device", ROOT, uses=(*LEAF_USES, "key_cert_sign"))),),
    ),
    "for clients": (
        UnsupportedCertificate,
        lambda: (issue(Plan("device", ROOT, purposes=(CLIENT,))),),
    ),
    "unknown extension": (
        UnsupportedCertificate,
        lambda: (issue(Plan("device", ROOT, unknown=True)),),
    ),
    "RSA": (
        UnsupportedCertificate,
        lambda: (issue(Plan("device", ROOT, key=rsa.generate_private_key(65537, 2048))),),
    ),
    "other curve": (
        UnsupportedCertificate,
        lambda: (issue(Plan("device", ROOT, key=ec.generate_private_key(ec.SECP521R1()))),),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_leaves(name: str) -> None:
    """Each fault of a leaf has its alert."""
    alert, make = WRONG[name]
    with pytest.raises(alert):
        accepts(*make())


@pytest.mark.parametrize(
    ("options", "alert"),
    [
        ({"ca": False}, BadCertificate),
        ({"ca": None}, BadCertificate),
        ({"uses": ("crl_sign",)}, BadCertificate),
        ({"uses": None}, BadCertificate),
        ({"end": NOW - timedelta(seconds=1)}, CertificateExpired),
        ({"unknown": True}, UnsupportedCertificate),
    ],
)
def test_wrong_authorities(options: dict[str, object], alert: type[Alert]) -> None:
    """An authority in the middle must be one, be in time, and may sign."""
    middle = issue(Plan("middle", ROOT, **{"ca": True, "uses": ("key_cert_sign",), **options}))  # type: ignore[arg-type]
    with pytest.raises(alert):
        accepts(issue(Plan("device", middle)), middle)


def test_wrong_anchor() -> None:
    """A trust anchor is checked like any other authority."""
    for root in (issue(Plan("root", ca=False)), authority(end=NOW - timedelta(1))):
        with pytest.raises((BadCertificate, CertificateExpired)):
            accepts(issue(Plan("device", root)), root=root)


def withdrawn(issuer: Issued, *certificates: Issued, renewed: bool = True) -> bytes:
    """Make a list of revoked certificates, in time or overdue."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    due = NOW + YEAR if renewed else NOW - timedelta(1)
    builder = builder.last_update(NOW - YEAR).next_update(due)
    for each in certificates:
        serial = each.certificate.serial_number
        entry = x509.RevokedCertificateBuilder(serial, NOW - YEAR).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(issuer.key, SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize("renewed", [True, False])
def test_revoked(renewed: bool) -> None:
    """A device or an authority between that was revoked is refused, by an overdue list, too."""
    middle = authority("middle", ROOT)
    leaf, direct = issue(Plan("device", middle)), issue(Plan("device", ROOT))
    check = {
        "leaf": (ROOT, direct, (direct.der,)),
        "middle": (ROOT, middle, (leaf.der, middle.der)),
        "below": (middle, leaf, (leaf.der, middle.der)),
    }
    for issuer, lost, chain in check.values():
        lists = (withdrawn(issuer, lost, renewed=renewed),)
        with pytest.raises(CertificateRevoked):
            check_manufacturer(chain, replace(trust(ROOT), revocations=lambda lists=lists: lists))


def test_lists_that_do_not_count() -> None:
    """One that names others, and one that somebody else signed."""
    leaf = issue(Plan("device", ROOT))
    forger = Issued(ROOT.certificate, ec.generate_private_key(ec.SECP256R1()))
    lists = (withdrawn(ROOT, issue(Plan("other", ROOT))), withdrawn(forger, leaf))
    check_manufacturer((leaf.der,), replace(trust(ROOT), revocations=lambda: lists))


def test_a_list_that_cannot_be_read() -> None:
    """It is ours, so no device is blamed for it."""
    leaf = issue(Plan("device", ROOT))
    with pytest.raises(OnboardingError, match="read the revocations"):
        check_manufacturer((leaf.der,), replace(trust(ROOT), revocations=lambda: (b"x",)))


def test_depth() -> None:
    """An authority limits how many may stand below it."""
    root = authority(length=0)
    middle = authority("middle", root)
    with pytest.raises(BadCertificate, match="allows no authority that far below"):
        accepts(issue(Plan("device", middle)), middle, root=root)


def test_order_and_length() -> None:
    """Each certificate is signed by the next; there are neither none nor many."""
    middle = authority("middle", ROOT)
    leaf = issue(Plan("device", middle))
    with pytest.raises(BadCertificate, match="not signed by the next"):
        accepts(leaf, ROOT, middle)
    with pytest.raises(UnknownCa):
        accepts(leaf)
    for chain in ((), (leaf,) * (MAX_CHAIN + 1)):
        with pytest.raises(BadCertificate):
            accepts(*chain)


@pytest.mark.parametrize("der", [b"", b"\x30", b"\x30\x03\x02\x01\x01", ROOT.der[:-1]])
def test_no_certificates(der: bytes) -> None:
    """Octets that are no certificate are refused, whatever they are."""
    with pytest.raises(BadCertificate, match="cannot be read"):
        check_manufacturer((der,), trust(ROOT))


def test_no_octet_can_be_changed() -> None:
    """Whatever is changed in a certificate, an alert is all that comes of it."""
    issued = issue(Plan("device", ROOT, purposes=(SERVER,)))
    der = issued.der
    # the octet before the signature says how many of its bits are not used, and not all look
    ignored = len(der) - len(issued.certificate.signature) - 1
    for at in set(range(len(der))) - {ignored}:
        for bit in (1, 0x80):
            changed = der[:at] + bytes([der[at] ^ bit]) + der[at + 1 :]
            with pytest.raises(Alert):
                check_manufacturer((changed,), trust(ROOT))


def test_unusable_anchors() -> None:
    """An anchor of ours that is of no use is our fault, and told before anything is sent."""
    unusable = issue(Plan("root", key=rsa.generate_private_key(65537, 2048), ca=True))
    for octets in (b"\x30", unusable.der):
        with pytest.raises(OnboardingError, match="read the trust anchors"):
            TrustAnchors.of(octets).verify_manufacturer()


def test_identity() -> None:
    """An identity certificate names the device and carries OCF's purpose."""
    purposes = (SERVER, CLIENT, IDENTITY)

    def check(name: str, *oids: str) -> None:
        leaf = issue(Plan(name, ROOT, purposes=oids))
        check_identity((leaf.der,), trust(ROOT), DEVICE)

    check(f"uuid:{DEVICE}", *purposes)
    with pytest.raises(CertificateUnknown, match="'uuid:11111111-"):
        check("uuid:11111111-2222-4333-8444-555555555555", *purposes)
    for name in (str(DEVICE), f"uuid:{DEVICE}x", f"x uuid:{DEVICE}"):
        with pytest.raises(CertificateUnknown):
            check(name, *purposes)
    for oids in ((), (SERVER, CLIENT), (SERVER, CLIENT, ROLE), (SERVER, IDENTITY)):
        with pytest.raises(UnsupportedCertificate):
            check(f"uuid:{DEVICE}", *oids)


def test_anchors_are_read_from_both_forms(tmp_path: Path) -> None:
    """PEM text with several certificates, and DER octets."""
    other = authority("other")
    both = TrustAnchors.of(ROOT.pem + b"\n# and\r\n" + other.pem, ROOT.der)
    assert both.certificates == (ROOT.der, other.der, ROOT.der)
    assert from_octets(ROOT.pem) == (ROOT.der,)
    for wrong in (b"", b"nothing", ROOT.pem.replace(b"MII", b"!II")):
        with pytest.raises(ValueError, match="PEM"):
            from_octets(wrong)
    with pytest.raises(ValueError, match="without a trust anchor"):
        TrustAnchors(())


def test_devices_of_mbedtls() -> None:
    """Certificates with NULL parameters convince the tool as others do, and no further."""
    root = null_root()
    leaf = null_issue(null_authority(root), issuing.identity(DEVICE))
    anchors = TrustAnchors.of(root.pem, clock=lambda: NOW)
    shown = leaf.certified_key.chain
    check_identity(shown, anchors, DEVICE)
    check_manufacturer(shown, anchors)
    check_manufacturer(shown, TrustAnchors.of(leaf.issuers[0].der, clock=lambda: NOW))
    with pytest.raises(UnknownCa):
        check_identity(shown[:1], anchors, DEVICE)
    with pytest.raises(UnknownCa):
        check_identity(shown, TrustAnchors.of(null_root().pem, clock=lambda: NOW), DEVICE)
    late = TrustAnchors.of(root.pem, clock=lambda: NOW + 100 * YEAR)
    with pytest.raises(CertificateExpired):
        check_identity(shown, late, DEVICE)
    der = shown[0]
    for at in range(len(der)):
        changed = der[:at] + bytes([der[at] ^ 1]) + der[at + 1 :]
        with pytest.raises(Alert):
            check_identity((changed, *shown[1:]), anchors, DEVICE)
