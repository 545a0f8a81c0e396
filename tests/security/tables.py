"""The tables of rights, states and access, as the device has them, written for readers.

`python tests/security/tables.py` rewrites `docs/tables.md`.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.access.concessions import Concessions
from onboardee.device.access.gate import decide
from onboardee.device.access.ocf_interfaces import CREATE, CREATING, KNOWN, UPDATING
from onboardee.device.access.peer import Peer
from onboardee.device.access.rights import OCF, Rights
from onboardee.device.access.target import Kind, Operation, Target
from onboardee.device.machine.requests import INTERFACES
from onboardee.device.resources.oic_1_1 import OIC_1_1
from onboardee.device.security.onboarding_states import ON_ENTRY, SUCCESSORS
from onboardee.svrdb.model import (
    SECURITY_RESOURCES,
    Acl2,
    Cred,
    Database,
    Doxm,
    Owners,
    Permanent,
    Pstat,
    State,
)
from onboardee.svrdb.model.owners import SHARED_RIGHTS
from onboardee.wire.coap import Method
from onboardee.wire.path import Path as Address

DOCUMENT = Path(__file__).parents[2] / "docs" / "tables.md"

DEVICE, DOTS, CMS, AMS, PEER, SUB_OWNER = (UUID(int=number) for number in range(1, 7))
LETTERS = {
    Operation.RETRIEVE: "R",
    Operation.OBSERVE: "N",
    Operation.CREATE: "C",
    Operation.UPDATE: "U",
    Operation.DELETE: "D",
}
CREATING_HREF = "/application?if=oic.if.create"
"""A collection in which clients create resources; nowhere else is there a CREATE."""
_peer = partial(Peer, Address("192.0.2.1", 5684, "192.0.2.9", 40000))
PEERS = {
    "anybody, unsecured": _peer(),
    "the ownership connection": _peer(secured=True, owns_transfer=True),
    "DOTS (owner of doxm and pstat)": _peer(secured=True, uuid=DOTS),
    "CMS (owner of cred)": _peer(secured=True, uuid=CMS),
    "AMS (owner of acl2)": _peer(secured=True, uuid=AMS),
    "a peer with the certificate of the role oic.role.owner": _peer(
        secured=True, uuid=PEER, is_owner_by_role=True
    ),
    "any other secured peer": _peer(secured=True, uuid=PEER),
    "with multiple ownership: a sub-owner": _peer(secured=True, uuid=SUB_OWNER),
    "with multiple ownership: who has the PIN and joins": _peer(secured=True, joins=PEER),
}
STATES = ("Property", *(state.name for state in State))
TARGETS = {
    **{each.href: Target(each.href, Kind.SECURITY, (), ()) for each in SECURITY_RESOURCES},
    **{
        href: Target(href, Kind.CORE, (), (), has_plain_endpoint=True)
        for href in ("/oic/res", "/oic/d", "/oic/p")
    },
    "/oic/mnt": Target("/oic/mnt", Kind.CORE, (), ()),
    "application": Target("/application", Kind.APPLICATION, (), ()),
    "application by oic.if.create": Target(CREATING_HREF, Kind.APPLICATION, (), (CREATE,)),
}


def document() -> str:
    """Write all tables."""
    return "\n".join(
        [
            "# Tables",
            "",
            "Made from the device's own tables by `tests/security/tables.py`; a test fails when",
            "this page is not what the device does.",
            "",
            "## Who may write which property when",
            "",
            "Properties that are not listed are read-only. In RFOTM it matters over what a",
            "property is written. Access comes on top: see below.",
            "",
            *table(("Property", *(state.name for state in State)), _rights(OCF.rights)),
            "",
            "Where a profile says `compat: oic-1.1`, requests of that time have these instead:",
            "",
            *table(("Property", *(state.name for state in State)), _rights(_wider())),
            "",
            "With multiple ownership (`multiple_owners`) doxm has these, too:",
            "",
            *table(
                ("Property", *(state.name for state in State)), _rights({"doxm": SHARED_RIGHTS})
            ),
            "",
            "## Which state may follow",
            "",
            "RESET leads to RFOTM by itself. RFPRO, RFNOP and SRESET demand that the device is",
            "owned, that all resource owners are named, and that each has a credential.",
            "",
            *table(("From", *(state.name for state in State)), _successors()),
            "",
            "## What a state begins with",
            "",
            *table(("State", "isop", "cm", "tm"), _entry_values()),
            "",
            "## What the gate grants without any access control entry",
            "",
            "R retrieve, N observe, C create, U update, D delete. A session is open, except for",
            "unsecured requests. Entries grant more, and to application resources only in RFNOP.",
            *_access(),
            "",
            "## What an interface allows",
            "",
            "As far as the resource can do it at all. To create needs the bit 1 of an entry's",
            "permission and a collection whose profile has `creates`; to update, 1 or 4. What a",
            "client created is also deleted without naming an interface.",
            "",
            *table(("Interface", "R, N", "C", "U", "D"), _interfaces()),
            "",
        ]
    )


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Write one table in Markdown."""
    names = list(header)
    for cells in (names, ["---"] * len(names), *rows):
        yield f"| {' | '.join(cells)} |"


def _wider() -> Rights:
    """Return the rights of OIC 1.1 that differ."""
    return {
        resource: {
            name: right
            for name, right in rights.items()
            if OCF.rights.get(resource, {}).get(name) != right
        }
        for resource, rights in OIC_1_1.rights.items()
    }


def _rights(table_of: Rights) -> Iterator[list[str]]:
    for resource, rights in table_of.items():
        for name, right in rights.items():
            cells = ["write" if state in right.states else "" for state in State]
            if State.RFOTM in right.states:
                cells[State.RFOTM] = f"over {right.over.value}"
            yield [f"`{resource}.{name}`", *cells]


def _successors() -> Iterator[list[str]]:
    for state, successors in SUCCESSORS.items():
        cells = ("same" if to is state else "yes" if to in successors else "" for to in State)
        yield [state.name, *cells]


def _entry_values() -> Iterator[list[str]]:
    for state, (is_operational, current, target) in ON_ENTRY.items():
        yield [state.name, str(is_operational).lower(), str(current), str(target)]


def _access() -> Iterator[str]:
    for name, peer in PEERS.items():
        rows = ([f"`{href}`", *_granted(peer, target)] for href, target in TARGETS.items())
        yield from ("", f"### {name[0].upper()}{name[1:]}", "")
        yield from table(("Resource", *(state.name for state in State)), rows)


def _interfaces() -> Iterator[list[str]]:
    for interface in sorted(KNOWN):
        allowed = (
            interface in INTERFACES[Method.GET],
            interface in CREATING,
            interface in UPDATING,
            interface in INTERFACES[Method.DELETE],
        )
        yield [f"`{interface}`", *("yes" if each else "" for each in allowed)]


def _granted(peer: Peer, target: Target) -> Iterator[str]:
    for state in State:
        database = _database(state)
        yield "".join(
            letter
            for operation, letter in LETTERS.items()
            if (operation is Operation.CREATE) <= (CREATE in target.interfaces)
            and decide(
                Call(
                    operation,
                    target,
                    peer,
                    database,
                    has_session=peer.secured,
                    concessions=Concessions(has_sub_owners=True),
                )
            ).granted
        )


def _database(state: State) -> Database:
    pstat = Pstat(resource_owner=DOTS)
    return Database(
        doxm=Doxm(methods=(0,), device_uuid=DEVICE, resource_owner=DOTS),
        permanent=Permanent(device=DEVICE, platform=DEVICE, original=DEVICE),
        pstat=replace(pstat, dos=replace(pstat.dos, state=state)),
        cred=Cred(resource_owner=CMS),
        acl2=Acl2(resource_owner=AMS),
        owners=Owners(mode=1, sub_owners=(SUB_OWNER,)),
    )


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
