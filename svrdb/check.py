"""Whether a database makes sense: the rules between its parts that a device depends on.

These rules guard each change of state: a client that asks for RFPRO, RFNOP or SRESET is refused
with the first sentence if the database would not be in order there (OCF Security 8.4 to 8.6;
IoTivity-Lite has the same conditions). Imports and device profiles are held to them, too, and `svr
check` repairs what breaks one.

    state            has to hold
    --------------   ------------------------------------------------------------------
    any              deviceuuid, pi, piid and the original UUID are set; dos.p is false
                       but in RESET; isop is true in RFNOP alone; ids are unique;
                       subjects name somebody; pairwise keys have 16 or 32 octets; the
                       current security profile is supported
    RFOTM            owned is false and devowneruuid is nil
    RFPRO, RFNOP,    owned is true; devowneruuid is set; doxm, pstat, cred and acl2 each
      SRESET           have a rowneruuid with a credential to come back with

What is merely of no use (a rule that never applies, an expired certificate) is for `svrdb.advice`:
a device works with it, and no client is refused for it.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from onboardee.svrdb.findings import Finding, Findings, ProblemCode
from onboardee.svrdb.model import (
    ANY_SUBJECT,
    KEY_SIZES,
    NIL,
    OWNED_RESOURCES,
    Credential,
    CredentialType,
    CredentialUsage,
    Database,
    Encoding,
    State,
    is_same_identity,
)
from onboardee.svrdb.seed import parsed_uuid

_STATE_CLAUSES: Final = {
    State.RESET: "OCF Security 8.2",
    State.RFOTM: "OCF Security 8.3",
    State.RFPRO: "OCF Security 8.4",
    State.RFNOP: "OCF Security 8.5",
    State.SRESET: "OCF Security 8.6",
}
"""Where OCF Security says what holds in a state."""


def problems(database: Database) -> tuple[Finding, ...]:
    """Return everything that is inconsistent in `database`, in a fixed order; empty is good.

    It needs neither time nor cryptography and looks at no certificate, so that it costs little at
    each change of state.

    >>> problems(database)
    ()
    """
    return tuple(problem for rule in _RULES for problem in rule(database))


def _identity(database: Database) -> Findings:
    """Find identifiers that are missing: without them a device cannot be told from another one."""
    if database.doxm.device_uuid == NIL:
        yield Finding(
            ProblemCode.NO_DEVICE_UUID, "The device has no deviceuuid.", "OCF Security 13.2"
        )
    for name, value in (
        ("piid", database.permanent.device),
        ("pi", database.permanent.platform),
        ("original deviceuuid", database.permanent.original),
    ):
        if value == NIL:
            yield Finding(
                ProblemCode.NO_PERMANENT_UUID, f"The device has no {name}.", "OCF Core 11.1"
            )


def _state(database: Database) -> Findings:
    """Find what must not be in the state that the database is in (OCF Security 8)."""
    clause = _STATE_CLAUSES[database.state]
    match database.state:
        # A device is in RESET only within one step; who finds it there, finds it interrupted.
        case State.RESET:
            yield Finding(ProblemCode.RESET_UNFINISHED, "A reset was not carried out.", clause)
        case State.RFOTM:
            yield from _unowned(database, clause)
        case State.RFPRO | State.RFNOP | State.SRESET:
            yield from _owned(database, clause)
            yield from _resource_owners(database, clause)


def _unowned(database: Database, clause: str) -> Findings:
    """Find an owner of a device that waits for one: a transfer that was interrupted.

    One finding is enough: what has to be done, a reset, is the same for both.
    """
    sentence = None
    if database.doxm.owned:
        sentence = "The state is RFOTM, but doxm.owned is true."
    elif database.doxm.owner_uuid != NIL:
        sentence = "The state is RFOTM, but doxm.devowneruuid is set."
    if sentence:
        yield Finding(ProblemCode.TRANSFER_UNFINISHED, sentence, clause)


def _owned(database: Database, clause: str) -> Findings:
    """Find an owned device without an owner (OCF Security 8.4)."""
    name = database.state.name
    if not database.doxm.owned:
        sentence = f"The state is {name}, but doxm.owned is false."
        yield Finding(ProblemCode.NOT_OWNED, sentence, clause)
    if database.doxm.owner_uuid == NIL:
        sentence = f"The state is {name}, but doxm.devowneruuid is nil."
        yield Finding(ProblemCode.NO_OWNER, sentence, clause)


def _resource_owners(database: Database, clause: str) -> Findings:
    """Find resource owners who are nobody, or could not open a session.

    A nil `rowneruuid` or one without a credential would leave the resource without anybody who may
    change it, for good: the tool would be locked out by its own last request.
    """
    # with a trust anchor, an owner may come with a certificate
    usages = {credential.usage for credential in database.cred.credentials}
    subjects = [parsed_uuid(credential.subject) for credential in database.cred.credentials]
    for name in OWNED_RESOURCES:
        owner: uuid.UUID = getattr(database, name).resource_owner
        if owner == NIL:
            sentence = f"The state is {database.state.name}, but {name}.rowneruuid is nil."
            yield Finding(ProblemCode.NO_RESOURCE_OWNER, sentence, clause)
        # Any kind of credential counts: a certificate's anchor may be about the owner, too.
        elif not any(is_same_identity(subject, owner) for subject in subjects):
            sentence = f"No credential is for {name}.rowneruuid {owner}."
            is_spared = CredentialUsage.TRUST_ANCHOR in usages
            yield Finding(ProblemCode.OWNER_WITHOUT_CREDENTIAL, sentence, clause, is_spared)


def _progress(database: Database) -> Findings:
    """Find pstat in contradiction to its own state."""
    pstat = database.pstat
    # dos.p is true while a change is carried out, which is one step of the device; it is never
    # stored in another state than RESET.
    if pstat.dos.pending and pstat.state is not State.RESET:
        sentence = f"The change to {pstat.state.name} was not carried out: pstat.dos.p is true."
        yield Finding(ProblemCode.CHANGE_UNFINISHED, sentence, "OCF Security 13.8")
    if pstat.is_operational != (pstat.state is State.RFNOP):
        value = str(pstat.is_operational).lower()
        sentence = f"The state is {pstat.state.name}, but pstat.isop is {value}."
        yield Finding(ProblemCode.OPERATIONAL_MISMATCH, sentence, "OCF Security 13.8")


def _credentials(database: Database) -> Findings:
    """Find credentials that cannot be told apart, are about nobody, or have no key."""
    credentials = database.cred.credentials
    for credid in _repeated(credential.credid for credential in credentials):
        sentence = f"Several credentials have the credid {credid}."
        yield Finding(ProblemCode.DUPLICATE_CREDID, sentence, "OCF Security 13.3")
    for credential in credentials:
        if not _is_subject(credential.subject):
            sentence = f"The subjectuuid of credential {credential.credid} names nobody."
            yield Finding(ProblemCode.BAD_SUBJECT, sentence, "OCF Security 13.3")
        if credential.kind == CredentialType.SYMMETRIC_PAIRWISE:
            yield from _key_length(credential)


def _key_length(credential: Credential) -> Findings:
    """Find a pairwise key of a wrong size, or none; the sentence does not show it.

    PEM in the place of a key (a certificate's) is no key, whatever its size. The handshake takes
    what stands there for the key, so that the peer, who has a proper one, is refused.
    """
    private = credential.private
    size = 0 if private is None else len(private.data)
    # Without private data the size below is 0, and found wrong.
    is_octets = private is None or private.encoding in (Encoding.RAW, Encoding.BASE64)
    if not is_octets or size not in KEY_SIZES:
        sentence = f"The key of credential {credential.credid} is not 16 or 32 octets long."
        is_spared = not is_octets and size > 0
        yield Finding(ProblemCode.BAD_KEY_LENGTH, sentence, "OCF Security 13.3", is_spared)


def _rules(database: Database) -> Findings:
    """Find access control entries that cannot be told apart, or are about nobody."""
    for aceid in _repeated(ace.aceid for ace in database.acl2.entries):
        sentence = f"Several access control entries have the aceid {aceid}."
        yield Finding(ProblemCode.DUPLICATE_ACEID, sentence, "OCF Security 12.2")
    for ace in database.acl2.entries:
        if ace.subject.uuid is not None and not _is_subject(ace.subject.uuid):
            sentence = f"The subject of access control entry {ace.aceid} names nobody."
            yield Finding(ProblemCode.BAD_SUBJECT, sentence, "OCF Security 12.2")


def _profile(database: Database) -> Findings:
    """Find a security profile in force that the device does not support (OCF Security 14.8)."""
    if database.sp.current not in database.sp.supported:
        sentence = "sp.currentprofile is not one of sp.supportedprofiles."
        yield Finding(ProblemCode.UNSUPPORTED_PROFILE, sentence, "OCF Security 14.8")


def _repeated(numbers: Iterator[int]) -> list[int]:
    """Return the numbers that occur more than once, in the order of their first occurrence."""
    return [number for number, count in Counter(numbers).items() if count > 1]


def _is_subject(text: str) -> bool:
    """Tell whether a text names somebody: a UUID other than nil, or `*`."""
    return text == ANY_SUBJECT or parsed_uuid(text) not in (None, NIL)


_RULES: Final[tuple[Callable[[Database], Findings], ...]] = (
    _identity,
    _state,
    _progress,
    _credentials,
    _rules,
    _profile,
)
"""In the order in which their findings are listed; the first finding is what a client is told."""
