"""The gate cell by cell: who may do what to which resource in which state, and by which rule.

The table is written by hand after OCF Security 8 and 12. A cell reads `granted:rule/rule`: the
operations that are granted (r retrieve, o observe, u update, d delete), the rule that grants
them, and the rule that refuses the others.
"""

import uuid

import pytest
from gate_support import Situation, decide, peer, season
from msgspec.structs import replace

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

DEVICE, DOTS, STATES, CMS, AMS, FRIEND, STRANGER, GUEST = (
    uuid.UUID(int=number << 96 | 0x4000_8000_0000_0000_0000) for number in range(1, 9)
)

OPERATIONS = {
    "r": Operation.RETRIEVE,
    "o": Operation.OBSERVE,
    "u": Operation.UPDATE,
    "d": Operation.DELETE,
}
RULES = {
    "T": "transfer-in-progress",
    "N": "not-in-operation",
    "S": "secured-only",
    "C": "ownership-connection",
    "D": "discovery",
    "F": "ready-for-transfer",
    "W": "resource-owner",
    "R": "own-roles",
    "O": "owner-role",
    "A": "access-control-entry",
}


def security(name: str) -> Target:
    """Describe a security resource."""
    return Target(f"/oic/sec/{name}", Kind.SECURITY, (f"oic.r.{name}",), ("oic.if.rw",))


def application(name: str, *, plain: bool = False, discoverable: bool = True) -> Target:
    """Describe an application resource."""
    return Target(
        f"/{name}",
        Kind.APPLICATION,
        ("oic.r.switch.binary",),
        ("oic.if.a",),
        discoverable=discoverable,
        has_plain_endpoint=plain,
    )


def core(name: str, *, plain: bool = True) -> Target:
    """Describe a core resource."""
    return Target(
        f"/oic/{name}", Kind.CORE, (f"oic.wk.{name}",), ("oic.if.r",), has_plain_endpoint=plain
    )


TARGETS = {
    "doxm": security("doxm"),
    "pstat": security("pstat"),
    "cred": security("cred"),
    "acl2": security("acl2"),
    "sp": security("sp"),
    "sdi": security("sdi"),
    "roles": security("roles"),
    "res": core("res"),
    "d": core("d"),
    "mnt": core("mnt", plain=False),
    "light": application("light"),
    "lamp": application("lamp", plain=True),
    "hidden": application("hidden", discoverable=False),
}

ANYONE, SECURED = Connection.ANYONE, Connection.AUTHENTICATED
EVERYTHING = 31


def entry(aceid: int, subject: Subject, permission: int, *resources: AceResource) -> Ace:
    """Make an access control entry."""
    return Ace(aceid=aceid, subject=subject, permission=permission, resources=resources)


ENTRIES = (
    entry(
        1, Subject(connection=ANYONE), 2, AceResource(href="/oic/res"), AceResource(href="oic/d")
    ),
    entry(2, Subject(connection=SECURED), 6, AceResource(wildcard="*")),
    entry(3, Subject(uuid=str(FRIEND)), 16, AceResource(href="/light")),
    entry(4, Subject(uuid=str(FRIEND)), 2, AceResource(href="/oic/sec/sp")),
    entry(5, Subject(role="guest"), 8, AceResource(wildcard="+")),
    entry(6, Subject(connection=ANYONE), 2, AceResource(wildcard="-")),
    # none of these grants anything: a connection type opens no security resource, nil is nobody,
    # and the subject "*" is not everybody
    entry(7, Subject(connection=ANYONE), EVERYTHING, AceResource(href="/oic/sec/doxm")),
    entry(8, Subject(connection=SECURED), EVERYTHING, AceResource(href="/oic/sec/cred")),
    entry(9, Subject(uuid=str(NIL)), EVERYTHING, AceResource(href="/oic/sec/cred")),
    entry(10, Subject(uuid=str(NIL)), EVERYTHING, AceResource(wildcard="*")),
    entry(11, Subject(uuid="*"), EVERYTHING, AceResource(wildcard="*")),
)

SUBJECTS = {
    "anonymous": peer(),
    "secured": peer(secured=True),
    "transfer": peer(secured=True, owns_transfer=True),
    "nil": peer(secured=True, uuid=NIL),
    "dots": peer(secured=True, uuid=DOTS),
    "states": peer(secured=True, uuid=STATES),
    "cms": peer(secured=True, uuid=CMS),
    "ams": peer(secured=True, uuid=AMS),
    "stranger": peer(secured=True, uuid=STRANGER),
    "friend": peer(secured=True, uuid=FRIEND),
    "guest": peer(secured=True, uuid=GUEST, roles=frozenset({RoleId(role="guest")})),
    "deputy": peer(secured=True, uuid=STRANGER).with_asserted(
        frozenset({RoleId(role="oic.role.owner", authority="root")})
    ),
}

TABLE = """
state subject    session doxm    pstat  cred   acl2   sp     sdi  roles  res    d      mnt    light  lamp   hidden
RFOTM anonymous  no      roud:F  ro:F/F /S     /S     /S     /S   /S     ro:D/F ro:D/F /S     /N     /N     /N
RFOTM anonymous  yes     /T      /T     /T     /T     /T     /T   /T     /T     /T     /T     /T     /T     /T
RFOTM secured    yes     /F      /F     /F     /F     /F     /F   /F     ro:D/F ro:D/F /F     /N     /N     /N
RFOTM nil        yes     /F      /F     /F     /F     /F     /F   /F     ro:D/F ro:D/F /F     /N     /N     /N
RFOTM transfer   yes     roud:C  roud:C roud:C roud:C roud:C roud:C roud:C roud:C roud:C roud:C /N   /N     /N
RFOTM dots       yes     /F      /F     /F     /F     /F     /F   /F     ro:D/F ro:D/F /F     /N     /N     /N
RFOTM friend     yes     /F      /F     /F     /F     /F     /F   /F     ro:D/F ro:D/F /F     /N     /N     /N
RFOTM deputy     yes     /F      /F     /F     /F     /F     /F   /F     ro:D/F ro:D/F /F     /N     /N     /N

RESET anonymous  no      /S      /S     /S     /S     /S     /S   /S     ro:A/A  ro:A/A  /S     /N     /N     /N
RESET secured    yes     /A      /A     /A     /A     /A     /A   /A     ro:A/A  ro:A/A  /A     /N     /N     /N
RESET transfer   yes     roud:C  roud:C roud:C roud:C roud:C roud:C roud:C roud:C roud:C roud:C /N   /N     /N
RESET states     yes     /A      roud:W /A     /A     /A     /A   /A     ro:A/A  ro:A/A  /A     /N     /N     /N
RESET deputy     yes     roud:O  roud:O roud:O roud:O roud:O roud:O roud:O roud:O roud:O roud:O /N     /N     /N

RFPRO anonymous  no      /S      /S     /S     /S     /S     /S   /S     ro:A/A  ro:A/A  /S     /N     /N     /N
RFPRO anonymous  yes     /S      /S     /S     /S     /S     /S   /S     ro:A/A  ro:A/A  /S     /N     /N     /N
RFPRO secured    yes     /A      /A     /A     /A     /A     /A   roud:R ro:A/A  ro:A/A  /A     /N     /N     /N
RFPRO nil        yes     /A      /A     /A     /A     /A     /A   roud:R ro:A/A  ro:A/A  /A     /N     /N     /N
RFPRO transfer   yes     roud:C  roud:C roud:C roud:C roud:C roud:C roud:C roud:C roud:C roud:C /N   /N     /N
RFPRO dots       yes     roud:W  /A     /A     /A     /A     /A   roud:R ro:A/A  ro:A/A  /A     /N     /N     /N
RFPRO states     yes     /A      roud:W /A     /A     /A     /A   roud:R ro:A/A  ro:A/A  /A     /N     /N     /N
RFPRO cms        yes     /A      /A     roud:W /A     /A     /A   roud:R ro:A/A  ro:A/A  /A     /N     /N     /N
RFPRO ams        yes     /A      /A     /A     roud:W /A     /A   roud:R ro:A/A  ro:A/A  /A     /N     /N     /N
RFPRO stranger   yes     /A      /A     /A     /A     /A     /A   roud:R ro:A/A  ro:A/A  /A     /N     /N     /N
RFPRO friend     yes     /A      /A     /A     /A     ro:A/A  /A   roud:R ro:A/A  ro:A/A  /A     /N     /N     /N
RFPRO guest      yes     /A      /A     /A     /A     /A     /A   roud:R ro:A/A  ro:A/A  /A     /N     /N     /N
RFPRO deputy     yes     roud:O  roud:O roud:O roud:O roud:O roud:O roud:R roud:O roud:O roud:O /N     /N     /N

RFNOP anonymous  no      /S      /S     /S     /S     /S     /S   /S     ro:A/A  ro:A/A  /S     /S     ro:A/A  /S
RFNOP anonymous  yes     /S      /S     /S     /S     /S     /S   /S     ro:A/A  ro:A/A  /S     /S     ro:A/A  /S
RFNOP secured    yes     /A      /A     /A     /A     /A     /A   roud:R ro:A/A  ro:A/A  /A     rou:A/A rou:A/A rou:A/A
RFNOP nil        yes     /A      /A     /A     /A     /A     /A   roud:R ro:A/A  ro:A/A  /A     rou:A/A rou:A/A rou:A/A
RFNOP transfer   yes     roud:C  roud:C roud:C roud:C roud:C roud:C roud:C roud:C roud:C roud:C rou:A/A rou:A/A rou:A/A
RFNOP dots       yes     roud:W  /A     /A     /A     /A     /A   roud:R ro:A/A  ro:A/A  /A     rou:A/A rou:A/A rou:A/A
RFNOP states     yes     /A      roud:W /A     /A     /A     /A   roud:R ro:A/A  ro:A/A  /A     rou:A/A rou:A/A rou:A/A
RFNOP cms        yes     /A      /A     roud:W /A     /A     /A   roud:R ro:A/A  ro:A/A  /A     rou:A/A rou:A/A rou:A/A
RFNOP ams        yes     /A      /A     /A     roud:W /A     /A   roud:R ro:A/A  ro:A/A  /A     rou:A/A rou:A/A rou:A/A
RFNOP stranger   yes     /A      /A     /A     /A     /A     /A   roud:R ro:A/A  ro:A/A  /A     rou:A/A rou:A/A rou:A/A
RFNOP friend     yes     /A      /A     /A     /A     ro:A/A  /A   roud:R ro:A/A  ro:A/A  /A     rou:A/A rou:A/A rou:A/A
RFNOP guest      yes     /A      /A     /A     /A     /A     /A   roud:R ro:A/A  ro:A/A  /A     roud:A/A roud:A/A rou:A/A
RFNOP deputy     yes     roud:O  roud:O roud:O roud:O roud:O roud:O roud:R roud:O roud:O roud:O roud:O roud:O roud:O

SRESET anonymous no      /S      /S     /S     /S     /S     /S   /S     ro:A/A  ro:A/A  /S     /N     /N     /N
SRESET secured   yes     /A      /A     /A     /A     /A     /A   roud:R ro:A/A  ro:A/A  /A     /N     /N     /N
SRESET transfer  yes     roud:C  roud:C roud:C roud:C roud:C roud:C roud:C roud:C roud:C roud:C /N   /N     /N
SRESET dots      yes     roud:W  /A     /A     /A     /A     /A   roud:R ro:A/A  ro:A/A  /A     /N     /N     /N
SRESET cms       yes     /A      /A     roud:W /A     /A     /A   roud:R ro:A/A  ro:A/A  /A     /N     /N     /N
SRESET friend    yes     /A      /A     /A     /A     ro:A/A  /A   roud:R ro:A/A  ro:A/A  /A     /N     /N     /N
SRESET deputy    yes     roud:O  roud:O roud:O roud:O roud:O roud:O roud:R roud:O roud:O roud:O /N     /N     /N
"""  # noqa: E501 - a table is read in columns

HEADER, *ROWS = [line.split() for line in TABLE.splitlines() if line]


def database(state: State) -> Database:
    """Make a device with four owners, one for each resource that has one."""
    return Database(
        doxm=Doxm(methods=(0,), device_uuid=DEVICE, resource_owner=DOTS),
        permanent=Permanent(device=DEVICE, platform=DEVICE, original=DEVICE),
        pstat=Pstat(dos=Dos(state=state), resource_owner=STATES),
        cred=Cred(resource_owner=CMS),
        acl2=Acl2(resource_owner=AMS, entries=ENTRIES),
    )


@pytest.mark.parametrize("row", ROWS, ids="-".join)
def test_every_cell_of_the_table(row: list[str]) -> None:
    """The gate grants and refuses what the table says, and names the rule that did."""
    state, subject, session, *cells = row
    situation = Situation(database(State[state]), has_session=session == "yes")
    assert len(cells) == len(TARGETS)
    for name, cell in zip(HEADER[3:], cells, strict=True):
        granting, _, refusing = cell.partition("/")
        granted, _, rule = granting.partition(":")
        for letter, operation in OPERATIONS.items():
            decision = decide(operation, TARGETS[name], SUBJECTS[subject], situation)
            expected = (True, RULES[rule]) if letter in granted else (False, RULES[refusing])
            assert (decision.granted, decision.rule) == expected, (name, operation, decision)
            assert decision.reason


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_nil_owns_nothing(state: State, target: Target) -> None:
    """Where all owners are nil, a peer with the nil UUID has what one without a UUID has."""
    full = database(state)
    nobodys = replace(
        full,
        doxm=replace(full.doxm, resource_owner=NIL),
        pstat=replace(full.pstat, resource_owner=NIL),
        cred=replace(full.cred, resource_owner=NIL),
        acl2=replace(full.acl2, resource_owner=NIL),
    )
    situation = Situation(nobodys, has_session=True)
    for operation in Operation:
        nil = decide(operation, target, SUBJECTS["nil"], situation)
        nameless = decide(operation, target, SUBJECTS["secured"], situation)
        assert nil == nameless


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize(
    ("name", "operation", "out_of_season"),
    [
        ("cred", Operation.DELETE, "RFNOP RESET"),
        ("acl2", Operation.DELETE, "RFNOP RESET"),
        ("ael", Operation.UPDATE, "RFNOP"),
        ("csr", Operation.RETRIEVE, "RESET"),
        ("cred", Operation.UPDATE, ""),
        ("doxm", Operation.DELETE, ""),
    ],
)
def test_what_even_an_owner_does_in_season_only(
    state: State, name: str, operation: Operation, out_of_season: str
) -> None:
    """What the rules grant is refused in states in which it is not possible, with its own code."""
    here = Situation(database(state), has_session=True)
    refusal = season(operation, security(name), SUBJECTS["transfer"], here)
    assert (refusal is not None) is (state.name in out_of_season.split())
    if refusal is not None:
        assert refusal.code == ("5.03" if name == "csr" else "4.03")


def test_an_old_tool_removes_credentials_in_operation() -> None:
    """Tools of OIC 1.1 know no other state for it."""
    here = Situation(database(State.RFNOP), has_session=True, is_oic_1_1=True)
    assert season(Operation.DELETE, security("cred"), SUBJECTS["cms"], here) is None
    assert season(Operation.DELETE, security("acl2"), SUBJECTS["ams"], here) is not None
