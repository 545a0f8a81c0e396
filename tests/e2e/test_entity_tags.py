"""Entity tags of a whole device: on every resource, stable, and cheap (RFC 7252 5.10.6)."""

from collections import Counter
from typing import Any

import pytest
from msgspec.structs import replace
from tag_client import OTHER, Reader, device_for

from onboardee.device.machine import requests
from onboardee.device.resources import parts
from onboardee.device.resources.appliance import ApplianceResource

SWITCH = "/light/switch"
UNSTABLE = {"/oic/sec/csr", "/oic/sec/ael"}
"""A signature is another one each time, and the log tells of what is refused meanwhile."""


def tag(reader: Reader, href: str, *query: str, **options: Any) -> bytes:
    """Return the tag of a representation."""
    code, _, found = reader.read(href, *query, **options)
    assert (code, found is not None) == ("2.05", True)
    assert found is not None
    return found


def readable(reader: Reader) -> dict[str, bytes]:
    """Return the tags of everything that discovery lists and the client may read."""
    _, links, _ = reader.read("/oic/res")
    found = {link["href"]: reader.read(link["href"]) for link in links}
    return {href: each[2] for href, each in found.items() if each[0] == "2.05" and each[2]}


def test_every_resource_has_a_tag() -> None:
    """Whatever is read, small or in blocks, tells its tag; no two of them have the same."""
    device = device_for()
    reader = Reader(device)
    _, links, _ = reader.read("/oic/res")
    answers = {link["href"]: reader.ask(link["href"]) for link in links}
    read = {href: each.opt.etag for href, each in answers.items() if each.code.dotted == "2.05"}
    assert {"/oic/res", "/oic/d", "/oic/p", "/oic/con", SWITCH} <= read.keys()
    assert all(len(etag) == 8 for etag in read.values())
    assert len({*read.values()}) == len(read)
    well_known = reader.ask("/.well-known/core").opt.etag
    assert len(well_known) == 8


def test_unchanged_tags_survive_a_restart() -> None:
    """The representations that are as before have the tags that they had, also what was written."""
    before = device_for()
    reader = Reader(before)
    reader.ask("/oic/con", body={"n": "Kitchen"})
    reader.ask(SWITCH, body={"value": True})
    tags = readable(reader)
    after = readable(Reader(device_for(database=before.database)))
    changed = {href for href in tags if after[href] != tags[href]}
    assert changed - UNSTABLE == {SWITCH}


def test_a_tag_changes_with_its_representation_and_only_then() -> None:
    """Of all that is read a write changes the tags of what shows it."""
    reader = Reader(device_for())
    tags = readable(reader)

    def changed_by(href: str, body: Any) -> set[str]:
        before = dict(tags)
        assert reader.ask(href, body=body).code.dotted == "2.04"
        tags.update(readable(reader))
        return {each for each in tags if tags[each] != before[each]} - UNSTABLE

    assert changed_by(SWITCH, {"value": True}) == {SWITCH}
    assert changed_by(SWITCH, {"value": True}) == set()
    assert changed_by("/oic/con", {"n": "Kitchen"}) == {"/oic/con", "/oic/d"}
    assert changed_by("/oic/con", {"n": "Kitchen"}) == set()
    assert changed_by(SWITCH, {"value": False}) == {SWITCH}


def test_what_was_configured_and_undone_has_another_tag() -> None:
    """Plgd's clients take each UPDATE of the configuration for a change, also after a restart."""
    device = device_for()
    reader = Reader(device)
    _, shown, first = reader.read("/oic/con")
    for name in ("Kitchen", shown["n"]):
        reader.ask("/oic/con", body={"n": name})
    assert reader.read("/oic/con")[1] == shown
    second = tag(reader, "/oic/con")
    assert second != first
    assert tag(Reader(device_for(database=device.database)), "/oic/con") == second


def test_each_view_has_its_own_tag() -> None:
    """Another interface is another representation, another content format as well."""
    reader = Reader(device_for())
    plain = tag(reader, SWITCH)
    assert tag(reader, SWITCH, "if=oic.if.baseline") != plain
    assert tag(reader, SWITCH, "if=oic.if.a") == plain
    assert tag(reader, SWITCH, accept=60) != plain
    assert tag(reader, SWITCH, accept=10000) == plain
    answer = reader.ask(SWITCH, accept=60, etags=(plain,))
    assert answer.code.dotted == "2.05"


@pytest.mark.parametrize("href", [SWITCH, "/oic/d", "/oic/res", "/oic/con", "/oic/sec/cred"])
def test_who_has_it_is_told_so(href: str) -> None:
    """By one of several tags, as often as it asks; another client by the same tag."""
    device = device_for()
    reader = Reader(device)
    etag = tag(reader, href)
    for etags in ((etag,), (b"old", etag), (etag,), (b"else", b"old", etag)):
        answer = reader.ask(href, etags=etags)
        assert (answer.code.dotted, answer.payload) == ("2.03", b"")
        assert (answer.opt.etag, answer.opt.content_format) == (etag, None)
    assert reader.ask(href, etags=(b"old",)).code.dotted == "2.05"
    if href == SWITCH:
        other = Reader(device, OTHER, "10.0.0.2")
        assert other.ask(href, etags=(etag,)).code.dotted == "2.03"


def test_access_comes_before_validation() -> None:
    """Who may not read is refused, whatever tag it names: it learns nothing of the state."""
    device = device_for()
    reader = Reader(device)
    etag = tag(reader, SWITCH)
    database = device.database
    entries = [each for each in database.acl2.entries if str(OTHER) not in str(each.subject)]
    device.adopt(replace(database, acl2=replace(database.acl2, entries=tuple(entries))), 0.0)
    other = Reader(device, OTHER, "10.0.0.2")
    assert other.ask(SWITCH, etags=(etag,)).code.dotted == "4.01"


def test_nothing_is_encoded_for_a_known_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that asks whether something changed costs no representation, large or small."""
    reader = Reader(device_for())
    hrefs = (SWITCH, "/oic/res", "/oic/d", "/oic/con", "/oic/sec/cred", "/oic/sec/doxm")
    tags = {href: tag(reader, href) for href in hrefs}
    encoded: Counter[str] = Counter()
    for module in (requests, parts):
        encode = module.encode
        monkeypatch.setattr(
            module, "encode", lambda value, f=encode: (encoded.update(["all"]), f(value))[1]
        )
    retrieve = ApplianceResource.retrieve
    monkeypatch.setattr(
        ApplianceResource, "retrieve", lambda *given: encoded.update(["read"]) or retrieve(*given)
    )
    for href, etag in tags.items():
        for etags in ((etag,), (b"old", etag)):
            assert reader.ask(href, etags=etags).code.dotted == "2.03"
    assert not encoded
    reader.ask(SWITCH, body={"value": True})
    assert reader.ask(SWITCH, etags=(tags[SWITCH],)).code.dotted == "2.05"
    assert encoded


def test_notifications_have_the_tag_of_the_state() -> None:
    """An observer is told each state with its tag, and a state that it named by the tag alone."""
    device = device_for()
    reader = Reader(device)
    off = tag(reader, SWITCH)
    first = reader.ask(SWITCH, observe=0, token=b"obs", etags=(off,), non=True)
    assert (first.code.dotted, first.opt.observe is not None) == ("2.03", True)
    for value in (True, False):
        reader.do(device.set_values(SWITCH, {"value": value}, 0.0))
    on, again = reader.heard()
    assert (on.code.dotted, on.opt.etag != off, len(on.payload) > 0) == ("2.05", True, True)
    assert (again.code.dotted, again.payload, again.opt.etag) == ("2.03", b"", off)
