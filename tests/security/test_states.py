"""The onboarding states: every pair of from and to, with its conditions met and not met."""

import uuid
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from onboardee.device.security import onboarding_states
from onboardee.svrdb.model import (
    NIL,
    Acl2,
    Cred,
    Credential,
    CredentialType,
    Database,
    Doxm,
    Permanent,
    PrivateData,
    Pstat,
    State,
)

DEVICE = uuid.UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")
OWNER = uuid.UUID("11111111-2222-4333-8444-555555555555")

TABLE = """
from   RESET RFOTM RFPRO RFNOP SRESET
RESET  same  no    no    no    no
RFOTM  yes   same  if    no    no
RFPRO  yes   no    same  if    if
RFNOP  yes   no    if    same  if
SRESET yes   no    if    no    same
"""

HEADER, *ROWS = [line.split() for line in TABLE.splitlines() if line]
PAIRS = [
    (State[row[0]], State[to], cell)
    for row in ROWS
    for to, cell in zip(HEADER[1:], row[1:], strict=True)
]

# s, p, isop, cm and tm as a state begins
ENTRY = {
    State.RESET: (0, True, False, 1, 2),
    State.RFOTM: (1, False, False, 2, 0),
    State.RFPRO: (2, False, False, 0, 0),
    State.RFNOP: (3, False, True, 0, 0),
    State.SRESET: (4, False, False, 1, 0),
}


def ready(state: State) -> Database:
    """Make a device in which everything that any state needs has been written."""
    credential = Credential(
        credid=1,
        kind=CredentialType.SYMMETRIC_PAIRWISE,
        subject=str(OWNER),
        private=PrivateData(data=bytes(16)),
    )
    database = Database(
        doxm=Doxm(
            methods=(0,),
            selected_method=0,
            owned=True,
            owner_uuid=OWNER,
            device_uuid=DEVICE,
            resource_owner=OWNER,
        ),
        permanent=Permanent(device=DEVICE, platform=DEVICE, original=DEVICE),
        pstat=Pstat(resource_owner=OWNER, operation_mode=4),
        cred=Cred(credentials=(credential,), resource_owner=OWNER),
        acl2=Acl2(resource_owner=OWNER),
    )
    return onboarding_states.enter(database, state)


def values(pstat: Pstat) -> tuple[int, bool, bool, int, int]:
    """Return what a state sets when it begins."""
    return (
        pstat.dos.state,
        pstat.dos.pending,
        pstat.is_operational,
        pstat.current_mode,
        pstat.target_mode,
    )


@pytest.mark.parametrize(("origin", "wanted", "cell"), PAIRS)
def test_every_pair_with_all_conditions_met(origin: State, wanted: State, cell: str) -> None:
    """A state follows as the table says, begins with its values and keeps everything else."""
    before = ready(origin)
    if cell == "no":
        with pytest.raises(onboarding_states.TransitionRefusedError, match=wanted.name):
            onboarding_states.request(before, wanted)
        return
    after = onboarding_states.request(before, wanted)
    if cell == "same":
        assert after == before
        return
    assert values(after.pstat) == ENTRY[wanted]
    assert after.pstat.operation_mode == 4
    assert after.pstat.resource_owner == OWNER
    assert replace(after, pstat=before.pstat) == before


def without_owned(database: Database) -> Database:
    """Undo `owned`."""
    return replace(database, doxm=replace(database.doxm, owned=False))


def without_device_owner(database: Database) -> Database:
    """Undo `devowneruuid`."""
    return replace(database, doxm=replace(database.doxm, owner_uuid=NIL))


def without_device_uuid(database: Database) -> Database:
    """Undo `deviceuuid`."""
    return replace(database, doxm=replace(database.doxm, device_uuid=NIL))


def without_key(database: Database) -> Database:
    """Remove the owner's credential."""
    return replace(database, cred=replace(database.cred, credentials=()))


def without_owner_of(name: str) -> Callable[[Database], Database]:
    """Undo one `rowneruuid`."""

    def change(database: Database) -> Database:
        return replace(database, **{name: replace(getattr(database, name), resource_owner=NIL)})

    return change


def with_stranger_as_owner_of(name: str) -> Callable[[Database], Database]:
    """Make somebody a resource owner who has no credential."""

    def change(database: Database) -> Database:
        part = replace(getattr(database, name), resource_owner=uuid.UUID(int=9))
        return replace(database, **{name: part})

    return change


FLAWS = {
    "not owned": without_owned,
    "no devowneruuid": without_device_owner,
    "no deviceuuid": without_device_uuid,
    "no credential": without_key,
    **{f"no {name} owner": without_owner_of(name) for name in ("doxm", "pstat", "cred", "acl2")},
    **{
        f"{name} owner without credential": with_stranger_as_owner_of(name)
        for name in ("doxm", "pstat", "cred", "acl2")
    },
}


@pytest.mark.parametrize(("origin", "wanted", "cell"), PAIRS)
@pytest.mark.parametrize("flaw", FLAWS.values(), ids=FLAWS)
def test_every_pair_with_one_condition_not_met(
    origin: State, wanted: State, cell: str, flaw: Callable[[Database], Database]
) -> None:
    """Each condition alone keeps a device out of the owned states; a reset needs none."""
    before = flaw(ready(origin))
    if cell in {"no", "if"}:
        with pytest.raises(onboarding_states.TransitionRefusedError):
            onboarding_states.request(before, wanted)
    else:
        assert onboarding_states.request(before, wanted).state is wanted


@pytest.mark.parametrize("state", State)
def test_entry_values(state: State) -> None:
    """Each state begins with its own `isop`, `cm` and `tm`; only RESET is shown as pending."""
    assert values(onboarding_states.enter(ready(State.RFNOP), state).pstat) == ENTRY[state]


def test_separate_owners_each_need_a_credential() -> None:
    """Four different resource owners are fine once each has a key."""
    database = without_owned(ready(State.RFOTM))
    owners = {name: uuid.UUID(int=number + 20) for number, name in enumerate(("cred", "acl2"))}
    for name, owner in owners.items():
        part = replace(getattr(database, name), resource_owner=owner)
        database = replace(database, **{name: part})
    database = replace(database, doxm=replace(database.doxm, owned=True))
    with pytest.raises(onboarding_states.TransitionRefusedError):
        onboarding_states.request(database, State.RFPRO)
    template = database.cred.credentials[0]
    keys = [
        replace(template, credid=number, subject=str(owner))
        for number, owner in enumerate(owners.values(), 2)
    ]
    complete = replace(database, cred=replace(database.cred, credentials=(template, *keys)))
    assert onboarding_states.request(complete, State.RFPRO).state is State.RFPRO
