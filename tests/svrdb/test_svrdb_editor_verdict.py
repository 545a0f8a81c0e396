"""Which edits make a database worse, and what is wrong with the content of a database."""

import base64
import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from svrdb_samples import DEVICE, OWNER, owned, unowned

from device.testing import certificates
from svrdb import (
    Ace,
    AceResource,
    Connection,
    Credential,
    CredentialType,
    Database,
    Encoding,
    PrivateData,
    PublicData,
    Subject,
)
from svrdb.check import ProblemCode
from svrdb.content import ContentCode, faults
from svrdb.editor import new_problems, put, set_state
from svrdb.model import State, TimePattern

ROOT = certificates.root()
OWN = ROOT.issue(certificates.identity(DEVICE))
OTHER = ROOT.issue(certificates.identity(OWNER))


def pem_key(issued: certificates.Issued) -> PrivateData:
    """Return a private key as a database has it."""
    return PrivateData(data=issued.key_pem.encode(), encoding=Encoding.PEM)


def certificate(usage: str, text: str, private: PrivateData | None = None) -> Credential:
    """Return a credential of a certificate."""
    return Credential(
        credid=9,
        kind=CredentialType.CERTIFICATE,
        subject="*",
        usage=usage,
        public=PublicData(data=text),
        private=private,
    )


def key(kind: int, octets: bytes | None, **more: object) -> Credential:
    """Return a credential of another kind."""
    private = None if octets is None else PrivateData(data=octets)
    return Credential(credid=9, kind=kind, subject="*", private=private, **more)  # type: ignore[arg-type]


def rule(**more: object) -> Ace:
    """Return an access control entry."""
    parts = {
        "aceid": 9,
        "subject": Subject(connection=Connection.ANYONE),
        "resources": (AceResource(href="/x"),),
        "permission": 2,
    }
    return Ace(**(parts | more))  # type: ignore[arg-type]


def with_one(entry: Credential | Ace) -> Database:
    """Return a sound database with one entry more."""
    before = owned()
    if isinstance(entry, Ace):
        return replace(before, acl2=replace(before.acl2, entries=(*before.acl2.entries, entry)))
    return replace(before, cred=replace(before.cred, credentials=(*before.cred.credentials, entry)))


SOUND = [
    certificate("oic.sec.cred.trustca", ROOT.pem),
    certificate("oic.sec.cred.cert", OWN.pem, pem_key(OWN)),
    certificate("oic.sec.cred.mfgcert", OTHER.pem, pem_key(OTHER)),
    key(2, bytes(32)),
    key(16, b"1234"),
    rule(resources=(AceResource(wildcard="-", types=("oic.r.x",)),)),
    rule(validity=(TimePattern(period="20300101T000000Z/P1D", recurrence=("FREQ=YEARLY",)),)),
]
UNSOUND = [
    (certificate("oic.sec.cred.trustca", "no PEM"), ContentCode.BAD_CERTIFICATE),
    (certificate("trust_ca", ROOT.pem), ContentCode.BAD_CREDENTIAL),
    (certificate("oic.sec.cred.cert", OTHER.pem, pem_key(OTHER)), ContentCode.NAME_MISMATCH),
    (certificate("oic.sec.cred.cert", OWN.pem, pem_key(OTHER)), ContentCode.KEY_MISMATCH),
    (certificate("oic.sec.cred.cert", OWN.pem), ContentCode.KEY_MISMATCH),
    (certificate("oic.sec.cred.mfgcert", OWN.pem), ContentCode.KEY_MISMATCH),
    (
        certificate("oic.sec.cred.trustca", ROOT.pem, PrivateData(data=b"x")),
        ContentCode.BAD_PRIVATE_KEY,
    ),
    (key(8, None, usage="oic.sec.cred.trustca"), ContentCode.BAD_CREDENTIAL),
    (key(1, bytes(15)), ProblemCode.BAD_KEY_LENGTH),
    (key(2, bytes(15)), ContentCode.BAD_CREDENTIAL),
    (key(16, None), ContentCode.BAD_CREDENTIAL),
    (key(16, bytes(65)), ContentCode.BAD_CREDENTIAL),
    (key(32, None), ContentCode.BAD_CREDENTIAL),
    (key(4, bytes(32)), ContentCode.BAD_PRIVATE_KEY),
    (key(3, bytes(16)), ContentCode.BAD_CREDENTIAL),
    (key(16, b"1234", period="soon"), ContentCode.BAD_VALIDITY),
    (rule(resources=()), ContentCode.BAD_RESOURCE),
    (rule(resources=(AceResource(types=("oic.r.x",)),)), ContentCode.BAD_RESOURCE),
    (rule(resources=(AceResource(wildcard="#"),)), ContentCode.BAD_RESOURCE),
    (rule(validity=(TimePattern(period="soon"),)), ContentCode.BAD_VALIDITY),
    (rule(validity=(TimePattern(period="20300101T000000Z/P1D"),) * 9), ContentCode.BAD_VALIDITY),
    (rule(subject=Subject(uuid="somebody")), ProblemCode.BAD_SUBJECT),
    (rule(aceid=1), ProblemCode.DUPLICATE_ACEID),
]


@pytest.mark.parametrize("entry", SOUND)
def test_entries_that_can_be_used(entry: Credential | Ace) -> None:
    """What a device can use is not complained about."""
    assert new_problems(owned(), with_one(entry)) == ()


@pytest.mark.parametrize(("entry", "code"), UNSOUND)
def test_entries_that_cannot_be_used(
    entry: Credential | Ace, code: ProblemCode | ContentCode
) -> None:
    """What a device would pass over or refuse is said when it is written, once."""
    (problem,) = new_problems(owned(), with_one(entry))
    assert problem.code is code
    assert problem.sentence.endswith(".")
    assert problem.clause


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("doxm.oxmsel", "1", ContentCode.UNOFFERED_METHOD),
        ("doxm.owned", "false", ProblemCode.NOT_OWNED),
        ("doxm.deviceuuid", "00000000-0000-0000-0000-000000000000", ProblemCode.NO_DEVICE_UUID),
        ("pstat.om", "0", ContentCode.BAD_MODE),
        ("pstat.cm", "256", ContentCode.BAD_MODE),
        ("pstat.isop", "false", ProblemCode.OPERATIONAL_MISMATCH),
        ("acl2.rowneruuid", str(DEVICE), ProblemCode.OWNER_WITHOUT_CREDENTIAL),
        ("crl.crldata", "banana", ContentCode.BAD_REVOCATION_LIST),
        ("sp.currentprofile", "1.2", ProblemCode.UNSUPPORTED_PROFILE),
    ],
)
def test_properties_that_do_not_fit(path: str, text: str, code: ProblemCode | ContentCode) -> None:
    """An edit of one property is judged by what the whole database is then."""
    (problem,) = new_problems(owned(), put(owned(), path, text))
    assert problem.code is code


def test_what_was_wrong_before_does_not_count() -> None:
    """A database that was broken already can be edited, and repaired in several steps."""
    broken = put(put(owned(), "doxm.owned", "false"), "crl.crldata", "banana")
    assert new_problems(broken, put(broken, "sdi.name", "home")) == ()
    assert new_problems(broken, put(broken, "crl.crldata", "")) == ()
    (problem,) = new_problems(broken, put(broken, "doxm.oxmsel", "2"))
    assert problem.code is ContentCode.UNOFFERED_METHOD


def test_the_same_fault_in_another_state_is_no_new_one() -> None:
    """Sentences name the state; going from state to state with an old fault is possible."""
    broken = put(owned(), "cred.rowneruuid", str(DEVICE))
    assert new_problems(broken, set_state(broken, State.SRESET)) == ()


def test_an_expired_certificate() -> None:
    """A certificate that is of the past at the moment of the edit is told, if a moment is given."""
    recipe = dataclasses.replace(
        certificates.authority("short"), end=certificates.START + timedelta(days=1)
    )
    entry = certificate("oic.sec.cred.trustca", certificates.root(recipe=recipe).pem)
    after = with_one(entry)
    assert new_problems(owned(), after) == ()
    (problem,) = new_problems(owned(), after, datetime(2026, 1, 1, tzinfo=UTC))
    assert problem.code is ContentCode.EXPIRED_CERTIFICATE


def test_a_list_of_revoked_certificates() -> None:
    """What an authority signed is accepted."""
    text = base64.b64encode(ROOT.revoke(OTHER.certificate)).decode()
    assert faults(put(unowned(), "crl.crldata", text)) == ()


def test_the_devices_own_key() -> None:
    """An identity without a private key beside it is for the key of certificate requests."""
    database = replace(
        with_one(certificate("oic.sec.cred.cert", OWN.pem)), identity_key=pem_key(OWN)
    )
    assert faults(database) == ()
    spoilt = replace(database, identity_key=PrivateData(data=b"x", encoding=Encoding.PEM))
    codes = [problem.code for problem in faults(spoilt)]
    assert codes == [ContentCode.BAD_PRIVATE_KEY, ContentCode.KEY_MISMATCH]


def test_too_many_recurrence_rules() -> None:
    """A list with more rules than a device weighs at a request is told."""
    pattern = TimePattern(period="20300101T000000Z/P1D", recurrence=("FREQ=YEARLY",) * 4)
    entries = tuple(rule(aceid=number, validity=(pattern,)) for number in range(1, 10))
    database = replace(unowned(), acl2=replace(unowned().acl2, entries=entries))
    (problem,) = faults(database)
    assert "36 recurrence rules" in problem.sentence
