"""What a device has when it leaves the factory, what a reset leaves, and how changes are told."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from onboardee.device import events
from onboardee.device.machine.changes import describe_changes
from onboardee.device.security import onboarding_states
from onboardee.device.security.factory import new_database, reset_database
from onboardee.device.simulation.profile import UuidPolicy, load
from onboardee.svrdb.check import problems
from onboardee.svrdb.model import NIL, Cred, Credential, Database, Sdi, State
from onboardee.wire.entropy import SeededEntropy

WISHED = UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")
OWNER = UUID("11111111-2222-4333-8444-555555555555")
LIGHT = load("light")


def used(database: Database) -> Database:
    """Leave traces everywhere."""
    doxm = replace(
        database.doxm,
        owned=True,
        owner_uuid=OWNER,
        resource_owner=OWNER,
        device_uuid=OWNER,
        selected_method=0,
    )
    return replace(
        onboarding_states.enter(database, State.RFNOP),
        doxm=doxm,
        cred=Cred(
            credentials=(Credential(credid=1, kind=1, subject=str(OWNER)),), resource_owner=OWNER
        ),
        acl2=replace(database.acl2, resource_owner=OWNER),
        sdi=Sdi(domain=OWNER, name="home", is_private=True),
    )


def test_a_new_device() -> None:
    """It waits for an owner, has chosen no method, and has UUIDs of its own."""
    database = new_database(LIGHT, SeededEntropy(1))
    assert database.state is State.RFOTM
    assert (database.doxm.selected_method, database.doxm.owned) == (4, False)
    assert database.doxm.methods == (0,)
    assert len({database.doxm.device_uuid, *map(UUID, ids(database))}) == 3
    assert not problems(database)
    assert onboarding_states.enter(database, State.RFOTM) == database


def ids(database: Database) -> tuple[str, str, str]:
    """Return what a reset never touches."""
    permanent = database.permanent
    return str(permanent.device), str(permanent.platform), str(permanent.original)


def test_a_device_with_a_wish() -> None:
    """The UUID can be chosen."""
    database = new_database(LIGHT, SeededEntropy(1), device_uuid=WISHED)
    assert database.doxm.device_uuid == database.permanent.original == WISHED


@pytest.mark.parametrize("policy", UuidPolicy)
def test_a_reset_leaves_no_trace(policy: UuidPolicy) -> None:
    """Everything is as on the first day, and the UUID as the profile wants it."""
    profile = replace(LIGHT, ownership=replace(LIGHT.ownership, uuid=policy))
    first = new_database(profile, SeededEntropy(1), device_uuid=WISHED)
    after = reset_database(used(first), SeededEntropy(2))
    kept = policy is UuidPolicy.KEEP
    assert (after.doxm.device_uuid == WISHED) is kept
    assert after.doxm.device_uuid not in {NIL, OWNER}
    assert replace(after, doxm=replace(after.doxm, device_uuid=WISHED)) == first


def test_changes_are_told() -> None:
    """A chosen method, a new owner and a new state are events; nothing else is."""
    first = new_database(LIGHT, SeededEntropy(1))
    chosen = replace(first, doxm=replace(first.doxm, selected_method=0))
    taken = replace(used(first), doxm=replace(used(first).doxm, selected_method=0))
    assert list(describe_changes(first, first)) == []
    assert list(describe_changes(first, chosen)) == [events.MethodSelected(method="just works")]
    assert list(describe_changes(chosen, taken)) == [
        events.OwnerChanged(owner=OWNER, device_uuid=OWNER),
        events.StateChanged(before="RFOTM", after="RFNOP"),
    ]
    assert list(describe_changes(taken, first)) == [
        events.StateChanged(before="RFNOP", after="RFOTM")
    ]
