"""The resources as tools of OIC 1.1 see them, property by property."""

import base64
from typing import Any

import pytest
from msgspec.structs import replace
from resource_support import (
    BY_OWNER,
    DEVICE,
    FRIEND,
    NOBODY,
    OWNER,
    OWNER_KEY,
    PLAIN,
    PLAIN_PORT,
    SECRET,
    STRANGER,
    TRANSFER,
    World,
    in_state,
    owned,
    unowned,
)

from onboardee.device.access.peer import Peer
from onboardee.device.access.rights import OCF
from onboardee.device.resources.oic_1_1 import OIC_1_1
from onboardee.device.simulation.compatibility import PRESETS, Compatibility, Preset
from onboardee.device.simulation.profile import load
from onboardee.pki.issuing import Issued, root
from onboardee.svrdb.model import Connection, Database, State, Subject
from onboardee.wire.coap import Code

ME, THEM = str(OWNER), str(FRIEND)
OLD = PRESETS[Preset.OIC_1_1]
PROFILE = replace(load("light"), compat=OLD)
DOXM, PSTAT, CRED, ACL = (f"/oic/sec/{name}" for name in ("doxm", "pstat", "cred", "acl"))
PERIOD = "20260101T000000Z/20270101T000000Z"


def old(database: Database, requester: Peer = BY_OWNER, **options: Any) -> World:
    """Make a device that serves OIC 1.1, and a peer who speaks it."""
    return World(database, requester, **{"profile": PROFILE, "standard": OIC_1_1, **options})


def in_the_clear(database: Database, **options: Any) -> World:
    """Make the world of an unsecured peer of that time."""
    return old(database, PLAIN, path=PLAIN_PORT, has_session=False, **options)


def entry(subject: str = THEM, href: str = "/light/switch", permission: int = 6) -> dict[str, Any]:
    """Make an entry of version 1."""
    resource = {"href": href, "rt": ["*"], "if": ["*"]}
    return {"subjectuuid": subject, "resources": [resource], "permission": permission}


def aclist(*entries: Any) -> dict[str, Any]:
    """Make the payload of an UPDATE of the access list."""
    return {"aclist": {"aces": list(entries)}, "rowneruuid": ME}


# pstat


def test_pstat_tells_the_state_without_dos() -> None:
    """The properties of that time in their order, with whose they are."""
    pstat = in_the_clear(unowned()).get(PSTAT)
    assert list(pstat) == ["isop", "cm", "tm", "om", "sm", "deviceuuid", "rowneruuid", "rt", "if"]
    assert (pstat["isop"], pstat["cm"], pstat["deviceuuid"]) == (False, 2, str(DEVICE))
    assert pstat["rt"] == ["oic.r.pstat"]


def test_pstat_of_today_stays_for_those_of_today() -> None:
    """Without a sign of OIC 1.1 a request gets today's answer, and today's rights."""
    world = old(owned(State.RFNOP), standard=OCF)
    assert world.get(PSTAT)["dos"] == {"s": 3, "p": False}
    assert world.post(PSTAT, {"cm": 1, "isop": False, "om": 4}) is Code.BAD_REQUEST
    assert world.post(CRED, {"creds": []}) is Code.BAD_REQUEST


WISHES = """
from   cm isop  om  becomes
RFOTM  2  false 4   RFOTM
RFOTM  0  false 4   -
RFOTM  0  true  4   -
RFOTM  1  false 4   RESET
RFPRO  0  true  4   RFNOP
RFPRO  0  false 4   RFPRO
RFPRO  2  false 4   -
RFPRO  2  true  4   -
RFPRO  1  false 4   RESET
RFPRO  1  true  4   -
RFNOP  0  false 4   RFPRO
RFNOP  0  true  4   RFNOP
RFNOP  48 true  4   RFNOP
RFNOP  1  false 4   RESET
RFNOP  3  false 4   RESET
RFNOP  1  false 3   -
RFNOP  0  false 1   -
SRESET 0  false 4   RFPRO
SRESET 0  true  4   -
SRESET 1  false 4   RESET
RESET  0  true  4   -
RESET  1  false 4   RESET
"""


@pytest.mark.parametrize("row", [line.split() for line in WISHES.splitlines()[2:]], ids=" ".join)
def test_each_wish_becomes_the_state_it_stands_for(row: list[str]) -> None:
    """What `cm` and `isop` ask for; a dash is 4.00, and nothing has changed."""
    before, mode, is_operational, operation, after = row
    database = in_state(State[before])
    world = old(database, TRANSFER if before == "RFOTM" else BY_OWNER)
    body = {"isop": is_operational == "true", "cm": int(mode), "om": int(operation), "tm": 0}
    wanted = Code.BAD_REQUEST if after == "-" else Code.CHANGED
    assert world.post(PSTAT, body) is wanted
    assert world.database.state is (State[before] if after == "-" else State[after])


def test_a_mode_alone_is_a_wish_too() -> None:
    """A tool that writes `isop` only means the `cm` there is."""
    world = old(replace(owned(), pstat=replace(owned().pstat, operation_mode=4)))
    assert world.post(PSTAT, {"isop": True}) is Code.CHANGED
    assert world.database.state is State.RFNOP


@pytest.mark.parametrize(
    "body",
    [
        {"cm": "2", "isop": False},
        {"cm": True, "isop": False},
        {"cm": -1, "isop": False},
        {"cm": 1 << 16, "isop": False},
        {"cm": 0, "isop": 1},
        {"cm": 0, "isop": False, "om": 4, "deviceuuid": THEM},
        {"om": 4, "deviceuuid": 7},
    ],
)
def test_an_odd_pstat_is_refused(body: dict[str, Any]) -> None:
    """Wrong types and another device's UUID change nothing."""
    assert old(owned()).post(PSTAT, body) is Code.BAD_REQUEST


def test_anybody_chooses_the_mode_before_there_is_a_session() -> None:
    """The tool writes `om` in the clear, with all that it read; nothing else of it counts."""
    world = in_the_clear(unowned())
    read = world.get(PSTAT)
    assert world.post(PSTAT, {**read, "om": 4}) is Code.CHANGED
    assert world.database == replace(unowned(), pstat=replace(unowned().pstat, operation_mode=4))
    for more in ({"cm": 1}, {"tm": 1}, {"rowneruuid": ME}, {"cm": 0, "isop": True}):
        assert world.post(PSTAT, {"om": 4, **more}) is Code.BAD_REQUEST
    world.has_session = True
    assert world.post(PSTAT, {"om": 4}) is Code.UNAUTHORIZED
    assert in_the_clear(owned(State.RFNOP)).post(PSTAT, {"om": 4}) is Code.UNAUTHORIZED


# doxm


def test_doxm_repeats_what_it_is() -> None:
    """Type and interface stand behind the properties, unasked."""
    doxm = in_the_clear(unowned()).get(DOXM, "Owned=FALSE")
    assert (doxm["owned"], doxm["rt"], doxm["if"]) == (
        False,
        ["oic.r.doxm"],
        ["oic.if.baseline"],
    )
    assert in_the_clear(unowned()).get(DOXM, "Owned=TRUE") is Code.BAD_REQUEST


def test_the_owner_gets_the_resources_that_nobody_owns() -> None:
    """With `owned` all of doxm, pstat, cred and acl are the tool's."""
    world = old(unowned(method=0), TRANSFER)
    written = {"oxmsel": 0, "devowneruuid": ME, "rowneruuid": NOBODY}
    assert world.post(DOXM, {**written, "owned": False}) is Code.CHANGED
    assert not world.last.outcome.abandon_handshakes
    assert world.post(DOXM, {**written, "owned": True}) is Code.CHANGED
    database = world.database
    owners = {getattr(database, name).resource_owner for name in ("doxm", "pstat", "cred", "acl2")}
    assert owners == {OWNER}


def test_a_resource_that_has_an_owner_keeps_it() -> None:
    """Only what is nobody's is given."""
    before = unowned(method=0)
    before = replace(before, cred=replace(before.cred, resource_owner=FRIEND))
    world = old(before, TRANSFER)
    assert world.post(DOXM, {"devowneruuid": ME, "owned": True}) is Code.CHANGED
    assert world.database.cred.resource_owner == FRIEND
    assert world.database.acl2.resource_owner == OWNER


def test_a_selection_in_the_clear_starts_anew() -> None:
    """Another method makes handshakes in progress begin again; the same one changes nothing."""
    world = in_the_clear(unowned())
    assert world.post(DOXM, {"oxmsel": 1, "owned": False, "devowneruuid": NOBODY}) is Code.CHANGED
    assert world.last.outcome.abandon_handshakes
    assert world.post(DOXM, {"oxmsel": 1, "owned": False, "devowneruuid": NOBODY}) is Code.CHANGED
    assert not world.last.outcome.abandon_handshakes


# cred


def test_credentials_are_added_and_removed_in_normal_operation() -> None:
    """Linking and unlinking need no bracket; the number that comes along is the tool's own."""
    world = old(owned(State.RFNOP))
    private = {"encoding": "oic.sec.encoding.raw", "data": SECRET}
    shared = {"credid": 1, "subjectuuid": THEM, "credtype": 1, "privatedata": private}
    assert world.post(CRED, {"creds": [shared], "rowneruuid": ME}) is Code.CHANGED
    assert [each.credid for each in world.database.cred.credentials] == [1, 2]
    assert world.post(CRED, {"creds": [shared]}) is Code.CHANGED
    assert len(world.database.cred.credentials) == 2
    assert world.delete(CRED, f"subjectuuid={THEM.upper()}") is Code.DELETED
    assert [each.subject for each in world.database.cred.credentials] == [ME]


@pytest.mark.parametrize("state", [State.RFNOP, State.RFPRO])
@pytest.mark.parametrize("query", [(), (f"subjectuuid={THEM}",), ("credid=7",), ("credid=x",)])
def test_a_delete_that_matches_nothing_is_refused(query: tuple[str, ...], state: State) -> None:
    """4.00, as IoTivity 1.2 answers; without a query nothing is removed either."""
    assert old(owned(state)).delete(CRED, *query) is Code.BAD_REQUEST


def test_the_owner_cannot_lock_itself_out() -> None:
    """Its own credential stays: in normal operation nobody could repair the device."""
    assert old(owned(State.RFNOP)).delete(CRED, f"subjectuuid={ME}") is Code.BAD_REQUEST


def test_strangers_change_no_credentials() -> None:
    """A session is not enough, and neither are the words of OIC 1.1."""
    world = old(owned(State.RFNOP), STRANGER)
    assert world.post(CRED, {"creds": []}) is Code.UNAUTHORIZED
    assert world.delete(CRED, f"subjectuuid={ME}") is Code.UNAUTHORIZED
    assert world.post(ACL, aclist(entry())) is Code.UNAUTHORIZED


def test_the_owner_credential_is_derived() -> None:
    """An empty privatedata over the ownership connection is the wish for it."""
    before = unowned(method=0)
    world = old(replace(before, doxm=replace(before.doxm, owner_uuid=OWNER)), TRANSFER)
    private = {"encoding": "oic.sec.encoding.base64", "data": ""}
    asked = {"credid": 9, "subjectuuid": ME, "credtype": 1, "privatedata": private}
    assert world.post(CRED, {"creds": [asked], "rowneruuid": ME}) is Code.CHANGED
    (credential,) = world.database.cred.credentials
    assert credential.private is not None
    assert credential.private.data == OWNER_KEY
    assert world.database.cred.resource_owner == OWNER


def test_secrets_are_left_out() -> None:
    """A credential is shown without `privatedata`, not with an empty one."""
    cred = old(owned(State.RFNOP)).get(CRED)
    assert [set(each) for each in cred["creds"]] == [{"credid", "credtype", "subjectuuid"}]
    assert cred["rt"] == ["oic.r.cred"]


@pytest.mark.parametrize("form", ["der", "base64", "pem"])
def test_a_chain_in_optionaldata_is_one_chain(form: str) -> None:
    """Authorities that come in a part of their own stand behind the certificate, as today."""
    first, second = root("one"), root("two")
    world = old(owned(State.RFNOP))

    def part(each: Issued) -> dict[str, Any]:
        der = each.certified_key.chain[0]
        data = {"der": der, "base64": base64.b64encode(der).decode(), "pem": each.pem}[form]
        return {"data": data, "encoding": f"oic.sec.encoding.{form}"}

    sent = {
        "subjectuuid": "*",
        "credtype": 8,
        "credusage": "trust_ca",
        "publicdata": part(first),
        "optionaldata": part(second),
    }
    assert world.post(CRED, {"creds": [sent]}) is Code.CHANGED
    added = world.database.cred.credentials[-1]
    assert added.usage == "oic.sec.cred.trustca"
    assert added.public is not None
    assert added.public.data == first.pem + second.pem
    assert added.optional is None
    assert world.get(CRED)["creds"][-1]["credusage"] == "trust_ca"


@pytest.mark.parametrize(
    "optional",
    [
        {"data": b"\x30\x82\xff\xff", "encoding": "oic.sec.encoding.der"},
        {"data": b"nonsense", "encoding": "oic.sec.encoding.der"},
        {"data": "!", "encoding": "oic.sec.encoding.base64"},
        {"data": 7, "encoding": "oic.sec.encoding.der"},
        {"data": bytes(9000), "encoding": "oic.sec.encoding.der"},
    ],
)
def test_a_chain_that_is_none_is_refused(optional: dict[str, Any]) -> None:
    """Nothing of such a credential is kept."""
    sent = {
        "subjectuuid": "*",
        "credtype": 8,
        "credusage": "trust_ca",
        "publicdata": {"data": b"", "encoding": "oic.sec.encoding.der"},
        "optionaldata": optional,
    }
    assert old(owned(State.RFNOP)).post(CRED, {"creds": [sent, "odd"]}) is Code.BAD_REQUEST


# acl


def test_entries_are_appended_once() -> None:
    """Each POST adds; what says the same as a present entry is not added again."""
    world = old(owned(State.RFNOP))
    before = world.get(ACL)["aclist"]["aces"]
    for _ in range(2):
        assert world.post(ACL, aclist(entry(), entry(href="door"))) is Code.CHANGED
    assert world.get(ACL)["aclist"]["aces"] == [*before, entry(), entry(href="door")]
    assert list(world.get(ACL)) == ["aclist", "rowneruuid", "rt", "if"]
    assert [each.aceid for each in world.database.acl2.entries] == [1, 2, 3, 4]


def test_an_entry_of_version_1_is_one_of_version_2() -> None:
    """Both views show one list: `*` is anybody there and any application resource."""
    world = old(owned(State.RFNOP))
    assert world.post(ACL, aclist(entry("*", "*", 2))) is Code.CHANGED
    added = world.database.acl2.entries[-1]
    assert added.subject == Subject(connection=Connection.ANYONE)
    assert added.resources[0].wildcard == "*"


def test_what_version_1_cannot_say_is_not_shown_and_not_lost() -> None:
    """An entry for all secured peers is missing from the view, and survives a DELETE."""
    world = old(owned(State.RFNOP))
    shown = [each["subjectuuid"] for each in world.get(ACL)["aclist"]["aces"]]
    assert shown == ["*"]
    assert world.delete(ACL, "subjectuuid=*") is Code.DELETED
    assert [each.aceid for each in world.database.acl2.entries] == [2]


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ((f"subjectuuid={THEM}",), ["*"]),
        ((f"subjectuuid={THEM.upper()}", "resources=/light/switch"), ["*", "/light/dimming"]),
        ((), []),
    ],
)
def test_entries_are_removed_by_subject_and_resource(
    query: tuple[str, ...], left: list[str]
) -> None:
    """A subject's entries, one resource of them, or all entries there are."""
    world = old(owned(State.RFNOP))
    both = entry()
    both["resources"].append({"href": "/light/dimming", "rt": ["*"], "if": ["*"]})
    assert world.post(ACL, aclist(both)) is Code.CHANGED
    assert world.delete(ACL, *query) is Code.DELETED
    aces = world.get(ACL)["aclist"]["aces"]
    found = [each["subjectuuid"] for each in aces if each["subjectuuid"] == "*"]
    found += [each["resources"][0]["href"] for each in aces if each["subjectuuid"] == THEM]
    assert found == left


@pytest.mark.parametrize(
    "query",
    [
        (f"subjectuuid={THEM}",),
        ("subjectuuid=*", "resources=/nowhere"),
        ("resources=/oic/res",),
    ],
)
def test_a_delete_of_no_entry_is_refused(query: tuple[str, ...]) -> None:
    """4.00 where nothing matches, and where it is not said whose entry is meant."""
    assert old(owned(State.RFNOP)).delete(ACL, *query) is Code.BAD_REQUEST


def test_entries_are_read_by_subject_and_resource() -> None:
    """A query leaves the others out."""
    world = old(owned(State.RFNOP))
    assert world.post(ACL, aclist(entry())) is Code.CHANGED
    assert world.get(ACL, f"subjectuuid={THEM}")["aclist"]["aces"] == [entry()]
    assert world.get(ACL, "resources=/light/switch")["aclist"]["aces"] == [entry()]
    assert world.get(ACL, f"subjectuuid={ME}")["aclist"]["aces"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"aclist": []},
        {"aclist": {}},
        {"aclist": {"aces": {}}},
        aclist("odd"),
        aclist({**entry(), "secret": True}),
        aclist({**entry(), "resources": [{"href": "/a", "wc": "*"}]}),
        aclist({**entry(), "resources": ["/a"]}),
        aclist({**entry(), "resources": 7}),
        aclist({**entry(), "resources": []}),
        aclist({**entry(), "resources": [entry()["resources"][0]] * 65}),
        aclist({**entry(), "permission": 32}),
        aclist({**entry(), "subjectuuid": NOBODY}),
        aclist({**entry(), "validity": [["never"]]}),
        aclist({**entry(), "recurrence": ["FREQ=DAILY"]}),
        aclist(entry(), {**entry(), "subjectuuid": "nobody"}),
        {"aclist": {"aces": [entry()]}, "rowneruuid": THEM},
    ],
)
def test_an_odd_list_is_refused_as_a_whole(body: dict[str, Any]) -> None:
    """What cannot be honoured as it is written is not honoured in part."""
    assert old(owned(State.RFNOP)).post(ACL, body) is Code.BAD_REQUEST


def test_the_list_has_a_bound() -> None:
    """No more entries fit in than in version 2."""
    world = old(owned(State.RFNOP))
    many = aclist(*(entry(href=f"/{number}") for number in range(300)))
    assert world.post(ACL, many) is Code.REQUEST_ENTITY_TOO_LARGE


def test_a_validity_is_kept() -> None:
    """A period and its recurrences come back as they were written."""
    world = old(owned(State.RFNOP))
    limited = {**entry(), "validity": [[PERIOD, ["FREQ=DAILY;BYHOUR=8"]]]}
    assert world.post(ACL, aclist(limited)) is Code.CHANGED
    assert world.get(ACL)["aclist"]["aces"][-1] == limited


def test_the_list_has_the_same_rules_for_requests_of_today() -> None:
    """Whoever finds the resource writes version 1, whatever the content format."""
    world = old(owned(State.RFNOP), standard=OCF)
    assert world.post(ACL, aclist(entry())) is Code.CHANGED
    assert world.delete(ACL, f"subjectuuid={THEM}") is Code.DELETED


# the rest


AMACL = "/oic/sec/amacl"
MANAGED = {"rlist": [{"href": "/a/led", "rt": "", "if": ""}]}


def test_amacl_is_empty_at_first() -> None:
    """It is of the owner of the access list until somebody else is named."""
    assert old(owned(State.RFNOP)).get(AMACL) == {
        "resources": {"rlist": []},
        "ams": [],
        "rowneruuid": ME,
        "rt": ["oic.r.amacl"],
        "if": ["oic.if.baseline"],
    }


def test_access_managers_are_added_once_and_removed() -> None:
    """A second POST adds to the first, as IoTivity 1.1 appends; a DELETE forgets all."""
    world = old(owned(State.RFNOP))
    written = {"resources": MANAGED, "ams": [THEM], "rowneruuid": ME}
    for _ in range(2):
        assert world.post(AMACL, written) is Code.CHANGED
    more = {"resources": {"rlist": [{"href": "/b"}]}}
    assert world.post(AMACL, more) is Code.CHANGED
    found = world.get(AMACL)
    assert [each["href"] for each in found["resources"]["rlist"]] == ["/a/led", "/b"]
    assert found["ams"] == [THEM]
    assert world.delete(AMACL) is Code.DELETED
    assert world.get(AMACL)["ams"] == []


@pytest.mark.parametrize("state", list(State))
def test_when_access_managers_are_written(state: State) -> None:
    """In every state but RESET the owner may, and names another owner in SRESET alone."""
    world = old(owned(state))
    is_open = state in {State.RFPRO, State.RFNOP, State.SRESET}
    assert (world.post(AMACL, {"ams": [THEM]}) is Code.CHANGED) is is_open
    renamed = world.post(AMACL, {"rowneruuid": THEM})
    assert (renamed is Code.CHANGED) is (state is State.SRESET)


@pytest.mark.parametrize(
    "body",
    [
        {"resources": [{"href": "/a"}]},
        {"resources": {"rlist": [{"href": ""}]}},
        {"resources": {"rlist": [{"href": "/a", "only": "mondays"}]}},
        {"resources": {"rlist": [{"href": f"/{number}"} for number in range(65)]}},
        {"ams": "nobody"},
        {"ams": ["nobody"]},
        {"ams": ["00000000-0000-0000-0000-000000000000"]},
        {"ams": [f"00000000-0000-4000-8000-{number:012}" for number in range(9)]},
        {"aclist": {}},
    ],
)
def test_odd_access_managers_are_refused(body: dict[str, Any]) -> None:
    """Nothing of it is kept, and there is room for 64 resources and 8 managers."""
    world = old(owned(State.RFNOP))
    before = world.get(AMACL)
    assert world.post(AMACL, body) is Code.BAD_REQUEST
    assert world.get(AMACL) == before


def test_strangers_neither_read_nor_write_access_managers() -> None:
    """Who is not their owner learns nothing of them."""
    world = old(owned(State.RFNOP), STRANGER)
    assert world.post(AMACL, {"ams": [THEM]}) is Code.UNAUTHORIZED
    assert world.delete(AMACL) is Code.UNAUTHORIZED


def test_the_security_version_is_told_in_the_clear() -> None:
    """A tool asks for it while it looks for devices."""
    ver = in_the_clear(unowned()).get("/oic/sec/ver")
    assert ver == {
        "secv": "1.2.1",
        "deviceuuid": str(DEVICE),
        "rt": ["oic.r.ver"],
        "if": ["oic.if.baseline"],
    }


def test_links_tell_the_port() -> None:
    """One device with its links; secured ones say so, and where."""
    (directory,) = in_the_clear(unowned()).get("/oic/res")
    assert list(directory) == ["di", "links"]
    policies = {link["href"]: link["p"] for link in directory["links"]}
    assert policies[DOXM] == {"bm": 1, "sec": True, "port": 5684}
    assert policies["/oic/d"] == {"bm": 3}
    assert {ACL, "/oic/sec/amacl", "/oic/sec/ver"} <= policies.keys()
    assert not any("eps" in link or "anchor" in link for link in directory["links"])


def test_links_are_filtered_as_today() -> None:
    """By type; with the baseline interface the directory tells what it is."""
    world = in_the_clear(unowned())
    (directory,) = world.get("/oic/res", "rt=oic.r.doxm", "if=oic.if.baseline")
    assert [link["href"] for link in directory["links"]] == [DOXM]
    assert directory["rt"] == ["oic.wk.res"]
    assert world.get("/oic/res", "rt=oic.r.nothing") is Code.BAD_REQUEST
    assert world.get("/oic/res", "di=nobody") == "silence"


def test_links_of_today_stay_for_those_of_today() -> None:
    """Endpoints, not ports, and the new resources among the others."""
    links = in_the_clear(unowned(), standard=OCF).get("/oic/res")
    assert all("eps" in link for link in links)
    assert ACL in {link["href"] for link in links}


def test_iotivity_1_1_0_has_names_and_codes_of_its_own() -> None:
    """It looks for oic.sec.doxm, and takes nothing but 2.01 for a POST to cred and acl."""
    compat = Compatibility(oic_1_1=True, iotivity_1_1_0=True)
    profile = replace(load("light"), compat=compat)
    (directory,) = in_the_clear(unowned(), profile=profile).get("/oic/res", "rt=oic.sec.doxm")
    assert directory["links"][0]["rt"] == ["oic.r.doxm", "oic.sec.doxm"]
    world = old(owned(State.RFNOP), profile=profile)
    assert world.post(ACL, aclist(entry())) is Code.CREATED
    assert world.post(CRED, {"creds": []}) is Code.CREATED
    assert world.post(PSTAT, {"om": 4}) is Code.CHANGED


@pytest.mark.parametrize("path", [ACL, "/oic/sec/amacl", "/oic/sec/ver"])
def test_nothing_of_it_is_there_unasked(path: str) -> None:
    """A device without the setting has none of these resources."""
    assert World(owned(State.RFNOP), BY_OWNER).get(path) is Code.NOT_FOUND


def test_credentials_keep_what_they_are() -> None:
    """What today's requests add with revocation data is shown as it is."""
    world = old(owned())
    body = {"credtype": 1, "subjectuuid": THEM, "privatedata": {"data": SECRET}}
    sent = {**body, "optionaldata": {"revstat": False}}
    assert world.post(CRED, {"creds": [sent]}) is Code.CHANGED
    assert world.database.cred.credentials[-1].optional is not None
