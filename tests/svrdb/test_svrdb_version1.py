"""The access list of OIC 1.1 and its conversion to and from the entries of version 2."""

import uuid
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from svrdb_samples import OWNER

from onboardee.svrdb import Ace, AceResource, Acl2, Connection, Subject, acl_version1
from onboardee.svrdb.model import TimePattern

PERIOD = "20260101T000000Z/20270101T000000Z"
DAILY = "FREQ=DAILY;BYHOUR=8"

EVERYBODY = Ace(
    aceid=1,
    subject=Subject(connection=Connection.ANYONE),
    resources=(AceResource(href="/oic/res", types=("oic.wk.res",), interfaces=("oic.if.ll",)),),
    permission=2,
)
MASTER = Ace(
    aceid=2,
    subject=Subject(uuid=str(OWNER)),
    resources=(AceResource(wildcard="*", types=("*",), interfaces=("*",)),),
    permission=31,
    validity=(TimePattern(period=PERIOD, recurrence=(DAILY,)),),
)
EVERYBODY_1 = {
    "subjectuuid": "*",
    "resources": [{"href": "/oic/res", "rt": ["oic.wk.res"], "if": ["oic.if.ll"]}],
    "permission": 2,
}
MASTER_1 = {
    "subjectuuid": str(OWNER),
    "resources": [{"href": "*", "rt": ["*"], "if": ["*"]}],
    "permission": 31,
    "validity": [[PERIOD, [DAILY]]],
}


def wire_form(value: msgspec.Struct) -> Any:
    """Return a value as a peer reads it."""
    return msgspec.json.decode(msgspec.json.encode(value))


def entry(**changes: Any) -> acl_version1.AceV1:
    """Return an entry read from its wire form."""
    return msgspec.convert({**EVERYBODY_1, **changes}, acl_version1.AceV1)


@pytest.mark.parametrize(
    ("ace", "wire"), [(EVERYBODY, EVERYBODY_1), (MASTER, MASTER_1)], ids=["everybody", "owner"]
)
def test_each_form_becomes_the_other(ace: Ace, wire: dict[str, Any]) -> None:
    """The same rule, in the words of either version, with its property names in their order."""
    written = wire_form(acl_version1.to_entry(ace))
    assert written == wire
    assert list(written) == list(wire)
    assert acl_version1.to_ace(msgspec.convert(wire, acl_version1.AceV1), ace.aceid) == ace


def test_the_list_has_the_properties_of_its_time() -> None:
    """A tool finds `aclist.aces` and `rowneruuid`."""
    shown = acl_version1.view(Acl2(entries=(EVERYBODY, MASTER), resource_owner=OWNER))
    assert not shown.inexpressible
    assert wire_form(shown.acl) == {
        "aclist": {"aces": [EVERYBODY_1, MASTER_1]},
        "rowneruuid": str(OWNER),
    }
    assert acl_version1.from_acl(shown.acl) == Acl2(
        entries=(EVERYBODY, MASTER), resource_owner=OWNER
    )


@pytest.mark.parametrize(
    ("subject", "resource", "reason"),
    [
        (Subject(role="guest"), AceResource(href="/a"), "the role 'guest'"),
        (Subject(connection=Connection.AUTHENTICATED), AceResource(href="/a"), "auth-crypt"),
        (Subject(uuid="*"), AceResource(href="/a"), r"the UUID \*"),
        (Subject(uuid=str(OWNER)), AceResource(wildcard="+"), r"wildcard '\+'"),
        (Subject(uuid=str(OWNER)), AceResource(wildcard="-"), "wildcard '-'"),
        (Subject(uuid=str(OWNER)), AceResource(href="/a", wildcard="*"), "both"),
        (Subject(uuid=str(OWNER)), AceResource(), "without"),
    ],
)
def test_what_cannot_be_said_is_named(subject: Subject, resource: AceResource, reason: str) -> None:
    """An entry without words in version 1 is missing from the view, with its aceid and why."""
    odd = Ace(aceid=7, subject=subject, resources=(resource,), permission=2)
    shown = acl_version1.view(Acl2(entries=(EVERYBODY, odd)))
    assert shown.acl.access.entries == (acl_version1.to_entry(EVERYBODY),)
    assert [missing.aceid for missing in shown.inexpressible] == [7]
    with pytest.raises(acl_version1.InexpressibleError, match=reason):
        acl_version1.to_entry(odd)


@pytest.mark.parametrize("subject", ["", "door", "00000000-0000-0000-0000-000000000000"])
def test_a_subject_that_is_nobody_is_refused(subject: str) -> None:
    """An entry is about a UUID or about everybody."""
    with pytest.raises(ValueError, match="subject"):
        acl_version1.to_ace(entry(subjectuuid=subject), 1)


@pytest.mark.parametrize(
    ("written", "patterns"),
    [
        ({}, ()),
        ({"validity": []}, ()),
        ({"validity": [[PERIOD]]}, (TimePattern(period=PERIOD),)),
        (
            {"validity": [{"period": PERIOD, "recurrence": [DAILY]}]},
            (TimePattern(period=PERIOD, recurrence=(DAILY,)),),
        ),
        ({"period": PERIOD}, (TimePattern(period=PERIOD),)),
        ({"period": ""}, ()),
        (
            {"period": PERIOD, "recurrence": [DAILY]},
            (TimePattern(period=PERIOD, recurrence=(DAILY,)),),
        ),
        (
            {"period": PERIOD, "recurrence": DAILY},
            (TimePattern(period=PERIOD, recurrence=(DAILY,)),),
        ),
    ],
)
def test_each_spelling_of_a_period_counts(
    written: dict[str, Any], patterns: tuple[TimePattern, ...]
) -> None:
    """Arrays as IoTivity 1.2 writes them, maps, and the bare properties of 1.1.0."""
    assert acl_version1.to_ace(entry(**written), 1).validity == patterns


def test_a_recurrence_without_a_period_is_refused() -> None:
    """To drop it would make an entry apply always that was meant for an hour a day."""
    with pytest.raises(ValueError, match="recurrence"):
        acl_version1.to_ace(entry(recurrence=[DAILY]), 1)


@pytest.mark.parametrize("interval", [[], [[DAILY]], [PERIOD, [DAILY], "more"]])
def test_an_odd_interval_is_refused(interval: list[Any]) -> None:
    """What cannot be understood would otherwise be a restriction that nobody keeps."""
    with pytest.raises(ValueError, match="validity"):
        acl_version1.to_ace(entry(validity=[interval]), 1)


def test_single_and_empty_names_are_read_as_they_are_meant() -> None:
    """The oldest tools write one name as text, and an empty one for "any"."""
    read = entry(resources=[{"href": "door", "rt": "core.led", "if": [""], "rel": ""}])
    assert acl_version1.to_ace(read, 1).resources == (
        AceResource(href="door", types=("core.led",)),
    )


def test_the_same_rule_is_not_added_twice() -> None:
    """A tool that repeats an entry finds it once; a new one gets the lowest free number."""
    numbered = msgspec.structs.replace(EVERYBODY, aceid=5, tag="hand-made")
    again, new = entry(), entry(permission=6)
    acl2 = acl_version1.with_entries(Acl2(entries=(numbered,)), [again, new, new])
    assert [(ace.aceid, ace.permission) for ace in acl2.entries] == [(5, 2), (1, 6)]


_names = st.lists(st.text(min_size=1, max_size=6), max_size=3).map(tuple)
_subjects = st.just(Subject(connection=Connection.ANYONE)) | st.uuids().filter(
    lambda each: each != uuid.UUID(int=0)
).map(lambda each: Subject(uuid=str(each)))
_resources = st.builds(
    lambda href, types, interfaces: AceResource(
        href=None if href == "*" else href,
        wildcard="*" if href == "*" else None,
        types=types,
        interfaces=interfaces,
    ),
    st.just("*") | st.text(max_size=8).map(lambda text: f"/{text}"),
    _names,
    _names,
)
_aces = st.builds(
    Ace,
    aceid=st.integers(1, 99),
    subject=_subjects,
    resources=st.lists(_resources, max_size=3).map(tuple),
    permission=st.integers(0, 31),
    validity=st.lists(
        st.builds(TimePattern, period=st.text(max_size=8), recurrence=_names), max_size=2
    ).map(tuple),
)


@given(_aces)
def test_nothing_is_lost_on_the_way_there_and_back(ace: Ace) -> None:
    """Whatever version 1 can say is the same rule again in version 2."""
    wire = msgspec.to_builtins(acl_version1.to_entry(ace))
    assert acl_version1.to_ace(msgspec.convert(wire, acl_version1.AceV1), ace.aceid) == ace
