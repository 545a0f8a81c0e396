"""The reset profile: what it is made of, and what a reset makes of it."""

from collections.abc import Callable
from itertools import count
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from msgspec.structs import replace
from svrdb_samples import DEVICE, OWNER, owned, unowned
from svrdb_strategies import databases

from onboardee.svrdb import (
    JSON,
    NIL,
    Ace,
    Credential,
    CredentialType,
    Database,
    Encoding,
    PrivateData,
    ResetProfile,
    ResetUuid,
    State,
    Subject,
    problems,
    profile_of,
    reset,
)
from onboardee.svrdb.model import CredentialUsage, PublicData
from onboardee.svrdb.reset_profile import hard_coded, without_owner

PEER = UUID("99999999-2222-4333-8444-555555555555")


def uuids() -> Callable[[], UUID]:
    """Make a source of UUIDs 1, 2, 3 and so on."""
    numbers = count(1)
    return lambda: UUID(int=next(numbers))


def for_peer(credid: int = 2) -> Credential:
    """Return a credential of somebody who is no owner."""
    return Credential(
        credid=credid,
        kind=CredentialType.SYMMETRIC_PAIRWISE,
        subject=str(PEER),
        private=PrivateData(data=bytes(16)),
    )


def used() -> Database:
    """Return an owned device that has something of a peer, too."""
    database = owned()
    rules = (
        *database.acl2.entries,
        Ace(aceid=2, subject=Subject(uuid=str(PEER)), resources=(), permission=2),
        Ace(aceid=3, subject=Subject(uuid=str(OWNER)), resources=(), permission=31),
    )
    return replace(
        database,
        cred=replace(database.cred, credentials=(*database.cred.credentials, for_peer())),
        acl2=replace(database.acl2, entries=rules),
    )


def test_made_of_an_owned_device() -> None:
    """What owners own, their credentials and their rules stay out; all else is kept."""
    profile = profile_of(used())
    assert [each.subject for each in profile.cred.credentials] == [str(PEER)]
    assert [each.aceid for each in profile.acl2.entries] == [1, 2]
    assert profile == without_owner(profile)
    assert profile.doxm.device_uuid == DEVICE
    assert (
        str(OWNER)
        not in JSON.encode(replace(unowned(), reset_profile=profile)).decode().split('"resetpf"')[1]
    )


def test_reset_brings_it_back() -> None:
    """A reset leaves a sound device without owner that has what the profile has, and keeps it."""
    before = replace(used(), reset_profile=profile_of(used()))
    after = reset(before, uuids())
    assert problems(after) == ()
    assert after.state is State.RFOTM
    assert after.doxm.device_uuid == DEVICE
    assert after.cred.credentials == (for_peer(),)
    assert (after.sdi, after.crl, after.identity_key) == (
        type(after.sdi)(),
        after.crl,
        PrivateData(),
    )
    assert after.reset_profile == before.reset_profile
    assert after.permanent == before.permanent
    assert reset(after, uuids()) == after


@pytest.mark.parametrize(
    ("policy", "stored", "expected"),
    [
        (ResetUuid.KEEP, DEVICE, DEVICE),
        (ResetUuid.KEEP, NIL, UUID(int=1)),
        (ResetUuid.NEW, DEVICE, UUID(int=1)),
        (ResetUuid.NEW, NIL, UUID(int=1)),
    ],
)
@pytest.mark.parametrize("hidden", [False, True])
def test_uuid(policy: ResetUuid, stored: UUID, expected: UUID, hidden: bool) -> None:
    """Kept or new, as the profile says; nil is new; hidden behind a temporary one until owned."""
    profile = profile_of(unowned())
    doxm = replace(profile.doxm, device_uuid=stored)
    profile = replace(profile, doxm=doxm, uuid=policy, is_uuid_hidden=hidden)
    after = reset(replace(used(), reset_profile=profile), uuids())
    if hidden:
        assert after.next_uuid == expected
        assert after.doxm.device_uuid not in {expected, stored, NIL}
    else:
        assert (after.doxm.device_uuid, after.next_uuid) == (expected, None)


def test_without_profile() -> None:
    """Hard-coded: Just Works, the original UUID, nothing else; and no profile is made of it."""
    after = reset(used(), uuids())
    assert after == replace(unowned(), doxm=hard_coded(used().permanent).doxm, reset_profile=None)
    assert (after.doxm.methods, after.doxm.device_uuid) == ((0,), DEVICE)
    assert not after.cred.credentials
    assert not after.acl2.entries


@settings(max_examples=50, deadline=None)
@given(database=databases)
def test_always_without_owner(database: Database) -> None:
    """Whatever a profile claims, nobody owns the device after a reset."""
    after = reset(database, uuids())
    owners = {getattr(after, name).resource_owner for name in ("doxm", "pstat", "acl2", "cred")}
    assert owners == {NIL}
    assert (after.doxm.owned, after.doxm.owner_uuid, after.state) == (False, NIL, State.RFOTM)
    assert after.doxm.device_uuid != NIL
    assert after.reset_profile == database.reset_profile


def test_certificate_of_the_key_pair() -> None:
    """A certificate for the device's key pair takes the key along, which a reset gives up."""
    key = PrivateData(data=b"key", encoding=Encoding.PEM)
    certificate = Credential(credid=7, kind=8, subject="*", usage=CredentialUsage.IDENTITY)
    database = replace(unowned(), identity_key=key, cred=replace(unowned().cred))
    database = replace(database, cred=replace(database.cred, credentials=(certificate,)))
    (kept,) = profile_of(database).cred.credentials
    assert kept.private == key


def test_trust_anchors_of_an_owner_stay_out() -> None:
    """A former owner cannot come back with a certificate; the factory's own anchors are kept."""
    factory, later = (
        Credential(
            credid=credid,
            kind=8,
            subject="*",
            usage=CredentialUsage.TRUST_ANCHOR,
            public=PublicData(data=text),
        )
        for credid, text in ((1, "factory"), (2, "owner"))
    )
    fresh = unowned()
    fresh = replace(fresh, cred=replace(fresh.cred, credentials=(factory,)))
    fresh = replace(fresh, reset_profile=profile_of(fresh))
    both = replace(fresh.cred, credentials=(factory, later))
    assert profile_of(replace(fresh, cred=both)).cred.credentials == (factory, later)
    doxm = replace(fresh.doxm, owned=True, owner_uuid=OWNER)
    assert profile_of(replace(fresh, cred=both, doxm=doxm)).cred.credentials == (factory,)


def test_older_files() -> None:
    """A file of an earlier version, without the member, is a device without reset profile."""
    plain = msgspec.to_builtins(unowned())
    del plain["resetpf"]
    assert msgspec.convert(plain, Database) == unowned()


def test_names_on_the_disk() -> None:
    """The profile stands under IoTivity's name, with the names of the specification in it."""
    stored = msgspec.to_builtins(replace(unowned(), reset_profile=profile_of(unowned())))
    assert list(stored["resetpf"]) == [
        "doxm",
        "pstat",
        "cred",
        "acl2",
        "sp",
        "uuidpolicy",
        "temporaryuuid",
    ]
    assert isinstance(msgspec.convert(stored["resetpf"], ResetProfile), ResetProfile)
