"""The consistency rules, one by one."""

import uuid
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from svrdb_samples import OWNER, SECRET, owned, unowned
from svrdb_strategies import databases

from onboardee.svrdb import (
    NIL,
    Ace,
    Credential,
    Database,
    Dos,
    Encoding,
    PrivateData,
    ProblemCode,
    State,
    Subject,
    problems,
)

OWNED_STATES = [State.RFPRO, State.RFNOP, State.SRESET]


def edit(database: Database, part: str, **changes: object) -> Database:
    """Return a database with some properties of one resource changed."""
    resource = msgspec.structs.replace(getattr(database, part), **changes)
    return msgspec.structs.replace(database, **{part: resource})


def edit_credential(database: Database, **changes: object) -> Database:
    """Return a database with its first credential changed."""
    first, *rest = database.cred.credentials
    changed = msgspec.structs.replace(first, **changes)
    return edit(database, "cred", credentials=(changed, *rest))


def codes(database: Database) -> list[ProblemCode]:
    """Return only the codes of the problems."""
    return [problem.code for problem in problems(database)]


@pytest.mark.parametrize(
    "database", [unowned(), *map(owned, OWNED_STATES)], ids=lambda database: database.state.name
)
def test_sound(database: Database) -> None:
    """A factory-new device and an owned one in each of its states have no problems."""
    assert problems(database) == ()


@pytest.mark.parametrize("state", OWNED_STATES)
@pytest.mark.parametrize(
    ("part", "name", "code"),
    [
        ("doxm", "owner_uuid", ProblemCode.NO_OWNER),
        ("doxm", "resource_owner", ProblemCode.NO_RESOURCE_OWNER),
        ("pstat", "resource_owner", ProblemCode.NO_RESOURCE_OWNER),
        ("acl2", "resource_owner", ProblemCode.NO_RESOURCE_OWNER),
        ("cred", "resource_owner", ProblemCode.NO_RESOURCE_OWNER),
        ("doxm", "device_uuid", ProblemCode.NO_DEVICE_UUID),
    ],
)
def test_owned_states_need_everybody(state: State, part: str, name: str, code: ProblemCode) -> None:
    """In each owned state the owner, the device and the four resource owners must be somebody."""
    assert codes(edit(owned(state), part, **{name: NIL})) == [code]


@pytest.mark.parametrize("part", ["doxm", "pstat", "acl2", "cred"])
def test_resource_owner_needs_a_credential(part: str) -> None:
    """A resource owner for whom there is no credential could never come back."""
    (problem,) = problems(edit(owned(), part, resource_owner=uuid.UUID(int=7)))
    assert problem.code is ProblemCode.OWNER_WITHOUT_CREDENTIAL
    assert f"{part}.rowneruuid" in problem.sentence
    assert problem.clause == "OCF Security 8.5"


def test_subject_is_compared_as_identity() -> None:
    """A credential is found by identity whatever the case of its text; a wild card is nobody's."""
    assert codes(edit_credential(owned(), subject=str(OWNER).upper())) == []
    assert (
        codes(edit_credential(owned(), subject="*")) == [ProblemCode.OWNER_WITHOUT_CREDENTIAL] * 4
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda db: edit(db, "doxm", owner_uuid=OWNER), ProblemCode.TRANSFER_UNFINISHED),
        (lambda db: edit(db, "doxm", owned=True), ProblemCode.TRANSFER_UNFINISHED),
        (lambda db: edit(db, "pstat", dos=Dos(state=State.RESET)), ProblemCode.RESET_UNFINISHED),
        (
            lambda db: edit(db, "pstat", dos=Dos(state=State.RESET, pending=True)),
            ProblemCode.RESET_UNFINISHED,
        ),
        (lambda db: edit(db, "pstat", dos=Dos(pending=True)), ProblemCode.CHANGE_UNFINISHED),
        (lambda db: edit(db, "pstat", is_operational=True), ProblemCode.OPERATIONAL_MISMATCH),
        (lambda db: edit(db, "doxm", device_uuid=NIL), ProblemCode.NO_DEVICE_UUID),
        (lambda db: edit(db, "permanent", device=NIL), ProblemCode.NO_PERMANENT_UUID),
        (lambda db: edit(db, "permanent", platform=NIL), ProblemCode.NO_PERMANENT_UUID),
        (lambda db: edit(db, "sp", current="1.2.3"), ProblemCode.UNSUPPORTED_PROFILE),
    ],
)
def test_unowned_problems(change: Callable[[Database], Database], code: ProblemCode) -> None:
    """A device at rest that is not owned has nothing of an owner and nothing half done."""
    assert codes(change(unowned())) == [code]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda db: edit(db, "doxm", owned=False), ProblemCode.NOT_OWNED),
        (lambda db: edit(db, "pstat", is_operational=False), ProblemCode.OPERATIONAL_MISMATCH),
        (
            lambda db: edit(db, "cred", credentials=db.cred.credentials * 3),
            ProblemCode.DUPLICATE_CREDID,
        ),
        (lambda db: edit(db, "acl2", entries=db.acl2.entries * 2), ProblemCode.DUPLICATE_ACEID),
        (
            lambda db: edit(
                db,
                "cred",
                credentials=(*db.cred.credentials, Credential(credid=2, kind=8, subject="me")),
            ),
            ProblemCode.BAD_SUBJECT,
        ),
        (
            lambda db: edit(
                db,
                "acl2",
                entries=(Ace(aceid=1, subject=Subject(uuid=str(NIL)), resources=(), permission=2),),
            ),
            ProblemCode.BAD_SUBJECT,
        ),
    ],
)
def test_owned_problems(change: Callable[[Database], Database], code: ProblemCode) -> None:
    """An owned device's tables name each entry once and every subject is somebody."""
    assert codes(change(owned())) == [code]


@pytest.mark.parametrize("size", [0, 1, 15, 17, 31, 33])
def test_key_length(size: int) -> None:
    """A symmetric key has 16 or 32 octets, decoded; the sentence does not show it."""
    assert codes(edit_credential(owned(), private=PrivateData(data=bytes(32)))) == []
    (problem,) = problems(edit_credential(owned(), private=PrivateData(data=b"k" * size)))
    assert problem.code is ProblemCode.BAD_KEY_LENGTH
    assert "kk" not in problem.sentence


def test_key_that_is_none() -> None:
    """A symmetric credential without a key, or with a certificate's key, is a problem."""
    pem = PrivateData(data=SECRET, encoding=Encoding.PEM)
    for private in (None, pem):
        assert codes(edit_credential(owned(), private=private)) == [ProblemCode.BAD_KEY_LENGTH]


@settings(max_examples=100, deadline=None)
@given(database=databases)
def test_any_database(database: Database) -> None:
    """Any database can be checked, and each problem is a sentence with a clause."""
    for problem in problems(database):
        assert problem.sentence.endswith(".")
        assert problem.clause.startswith("OCF ")
