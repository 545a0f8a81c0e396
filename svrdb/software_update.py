"""What each step of a software update makes of a database.

    step         swupdatestate    when it has begun        when it has ended
    ----------   --------------   ----------------------   ----------------------------------
    look         idle             -                        nsa with the version, or idle
    download     nsa              svv                      sva; after a failure nsa
    install      sva              upgrading                idle, with or without the new software

`/oic/sec/pstat` tells the same (OCF Security 14.5): a bit of `tm` is 1 while what it stands for is
being done, and the bit of `cm` says afterwards what came of it. A client may also begin that way,
by setting a bit of `tm`; to clear one has no effect. Looking for software alone has no bit.

    64    software version validation (isvv)       cm: whether there is valid software to install
    128   secure software update (upgrade)         cm: whether it was installed

What was being downloaded or installed when the power went is not gone on with: a device has its old
software then, and the order is over (`interrupted`).
"""

from datetime import UTC, datetime
from typing import Final

from msgspec.structs import replace

from onboardee.svrdb.model import Database, Software, UpdateAction, UpdateResult, UpdateState

VALIDATION: Final = 64
UPDATE: Final = 128
BITS: Final = {UpdateAction.VALIDATE: VALIDATION, UpdateAction.UPGRADE: UPDATE}
"""The bit of `cm` and `tm` that stands for an action (OCF Security 13.8)."""
UNSAFE: Final = frozenset({UpdateState.VALIDATING, UpdateState.UPGRADING})
"""States of which nothing is left after a restart."""


def moment_text(moment: datetime) -> str:
    """Write a moment as RFC 3339, in UTC and to the second.

    >>> moment_text(datetime(2026, 1, 1, tzinfo=UTC))
    '2026-01-01T00:00:00Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def ordered(database: Database, *, url: str, action: UpdateAction, time: str | None) -> Database:
    """Return the database with an order, which takes the place of an earlier one.

    What is known of new software holds on, unless it is to be looked for anew or elsewhere. A
    download that was under way is given up.
    """
    software = database.software
    holds = url == software.url and action is not UpdateAction.CHECK
    state = software.state if holds else UpdateState.IDLE
    changed = replace(
        software,
        url=url,
        action=action,
        time=time,
        state=UpdateState.AVAILABLE if state in UNSAFE else state,
        result=UpdateResult.NONE,
        new_version=software.new_version if holds else "",
    )
    return _with_bits(replace(database, software=changed))


def ordered_by_mode(before: Database, after: Database, now: datetime) -> Database:
    """Return `after` with the order that an UPDATE of `tm` is; one without a new bit is none.

    While software is being installed there is no other order, and the bit goes with its end.
    """
    new = after.pstat.target_mode & ~before.pstat.target_mode
    wanted = [action for action, bit in BITS.items() if new & bit]
    if not wanted or after.software.state is UpdateState.UPGRADING:
        return after
    changed = ordered(after, url=after.software.url, action=wanted[-1], time=moment_text(now))
    # the bit says so from the very answer on
    return _with_bits(changed, wanted[-1], is_wanted=True)


def begun(database: Database, state: UpdateState) -> Database:
    """Return the database as a step that has this state begins."""
    software = database.software
    changed = replace(database, software=replace(software, state=state, result=UpdateResult.NONE))
    return _with_bits(changed, software.action, is_wanted=True)


def found(database: Database, version: str) -> Database:
    """Return the database when new software was found; looking for it was all, or more follows."""
    is_all = database.software.action is UpdateAction.CHECK
    return _arrived(database, UpdateState.AVAILABLE, version, is_all=is_all)


def validated(database: Database) -> Database:
    """Return the database when the software is there and valid."""
    software = database.software
    is_all = software.action is UpdateAction.VALIDATE
    changed = _arrived(database, UpdateState.READY, software.new_version, is_all=is_all)
    return _with_bits(changed, UpdateAction.VALIDATE, came_true=True) if is_all else changed


def installed(database: Database, time: str) -> Database:
    """Return the database when the new software runs."""
    software = database.software
    changed = replace(
        database,
        software=replace(
            software,
            action=UpdateAction.NONE,
            state=UpdateState.IDLE,
            result=UpdateResult.SUCCESS,
            new_version="",
            installed=software.new_version,
            updated=time,
        ),
    )
    return _with_bits(changed, UpdateAction.UPGRADE, came_true=True)


def ended(database: Database, result: UpdateResult) -> Database:
    """Return the database when an order has come to nothing.

    Software that is available, or could not be downloaded, still is; what could not be installed is
    given up.
    """
    software = database.software
    is_known = software.state in {UpdateState.AVAILABLE, UpdateState.VALIDATING}
    changed = replace(
        database,
        software=replace(
            software,
            action=UpdateAction.NONE,
            state=UpdateState.AVAILABLE if is_known else UpdateState.IDLE,
            result=result,
            new_version=software.new_version if is_known else "",
        ),
    )
    return _with_bits(changed, software.action)


def interrupted(database: Database) -> Database:
    """Return the database as a restart finds it: no step outlives one. Otherwise it is the same."""
    match database.software.state:
        case UpdateState.VALIDATING:
            return ended(database, UpdateResult.CONNECTION_LOST)
        case UpdateState.UPGRADING:
            return ended(database, UpdateResult.UPGRADE_FAILED)
    return database


def after_reset(software: Software) -> Software:
    """Return what a factory reset leaves: the software that is installed, and no order."""
    return Software(installed=software.installed, updated=software.updated)


def _arrived(database: Database, state: UpdateState, version: str, *, is_all: bool) -> Database:
    software = database.software
    action = UpdateAction.NONE if is_all else software.action
    changed = replace(
        software, action=action, state=state, new_version=version, result=UpdateResult.SUCCESS
    )
    return replace(database, software=changed)


def _with_bits(
    database: Database,
    action: UpdateAction = UpdateAction.NONE,
    *,
    is_wanted: bool = False,
    came_true: bool = False,
) -> Database:
    """Return the database with the bits of pstat that stand for updates.

    In `tm` that of the action stays alone, if it is wanted. In `cm` it says whether the action came
    true, which it has not as it begins. Without an action no bit of `cm` changes.
    """
    pstat, bit = database.pstat, BITS.get(action, 0)
    target = pstat.target_mode & ~(VALIDATION | UPDATE) | (bit if is_wanted else 0)
    current = pstat.current_mode & ~bit | (bit if came_true else 0)
    if (target, current) == (pstat.target_mode, pstat.current_mode):
        return database
    return replace(database, pstat=replace(pstat, target_mode=target, current_mode=current))
