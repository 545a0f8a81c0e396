"""Shortcuts that make a device somebody's or nobody's, each with a database that makes sense."""

from uuid import UUID

import pytest
from msgspec.structs import replace
from svrdb_samples import DEVICE, OWNER, SECRET, owned, unowned

from onboardee.svrdb import (
    NIL,
    CredentialType,
    Database,
    PrivateData,
    State,
    TransferMethod,
    problems,
    worsened,
)
from onboardee.svrdb.editor import (
    OWNED_STATES,
    EditError,
    MalformedError,
    add_credential,
    new_uuid,
    own,
    put,
    set_state,
    unown,
)
from onboardee.svrdb.onboarding import ON_ENTRY

STRANGER = UUID(int=0x5A)


@pytest.mark.parametrize("state", OWNED_STATES)
@pytest.mark.parametrize("before", [unowned(), *map(owned, OWNED_STATES)])
def test_own(before: Database, state: State) -> None:
    """Owner, resource owners, key and state are there at once, whoever owned it before."""
    after = own(before, STRANGER, SECRET, state)
    assert problems(after) == ()
    assert (after.doxm.owned, after.doxm.owner_uuid) == (True, STRANGER)
    owners = {getattr(after, name).resource_owner for name in ("doxm", "pstat", "acl2", "cred")}
    assert owners == {STRANGER}
    (credential,) = after.cred.credentials
    assert (credential.kind, credential.subject) == (1, str(STRANGER))
    assert credential.private == PrivateData(data=SECRET)
    modes = after.pstat.is_operational, after.pstat.current_mode, after.pstat.target_mode
    assert (after.state, modes) == (state, ON_ENTRY[state])
    assert after.acl2.entries == before.acl2.entries


def test_the_same_owner_gets_another_key() -> None:
    """There is one owner credential, the new one."""
    after = own(owned(), OWNER, bytes(32))
    assert [each.private for each in after.cred.credentials] == [PrivateData(data=bytes(32))]


def test_own_ends_a_temporary_uuid() -> None:
    """A device that hid its UUID until it has an owner shows it then."""
    hidden = replace(unowned(), next_uuid=STRANGER)
    after = own(hidden, OWNER, SECRET)
    assert (after.doxm.device_uuid, after.next_uuid) == (STRANGER, None)


@pytest.mark.parametrize(
    ("owner", "key", "state"),
    [
        (NIL, SECRET, State.RFNOP),
        (OWNER, SECRET[1:], State.RFNOP),
        (OWNER, b"", State.RFNOP),
        (OWNER, SECRET, State.RFOTM),
        (OWNER, SECRET, State.RESET),
    ],
)
def test_what_is_no_owner(owner: UUID, key: bytes, state: State) -> None:
    """Nobody owns nothing, a key has 16 or 32 octets, and RFOTM has no owner."""
    with pytest.raises(MalformedError):
        own(unowned(), owner, key, state)


@pytest.mark.parametrize("state", OWNED_STATES)
def test_unown(state: State) -> None:
    """Owner and owner's key are gone; the others' credentials, rules and UUID are still there."""
    before = add_credential(
        put(owned(state), "doxm.oxmsel", "jw"),
        CredentialType.PIN,
        subject=str(OWNER),
        private=PrivateData(data=b"1234"),
    )
    before = add_credential(
        before,
        CredentialType.SYMMETRIC_PAIRWISE,
        subject=str(STRANGER),
        private=PrivateData(data=SECRET),
    )
    after = unown(before)
    assert problems(after) == ()
    assert after.state is State.RFOTM
    assert after.doxm == replace(unowned().doxm, methods=(0,))
    assert after.doxm.selected_method == TransferMethod.SELF
    assert [each.credid for each in after.cred.credentials] == [2, 3]
    assert after.acl2 == replace(before.acl2, resource_owner=NIL)
    assert after.doxm.device_uuid == DEVICE


def test_nobody_cannot_lose_it() -> None:
    """A device that nobody owns says so, and half an owner is cleared away."""
    with pytest.raises(EditError, match="nobody owns"):
        unown(unowned())
    half = put(unowned(), "doxm.devowneruuid", str(OWNER))
    assert unown(half) == unowned()


def test_owned_and_given_up_again() -> None:
    """Afterwards a device is as it was before."""
    assert unown(own(unowned(), OWNER, SECRET)) == unowned()


@pytest.mark.parametrize("before", OWNED_STATES)
@pytest.mark.parametrize("after", OWNED_STATES)
def test_set_state(before: State, after: State) -> None:
    """From each state of an owned device to each other one, as the device itself enters it."""
    changed = set_state(owned(before), after)
    assert problems(changed) == ()
    modes = changed.pstat.is_operational, changed.pstat.current_mode, changed.pstat.target_mode
    assert (changed.state, modes) == (after, ON_ENTRY[after])


@pytest.mark.parametrize(
    ("database", "state"), [(owned(), State.RFOTM), *((unowned(), state) for state in OWNED_STATES)]
)
def test_states_that_do_not_fit(database: Database, state: State) -> None:
    """An owned device in RFOTM, or an unowned one beyond it, makes the database worse."""
    assert worsened(database, set_state(database, state))


def test_new_uuid() -> None:
    """The device UUID changes; what a reset restores only changes if that is wanted."""
    hidden = replace(unowned(), next_uuid=OWNER)
    after = new_uuid(hidden, STRANGER)
    assert (after.doxm.device_uuid, after.next_uuid) == (STRANGER, None)
    assert after.permanent.original == DEVICE
    assert new_uuid(hidden, STRANGER, original=True).permanent.original == STRANGER
    with pytest.raises(MalformedError):
        new_uuid(hidden, NIL)
