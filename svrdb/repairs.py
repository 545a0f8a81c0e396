"""Repairs of what `svrdb.advice` finds, each the one that the finding proposes.

Pure functions from a database to a better one; whoever calls commits the result, as one change.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from msgspec.structs import replace

from svrdb.advice import MODES, AdviceCode, Code, Finding, Severity, advise
from svrdb.check import ProblemCode
from svrdb.model import (
    NIL,
    Ace,
    Credential,
    CredentialType,
    Database,
    Dos,
    ResetProfile,
    State,
    TransferMethod,
    is_same_identity,
)
from svrdb.reset_profile import NewUuid, factory_state, reset, without_owner
from svrdb.seed import parsed_uuid

_ROUNDS: Final = 4
"""One repair may bring to light what another is for: a reset, an inconsistent reset profile."""


@dataclass(frozen=True, slots=True)
class Means:
    """What repairs need to be given: the time (aware), and a source of random UUIDs."""

    now: datetime
    new_uuid: NewUuid


def repair(database: Database, means: Means, codes: Collection[Code] | None = None) -> Database:
    """Return a database without the findings of these codes; without `codes`, of all but notes.

    What cannot be repaired is left as it is.
    """
    for _ in range(_ROUNDS):
        before = database
        found = [each for each in advise(database, means.now) if _is_meant(each, codes)]
        for code in dict.fromkeys(finding.code for finding in found):
            database = _repaired(database, code, means)
        if database == before:
            break
    return database


def _is_meant(finding: Finding, codes: Collection[Code] | None) -> bool:
    if codes is None:
        return finding.is_repairable and finding.severity is not Severity.NOTE
    return finding.is_repairable and finding.code in codes


def _repaired(database: Database, code: Code, means: Means) -> Database:
    if code in _SIMPLE:
        return _SIMPLE[code](database)
    return _WITH_MEANS[code](database, means)


def _edit(database: Database, part: str, **changes: Any) -> Database:
    return replace(database, **{part: replace(getattr(database, part), **changes)})


def _device_uuid(database: Database, means: Means) -> Database:
    original = database.permanent.original
    return _edit(database, "doxm", device_uuid=means.new_uuid() if original == NIL else original)


def _permanent(database: Database, means: Means) -> Database:
    known = database.permanent
    # the UUID it has is the best guess for the one it left the factory with
    original = known.original if known.original != NIL else database.doxm.device_uuid
    return _edit(
        database,
        "permanent",
        **{
            name: value if value != NIL else means.new_uuid()
            for name, value in (
                ("device", known.device),
                ("platform", known.platform),
                ("original", original),
            )
        },
    )


def _reset(database: Database, means: Means) -> Database:
    return reset(database, means.new_uuid)


def _finish_change(database: Database) -> Database:
    return _edit(database, "pstat", dos=Dos(state=database.state))


def _set_owned(database: Database, means: Means) -> Database:
    if _has_credential(database, database.doxm.owner_uuid):
        return _edit(database, "doxm", owned=True)
    return _reset(database, means)


def _set_owner(database: Database, means: Means) -> Database:
    owner = database.doxm.resource_owner
    if _has_credential(database, owner):
        return _edit(database, "doxm", owner_uuid=owner)
    return _reset(database, means)


def _set_resource_owners(database: Database, means: Means) -> Database:
    """Name the device's owner for each resource that has no owner, or an unknown one."""
    owner = database.doxm.owner_uuid
    if not _has_credential(database, owner):
        return _reset(database, means)
    for name in ("doxm", "pstat", "acl2", "cred"):
        if not _has_credential(database, getattr(database, name).resource_owner):
            database = _edit(database, name, resource_owner=owner)
    return database


def _has_credential(database: Database, owner: UUID) -> bool:
    return any(
        is_same_identity(parsed_uuid(credential.subject), owner)
        for credential in database.cred.credentials
    )


def _operational(database: Database) -> Database:
    return _edit(database, "pstat", is_operational=database.state is State.RFNOP)


def _modes(database: Database) -> Database:
    pstat = database.pstat
    current, target = MODES[pstat.state]
    return _edit(
        database,
        "pstat",
        current_mode=pstat.current_mode & ~3 | current,
        target_mode=pstat.target_mode & ~3 | target,
    )


Entry = TypeVar("Entry", Ace, Credential)


def _renumbered(entries: Iterable[Entry], name: str) -> tuple[Entry, ...]:
    """Give each entry whose number is taken the smallest that no other has."""
    entries = tuple(entries)
    all_numbers = {getattr(entry, name) for entry in entries}
    taken: set[int] = set()
    result = []
    for entry in entries:
        number = getattr(entry, name)
        if number in taken:
            number = next(n for n in range(1, 2**31) if n not in taken | all_numbers)
        taken.add(number)
        result.append(replace(entry, **{name: number}))
    return tuple(result)


def _credids(database: Database) -> Database:
    return _edit(database, "cred", credentials=_renumbered(database.cred.credentials, "credid"))


def _aceids(database: Database) -> Database:
    return _edit(database, "acl2", entries=_renumbered(database.acl2.entries, "aceid"))


def _without(code: Code) -> Callable[[Database, Means], Database]:
    """Make a repair that removes the entries that have this finding even when they are alone."""

    def fix(database: Database, means: Means) -> Database:
        nothing = replace(
            database,
            cred=replace(database.cred, credentials=()),
            acl2=replace(database.acl2, entries=()),
            reset_profile=None,
        )

        def is_good(part: str, **alone: tuple[Ace | Credential, ...]) -> bool:
            found = advise(_edit(nothing, part, **alone), means.now)
            return all(finding.code != code for finding in found)

        credentials = tuple(
            each for each in database.cred.credentials if is_good("cred", credentials=(each,))
        )
        entries = tuple(each for each in database.acl2.entries if is_good("acl2", entries=(each,)))
        return _edit(_edit(database, "cred", credentials=credentials), "acl2", entries=entries)

    return fix


def _cut_chains(database: Database) -> Database:
    # 5 MB of memory that a device without certificates need not have
    from svrdb.certificates import cut  # noqa: PLC0415

    credentials = tuple(
        replace(each, public=cut(each)) if each.kind == CredentialType.CERTIFICATE else each
        for each in database.cred.credentials
    )
    return _edit(database, "cred", credentials=credentials)


def _security_profile(database: Database) -> Database:
    supported = database.sp.supported or (database.sp.current,)
    return _edit(database, "sp", current=supported[0], supported=supported)


def _method(database: Database) -> Database:
    return _edit(database, "doxm", selected_method=int(TransferMethod.SELF))


def _no_manufacturer(database: Database) -> Database:
    method = TransferMethod.MANUFACTURER_CERTIFICATE
    rest = tuple(each for each in database.doxm.methods if each != method)
    return _edit(database, "doxm", methods=rest)


def _no_resource_owners(database: Database) -> Database:
    for name in ("doxm", "pstat", "acl2", "cred"):
        database = _edit(database, name, resource_owner=NIL)
    return database


def _no_next_uuid(database: Database) -> Database:
    return replace(database, next_uuid=None)


def _reset_profile(database: Database, means: Means) -> Database:
    """Repair the reset profile as the device that it describes."""
    profile = database.reset_profile
    assert profile is not None, "a finding about it"
    plain = without_owner(replace(profile, is_uuid_hidden=False))
    uuid = plain.doxm.device_uuid
    device = factory_state(plain, database.permanent, uuid, means.new_uuid)
    good = repair(replace(device, reset_profile=None), means)
    made = ResetProfile(
        doxm=replace(good.doxm, device_uuid=uuid),
        pstat=good.pstat,
        cred=good.cred,
        acl2=good.acl2,
        sp=good.sp,
        uuid=profile.uuid,
        is_uuid_hidden=profile.is_uuid_hidden,
    )
    return replace(database, reset_profile=made)


_SIMPLE: Final[dict[Code, Callable[[Database], Database]]] = {
    ProblemCode.CHANGE_UNFINISHED: _finish_change,
    ProblemCode.OPERATIONAL_MISMATCH: _operational,
    ProblemCode.DUPLICATE_CREDID: _credids,
    ProblemCode.DUPLICATE_ACEID: _aceids,
    ProblemCode.UNSUPPORTED_PROFILE: _security_profile,
    AdviceCode.MODE_MISMATCH: _modes,
    AdviceCode.UNSUPPORTED_METHOD: _method,
    AdviceCode.STRAY_RESOURCE_OWNER: _no_resource_owners,
    AdviceCode.STRAY_NEXT_UUID: _no_next_uuid,
    AdviceCode.CHAIN_BROKEN: _cut_chains,
    AdviceCode.NO_MANUFACTURER_CERTIFICATE: _no_manufacturer,
}

_WITH_MEANS: Final[dict[Code, Callable[[Database, Means], Database]]] = {
    ProblemCode.NO_DEVICE_UUID: _device_uuid,
    ProblemCode.NO_PERMANENT_UUID: _permanent,
    ProblemCode.RESET_UNFINISHED: _reset,
    ProblemCode.TRANSFER_UNFINISHED: _reset,
    ProblemCode.NOT_OWNED: _set_owned,
    ProblemCode.NO_OWNER: _set_owner,
    ProblemCode.NO_RESOURCE_OWNER: _set_resource_owners,
    ProblemCode.OWNER_WITHOUT_CREDENTIAL: _set_resource_owners,
    ProblemCode.BAD_SUBJECT: _without(ProblemCode.BAD_SUBJECT),
    ProblemCode.BAD_KEY_LENGTH: _without(ProblemCode.BAD_KEY_LENGTH),
    AdviceCode.CERTIFICATE_UNREADABLE: _without(AdviceCode.CERTIFICATE_UNREADABLE),
    AdviceCode.KEY_UNREADABLE: _without(AdviceCode.KEY_UNREADABLE),
    AdviceCode.KEY_MISMATCH: _without(AdviceCode.KEY_MISMATCH),
    AdviceCode.ENTRY_WITHOUT_EFFECT: _without(AdviceCode.ENTRY_WITHOUT_EFFECT),
    AdviceCode.BAD_RESET_PROFILE: _reset_profile,
}
