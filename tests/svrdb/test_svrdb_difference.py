"""What is said about two databases that differ."""

import json
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from msgspec.structs import replace
from svrdb_samples import OWNER, SECRET, named, owned, unowned
from svrdb_strategies import databases

from onboardee.svrdb import (
    Credential,
    Database,
    Encoding,
    Foreign,
    PrivateData,
    TransferMethod,
    differences,
    plain,
)
from onboardee.svrdb.difference import ABSENT
from onboardee.svrdb.plain import visible


def lines(before: Database, after: Database, *, reveal: bool = False) -> list[str]:
    """Return the whole difference as it is printed."""
    return [line for each in differences(before, after) for line in each.lines(reveal=reveal)]


def with_key(database: Database, private: PrivateData) -> Database:
    """Return a database whose first credential has another key."""
    first, *rest = database.cred.credentials
    credentials = (replace(first, private=private), *rest)
    return replace(database, cred=replace(database.cred, credentials=credentials))


def test_a_property() -> None:
    """A changed property is two lines, the old value and the new one."""
    before = unowned()
    after = replace(
        before, doxm=replace(before.doxm, selected_method=TransferMethod.JUST_WORKS, methods=(0,))
    )
    assert lines(before, after) == [
        "- doxm.oxms: [0, 2]",
        "+ doxm.oxms: [0]",
        "- doxm.oxmsel: 4",
        "+ doxm.oxmsel: 0",
    ]


def test_entries_are_recognised_by_their_ids() -> None:
    """An entry that moved in the array is not reported, one that changed is reported by its id."""
    before = owned()
    (rule,) = before.acl2.entries
    second = replace(rule, aceid=7, permission=6)
    two = replace(before, acl2=replace(before.acl2, entries=(rule, second)))
    turned = replace(two, acl2=replace(two.acl2, entries=(replace(second, permission=2), rule)))
    assert lines(two, turned) == [
        "- acl2.aclist2[aceid=7].permission: 6",
        "+ acl2.aclist2[aceid=7].permission: 2",
    ]
    (removed,) = lines(two, before)
    assert removed.startswith("- acl2.aclist2[aceid=7]: {")
    (added,) = differences(before, two)
    assert added.before is ABSENT


def test_entries_with_repeated_ids_are_compared_as_a_whole() -> None:
    """Where ids do not tell entries apart, the array is one value."""
    before = owned()
    twice = replace(before.cred, credentials=before.cred.credentials * 2)
    (found,) = differences(before, replace(before, cred=twice))
    assert found.path == "cred.creds"


@pytest.mark.parametrize("name", ["owner_uuid", "device_uuid"])
def test_uuids_are_text(name: str) -> None:
    """UUIDs appear as text."""
    before = owned()
    after = replace(before, doxm=replace(before.doxm, **{name: UUID(int=5)}))
    (found,) = differences(before, after)
    old = str(getattr(before.doxm, name))
    assert found.shown() == {"path": found.path, "before": old, "after": str(UUID(int=5))}


def test_the_first_entry_of_an_empty_list_is_named_by_its_id() -> None:
    """An empty list has no ids to go by, but the entries that come into it do."""
    empty = replace(owned(), acl2=replace(owned().acl2, entries=()))
    (line,) = lines(empty, owned())
    assert line.startswith("+ acl2.aclist2[aceid=1]: {")


@pytest.mark.parametrize(
    ("private", "shown"),
    [
        (PrivateData(data=b"\0" * 16), "00" * 16),
        (PrivateData(data=b"-----BEGIN", encoding=Encoding.PEM), "-----BEGIN"),
    ],
)
def test_secrets_are_hidden_unless_asked_for(private: PrivateData, shown: str) -> None:
    """A key is its length; with `reveal` a raw one is hexadecimal and PEM is text."""
    before, after = owned(), with_key(owned(), private)
    path = "cred.creds[credid=1].privatedata.data"
    hidden = [line for line in lines(before, after) if path in line]
    assert hidden == [
        f'- {path}: "<secret 16 bytes>"',
        f'+ {path}: "<secret {len(private.data)} bytes>"',
    ]
    assert f'+ {path}: "{shown}"' in lines(before, after, reveal=True)


def test_no_secret_in_an_entry_that_appears() -> None:
    """Neither the lines nor the repr of a whole new credential hold its key."""
    before = unowned()
    credential = Credential(
        credid=1, kind=1, subject=str(OWNER), private=PrivateData(data=b"sixteen letters!")
    )
    after = replace(before, cred=replace(before.cred, credentials=(credential,)))
    found = differences(before, after)
    texts = (repr(found), json.dumps([each.shown() for each in found]), *lines(before, after))
    assert not any("sixteen" in text or b"sixteen".hex() in text for text in texts)
    assert b"sixteen letters!".hex() in "".join(lines(before, after, reveal=True))


def test_no_secret_of_another_stack() -> None:
    """What an import brought along may be a key: it is hidden like one."""
    part = Foreign(place=("cred", "creds", "1", "pin"), content=b"sixteen letters!")
    after = replace(owned(), foreign=(part,))
    found = differences(owned(), after)
    for text in ("".join(lines(owned(), after)), json.dumps(plain(after)), repr(found)):
        assert "sixteen" not in text
        assert b"sixteen".hex() not in text
    assert b"sixteen letters!".hex() in "".join(lines(owned(), after, reveal=True))


def test_the_repr_of_a_difference_names_the_property_only() -> None:
    """A log of differences tells what changed, not to what."""
    found = differences(owned(), with_key(owned(), PrivateData(data=b"?" * 16)))
    assert "privatedata" in repr(found)
    assert "???" not in repr(found)


@settings(max_examples=60, deadline=None)
@given(databases, databases)
def test_equal_or_different(one: Database, other: Database) -> None:
    """There are differences exactly where the databases differ, and all can be printed."""
    assert differences(one, one) == ()
    assert bool(differences(one, other)) == (one != other)
    assert all(json.dumps(each.shown(reveal=True)) for each in differences(one, other))


@settings(max_examples=60, deadline=None)
@given(databases)
def test_plain_is_json(database: Database) -> None:
    """What is shown can be written as JSON, and no octets are in it without being asked for."""
    text = msgspec.json.encode(plain(database)).decode()
    for credential in database.cred.credentials:
        if credential.private is not None and len(credential.private.data) > 8:
            assert credential.private.data.hex() not in text


def test_one_differs_from_the_other_by_a_name() -> None:
    """Only what differs is said, and a key that appears is hidden."""
    assert lines(named(unowned(), "a"), named(unowned(), "b")) == [
        '- sdi.name: "a"',
        '+ sdi.name: "b"',
    ]
    assert SECRET.hex() not in "".join(lines(unowned(), owned()))


@pytest.mark.parametrize("text", ["\x1b[2J", "\x9b31m", "\u202egnp", "\x7f", "\U000e0001"])
def test_names_move_no_cursor(text: str) -> None:
    """Whatever a tool wrote into a name, a difference is one line of visible characters."""
    for each in differences(unowned(), named(unowned(), text)):
        assert all(line.isprintable() for line in each.lines())
    assert json.loads(visible(json.dumps(text, ensure_ascii=False))) == text


def test_octets_of_other_stacks_are_hidden() -> None:
    """What means nothing here could be a key: it is compared, and not shown."""
    kept = Foreign(place=("oscore", "key"), content=b"\x50" + SECRET)
    database = replace(unowned(), foreign=(kept,))
    (found,) = differences(unowned(), database)
    assert kept.content.hex() not in "".join(found.lines())
    assert kept.content.hex() in "".join(found.lines(reveal=True))
