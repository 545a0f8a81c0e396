"""The parts of the gate: whom and what an entry is about, and properties that always hold."""

import uuid
from dataclasses import replace as replace_fields

import pytest
from gate_support import Situation, decide, peer
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from onboardee.device.access.facts import resource_owner
from onboardee.device.access.peer import Peer
from onboardee.device.access.target import Kind, Operation, Target
from onboardee.svrdb.model import (
    NIL,
    Ace,
    AceResource,
    Acl2,
    Connection,
    Cred,
    Database,
    Dos,
    Doxm,
    Permanent,
    Pstat,
    RoleId,
    State,
    Subject,
)

PEER = uuid.UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")
OTHER = uuid.UUID("11111111-2222-4333-8444-555555555555")
LIGHT = Target("/light", Kind.APPLICATION, ("oic.r.light", "oic.r.dim"), ("oic.if.a", "oic.if.s"))


def situation(*entries: Ace, state: State = State.RFNOP, has_session: bool = True) -> Situation:
    """Make a device with these entries."""
    return Situation(
        Database(
            doxm=Doxm(methods=(0,), device_uuid=OTHER),
            permanent=Permanent(device=OTHER, platform=OTHER, original=OTHER),
            pstat=Pstat(dos=Dos(state=state)),
            acl2=Acl2(entries=entries),
        ),
        has_session,
    )


def ace(subject: Subject, resource: AceResource, permission: int = 31, aceid: int = 1) -> Ace:
    """Make an access control entry about one resource."""
    return Ace(aceid=aceid, subject=subject, resources=(resource,), permission=permission)


ALL = AceResource(wildcard="*")
SECURED = Subject(connection=Connection.AUTHENTICATED)


@pytest.mark.parametrize(
    ("resource", "covered"),
    [
        (AceResource(href="/light"), True),
        (AceResource(href="light"), True),
        (AceResource(href="/Light"), False),
        (AceResource(href="/light/x"), False),
        (AceResource(href="/lightX"), False),
        (AceResource(href="/ligh"), False),
        (AceResource(href=""), False),
        (AceResource(wildcard="*"), True),
        (AceResource(wildcard="+"), True),
        (AceResource(wildcard="-"), False),
        (AceResource(wildcard="?"), False),
        (AceResource(href="/light", wildcard="*"), True),
        (AceResource(href="/light", wildcard="-"), False),
        (AceResource(href="/other", wildcard="*"), False),
        (AceResource(), False),
        (AceResource(types=("oic.r.light",)), False),
        (AceResource(wildcard="*", types=("oic.r.dim",)), True),
        (AceResource(wildcard="*", types=("oic.r.door",)), False),
        (AceResource(wildcard="*", types=("oic.r.door", "*")), True),
        (AceResource(href="/light", types=("oic.r.door",)), False),
        (AceResource(wildcard="*", interfaces=("oic.if.s",)), True),
        (AceResource(wildcard="*", interfaces=("oic.if.rw",)), False),
        (AceResource(wildcard="*", types=("*",), interfaces=("*",)), True),
        (AceResource(wildcard="*", types=("oic.r.light",), interfaces=("oic.if.rw",)), False),
    ],
)
def test_what_an_entry_is_about(resource: AceResource, covered: bool) -> None:
    """Path, wildcard and filters must all fit; without path and wildcard nothing fits."""
    decision = decide(
        Operation.UPDATE, LIGHT, peer(secured=True), situation(ace(SECURED, resource))
    )
    assert decision.granted is covered


@pytest.mark.parametrize(
    ("discoverable", "plain", "wildcards"),
    [
        (True, True, {"*", "+", "-"}),
        (True, False, {"*", "+"}),
        (False, True, {"*"}),
        (False, False, {"*"}),
    ],
)
def test_which_wildcard_means_which_resources(
    discoverable: bool, plain: bool, wildcards: set[str]
) -> None:
    """`*` is every application resource, `+` the discoverable, `-` those with a plain endpoint."""
    target = Target("/x", Kind.APPLICATION, (), (), discoverable, plain)
    matching = {
        wildcard
        for wildcard in "*+-"
        if decide(
            Operation.RETRIEVE,
            target,
            peer(secured=True),
            situation(ace(SECURED, AceResource(wildcard=wildcard))),
        ).granted
    }
    assert matching == wildcards


@pytest.mark.parametrize("kind", [Kind.SECURITY, Kind.CORE])
@pytest.mark.parametrize("wildcard", "*+-")
def test_no_wildcard_means_configuration(kind: Kind, wildcard: str) -> None:
    """Security and core resources are reached by entries that name their path only."""
    target = Target("/oic/x", kind, (), (), discoverable=True, has_plain_endpoint=True)
    requester = peer(secured=True, uuid=PEER)
    by_wildcard = ace(Subject(uuid=str(PEER)), AceResource(wildcard=wildcard))
    assert not decide(Operation.RETRIEVE, target, requester, situation(by_wildcard)).granted
    by_path = ace(Subject(uuid=str(PEER)), AceResource(href="/oic/x"))
    assert decide(Operation.RETRIEVE, target, requester, situation(by_path)).granted


GUEST, GUEST_OF_ACME = RoleId(role="guest"), RoleId(role="guest", authority="acme")


@pytest.mark.parametrize(
    ("subject", "requester", "meant"),
    [
        (Subject(uuid=str(PEER)), peer(secured=True, uuid=PEER), True),
        (Subject(uuid=str(PEER).upper()), peer(secured=True, uuid=PEER), True),
        (Subject(uuid=str(PEER)), peer(secured=True, uuid=OTHER), False),
        (Subject(uuid=str(PEER)), peer(secured=True), False),
        (Subject(uuid=str(NIL)), peer(secured=True, uuid=NIL), False),
        (Subject(uuid=str(NIL)), peer(secured=True), False),
        (Subject(uuid="*"), peer(secured=True, uuid=PEER), False),
        (Subject(uuid="None"), peer(secured=True), False),
        (Subject(uuid="not a uuid"), peer(secured=True, uuid=PEER), False),
        (Subject(role="guest"), peer(secured=True, roles=frozenset({GUEST})), True),
        (Subject(role="guest"), peer(secured=True, roles=frozenset({GUEST_OF_ACME})), True),
        (
            Subject(role="guest", authority="acme"),
            peer(secured=True, roles=frozenset({GUEST_OF_ACME})),
            True,
        ),
        (
            Subject(role="guest", authority="acme"),
            peer(secured=True, roles=frozenset({GUEST})),
            False,
        ),
        (Subject(role="host"), peer(secured=True, roles=frozenset({GUEST})), False),
        (Subject(role="guest"), peer(secured=True, uuid=PEER), False),
        (Subject(connection=Connection.AUTHENTICATED), peer(secured=True), True),
        (Subject(connection=Connection.AUTHENTICATED), peer(), False),
        (Subject(connection=Connection.ANYONE), peer(), True),
        (Subject(connection=Connection.ANYONE), peer(secured=True), True),
    ],
)
def test_whom_an_entry_is_about(subject: Subject, requester: Peer, meant: bool) -> None:
    """A UUID, a role or a connection type means exactly those that have it, and nil nobody."""
    plain = Target("/x", Kind.APPLICATION, (), (), has_plain_endpoint=True)
    decision = decide(Operation.RETRIEVE, plain, requester, situation(ace(subject, ALL)))
    assert decision.granted is meant


@pytest.mark.parametrize(
    ("permission", "granted"),
    [
        (0, ""),
        (1, "UC"),
        (2, "RO"),
        (4, "U"),
        (8, "D"),
        (16, "O"),
        (6, "ROU"),
        (18, "RO"),
        (14, "ROUD"),
        (31, "ROUCD"),
    ],
)
def test_which_bit_permits_what(permission: int, granted: str) -> None:
    """An UPDATE needs C or U, to observe R or N, a CREATE and the others their own bit."""
    here = situation(ace(SECURED, ALL, permission))
    operations = zip("ROUCD", Operation, strict=True)
    allowed = "".join(
        letter
        for letter, operation in operations
        if decide(operation, LIGHT, peer(secured=True), here).granted
    )
    assert allowed == granted


def test_permissions_of_several_entries_add_up() -> None:
    """Each entry that matches contributes its bits, in whatever order."""
    one, two = ace(SECURED, ALL, 2), ace(Subject(uuid=str(PEER)), ALL, 8, aceid=2)
    for entries in ((one, two), (two, one)):
        here = situation(*entries)
        for operation in (Operation.RETRIEVE, Operation.DELETE):
            assert decide(operation, LIGHT, peer(secured=True, uuid=PEER), here).granted


def test_a_refusal_tells_which_entries_fell_short() -> None:
    """The reason names the entries that matched without permitting the operation."""
    here = situation(ace(SECURED, ALL, 2, aceid=7))
    decision = decide(Operation.DELETE, LIGHT, peer(secured=True), here)
    assert "7" in decision.reason
    assert "DELETE" in decision.reason


SVRS = ("doxm", "pstat", "cred", "acl2", "sp", "sdi", "roles")
CORE = ("res", "d", "p", "mnt")
targets = st.one_of(
    st.sampled_from(SVRS).map(lambda name: Target(f"/oic/sec/{name}", Kind.SECURITY, (), ())),
    st.sampled_from(CORE).map(
        lambda name: Target(f"/oic/{name}", Kind.CORE, (), (), has_plain_endpoint=name != "mnt")
    ),
    st.builds(
        Target,
        href=st.sampled_from(["/light", "/door"]),
        kind=st.just(Kind.APPLICATION),
        types=st.just(("oic.r.light",)),
        interfaces=st.just(("oic.if.a",)),
        discoverable=st.booleans(),
        has_plain_endpoint=st.booleans(),
    ),
)
identities = st.sampled_from([None, NIL, PEER, OTHER])
requesters = st.builds(
    peer,
    secured=st.booleans(),
    owns_transfer=st.booleans(),
    uuid=identities,
    roles=st.frozensets(st.sampled_from([GUEST, GUEST_OF_ACME])),
)
subjects = st.one_of(
    st.sampled_from(["*", str(NIL), str(PEER), str(OTHER)]).map(lambda text: Subject(uuid=text)),
    st.builds(
        Subject, role=st.sampled_from(["guest", "host"]), authority=st.sampled_from([None, "acme"])
    ),
    st.sampled_from(Connection).map(lambda connection: Subject(connection=connection)),
)
hrefs = [f"/oic/sec/{name}" for name in SVRS] + [f"/oic/{name}" for name in CORE] + ["/light"]
entries = st.builds(
    ace,
    subject=subjects,
    resource=st.one_of(
        st.sampled_from(hrefs).map(lambda href: AceResource(href=href)),
        st.sampled_from("*+-").map(lambda wildcard: AceResource(wildcard=wildcard)),
    ),
    permission=st.integers(0, 31),
    aceid=st.integers(1, 100),
)
owners = st.sampled_from([NIL, PEER, OTHER])


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Make a device in any state, with any owners and entries."""
    here = situation(
        *draw(st.lists(entries, max_size=6)),
        state=draw(st.sampled_from(State)),
        has_session=draw(st.booleans()),
    )
    database = here.database
    return replace_database(
        here,
        replace(
            database,
            doxm=replace(database.doxm, resource_owner=draw(owners)),
            pstat=replace(database.pstat, resource_owner=draw(owners)),
            cred=Cred(resource_owner=draw(owners)),
            acl2=replace(database.acl2, resource_owner=draw(owners)),
        ),
    )


def replace_database(here: Situation, database: Database) -> Situation:
    """Return the same situation with another database."""
    return Situation(database, here.has_session)


questions = st.tuples(st.sampled_from(Operation), targets, requesters)


@given(situations(), entries, st.integers(0, 6), questions)
def test_an_entry_more_takes_nothing_away(
    here: Situation, extra: Ace, place: int, question: tuple[Operation, Target, Peer]
) -> None:
    """What is granted stays granted when an entry is added, wherever it is put."""
    if decide(*question, here).granted:
        present = here.database.acl2.entries
        longer = Acl2(
            entries=(*present[:place], extra, *present[place:]),
            resource_owner=here.database.acl2.resource_owner,
        )
        more = replace_database(here, replace(here.database, acl2=longer))
        assert decide(*question, more).granted


@given(situations(), st.sampled_from(Operation), targets, requesters)
def test_the_nil_uuid_never_grants(
    here: Situation, operation: Operation, target: Target, who: Peer
) -> None:
    """A peer with the nil UUID has exactly what the same peer without a UUID has."""
    nil = replace(who, uuid=NIL)
    nameless = replace(who, uuid=None)
    granted = decide(operation, target, nil, here).granted
    assert granted == decide(operation, target, nameless, here).granted


@given(situations(), st.sampled_from(Operation), targets)
def test_anonymous_peers_get_what_entries_for_anyone_list(
    here: Situation, operation: Operation, target: Target
) -> None:
    """Outside RFOTM, plain requests reach plain endpoints that an anon-clear entry opens only."""
    if here.state is not State.RFOTM and decide(operation, target, peer(), here).granted:
        assert target.has_plain_endpoint
        assert target.kind is not Kind.SECURITY
        assert target.kind is Kind.CORE or here.state is State.RFNOP
        assert any(
            entry.subject.connection is Connection.ANYONE and entry.permission & operation.value
            for entry in here.database.acl2.entries
        )


@given(situations(), st.sampled_from(Operation), targets)
def test_anonymous_peers_in_rfotm_choose_and_look_only(
    here: Situation, operation: Operation, target: Target
) -> None:
    """In RFOTM a plain request writes nothing but doxm, and reads what discovery needs."""
    if here.state is State.RFOTM and decide(operation, target, peer(), here).granted:
        assert not here.has_session
        reads = {"/oic/res", "/oic/d", "/oic/p", "/oic/sec/pstat"}
        is_reading = operation in {Operation.RETRIEVE, Operation.OBSERVE}
        assert target.href == "/oic/sec/doxm" or (is_reading and target.href in reads)


@given(situations(), st.sampled_from(Operation), targets, requesters)
def test_application_resources_rest_outside_normal_operation(
    here: Situation, operation: Operation, target: Target, who: Peer
) -> None:
    """Nobody, the ownership connection included, reaches application resources before RFNOP."""
    if target.kind is Kind.APPLICATION and here.state is not State.RFNOP:
        assert not decide(operation, target, who, here).granted


PSTAT = Target("/oic/sec/pstat", Kind.SECURITY, (), ())
ANYBODY = peer()


@pytest.mark.parametrize(
    ("changes", "is_granted"),
    [
        ({}, True),
        ({"is_oic_1_1": False}, False),
        ({"has_session": True}, False),
    ],
    ids=["before a session", "today", "during the transfer"],
)
def test_the_mode_is_chosen_in_the_clear_as_oic_1_1_does(
    changes: dict[str, bool], *, is_granted: bool
) -> None:
    """Only where it is served, and only before the ownership connection."""
    before = replace_fields(situation(state=State.RFOTM, has_session=False), is_oic_1_1=True)
    decision = decide(Operation.UPDATE, PSTAT, ANYBODY, replace_fields(before, **changes))
    assert decision.granted is is_granted


@pytest.mark.parametrize("state", [each for each in State if each is not State.RFOTM])
def test_the_mode_of_an_owned_device_is_its_owners(state: State) -> None:
    """After RFOTM nothing is chosen in the clear."""
    later = replace_fields(situation(state=state, has_session=False), is_oic_1_1=True)
    assert not decide(Operation.UPDATE, PSTAT, ANYBODY, later).granted


@pytest.mark.parametrize("operation", [Operation.DELETE])
def test_the_mode_is_all_that_is_open(operation: Operation) -> None:
    """No other operation comes with it."""
    before = replace_fields(situation(state=State.RFOTM, has_session=False), is_oic_1_1=True)
    assert not decide(operation, PSTAT, ANYBODY, before).granted


def test_who_manages_which_security_resource() -> None:
    """The lists of entries of all kinds have one owner; doxm, pstat and cred have theirs."""
    owners = {name: uuid.UUID(int=number) for number, name in enumerate("dpca", start=1)}
    database = Database(
        doxm=Doxm(methods=(0,), device_uuid=OTHER, resource_owner=owners["d"]),
        permanent=Permanent(device=OTHER, platform=OTHER, original=OTHER),
        pstat=Pstat(resource_owner=owners["p"]),
        cred=Cred(resource_owner=owners["c"]),
        acl2=Acl2(resource_owner=owners["a"]),
    )
    expected = {"doxm": "d", "pstat": "p", "cred": "c", "acl2": "a", "acl": "a", "amacl": "a"}
    for name in (*expected, "roles", "crl", "ver"):
        owner = resource_owner(database, f"/oic/sec/{name}")
        assert owner == owners.get(expected.get(name, ""))


@pytest.mark.parametrize(
    "href", ["/oic/res", "/oic/d", "/oic/p", "/.well-known/core", "/oic/sec/ver"]
)
def test_what_finds_a_device_without_an_owner(href: str) -> None:
    """Anybody may read what a search looks at, and nobody may write it."""
    target = Target(href, Kind.SECURITY, (), (), discoverable=True, has_plain_endpoint=True)
    here = situation(state=State.RFOTM, has_session=False)
    assert decide(Operation.RETRIEVE, target, peer(), here).granted
    assert not decide(Operation.UPDATE, target, peer(), here).granted
