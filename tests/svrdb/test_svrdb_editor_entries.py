"""Access control entries and credentials, made from what people write and what files hold."""

import base64
from uuid import UUID

import pytest
from svrdb_samples import DEVICE, OWNER, SECRET, owned, unowned

from onboardee.pki import issuing
from onboardee.svrdb import (
    AceResource,
    Connection,
    CredentialType,
    Encoding,
    PrivateData,
    PublicData,
    RoleId,
    Subject,
    worsened,
)
from onboardee.svrdb.editor import (
    EditError,
    MalformedError,
    add_ace,
    add_credential,
    make_subject,
    read_key,
    read_pin,
    read_private,
    read_public,
    read_resource,
    read_validity,
    remove_aces,
    remove_credentials,
    subject_text,
)
from onboardee.svrdb.editor.words import letters, permission
from onboardee.svrdb.model import CredentialUsage, TimePattern

ROOT = issuing.root()
LEAF = ROOT.issue(issuing.identity(DEVICE))
DER = base64.b64decode("".join(LEAF.pem.splitlines()[1:-1]))
KEY_DER = base64.b64decode("".join(LEAF.key_pem.splitlines()[1:-1]))


@pytest.mark.parametrize(
    ("text", "value"),
    [("R", 2), ("RU", 6), ("ur", 6), ("CRUDN", 31), ("31", 31), ("0", 0), ("rr", 2)],
)
def test_permission(text: str, value: int) -> None:
    """Letters in any order, or their sum."""
    assert permission(text) == value


@pytest.mark.parametrize("text", ["", "X", "32", "-1", "RX", "2.0", "99"])
def test_no_permission(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(MalformedError, match="is not a permission"):
        permission(text)


@pytest.mark.parametrize(("value", "text"), [(0, "-"), (6, "RU"), (31, "CRUDN"), (16, "N")])
def test_letters(value: int, text: str) -> None:
    """A permission is shown by its letters."""
    assert letters(value) == text


@pytest.mark.parametrize(
    ("text", "resource"),
    [
        ("/light/switch", AceResource(href="/light/switch")),
        ("*", AceResource(wildcard="*")),
        ("+;rt=oic.r.a,oic.r.b", AceResource(wildcard="+", types=("oic.r.a", "oic.r.b"))),
        (
            "/x;if=oic.if.a;rt=oic.r.x;if=oic.if.s",
            AceResource(href="/x", types=("oic.r.x",), interfaces=("oic.if.a", "oic.if.s")),
        ),
    ],
)
def test_resource(text: str, resource: AceResource) -> None:
    """A path or a wildcard, with filters behind semicolons."""
    assert read_resource(text) == resource


@pytest.mark.parametrize("text", ["", ";rt=x", "/x;rt", "/x;rt=", "/x;ct=1"])
def test_no_resource(text: str) -> None:
    """A filter of another kind would not be honoured and is refused."""
    with pytest.raises(MalformedError):
        read_resource(text)


def test_validity() -> None:
    """A period and its rules; what a device would not honour is refused with the reason."""
    assert read_validity("20300101T080000Z/PT2H FREQ=DAILY FREQ=WEEKLY;BYDAY=SA") == TimePattern(
        period="20300101T080000Z/PT2H", recurrence=("FREQ=DAILY", "FREQ=WEEKLY;BYDAY=SA")
    )
    for text in ("tomorrow", "20300101T080000Z/PT2H FREQ=NEVER"):
        with pytest.raises(MalformedError, match="validity: "):
            read_validity(text)


@pytest.mark.parametrize(
    ("parts", "subject"),
    [
        ({"uuid": str(OWNER).upper()}, Subject(uuid=str(OWNER))),
        ({"uuid": "*"}, Subject(uuid="*")),
        ({"role": "x", "authority": "y"}, Subject(role="x", authority="y")),
        ({"connection": Connection.ANYONE}, Subject(connection=Connection.ANYONE)),
    ],
)
def test_subject(parts: dict[str, str], subject: Subject) -> None:
    """UUID, role or connection type."""
    assert make_subject(**parts) == subject  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"uuid": "*", "role": "x"},
        {"uuid": "*", "authority": "x"},
        {"uuid": "x"},
        {"uuid": "00000000-0000-0000-0000-000000000000"},
    ],
)
def test_no_subject(parts: dict[str, str]) -> None:
    """Nobody, and more than one, is not a subject."""
    with pytest.raises(MalformedError):
        make_subject(**parts)  # type: ignore[arg-type]


def test_entries_get_the_lowest_free_id() -> None:
    """Ids are the smallest free ones unless they are given, and a taken one is refused."""
    one = AceResource(href="/a")
    anyone = Subject(connection=Connection.ANYONE)
    two = add_ace(owned(), subject=anyone, resources=[one], permission=2)
    nine = add_ace(two, subject=anyone, resources=[one], permission=2, aceid=9, tag="x")
    assert [entry.aceid for entry in nine.acl2.entries] == [1, 2, 9]
    with pytest.raises(EditError, match="the aceid 9 is taken"):
        add_ace(nine, subject=anyone, resources=[one], permission=2, aceid=9)
    with pytest.raises(MalformedError, match="one resource at least"):
        add_ace(nine, subject=anyone, resources=[], permission=2)
    assert remove_aces(nine, [2, 9]) == owned()
    with pytest.raises(EditError, match=r"no access control entry 3 \(there are: 1, 2, 9\)"):
        remove_aces(nine, [2, 3])


@pytest.mark.parametrize(
    ("octets", "encoding"),
    [
        (SECRET, "auto"),
        (SECRET, "raw"),
        (SECRET.hex().encode() + b"\n", "auto"),
        (SECRET.hex().upper().encode(), "hex"),
        (base64.b64encode(SECRET) + b"\n", "auto"),
        (base64.b64encode(SECRET), "base64"),
    ],
)
def test_keys(octets: bytes, encoding: str) -> None:
    """A key is recognised raw, in hexadecimal and in base64."""
    assert read_key(octets, encoding) == SECRET
    assert read_key(SECRET * 2) == SECRET * 2


@pytest.mark.parametrize(
    ("octets", "encoding"),
    [(b"", "auto"), (SECRET[:-1], "auto"), (SECRET, "hex"), (b"=" * 24, "base64"), (SECRET, "pem")],
)
def test_no_keys(octets: bytes, encoding: str) -> None:
    """Other lengths and other texts are refused without being repeated."""
    with pytest.raises(MalformedError) as refused:
        read_key(octets, encoding)
    assert "abc" not in str(refused.value)


def test_pin() -> None:
    """A PIN ends where its line ends, and is not empty."""
    assert read_pin(b"2468\r\n") == b"2468"
    with pytest.raises(MalformedError):
        read_pin(b"\n")


@pytest.mark.parametrize(
    ("octets", "encoding", "stored"),
    [
        (LEAF.pem.encode(), "auto", Encoding.PEM),
        (LEAF.pem.encode(), "pem", Encoding.PEM),
        (DER, "auto", Encoding.DER),
        (DER, "der", Encoding.DER),
        (DER, "raw", Encoding.RAW),
        (base64.encodebytes(DER), "base64", Encoding.BASE64),
    ],
)
@pytest.mark.parametrize("key", ["pem", "der", "raw", "base64"])
def test_a_certificate_in_each_encoding(
    octets: bytes, encoding: str, stored: Encoding, key: str
) -> None:
    """Whatever the encoding of certificate and key, they fit together and to the device."""
    keys = {"pem": LEAF.key_pem.encode(), "base64": base64.encodebytes(KEY_DER)}
    database = add_credential(
        unowned(),
        CredentialType.CERTIFICATE,
        usage=CredentialUsage.IDENTITY,
        public=read_public(octets, encoding),
        private=read_private(keys.get(key, KEY_DER), key),
    )
    (credential,) = database.cred.credentials
    assert credential.public is not None
    assert credential.public.encoding is stored
    assert credential.subject == str(DEVICE)
    assert worsened(unowned(), database) == ()


@pytest.mark.parametrize(
    ("octets", "encoding"), [(b"\xff", "pem"), (b"?", "base64"), (DER, "hex"), (DER, "jwt")]
)
def test_no_certificate(octets: bytes, encoding: str) -> None:
    """What is not written as it is said to be is refused."""
    with pytest.raises(MalformedError):
        read_public(octets, encoding)


def test_credentials_get_the_lowest_free_id() -> None:
    """Anchors are for everybody, keys need a subject, ids are the smallest free ones."""
    anchor = PublicData(data=ROOT.pem)
    two = add_credential(
        owned(), CredentialType.CERTIFICATE, usage=CredentialUsage.TRUST_ANCHOR, public=anchor
    )
    added = two.cred.credentials[-1]
    assert (added.credid, added.subject, added.kind) == (2, "*", 8)
    with pytest.raises(MalformedError, match="needs a subject"):
        add_credential(two, CredentialType.PIN, private=PrivateData(data=b"1"))
    with pytest.raises(EditError, match="the credid 1 is taken"):
        add_credential(two, CredentialType.PIN, subject="*", credid=1)
    role = add_credential(
        two,
        CredentialType.SYMMETRIC_PAIRWISE,
        subject=str(DEVICE),
        private=PrivateData(data=SECRET),
        role=RoleId(role="x"),
        period="20300101T000000Z/P1D",
        tag="t",
        credid=5,
    )
    assert role.cred.credentials[-1].role == RoleId(role="x")
    assert worsened(owned(), role) == ()


def test_removing_credentials() -> None:
    """By id or by subject; what is not there is refused with what is."""
    two = add_credential(
        owned(), CredentialType.PIN, subject=str(DEVICE), private=PrivateData(data=b"1234")
    )
    assert remove_credentials(two, [2]) == owned()
    assert remove_credentials(two, subject=str(DEVICE).upper()) == owned()
    with pytest.raises(EditError, match=r"there is no credential 7 \(there are: 1 for "):
        remove_credentials(two, [1, 7])
    with pytest.raises(EditError, match="there is no credential for"):
        remove_credentials(owned(), subject=str(UUID(int=5)))


def test_subject_text() -> None:
    """A UUID in lower case, whatever form it was written in."""
    assert subject_text(OWNER.hex.upper()) == str(OWNER)
