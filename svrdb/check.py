"""Whether a database makes sense: the rules that hold between its parts, as one pure function."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from svrdb.model import (
    ANY_SUBJECT,
    NIL,
    Credential,
    CredentialType,
    Database,
    Encoding,
    State,
    is_same_identity,
)


class ProblemCode(StrEnum):
    """The rules, each by the name of what breaks it."""

    NO_DEVICE_UUID = "no-device-uuid"
    NO_PERMANENT_UUID = "no-permanent-uuid"
    RESET_UNFINISHED = "reset-unfinished"
    CHANGE_UNFINISHED = "change-unfinished"
    TRANSFER_UNFINISHED = "transfer-unfinished"
    NOT_OWNED = "not-owned"
    NO_OWNER = "no-owner"
    NO_RESOURCE_OWNER = "no-resource-owner"
    OWNER_WITHOUT_CREDENTIAL = "owner-without-credential"
    OPERATIONAL_MISMATCH = "operational-mismatch"
    DUPLICATE_CREDID = "duplicate-credid"
    DUPLICATE_ACEID = "duplicate-aceid"
    BAD_SUBJECT = "bad-subject"
    BAD_KEY_LENGTH = "bad-key-length"
    UNSUPPORTED_PROFILE = "unsupported-profile"


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule: its code, what is wrong in a sentence without secrets, and the clause."""

    code: ProblemCode
    sentence: str
    clause: str


Finding = Iterator[Problem]

_STATE_CLAUSES: Final = {
    State.RESET: "OCF Security 8.2",
    State.RFOTM: "OCF Security 8.3",
    State.RFPRO: "OCF Security 8.4",
    State.RFNOP: "OCF Security 8.5",
    State.SRESET: "OCF Security 8.6",
}


def problems(database: Database) -> tuple[Problem, ...]:
    """Return everything that is inconsistent in `database`, in a fixed order; empty is good."""
    return tuple(problem for rule in _RULES for problem in rule(database))


def _identity(database: Database) -> Finding:
    if database.doxm.device_uuid == NIL:
        yield Problem(
            ProblemCode.NO_DEVICE_UUID, "The device has no deviceuuid.", "OCF Security 13.2"
        )
    for name, value in (
        ("piid", database.permanent.device),
        ("pi", database.permanent.platform),
        ("original deviceuuid", database.permanent.original),
    ):
        if value == NIL:
            yield Problem(
                ProblemCode.NO_PERMANENT_UUID, f"The device has no {name}.", "OCF Core 11.1"
            )


def _state(database: Database) -> Finding:
    clause = _STATE_CLAUSES[database.state]
    match database.state:
        case State.RESET:
            yield Problem(ProblemCode.RESET_UNFINISHED, "A reset was not carried out.", clause)
        case State.RFOTM:
            yield from _unowned(database, clause)
        case State.RFPRO | State.RFNOP | State.SRESET:
            yield from _owned(database, clause)
            yield from _resource_owners(database, clause)


def _unowned(database: Database, clause: str) -> Finding:
    sentence = None
    if database.doxm.owned:
        sentence = "The state is RFOTM, but doxm.owned is true."
    elif database.doxm.owner_uuid != NIL:
        sentence = "The state is RFOTM, but doxm.devowneruuid is set."
    if sentence:
        yield Problem(ProblemCode.TRANSFER_UNFINISHED, sentence, clause)


def _owned(database: Database, clause: str) -> Finding:
    name = database.state.name
    if not database.doxm.owned:
        sentence = f"The state is {name}, but doxm.owned is false."
        yield Problem(ProblemCode.NOT_OWNED, sentence, clause)
    if database.doxm.owner_uuid == NIL:
        sentence = f"The state is {name}, but doxm.devowneruuid is nil."
        yield Problem(ProblemCode.NO_OWNER, sentence, clause)


def _resource_owners(database: Database, clause: str) -> Finding:
    subjects = [_parsed(credential.subject) for credential in database.cred.credentials]
    for name in ("doxm", "pstat", "acl2", "cred"):
        owner: uuid.UUID = getattr(database, name).resource_owner
        if owner == NIL:
            sentence = f"The state is {database.state.name}, but {name}.rowneruuid is nil."
            yield Problem(ProblemCode.NO_RESOURCE_OWNER, sentence, clause)
        elif not any(is_same_identity(subject, owner) for subject in subjects):
            sentence = f"No credential is for {name}.rowneruuid {owner}."
            yield Problem(ProblemCode.OWNER_WITHOUT_CREDENTIAL, sentence, clause)


def _progress(database: Database) -> Finding:
    pstat = database.pstat
    if pstat.dos.pending and pstat.state is not State.RESET:
        sentence = f"The change to {pstat.state.name} was not carried out: pstat.dos.p is true."
        yield Problem(ProblemCode.CHANGE_UNFINISHED, sentence, "OCF Security 13.8")
    if pstat.is_operational != (pstat.state is State.RFNOP):
        value = str(pstat.is_operational).lower()
        sentence = f"The state is {pstat.state.name}, but pstat.isop is {value}."
        yield Problem(ProblemCode.OPERATIONAL_MISMATCH, sentence, "OCF Security 13.8")


def _credentials(database: Database) -> Finding:
    credentials = database.cred.credentials
    for credid in _repeated(credential.credid for credential in credentials):
        sentence = f"Several credentials have the credid {credid}."
        yield Problem(ProblemCode.DUPLICATE_CREDID, sentence, "OCF Security 13.3")
    for credential in credentials:
        if not _is_subject(credential.subject):
            sentence = f"The subjectuuid of credential {credential.credid} names nobody."
            yield Problem(ProblemCode.BAD_SUBJECT, sentence, "OCF Security 13.3")
        if credential.kind == CredentialType.SYMMETRIC_PAIRWISE:
            yield from _key_length(credential)


def _key_length(credential: Credential) -> Finding:
    private = credential.private
    size = 0 if private is None else len(private.data)
    is_octets = private is None or private.encoding in (Encoding.RAW, Encoding.BASE64)
    if not is_octets or size not in (16, 32):
        sentence = f"The key of credential {credential.credid} is not 16 or 32 octets long."
        yield Problem(ProblemCode.BAD_KEY_LENGTH, sentence, "OCF Security 13.3")


def _rules(database: Database) -> Finding:
    for aceid in _repeated(ace.aceid for ace in database.acl2.entries):
        sentence = f"Several access control entries have the aceid {aceid}."
        yield Problem(ProblemCode.DUPLICATE_ACEID, sentence, "OCF Security 12.2")
    for ace in database.acl2.entries:
        if ace.subject.uuid is not None and not _is_subject(ace.subject.uuid):
            sentence = f"The subject of access control entry {ace.aceid} names nobody."
            yield Problem(ProblemCode.BAD_SUBJECT, sentence, "OCF Security 12.2")


def _profile(database: Database) -> Finding:
    if database.sp.current not in database.sp.supported:
        sentence = "sp.currentprofile is not one of sp.supportedprofiles."
        yield Problem(ProblemCode.UNSUPPORTED_PROFILE, sentence, "OCF Security 14.8")


def _repeated(numbers: Iterator[int]) -> list[int]:
    return [number for number, count in Counter(numbers).items() if count > 1]


def _is_subject(text: str) -> bool:
    return text == ANY_SUBJECT or _parsed(text) not in (None, NIL)


def _parsed(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


_RULES: Final[tuple[Callable[[Database], Finding], ...]] = (
    _identity,
    _state,
    _progress,
    _credentials,
    _rules,
    _profile,
)
