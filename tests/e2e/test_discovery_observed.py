"""`/oic/res` as a batch, and observed: each change of what an observer may see, told once."""

import base64
from typing import Any
from uuid import UUID

import cbor2
import pytest
from aiocoap import DELETE, GET, Message
from device_scene import make_scene
from msgspec.structs import replace
from stranger import Stranger
from tag_client import ONE, OTHER, Reader, device_for

from onboardee.svrdb.model import Ace, AceResource, Database, Subject

RFPRO, RFNOP = 2, 3
RES, SWITCH, DIMMING = "/oic/res", "/light/switch", "/light/dimming"
BATCH, LINKS, BASELINE = "if=oic.if.b", "if=oic.if.ll", "if=oic.if.baseline"


def may_read(database: Database, uuid: UUID, *hrefs: str) -> Database:
    """Let a client read these resources and no others."""
    entries = database.acl2.entries
    others = [each for each in entries if each.subject.uuid not in {None, str(uuid)}]
    entry = Ace(
        aceid=50,
        subject=Subject(uuid=str(uuid)),
        resources=tuple(AceResource(href=href) for href in hrefs),
        permission=2,
    )
    return replace(database, acl2=replace(database.acl2, entries=(*others, entry)))


def hrefs(found: Any, device: Any) -> set[str]:
    """Return the paths of what a batch shows."""
    anchor = f"ocf://{device.database.doxm.device_uuid}"
    assert all(each["href"].startswith(anchor + "/") for each in found)
    return {each["href"].removeprefix(anchor) for each in found}


def observing(reader: Reader, *query: str, token: bytes = b"obs") -> tuple[str, Any]:
    """Begin to observe /oic/res; return code and whether the observation began."""
    answer = reader.ask(RES, *query, observe=0, token=token)
    return answer.code.dotted, answer.opt.observe is not None


def test_a_batch_shows_what_each_resource_shows() -> None:
    """Representation and tag are those of a read by the default interface, types of the link."""
    device = device_for()
    reader = Reader(device)
    types = {link["href"]: link["rt"] for link in reader.read(RES)[1]}
    code, found, etag = reader.read(RES, BATCH)
    assert code == "2.05"
    assert etag is not None
    shown = hrefs(found, device)
    assert {"/oic/d", "/oic/p", "/oic/con", "/oic/mnt", SWITCH, DIMMING} <= shown
    assert not {RES, "/oic/sec/cred", "/.well-known/core", "/oic/introspection/data"} & shown
    for item in found:
        assert item.keys() == {"href", "rt", "rep", "etag"}
        path = "/" + item["href"].removeprefix("ocf://").partition("/")[2]
        assert item["rt"] == types[path]
        assert reader.read(path) == ("2.05", item["rep"], item["etag"])


@pytest.mark.parametrize("seen", [(), (SWITCH,), ("/oic/d", DIMMING)])
def test_a_batch_has_only_what_the_asker_may_read(seen: tuple[str, ...]) -> None:
    """What is refused is not there, and nobody is blamed for it: it was not asked for by name."""
    made = device_for()
    device = device_for(database=may_read(made.database, OTHER, RES, *seen))
    other = Reader(device, OTHER)
    code, found, etag = other.read(RES, BATCH)
    assert (code, hrefs(found, device)) == ("2.05", {*seen})
    assert etag != Reader(device, ONE, "10.0.0.3").read(RES, BATCH)[2]
    assert other.read(RES, BATCH, etags=(etag,)) == ("2.03", None, etag)


def test_who_may_not_read_the_list_gets_no_batch() -> None:
    """The list itself passes the gate first."""
    device = device_for(database=may_read(device_for().database, OTHER, SWITCH))
    reader = Reader(device, OTHER)
    assert reader.ask(RES, BATCH).code.dotted == "4.01"


def test_batches_of_types() -> None:
    """`rt=` leaves the others out; a type that nothing has is refused, as in the list."""
    device = device_for()
    reader = Reader(device)
    _, found, _ = reader.read(RES, BATCH, "rt=oic.r.switch.binary", "rt=oic.wk.d")
    assert hrefs(found, device) == {SWITCH, "/oic/d"}
    assert reader.ask(RES, BATCH, "rt=x.none").code.dotted == "4.00"


def test_the_configuration_gives_its_tag_to_the_batch() -> None:
    """Plgd's clients find that of what changed last; it stands for one state of the device."""
    device = device_for()
    reader = Reader(device)
    reader.ask(SWITCH, body={"value": True})
    first = reader.read(RES, BATCH)[2]
    reader.ask("/oic/con", body={"n": "Kitchen"})
    code, found, whole = reader.read(RES, BATCH)
    assert (code, whole) == ("2.05", reader.read("/oic/con")[2])
    assert whole == next(each["etag"] for each in found if each["href"].endswith("/oic/con"))
    assert reader.ask(RES, BATCH, etags=(whole,)).code.dotted == "2.03"
    seen = [first, whole]
    for value in (False, True, False):
        reader.ask(SWITCH, body={"value": value})
        seen.append(reader.read(RES, BATCH)[2])
    assert seen[2] == seen[4]
    assert len({*seen}) == 4
    restarted = Reader(device_for(database=device.database))
    assert restarted.read(RES, BATCH)[2] == seen[4]


def test_no_batch_in_the_clear() -> None:
    """Who has no session is refused, as by IoTivity-Lite; a group hears nothing."""
    stranger = Stranger(make_scene(), host="127.0.0.1")
    assert stranger.ask(GET, RES, uri_query=[BATCH]).code.dotted == "4.00"
    assert stranger.ask(GET, RES, uri_query=[LINKS]).code.dotted == "2.05"


def test_a_batch_tells_each_change_of_what_is_seen() -> None:
    """A value, the name, and nothing else: one notification each, with all that is seen."""
    device = device_for(database=may_read(device_for().database, OTHER, RES, SWITCH, "/oic/d"))
    owner, other = Reader(device), Reader(device, OTHER, "10.0.0.2")
    assert observing(other, BATCH) == ("2.05", True)
    told: list[Any] = []

    def changed(href: str, body: Any) -> int:
        assert owner.ask(href, body=body).code.dotted == "2.04"
        other.do(owner.strays())
        new = other.heard()
        told.extend(new)
        return len(new)

    assert changed(SWITCH, {"value": True}) == 1
    assert changed(SWITCH, {"value": True}) == 0
    assert changed(DIMMING, {"dimmingSetting": 50}) == 0
    assert changed("/oic/con", {"n": "Kitchen"}) == 1
    assert changed("/oic/con", {"locn": "kitchen"}) == 0
    assert changed(SWITCH, {"value": False}) == 1
    assert len({each.opt.etag for each in told}) == 3
    assert other.read(RES, BATCH)[2] == told[-1].opt.etag


def state(owner: Reader, number: int) -> None:
    """Have the device go to another onboarding state."""
    assert owner.ask("/oic/sec/pstat", body={"dos": {"s": number}}).code.dotted == "2.04"


def test_changes_of_access_are_told() -> None:
    """What a rule opens or closes to the observer shows once it holds, each time as one news.

    Rules are written in RFPRO, where application resources rest.
    """
    device = device_for(database=may_read(device_for().database, OTHER, RES, SWITCH, "/oic/d"))
    owner, other = Reader(device), Reader(device, OTHER, "10.0.0.2")
    assert observing(other, BATCH) == ("2.05", True)
    assert observing(other, LINKS, token=b"links") == ("2.05", True)
    observed = other.ask(SWITCH, observe=0, token=b"switch")
    assert observed.opt.observe is not None

    def rules(uuid: UUID, *hrefs: str) -> list[tuple[bytes, Any]]:
        state(owner, RFPRO)
        body = {
            "aceid": 50 if uuid is OTHER else 60,
            "subject": {"uuid": str(uuid)},
            "resources": [{"href": each} for each in hrefs],
            "permission": 2,
        }
        answer = owner.ask("/oic/sec/acl2", body={"aclist2": [body]})
        assert answer.code.dotted == "2.04"
        state(owner, RFNOP)
        other.do(owner.strays())
        return [(each.token, shown(each, device)) for each in other.heard()]

    assert rules(OTHER, RES, "/oic/d", SWITCH, DIMMING) == [
        (b"obs", {SWITCH: "gone"}),
        (b"obs", {SWITCH: "there", DIMMING: "there"}),
    ]
    assert rules(ONE, SWITCH) == [
        (b"obs", {SWITCH: "gone", DIMMING: "gone"}),
        (b"obs", {SWITCH: "there", DIMMING: "there"}),
    ]
    assert rules(OTHER, RES, "/oic/d") == [(b"obs", {SWITCH: "gone", DIMMING: "gone"})]
    assert rules(ONE, DIMMING) == []
    assert rules(OTHER, DIMMING) == [(b"links", "4.01"), (b"obs", "4.01")]
    assert rules(OTHER, RES, "/oic/d") == []
    assert device.observers == ()


def shown(told: Any, device: Any) -> Any:
    """Return what a notification of a batch shows, by path, or its code if it is an error."""
    if told.code.dotted != "2.05":
        return told.code.dotted
    found = cbor2.loads(told.payload)
    anchor = f"ocf://{device.database.doxm.device_uuid}"
    for each in found:
        assert "etag" in each or each["rep"] == {}
    return {
        each["href"].removeprefix(anchor): "there" if "etag" in each else "gone" for each in found
    }


def test_the_list_is_told_when_it_changes_and_only_then() -> None:
    """Values are nothing to who observes the links; the domain's name is, by the baseline alone."""
    device = device_for()
    owner, other = Reader(device), Reader(device, OTHER, "10.0.0.2")
    assert observing(other, LINKS) == ("2.05", True)
    assert observing(other, BASELINE, token=b"base") == ("2.05", True)
    before = other.read(RES, LINKS)

    def told_by(href: str, body: Any) -> list[bytes]:
        state(owner, RFPRO)
        assert owner.ask(href, body=body).code.dotted == "2.04"
        state(owner, RFNOP)
        other.do(owner.strays())
        return [each.token for each in other.heard()]

    reader = Reader(device, ONE, "10.0.0.4")
    reader.ask(SWITCH, body={"value": True})
    reader.ask("/oic/con", body={"n": "Kitchen"})
    other.do(reader.strays())
    assert other.heard() == []
    assert told_by("/oic/sec/sdi", {"name": "Home", "priv": False}) == [b"base"]
    assert told_by("/oic/sec/sdi", {"name": "Home", "priv": False}) == []
    assert other.read(RES, LINKS) == before


def known(found: Any) -> tuple[str, ...]:
    """Write the queries for all but these items of a batch."""
    tags = [base64.urlsafe_b64encode(each["etag"]).rstrip(b"=").decode() for each in found]
    return tuple("incChanges=" + ",".join(tags[n : n + 12]) for n in range(0, len(tags), 12))


def test_who_has_everything_begins_to_observe() -> None:
    """By `incChanges` the observation begins with what the client lacks: 2.03 if it is nothing."""
    device = device_for()
    reader = Reader(device)
    _, found, whole = reader.read(RES, BATCH)
    first = reader.ask(RES, BATCH, *known(found), observe=0, token=b"obs")
    assert (first.code.dotted, first.payload, first.opt.etag) == ("2.03", b"", whole)
    for value in (True, False):
        reader.do(device.set_values(SWITCH, {"value": value}, 0.0))
        (told,) = reader.heard()
        assert shown(told, device) == {SWITCH: "there"}
        part, *_ = cbor2.loads(told.payload)
        assert part["rep"] == {"value": value}
        again = reader.ask(RES, BATCH, etags=(told.opt.etag,))
        assert again.code.dotted == "2.03"
    assert told.opt.etag == whole


def test_a_change_is_told_with_the_tag_of_what_changed() -> None:
    """Plgd's clients look for it, and read on from there after a reconnection."""
    device = device_for()
    reader = Reader(device)
    _, found, _ = reader.read(RES, BATCH)
    assert observing(reader, BATCH) == ("2.05", True)
    reader.do(device.set_values(DIMMING, {"dimmingSetting": 33}, 0.0))
    (told,) = reader.heard()
    (part,) = cbor2.loads(told.payload)
    assert part["etag"] == told.opt.etag
    since = base64.urlsafe_b64encode(told.opt.etag).rstrip(b"=").decode()
    assert reader.read(RES, BATCH, f"incChanges={since}") == ("2.03", None, told.opt.etag)
    others = [each for each in found if not each["href"].endswith(DIMMING)]
    assert reader.read(RES, BATCH, *known(others)) == ("2.05", [part], told.opt.etag)


def test_who_may_miss_a_notification_is_told_everything() -> None:
    """Where nothing is acknowledged a change that was lost shows in the next notification."""
    device = device_for()
    reader = Reader(device)
    reader.ask(RES, BATCH, observe=0, token=b"obs", non=True)
    for value in (True, False):
        reader.do(device.set_values(SWITCH, {"value": value}, 0.0))
    for told in reader.heard():
        assert told.opt.block2.more
    assert reader.read(RES, BATCH)[2] == told.opt.etag


def test_changes_add_up_while_a_notification_is_not_acknowledged() -> None:
    """A slow client hears in the next one of all that has changed since, each thing once."""
    device = device_for()
    reader = Reader(device)
    assert observing(reader, BATCH) == ("2.05", True)
    sent = list(device.set_values(SWITCH, {"value": True}, 0.0))
    for number in (10, 20, 30):
        assert device.set_values(DIMMING, {"dimmingSetting": number}, 0.0) == []
    reader.do(sent)
    first, second = reader.heard()
    assert shown(first, device) == {SWITCH: "there"}
    assert shown(second, device) == {DIMMING: "there"}
    assert cbor2.loads(second.payload)[0]["rep"]["dimmingSetting"] == 30


def test_links_of_a_device_without_owner_are_told_when_a_session_begins() -> None:
    """Nobody in the clear sees the device any more: the observation ends with the reason."""
    scene = make_scene()
    stranger = Stranger(scene, host="127.0.0.1")
    assert stranger.ask(GET, RES, observe=0).opt.observe is not None
    before = len(scene.network.log)
    scene.begin_transfer()
    sent = [each for _, path, each in scene.network.log[before:] if path.peer_host == "127.0.0.1"]
    codes = [Message.decode(each).code.dotted for each in sent if path_is_new(each)]
    assert codes == ["4.01"]


def path_is_new(datagram: bytes) -> bool:
    """Tell whether a datagram is a message, and not a proof of address or a repetition."""
    return datagram[1] != 0


CREATE = "if=oic.if.create"
SWITCHES, NEW = "/switches", "/switches/1"
WISH = {"rt": ["oic.r.switch.binary"], "if": ["oic.if.a"], "rep": {"value": True}}


def test_what_comes_and_goes_is_told() -> None:
    """Lists have a new tag each time, also when they are as before; a batch says what has gone."""
    device = device_for("switch-panel")
    reader = Reader(device)
    assert observing(reader, BATCH) == ("2.05", True)
    views = ((RES, LINKS), (RES, BASELINE), (RES, BATCH), (SWITCHES, LINKS))
    before = {view: reader.read(*view) for view in views}
    seen: dict[tuple[str, str], list[bytes | None]] = {view: [before[view][2]] for view in views}

    def note() -> Any:
        for view in views:
            seen[view].append(reader.read(*view)[2])
        (told,) = reader.heard()
        return shown(told, device)

    assert reader.ask(SWITCHES, CREATE, body=WISH).code.dotted == "2.01"
    assert note() == {NEW: "there", SWITCHES: "there"}
    assert reader.ask(NEW, code=DELETE).code.dotted == "2.02"
    assert note() == {NEW: "gone", SWITCHES: "there"}
    assert all(len({*tags}) == 3 for tags in seen.values()), seen
    assert reader.read(RES, LINKS)[1] == before[RES, LINKS][1]
    again = Reader(device_for("switch-panel", device.database))
    for view in views:
        assert again.read(*view)[2] == seen[view][-1]


def test_a_tag_of_a_part_stands_for_one_state_alone() -> None:
    """Two clients who see different parts have different tags, whatever has changed last."""
    database = may_read(device_for().database, OTHER, RES, SWITCH)
    device = device_for(database=may_read(database, ONE, RES, SWITCH, DIMMING))
    owner, other = Reader(device), Reader(device, OTHER, "10.0.0.2")
    device.set_values(SWITCH, {"value": True}, 0.0)
    part, whole, seen = (
        owner.read(SWITCH)[2],
        owner.read(RES, BATCH)[2],
        other.read(RES, BATCH)[2],
    )
    assert part == whole != seen
    assert other.ask(RES, BATCH, etags=(whole,)).code.dotted == "2.05"
    assert other.ask(RES, BATCH, etags=(seen,)).code.dotted == "2.03"
