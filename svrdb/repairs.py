"""Repairs of what `svrdb.advice` finds, each the one that the finding proposes.

Pure functions from a database to a better one; whoever calls commits the result, as one change.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from onboardee.svrdb import mends
from onboardee.svrdb.advice import advise
from onboardee.svrdb.findings import Finding, ProblemCode, Severity
from onboardee.svrdb.model import (
    Ace,
    Credential,
    Database,
    ResetProfile,
)
from onboardee.svrdb.reset_profile import NewUuid, factory_state, reset, without_owner

_ROUNDS: Final = 4
"""One repair may bring to light what another is for: a reset, an inconsistent reset profile."""


@dataclass(frozen=True, slots=True)
class Means:
    """What repairs need to be given: the time (aware), and a source of random UUIDs."""

    now: datetime
    new_uuid: NewUuid


def repair(
    database: Database, means: Means, codes: Collection[ProblemCode] | None = None
) -> Database:
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


def _is_meant(finding: Finding, codes: Collection[ProblemCode] | None) -> bool:
    if codes is None:
        return finding.is_repairable and finding.severity is not Severity.NOTE
    return finding.is_repairable and finding.code in codes


def _repaired(database: Database, code: ProblemCode, means: Means) -> Database:
    if code in _SIMPLE:
        return _SIMPLE[code](database)
    if code in _WITH_UUIDS:
        return _WITH_UUIDS[code](database, means.new_uuid)
    if code is ProblemCode.BAD_RESET_PROFILE:
        return _reset_profile(database, means)
    return _without(database, code, means.now)


def _without(database: Database, code: ProblemCode, now: datetime) -> Database:
    """Remove the entries that have this finding even when they are alone."""
    nothing = replace(
        database,
        cred=replace(database.cred, credentials=()),
        acl2=replace(database.acl2, entries=()),
        reset_profile=None,
    )

    def is_good(part: str, **alone: tuple[Ace | Credential, ...]) -> bool:
        return all(
            finding.code != code for finding in advise(mends.edit(nothing, part, **alone), now)
        )

    credentials = tuple(
        each for each in database.cred.credentials if is_good("cred", credentials=(each,))
    )
    entries = tuple(each for each in database.acl2.entries if is_good("acl2", entries=(each,)))
    without = mends.edit(database, "cred", credentials=credentials)
    return mends.edit(without, "acl2", entries=entries)


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


_SIMPLE: Final[dict[ProblemCode, Callable[[Database], Database]]] = {
    ProblemCode.CHANGE_UNFINISHED: mends.finish_change,
    ProblemCode.OPERATIONAL_MISMATCH: mends.operational,
    ProblemCode.DUPLICATE_CREDID: mends.credids,
    ProblemCode.DUPLICATE_ACEID: mends.aceids,
    ProblemCode.UNSUPPORTED_PROFILE: mends.security_profile,
    ProblemCode.MODE_MISMATCH: mends.modes,
    ProblemCode.BAD_MODE: mends.allowed_modes,
    ProblemCode.OWN_KEY_UNREADABLE: mends.no_own_key,
    ProblemCode.BAD_REVOCATION_LIST: mends.no_revocations,
    ProblemCode.UNSUPPORTED_METHOD: mends.method,
    ProblemCode.STRAY_RESOURCE_OWNER: mends.no_resource_owners,
    ProblemCode.STRAY_NEXT_UUID: mends.no_next_uuid,
    ProblemCode.CHAIN_BROKEN: mends.cut_chains,
    ProblemCode.NO_MANUFACTURER_CERTIFICATE: mends.no_manufacturer,
}

_WITH_UUIDS: Final[dict[ProblemCode, Callable[[Database, NewUuid], Database]]] = {
    ProblemCode.NO_DEVICE_UUID: mends.device_uuid,
    ProblemCode.NO_PERMANENT_UUID: mends.permanent,
    ProblemCode.RESET_UNFINISHED: reset,
    ProblemCode.TRANSFER_UNFINISHED: reset,
    ProblemCode.NOT_OWNED: mends.set_owned,
    ProblemCode.NO_OWNER: mends.set_owner,
    ProblemCode.NO_RESOURCE_OWNER: mends.set_resource_owners,
    ProblemCode.OWNER_WITHOUT_CREDENTIAL: mends.set_resource_owners,
}
