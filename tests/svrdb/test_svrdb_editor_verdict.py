"""Which edits make a database worse, and what is wrong with the content of a database."""

import base64
import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from svrdb_samples import DEVICE, OWNER, owned, unowned

from onboardee.pki import issuing
from onboardee.svrdb import (
    Ace,
    AceResource,
    Connection,
    Credential,
    CredentialType,
    Database,
    Encoding,
    Finding,
    PrivateData,
    ProblemCode,
    PublicData,
    Severity,
    Subject,
    advise,
    worsened,
)
from onboardee.svrdb.editor import put, set_state
from onboardee.svrdb.model import State, TimePattern

ROOT = issuing.root()
OWN = ROOT.issue(issuing.identity(DEVICE))
OTHER = ROOT.issue(issuing.identity(OWNER))


def pem_key(issued: issuing.Issued) -> PrivateData:
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


def faults_of(database: Database) -> list[Finding]:
    """Return what is wrong with the content of a database whose modes do not matter here."""
    return [
        finding
        for finding in advise(database)
        if finding.severity is not Severity.NOTE
        and finding.code not in {ProblemCode.MODE_MISMATCH, ProblemCode.NO_MANUFACTURER_CERTIFICATE}
    ]


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
    (certificate("oic.sec.cred.trustca", "no PEM"), ProblemCode.CERTIFICATE_UNREADABLE),
    (certificate("trust_ca", ROOT.pem), ProblemCode.BAD_CREDENTIAL),
    (certificate("oic.sec.cred.cert", OTHER.pem, pem_key(OTHER)), ProblemCode.NAME_MISMATCH),
    (certificate("oic.sec.cred.cert", OWN.pem, pem_key(OTHER)), ProblemCode.KEY_MISMATCH),
    (certificate("oic.sec.cred.cert", OWN.pem), ProblemCode.KEY_MISMATCH),
    (certificate("oic.sec.cred.mfgcert", OWN.pem), ProblemCode.KEY_MISMATCH),
    (
        certificate("oic.sec.cred.trustca", ROOT.pem, PrivateData(data=b"x")),
        ProblemCode.KEY_UNREADABLE,
    ),
    (key(8, None, usage="oic.sec.cred.trustca"), ProblemCode.BAD_CREDENTIAL),
    (key(1, bytes(15)), ProblemCode.BAD_KEY_LENGTH),
    (key(2, bytes(15)), ProblemCode.BAD_CREDENTIAL),
    (key(16, None), ProblemCode.BAD_CREDENTIAL),
    (key(16, bytes(65)), ProblemCode.BAD_CREDENTIAL),
    (key(32, None), ProblemCode.BAD_CREDENTIAL),
    (key(4, bytes(32)), ProblemCode.KEY_UNREADABLE),
    (key(3, bytes(16)), ProblemCode.BAD_CREDENTIAL),
    (key(16, b"1234", period="soon"), ProblemCode.BAD_PERIOD),
    (rule(resources=()), ProblemCode.BAD_RESOURCE),
    (rule(resources=(AceResource(types=("oic.r.x",)),)), ProblemCode.BAD_RESOURCE),
    (rule(resources=(AceResource(wildcard="#"),)), ProblemCode.BAD_RESOURCE),
    (rule(validity=(TimePattern(period="soon"),)), ProblemCode.BAD_VALIDITY),
    (rule(validity=(TimePattern(period="20300101T000000Z/P1D"),) * 9), ProblemCode.BAD_VALIDITY),
    (rule(subject=Subject(uuid="somebody")), ProblemCode.BAD_SUBJECT),
    (rule(aceid=1), ProblemCode.DUPLICATE_ACEID),
]


@pytest.mark.parametrize("entry", SOUND)
def test_entries_that_can_be_used(entry: Credential | Ace) -> None:
    """What a device can use is not complained about."""
    assert worsened(owned(), with_one(entry)) == ()


@pytest.mark.parametrize(("entry", "code"), UNSOUND)
def test_entries_that_cannot_be_used(entry: Credential | Ace, code: ProblemCode) -> None:
    """What a device would pass over or refuse is said when it is written, once."""
    (problem,) = worsened(owned(), with_one(entry))
    assert problem.code is code
    assert problem.sentence.endswith(".")
    assert problem.clause


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("doxm.oxmsel", "1", ProblemCode.UNSUPPORTED_METHOD),
        ("doxm.owned", "false", ProblemCode.NOT_OWNED),
        ("doxm.deviceuuid", "00000000-0000-0000-0000-000000000000", ProblemCode.NO_DEVICE_UUID),
        ("pstat.om", "0", ProblemCode.BAD_MODE),
        ("pstat.cm", "256", ProblemCode.BAD_MODE),
        ("pstat.isop", "false", ProblemCode.OPERATIONAL_MISMATCH),
        ("acl2.rowneruuid", str(DEVICE), ProblemCode.OWNER_WITHOUT_CREDENTIAL),
        ("crl.crldata", "banana", ProblemCode.BAD_REVOCATION_LIST),
        ("sp.currentprofile", "1.2", ProblemCode.UNSUPPORTED_PROFILE),
    ],
)
def test_properties_that_do_not_fit(path: str, text: str, code: ProblemCode) -> None:
    """An edit of one property is judged by what the whole database is then."""
    (problem,) = worsened(owned(), put(owned(), path, text))
    assert problem.code is code


def test_what_was_wrong_before_does_not_count() -> None:
    """A database that was broken already can be edited, and repaired in several steps."""
    broken = put(put(owned(), "doxm.owned", "false"), "crl.crldata", "banana")
    assert worsened(broken, put(broken, "sdi.name", "home")) == ()
    assert worsened(broken, put(broken, "crl.crldata", "")) == ()
    (problem,) = worsened(broken, put(broken, "doxm.oxmsel", "2"))
    assert problem.code is ProblemCode.UNSUPPORTED_METHOD


def test_the_same_fault_in_another_state_is_no_new_one() -> None:
    """Sentences name the state; going from state to state with an old fault is possible."""
    broken = put(owned(), "cred.rowneruuid", str(DEVICE))
    assert worsened(broken, set_state(broken, State.SRESET)) == ()


def test_an_expired_certificate() -> None:
    """A certificate that is of the past at the moment of the edit is told, if a moment is given."""
    recipe = dataclasses.replace(issuing.authority("short"), end=issuing.START + timedelta(days=1))
    entry = certificate("oic.sec.cred.trustca", issuing.root(recipe=recipe).pem)
    after = with_one(entry)
    assert worsened(owned(), after) == ()
    (problem,) = worsened(owned(), after, datetime(2026, 1, 1, tzinfo=UTC))
    assert problem.code is ProblemCode.CERTIFICATE_EXPIRED


def test_a_list_of_revoked_certificates() -> None:
    """What an authority signed is accepted."""
    text = base64.b64encode(ROOT.revoke(OTHER.certificate)).decode()
    assert faults_of(put(unowned(), "crl.crldata", text)) == []


def test_the_devices_own_key() -> None:
    """An identity without a private key beside it is for the key of certificate requests."""
    database = replace(
        with_one(certificate("oic.sec.cred.cert", OWN.pem)), identity_key=pem_key(OWN)
    )
    assert faults_of(database) == []
    spoilt = replace(database, identity_key=PrivateData(data=b"x", encoding=Encoding.PEM))
    codes = [problem.code for problem in faults_of(spoilt)]
    assert codes == [ProblemCode.OWN_KEY_UNREADABLE, ProblemCode.KEY_MISMATCH]


def test_too_many_recurrence_rules() -> None:
    """A list with more rules than a device weighs at a request is told."""
    pattern = TimePattern(period="20300101T000000Z/P1D", recurrence=("FREQ=YEARLY",) * 4)
    entries = tuple(rule(aceid=number, validity=(pattern,)) for number in range(1, 10))
    database = replace(unowned(), acl2=replace(unowned().acl2, entries=entries))
    (problem,) = faults_of(database)
    assert "36 recurrence rules" in problem.sentence
