"""What is wrong with certificates: keys, chains, times, and text that is none."""

import base64
from collections.abc import Callable
from dataclasses import replace as with_
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from msgspec.structs import replace
from null_certificates import null_authority, null_issue, null_root
from svrdb_samples import DEVICE, unowned

from onboardee.pki import issuing
from onboardee.pki.issuing import Issued
from onboardee.svrdb import (
    Credential,
    Database,
    Encoding,
    PrivateData,
    ProblemCode,
    PublicData,
    RepairMeans,
    Severity,
    advise,
    profile_of,
    repair,
)
from onboardee.svrdb.model import CredentialUsage

NOW = datetime(2030, 6, 1, tzinfo=UTC)
ROOT = issuing.root()
MIDDLE = ROOT.issue(issuing.authority("middle", path_length=0))
LEAF = MIDDLE.issue(issuing.identity(DEVICE))
OTHER = ROOT.issue(issuing.identity(DEVICE))


def pem_key(issued: Issued) -> PrivateData:
    """Return a private key as it is stored."""
    return PrivateData(data=issued.key_pem.encode(), encoding=Encoding.PEM)


def credential(**changes: object) -> Credential:
    """Return a sound identity certificate with its chain and key."""
    sound = Credential(
        credid=1,
        kind=8,
        subject="*",
        usage=CredentialUsage.IDENTITY,
        public=PublicData(data=LEAF.pem),
        private=pem_key(LEAF),
    )
    return replace(sound, **changes)


def database(*credentials: Credential, key: PrivateData | None = None) -> Database:
    """Return a device that has these credentials; its reset profile has none."""
    device = replace(unowned(), doxm=replace(unowned().doxm, methods=(0,)))
    return replace(
        device,
        cred=replace(device.cred, credentials=credentials),
        identity_key=key or PrivateData(),
        reset_profile=profile_of(device),
    )


def codes(device: Database, now: datetime = NOW) -> list[ProblemCode]:
    """Return only the codes."""
    return [finding.code for finding in advise(device, now)]  # type: ignore[misc]


def repaired(device: Database) -> Database:
    """Return what a repair makes of it."""
    numbers = count(1)
    return repair(device, RepairMeans(NOW, lambda: UUID(int=next(numbers))))


@pytest.mark.parametrize(
    ("sound", "key"),
    [
        (credential(), None),
        (credential(private=None), pem_key(LEAF)),
        (credential(usage=CredentialUsage.TRUST_ANCHOR, public=PublicData(data=ROOT.pem)), None),
        (
            credential(
                usage=CredentialUsage.TRUST_ANCHOR,
                private=None,
                public=PublicData(data=ROOT.pem + OTHER.pem),
            ),
            None,
        ),
    ],
)
def test_sound(sound: Credential, key: PrivateData | None) -> None:
    """A certificate with its key, or for the device's key pair, and anchors in any order."""
    assert codes(database(sound, key=key)) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"public": PublicData(data="no PEM")}, ProblemCode.CERTIFICATE_UNREADABLE),
        ({"public": PublicData(data=LEAF.pem[:300])}, ProblemCode.CERTIFICATE_UNREADABLE),
        (
            {"public": PublicData(data="AAAA", encoding=Encoding.DER)},
            ProblemCode.CERTIFICATE_UNREADABLE,
        ),
        ({"private": PrivateData(data=b"no key")}, ProblemCode.KEY_UNREADABLE),
    ],
)
def test_of_no_use(changes: dict[str, object], code: ProblemCode) -> None:
    """A certificate that nobody can read, or whose key nobody can, is an error and goes."""
    device = database(credential(credid=4, **changes), credential())
    (finding,) = advise(device, NOW)
    assert (finding.code, finding.severity) == (code, Severity.ERROR)
    assert "credential 4" in finding.sentence
    assert repaired(device) == database(credential())


def test_certificates_of_mbedtls() -> None:
    """What Mbed TLS signed in IoTivity's time, with NULL parameters, is sound and is kept."""
    root = null_root()
    leaf = null_issue(null_authority(root), issuing.identity(DEVICE))
    own = credential(public=PublicData(data=leaf.pem), private=pem_key(leaf))
    der = base64.b64encode(root.certificate.der).decode()
    anchor = credential(
        credid=2,
        usage=CredentialUsage.TRUST_ANCHOR,
        public=PublicData(data=der, encoding=Encoding.DER),
        private=None,
    )
    device = database(own, anchor)
    assert codes(device) == []
    assert repaired(device) == device
    broken = database(replace(own, public=PublicData(data=leaf.pem + root.pem + OTHER.pem)))
    assert codes(broken) == [ProblemCode.CHAIN_BROKEN]
    assert repaired(broken) == broken


def test_a_chain_in_several_credentials() -> None:
    """IoTivity keeps authorities in credentials without a key; who is above nobody is of no use."""
    parts = [each.pem for each in (LEAF.certificate, MIDDLE.certificate, ROOT.certificate)]
    own, middle, root = (
        credential(credid=number, public=PublicData(data=text), private=key)
        for number, text, key in zip((1, 2, 3), parts, (pem_key(LEAF), None, None), strict=True)
    )
    for order in ((own, middle, root), (root, middle, own)):
        assert codes(database(*order)) == []
        assert repaired(database(*order)) == database(*order)
    assert codes(database(own, root)) == ["key-mismatch", "name-mismatch"]
    with_key = replace(middle, private=pem_key(OTHER))
    assert codes(database(own, with_key)) == ["key-mismatch", "name-mismatch"]
    elsewhere = replace(middle, usage=CredentialUsage.MANUFACTURER)
    assert codes(database(own, elsewhere)) == ["key-mismatch"]


@pytest.mark.parametrize("private", [pem_key(OTHER), None], ids=["other", "none"])
def test_without_its_key(private: PrivateData | None) -> None:
    """A certificate without the key to show it by is an error; a repair leaves it to its owner."""
    device = database(credential(credid=4, private=private), credential())
    (finding,) = advise(device, NOW)
    assert (finding.code, finding.severity) == (ProblemCode.KEY_MISMATCH, Severity.ERROR)
    assert not finding.is_repairable
    assert repaired(device) == device


def test_for_another_key_pair() -> None:
    """A certificate without key is for the device's own pair, and for no other."""
    assert codes(database(credential(private=None), key=pem_key(OTHER))) == ["key-mismatch"]


def test_broken_chain() -> None:
    """Where a certificate is not issued by the next, the owner is to put the chain right."""
    device = database(credential(public=PublicData(data=LEAF.pem + OTHER.pem)))
    (finding,) = advise(device, NOW)
    assert finding.code is ProblemCode.CHAIN_BROKEN
    assert finding.sentence == ("Certificate 2 of credential 1 is not issued by the one after it.")
    assert not finding.is_repairable
    assert repaired(device) == device


@pytest.mark.parametrize(
    ("shift", "code"),
    [
        (timedelta(days=-8000), ProblemCode.CERTIFICATE_NOT_YET_VALID),
        (timedelta(days=40000), ProblemCode.CERTIFICATE_EXPIRED),
    ],
)
def test_time(shift: timedelta, code: ProblemCode) -> None:
    """Before its first and after its last day each certificate of a chain is a warning."""
    device = database(credential())
    assert codes(device, NOW + shift) == [code, code]


def test_expired_is_not_removed() -> None:
    """An expired certificate stays: the clock may be wrong."""
    old = with_(issuing.identity(DEVICE), end=NOW - timedelta(days=1))
    leaf = MIDDLE.issue(old)
    device = database(credential(public=PublicData(data=leaf.pem), private=pem_key(leaf)))
    (finding,) = advise(device, NOW)
    assert finding.sentence == "Certificate 1 of credential 1 expired on 2030-05-31."
    assert not finding.is_repairable
    assert repaired(device) == device


def test_in_the_reset_profile() -> None:
    """The certificates that a reset would bring back are checked, too."""
    bad = database(credential(private=PrivateData(data=b"no key")))
    device = replace(database(), reset_profile=profile_of(bad))
    (finding,) = advise(device, NOW)
    assert finding.code is ProblemCode.BAD_RESET_PROFILE
    assert finding.sentence.startswith(
        "In the reset profile: The private key of credential 1 cannot be read"
    )
    assert repaired(device) == database()


@pytest.mark.parametrize("hide", [str, repr])
def test_no_secret_in_findings(hide: Callable[[object], str]) -> None:
    """No finding shows a key."""
    device = database(credential(private=pem_key(OTHER)))
    line = OTHER.key_pem.splitlines()[1]
    assert line not in hide(advise(device, NOW))
