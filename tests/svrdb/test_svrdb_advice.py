"""What is wrong or doubtful in a database, one by one, and what a repair makes of it."""

from datetime import UTC, datetime
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given, settings
from msgspec.structs import replace
from svrdb_samples import DEVICE, OWNER, owned, unowned
from svrdb_strategies import databases

from onboardee.svrdb import (
    NIL,
    Ace,
    AceResource,
    Credential,
    CredentialType,
    Database,
    Dos,
    PrivateData,
    ProblemCode,
    RepairMeans,
    ResetProfile,
    Severity,
    State,
    Subject,
    advise,
    problems,
    profile_of,
    repair,
)
from onboardee.svrdb.model import CreatedResource, CredentialUsage, OscoreContext, TimePattern

NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)
PEER = UUID("99999999-2222-4333-8444-555555555555")
SOMEBODY = UUID("88888888-2222-4333-8444-555555555555")


def edit(database: Database, part: str, **changes: object) -> Database:
    """Return a database with some properties of one resource changed."""
    return replace(database, **{part: replace(getattr(database, part), **changes)})


def with_profile(database: Database) -> Database:
    """Return a sound database: with a reset profile, and modes that fit the state."""
    modes = {State.RFOTM: (2, 0), State.SRESET: (1, 0)}.get(database.state, (0, 0))
    database = edit(database, "pstat", current_mode=modes[0], target_mode=modes[1])
    database = edit(database, "doxm", methods=(0,))
    return replace(database, reset_profile=profile_of(database))


FREE = with_profile(unowned())
TAKEN = with_profile(owned())
KEY = TAKEN.cred.credentials[0]
RULE = TAKEN.acl2.entries[0]


SOON = TimePattern(period="soon")
YEARLY = TimePattern(period="20300101T000000Z/P1D", recurrence=("FREQ=YEARLY",) * 4)


CONTEXT = OscoreContext(sender="00" * 7, recipient="11" * 7, sequence_number=0)


def means() -> RepairMeans:
    """Return the time, and UUIDs 1, 2, 3 and so on."""
    numbers = count(1)
    return RepairMeans(NOW, lambda: UUID(int=next(numbers)))


def codes(database: Database) -> list[str]:
    """Return only the codes."""
    return [str(finding.code) for finding in advise(database, NOW)]


def in_profile(**changes: object) -> Database:
    """Return a device whose reset profile was changed."""
    assert FREE.reset_profile is not None
    return replace(FREE, reset_profile=replace(FREE.reset_profile, **changes))


@pytest.mark.parametrize(
    "database",
    [FREE, *(with_profile(owned(state)) for state in (State.RFPRO, State.RFNOP, State.SRESET))],
    ids=lambda database: database.state.name,
)
def test_sound(database: Database) -> None:
    """Of a sound device there is nothing to say."""
    assert advise(database, NOW) == ()
    assert repair(database, means()) == database


def peer_key(credid: int, subject: object = PEER, **more: object) -> Credential:
    """Return a key of somebody."""
    return Credential(
        credid=credid,
        kind=CredentialType.SYMMETRIC_PAIRWISE,
        subject=str(subject),
        private=PrivateData(data=bytes(16)),
        **more,
    )


# what is wrong, its code, and what is different after the repair from the sound device
MADE = CreatedResource(
    href="/lamps/1",
    collection="/lamps",
    types=("oic.r.switch.binary",),
    interfaces=("oic.if.a",),
    policies=3,
    instance=1,
)

REPAIRED: list[tuple[Database, str, Database]] = [
    (edit(FREE, "doxm", device_uuid=NIL), "no-device-uuid", FREE),
    (
        edit(FREE, "permanent", device=NIL),
        "no-permanent-uuid",
        edit(FREE, "permanent", device=UUID(int=1)),
    ),
    (edit(FREE, "permanent", original=NIL), "no-permanent-uuid", FREE),
    (edit(FREE, "pstat", dos=Dos(pending=True)), "change-unfinished", FREE),
    (edit(FREE, "doxm", owner_uuid=OWNER), "transfer-unfinished", FREE),
    (edit(FREE, "doxm", owned=True), "transfer-unfinished", FREE),
    (edit(FREE, "pstat", is_operational=True), "operational-mismatch", FREE),
    (edit(TAKEN, "pstat", is_operational=False), "operational-mismatch", TAKEN),
    (edit(TAKEN, "doxm", owned=False), "not-owned", TAKEN),
    (edit(TAKEN, "doxm", owner_uuid=NIL), "no-owner", TAKEN),
    (edit(TAKEN, "acl2", resource_owner=NIL), "no-resource-owner", TAKEN),
    (edit(TAKEN, "cred", resource_owner=SOMEBODY), "owner-without-credential", TAKEN),
    (
        edit(TAKEN, "cred", credentials=(KEY, peer_key(1), peer_key(3), peer_key(3))),
        "duplicate-credid",
        edit(TAKEN, "cred", credentials=(KEY, peer_key(2), peer_key(3), peer_key(4))),
    ),
    (
        edit(TAKEN, "acl2", entries=(RULE, replace(RULE, permission=6))),
        "duplicate-aceid",
        edit(TAKEN, "acl2", entries=(RULE, replace(RULE, permission=6, aceid=2))),
    ),
    (edit(TAKEN, "cred", credentials=(KEY, peer_key(2, "me"))), "bad-subject", TAKEN),
    (
        edit(TAKEN, "created", resources=(MADE, MADE)),
        "bad-created",
        edit(TAKEN, "created", resources=(MADE,)),
    ),
    (
        edit(
            TAKEN,
            "acl2",
            entries=(RULE, replace(RULE, aceid=2, subject=Subject(uuid=str(NIL)))),
        ),
        "bad-subject",
        TAKEN,
    ),
    (
        edit(TAKEN, "cred", credentials=(KEY, replace(peer_key(2), private=None))),
        "bad-key-length",
        TAKEN,
    ),
    (edit(FREE, "sp", current="1.2.3"), "unsupported-profile", FREE),
    (edit(TAKEN, "pstat", current_mode=2), "mode-mismatch", TAKEN),
    (edit(TAKEN, "pstat", target_mode=1), "mode-mismatch", TAKEN),
    (edit(FREE, "pstat", current_mode=0), "mode-mismatch", FREE),
    (edit(FREE, "pstat", operation_mode=0), "bad-mode", FREE),
    (edit(FREE, "pstat", supported_modes=8, current_mode=258), "bad-mode", FREE),
    (edit(FREE, "crl", data="banana"), "bad-revocation-list", FREE),
    (replace(FREE, identity_key=PrivateData(data=b"banana")), "own-key-unreadable", FREE),
    (
        edit(TAKEN, "cred", credentials=(KEY, Credential(credid=2, kind=3, subject="*"))),
        "bad-credential",
        TAKEN,
    ),
    (
        edit(TAKEN, "acl2", entries=(RULE, replace(RULE, aceid=2, resources=()))),
        "bad-resource",
        TAKEN,
    ),
    (edit(FREE, "doxm", selected_method=2), "unsupported-method", FREE),
    (edit(FREE, "pstat", resource_owner=OWNER), "stray-resource-owner", FREE),
    (replace(TAKEN, next_uuid=PEER), "stray-next-uuid", TAKEN),
    (edit(FREE, "doxm", methods=(0, 2)), "no-manufacturer-certificate", FREE),
    (in_profile(doxm=replace(FREE.doxm, owned=True)), "bad-reset-profile", FREE),
    (in_profile(pstat=replace(FREE.pstat, is_operational=True)), "bad-reset-profile", FREE),
    (
        in_profile(cred=replace(FREE.cred, credentials=(peer_key(2, "me"),))),
        "bad-reset-profile",
        FREE,
    ),
]


@pytest.mark.parametrize(("wrong", "code", "right"), REPAIRED)
def test_found_and_repaired(wrong: Database, code: str, right: Database) -> None:
    """Each inconsistency is found under its name, and its repair touches nothing else."""
    assert set(codes(wrong)) == {code}
    assert repair(wrong, means()) == right
    assert advise(right, NOW) == ()


@pytest.mark.parametrize("code", sorted(ProblemCode))
def test_every_code_is_tried(code: str) -> None:
    """No code is without a test, here or among those of certificates."""
    elsewhere = {name for name in ProblemCode if "certificate" in name or "key" in name}
    elsewhere |= {"chain-broken", "name-mismatch"}
    doubtful = {str(code) for _, code in DOUBTFUL}
    resets = {"reset-unfinished"}
    known = (
        {name for _, name, _ in REPAIRED}
        | doubtful
        | resets
        | elsewhere
        | {"chain-broken", "name-mismatch"}
    )
    assert code in known


@pytest.mark.parametrize(
    "broken",
    [
        edit(TAKEN, "pstat", dos=Dos(state=State.RESET, pending=True)),
        edit(edit(TAKEN, "doxm", owned=False), "cred", credentials=()),
        edit(edit(TAKEN, "doxm", owner_uuid=NIL), "cred", credentials=()),
        edit(TAKEN, "cred", credentials=()),
    ],
)
def test_what_only_a_reset_repairs(broken: Database) -> None:
    """A device that nobody can manage any more goes back to its reset profile."""
    repaired = repair(broken, means())
    assert repaired.state is State.RFOTM
    assert advise(repaired, NOW) == ()
    assert repaired.doxm.device_uuid == DEVICE


DOUBTFUL: list[tuple[Database, ProblemCode]] = [
    (replace(FREE, reset_profile=None), ProblemCode.NO_RESET_PROFILE),
    (
        edit(TAKEN, "acl2", entries=(replace(RULE, subject=Subject(uuid=str(PEER))),)),
        ProblemCode.SUBJECT_WITHOUT_CREDENTIAL,
    ),
    (edit(TAKEN, "acl2", entries=(replace(RULE, validity=(SOON,)),)), ProblemCode.BAD_VALIDITY),
    (edit(TAKEN, "acl2", entries=(replace(RULE, permission=0),)), ProblemCode.ENTRY_WITHOUT_EFFECT),
    (
        edit(TAKEN, "cred", credentials=(KEY, peer_key(2, period="soon"))),
        ProblemCode.BAD_PERIOD,
    ),
    (
        edit(TAKEN, "cred", credentials=(KEY, replace(peer_key(2), kind=64, oscore=CONTEXT))),
        ProblemCode.CREDENTIAL_UNUSED,
    ),
    (
        edit(
            TAKEN,
            "acl2",
            entries=(
                replace(RULE, validity=(YEARLY,) * 8),
                *(replace(RULE, aceid=number, validity=(YEARLY,)) for number in (2, 3)),
            ),
        ),
        ProblemCode.TOO_MANY_RULES,
    ),
    (
        in_profile(cred=replace(FREE.cred, credentials=(peer_key(2, period="soon"),))),
        ProblemCode.DOUBTFUL_RESET_PROFILE,
    ),
    (edit(TAKEN, "doxm", owner_uuid=SOMEBODY), ProblemCode.OWNER_UNKNOWN),
    (
        edit(
            TAKEN,
            "cred",
            credentials=(KEY, peer_key(2, period="20200101T000000Z/20300601T115959Z")),
        ),
        ProblemCode.CREDENTIAL_EXPIRED,
    ),
]


@pytest.mark.parametrize(("database", "code"), DOUBTFUL)
def test_doubtful(database: Database, code: ProblemCode) -> None:
    """What may be meant so is told, has a remedy, and is not touched."""
    (finding,) = advise(database, NOW)
    assert finding.code is code
    assert finding.remedy
    assert repair(database, means()) == database


def test_note_is_repaired_when_chosen() -> None:
    """An entry without effect goes when a person asks for that."""
    database = edit(TAKEN, "acl2", entries=(RULE, replace(RULE, aceid=2, permission=0)))
    assert repair(database, means(), {ProblemCode.ENTRY_WITHOUT_EFFECT}) == TAKEN


def test_only_chosen_repairs() -> None:
    """What was not chosen stays."""
    database = edit(edit(TAKEN, "pstat", is_operational=False), "doxm", owned=False)
    repaired = repair(database, means(), {ProblemCode.NOT_OWNED})
    assert codes(repaired) == ["operational-mismatch"]


@pytest.mark.parametrize(
    ("period", "found"),
    [
        ("20200101T000000Z/20300601T120000Z", []),
        ("20200101T000000Z/20300601T115959Z", ["credential-expired"]),
        ("20300601T000000Z/PT12H", []),
        ("20200101T000000Z/P1D", ["credential-expired"]),
        ("soon", ["bad-period"]),
        ("", ["bad-period"]),
    ],
)
def test_periods(period: str, found: list[str]) -> None:
    """A period that has ended is told, with an end or a length, and so is one that is none."""
    assert codes(edit(TAKEN, "cred", credentials=(KEY, peer_key(2, period=period)))) == found


def test_subject_with_a_certificate() -> None:
    """Where there is a trust anchor, a subject may come with a certificate instead of a key."""
    anchor = Credential(credid=9, kind=1, subject="*", usage=CredentialUsage.TRUST_ANCHOR)
    anchor = replace(anchor, private=PrivateData(data=bytes(16)))
    database = edit(TAKEN, "acl2", entries=(replace(RULE, subject=Subject(uuid=str(PEER))),))
    assert advise(edit(database, "cred", credentials=(KEY, anchor)), NOW) == ()


def test_lint_blocks_no_transition() -> None:
    """What `advise` adds does not count for `problems`, which guards changes of state."""
    for database, code in DOUBTFUL:
        assert problems(database) == (), code
    assert problems(edit(TAKEN, "pstat", current_mode=2)) == ()


@settings(max_examples=60, deadline=None)
@given(database=databases)
def test_any_database(database: Database) -> None:
    """Any database can be repaired, and then has nothing left that is repairable."""
    repaired = repair(database, means())
    left = [
        finding
        for finding in advise(repaired, NOW)
        if finding.is_repairable and finding.severity is not Severity.NOTE
    ]
    assert left == []
    assert repair(repaired, means()) == repaired
    for finding in advise(database, NOW):
        assert finding.sentence.endswith(".")
        assert finding.clause.startswith(("OCF ", "RFC "))
        assert finding.remedy


def test_profile_without_uuid() -> None:
    """A reset profile without UUID is in order: it asks for a new one at each reset."""
    profile = ResetProfile(doxm=replace(FREE.doxm, device_uuid=NIL))
    assert codes(replace(FREE, reset_profile=profile)) == []


def test_rules_of_a_role_name_nobody() -> None:
    """A role as the subject needs no credential."""
    entry = Ace(
        aceid=5, subject=Subject(role="admin"), resources=(AceResource(href="/a"),), permission=2
    )
    assert codes(edit(TAKEN, "acl2", entries=(entry,))) == []
