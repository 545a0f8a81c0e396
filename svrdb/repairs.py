"""Repairs of what `svrdb.advice` finds, each the one that the finding proposes.

Pure functions from a database to a better one; whoever calls commits the result, as one change.
Repairs come in rounds:

    advise --> codes that are meant --> the repair of each --> advise --> ... until nothing changes

One repair may bring to light what another is for: a reset, an inconsistent reset profile. Rounds
are counted, so that two repairs that undo each other would come to an end, too.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from onboardee.svrdb import created, mends
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
"""More than any chain of repairs that tests have found in any database needs."""


@dataclass(frozen=True, slots=True)
class RepairMeans:
    """What repairs need to be given: the time (aware), and a source of random UUIDs."""

    now: datetime
    new_uuid: NewUuid


def repair(
    database: Database, means: RepairMeans, codes: Collection[ProblemCode] | None = None
) -> Database:
    """Return a database without the findings of these codes; without `codes`, of all but notes.

    Notes are repaired only when they are named, as they may be meant so. What cannot be repaired is
    left as it is; ask `advise` for what is left. A repair that resets the device is proposed as
    such by the finding's remedy, and is done like the others: who calls shows the differences
    first.

    >>> means = RepairMeans(datetime.now(UTC), uuid4)
    >>> stuck = replace(database, pstat=replace(database.pstat, is_operational=True))
    >>> repair(stuck, means, {ProblemCode.OPERATIONAL_MISMATCH}).pstat.is_operational
    False
    """
    for _ in range(_ROUNDS):
        before = database
        found = [each for each in advise(database, means.now) if _is_meant(each, codes)]
        # One repair serves all findings of its code, in the order in which they are listed: what a
        # device depends on first, so that a reset makes smaller repairs needless.
        for code in dict.fromkeys(finding.code for finding in found):
            database = _repaired(database, code, means)
        if database == before:
            break
    return database


def _is_meant(finding: Finding, codes: Collection[ProblemCode] | None) -> bool:
    """Tell whether a finding is among those to be repaired, and can be."""
    if codes is None:
        return finding.is_repairable and finding.severity is not Severity.NOTE
    return finding.is_repairable and finding.code in codes


def _repaired(database: Database, code: ProblemCode, means: RepairMeans) -> Database:
    """Repair one kind of finding, wherever it occurs."""
    if code in _SIMPLE:
        return _SIMPLE[code](database)
    if code in _WITH_UUIDS:
        return _WITH_UUIDS[code](database, means.new_uuid)
    if code is ProblemCode.BAD_RESET_PROFILE:
        return _reset_profile(database, means)
    # What is left are entries that are of no use: the remedy of each is to remove it.
    return _without(database, code, means.now)


def _without(database: Database, code: ProblemCode, now: datetime) -> Database:
    """Remove the entries that have this finding even when they are alone.

    Findings do not say which entry they are about in a form for programs. Each entry is put into a
    database with nothing else in it, and goes if that database has a finding of this code.
    """
    # The profile is left out, as its findings would be the same for each entry.
    nothing = replace(
        database,
        cred=replace(database.cred, credentials=()),
        acl2=replace(database.acl2, entries=()),
        reset_profile=None,
    )

    def is_good(part: str, **alone: tuple[Ace | Credential, ...]) -> bool:
        return all(
            finding.code != code or finding.is_spared
            for finding in advise(mends.edit(nothing, part, **alone), now)
        )

    credentials = tuple(
        each for each in database.cred.credentials if is_good("cred", credentials=(each,))
    )
    entries = tuple(each for each in database.acl2.entries if is_good("acl2", entries=(each,)))
    without = mends.edit(database, "cred", credentials=credentials)
    return mends.edit(without, "acl2", entries=entries)


def _reset_profile(database: Database, means: RepairMeans) -> Database:
    """Repair the reset profile as the device that it describes.

    Its own settings, how a reset gives a UUID, are not the device's and are kept.
    """
    profile = database.reset_profile
    # The device that a reset would make is repaired like any other, and becomes the profile again.
    # It is restored under its own UUID and not a temporary one, which would end up in the profile.
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
    ProblemCode.BAD_RESOURCE: mends.usable_resources,
    ProblemCode.BAD_CREATED: created.mended,
    ProblemCode.NO_MANUFACTURER_CERTIFICATE: mends.no_manufacturer,
}
"""Repairs that need the database alone. A code that is in neither table is one of an entry, which
is removed."""

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
"""Repairs that may have to give a new UUID, those above all that end in a reset."""
