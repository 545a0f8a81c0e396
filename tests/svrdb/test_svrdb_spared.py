"""What a repair leaves where it is, because another stack may be able to read it."""

import base64
from datetime import UTC, datetime
from uuid import UUID

import pytest
from msgspec.structs import replace
from svrdb_samples import owned

from onboardee.svrdb import (
    Ace,
    AceResource,
    Credential,
    CredentialType,
    Database,
    Encoding,
    PrivateData,
    ProblemCode,
    PublicData,
    RepairMeans,
    Subject,
    advise,
    repair,
)
from onboardee.svrdb.model import Connection, TimePattern

NOW = datetime(2030, 6, 1, tzinfo=UTC)
UNKNOWN = b"\x30\x82\x01\x00" + bytes(256)
"""One SEQUENCE of DER that is no certificate and no key that is known here."""
PEM = (
    "-----BEGIN CERTIFICATE-----\n"
    + base64.encodebytes(UNKNOWN).decode()
    + "-----END CERTIFICATE-----\n"
)


def repaired(database: Database) -> Database:
    """Repair everything that can be."""
    return repair(database, RepairMeans(NOW, lambda: UUID(int=1)))


def with_credential(credential: Credential) -> Database:
    """Return an owned device with one credential more."""
    device = owned()
    credentials = (*device.cred.credentials, credential)
    return replace(device, cred=replace(device.cred, credentials=credentials))


def certificate(data: str, encoding: Encoding, usage: str = "oic.sec.cred.trustca") -> Credential:
    """Return a certificate."""
    return Credential(
        credid=9,
        kind=CredentialType.CERTIFICATE,
        subject="*",
        usage=usage,
        public=PublicData(data=data, encoding=encoding),
    )


def private(kind: int, data: bytes, encoding: Encoding = Encoding.RAW) -> Credential:
    """Return a credential with a secret."""
    secret = PrivateData(data=data, encoding=encoding)
    return Credential(credid=9, kind=kind, subject="*", private=secret)


DER = base64.b64encode(UNKNOWN).decode()

SPARED = [
    (certificate(PEM, Encoding.PEM), ProblemCode.CERTIFICATE_UNREADABLE),
    (certificate(PEM + PEM, Encoding.PEM), ProblemCode.CERTIFICATE_UNREADABLE),
    (certificate(DER, Encoding.DER), ProblemCode.CERTIFICATE_UNREADABLE),
    (certificate(PEM, Encoding.PEM, "oic.sec.cred.other"), ProblemCode.BAD_CREDENTIAL),
    (private(4, UNKNOWN, Encoding.DER), ProblemCode.KEY_UNREADABLE),
    (private(4, bytes(32)), ProblemCode.KEY_UNREADABLE),
    (private(64, bytes(16)), ProblemCode.BAD_CREDENTIAL),
    (private(16, bytes(65)), ProblemCode.BAD_CREDENTIAL),
    (private(1, b"slot 7", Encoding.HANDLE), ProblemCode.BAD_KEY_LENGTH),
]


@pytest.mark.parametrize(("credential", "code"), SPARED)
def test_a_credential_that_others_may_read_stays(credential: Credential, code: ProblemCode) -> None:
    """Unknown types, usages, curves and handles are findings, and for a person to decide."""
    device = with_credential(credential)
    found = [each for each in advise(device, NOW) if each.code == code]
    assert found
    assert not any(each.is_repairable for each in found)
    assert all("another stack" in each.remedy for each in found)
    assert credential in repaired(device).cred.credentials


GONE = [
    certificate("no PEM", Encoding.PEM),
    certificate(PEM[:200], Encoding.PEM),
    certificate(PEM + PEM.replace("MIIB", "AAAA", 1), Encoding.PEM),
    certificate("AAAA", Encoding.DER),
    certificate(base64.b64encode(UNKNOWN[:-1]).decode(), Encoding.DER),
    private(4, b"no key", Encoding.PEM),
    private(1, bytes(7)),
    private(64, b""),
]


@pytest.mark.parametrize("credential", GONE)
def test_a_credential_that_nobody_reads_goes(credential: Credential) -> None:
    """What is cut off, or nothing at all, is removed by a repair."""
    device = with_credential(credential)
    assert any(each.is_repairable for each in advise(device, NOW))
    assert credential not in repaired(device).cred.credentials


def test_an_owner_who_may_come_with_a_certificate_stays() -> None:
    """Where there is a trust anchor, no reset is made of an owner without a key."""
    device = with_credential(certificate(PEM, Encoding.PEM))
    lonely = replace(device, cred=replace(device.cred, credentials=device.cred.credentials[-1:]))
    codes = {each.code for each in advise(lonely, NOW) if not each.is_repairable}
    assert ProblemCode.OWNER_WITHOUT_CREDENTIAL in codes
    assert repaired(lonely).doxm == lonely.doxm


def test_of_an_entry_only_what_names_nothing_goes() -> None:
    """The other resources of an entry are somebody's right; without any, it is none."""
    entry = Ace(
        aceid=7,
        subject=Subject(connection=Connection.AUTHENTICATED),
        resources=(AceResource(href="/a"), AceResource(wildcard="#"), AceResource()),
        permission=2,
    )
    empty = replace(entry, aceid=8, resources=(AceResource(),))
    device = owned()
    entries = (*device.acl2.entries, entry, empty)
    after = repaired(replace(device, acl2=replace(device.acl2, entries=entries))).acl2.entries
    assert after == (*device.acl2.entries, replace(entry, resources=entry.resources[:1]))


def test_a_validity_that_is_not_understood_is_left_to_its_owner() -> None:
    """Rules of times that are not known here may be known elsewhere."""
    device = owned()
    soon = replace(device.acl2.entries[0], aceid=7, validity=(TimePattern(period="soon"),))
    entries = (*device.acl2.entries, soon)
    device = replace(device, acl2=replace(device.acl2, entries=entries))
    assert [each.code for each in advise(device, NOW) if not each.is_repairable][:1]
    assert soon in repaired(device).acl2.entries


def test_a_revocation_list_that_others_may_read_stays() -> None:
    """A list in another form of DER is not forgotten; what is no DER is."""
    device = owned()
    unknown = replace(device, crl=replace(device.crl, data=DER))
    assert repaired(unknown).crl == unknown.crl
    assert repaired(replace(device, crl=replace(device.crl, data="banana"))).crl == device.crl
