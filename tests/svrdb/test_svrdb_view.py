"""Databases for people: plain values, differences, and no secrets."""

import base64
import json
from uuid import UUID

import pytest
from hypothesis import given, settings
from msgspec.structs import replace
from svrdb_samples import OWNER, SECRET, databases, named, owned, unowned

from svrdb import Database, Foreign, PrivateData, State, difference, differences, view
from svrdb.plain import visible
from svrdb.view import plain


def paths(before: Database, after: Database) -> list[str]:
    """Return only where two databases differ."""
    return [difference.path for difference in differences(before, after)]


def with_key(key: bytes) -> Database:
    """Return the owned device with another key."""
    database = owned()
    (credential,) = database.cred.credentials
    credential = replace(credential, private=PrivateData(data=key))
    return replace(database, cred=replace(database.cred, credentials=(credential,)))


def test_each_line() -> None:
    """A difference is a JSON path under the specification's names, before and after."""
    lines = [str(each) for each in differences(owned(State.RFPRO), owned(State.RFNOP))]
    assert lines == ["$.pstat.dos.s: 2 -> 3", "$.pstat.isop: false -> true"]
    (line,) = differences(unowned(), named(unowned(), "kitchen"))
    assert str(line) == '$.sdi.name: "" -> "kitchen"'


def test_entries_are_compared_by_their_ids() -> None:
    """An entry is named by its id, not by its place; one that came or went is one line."""
    database = owned()
    (entry,) = database.acl2.entries
    more = replace(entry, aceid=2)
    changed = replace(entry, permission=6)
    both = replace(database, acl2=replace(database.acl2, entries=(more, changed)))
    assert paths(database, both) == [
        "$.acl2.aclist2[aceid=1].permission",
        "$.acl2.aclist2[aceid=2]",
    ]
    gone = {str(each).rpartition(" ")[2] for each in differences(both, database)}
    assert gone == {"2", "(absent)"}


def test_repeated_ids() -> None:
    """A list in which ids repeat is compared as a whole."""
    database = owned()
    twice = replace(database.cred, credentials=database.cred.credentials * 2)
    assert paths(database, replace(database, cred=twice)) == ["$.cred.creds"]


@pytest.mark.parametrize("text", ["\x1b[2J", "\x9b31m", "\u202egnp", "\x7f", "\U000e0001"])
def test_names_move_no_cursor(text: str) -> None:
    """Whatever a tool wrote into a name, a difference is one line of visible characters."""
    for found in (view.differences, difference.differences):
        for each in found(unowned(), named(unowned(), text)):
            shown = [str(each)] if isinstance(each, view.Difference) else list(each.lines())
            assert all(line.isprintable() for line in shown)
    assert json.loads(visible(json.dumps(text, ensure_ascii=False))) == text


def test_octets_of_other_stacks_are_hidden() -> None:
    """What means nothing here could be a key: it is compared, and not shown."""
    kept = Foreign(place=("oscore", "key"), content=b"\x50" + SECRET)
    database = replace(unowned(), foreign=(kept,))
    shown = "".join(map(str, differences(unowned(), database)))
    assert base64.b64encode(kept.content).decode() not in shown
    assert "<secret of" in shown
    assert "<secret of" not in str(differences(unowned(), database, reveal=True))


def test_changed_secret() -> None:
    """That a key changed is told, and neither the old one nor the new."""
    (difference,) = differences(owned(), with_key(b"Z" * 16))
    assert str(difference) == (
        "$.cred.creds[credid=1].privatedata.data: "
        '"<secret of 16 octets>" -> "<another secret of 16 octets>"'
    )
    (shown,) = differences(owned(), with_key(b"Z" * 16), reveal=True)
    assert shown.after == "WlpaWlpaWlpaWlpaWlpaWg=="


def test_no_secret_comes_out() -> None:
    """Keys are hidden in whatever comes or goes, unless they are asked for."""
    for found in (differences(unowned(), owned()), plain(owned()), plain(with_key(b"k" * 32))):
        assert "YWJj" not in str(found)
        assert SECRET.decode() not in str(found)
        assert "a2tr" not in str(found)
    assert "YWJjZGVm" in str(plain(owned(), reveal=True))


@settings(max_examples=30, deadline=None)
@given(database=databases)
def test_equal(database: Database) -> None:
    """A database does not differ from itself."""
    assert differences(database, database) == ()


@settings(max_examples=30, deadline=None)
@given(one=databases, other=databases)
def test_unequal(one: Database, other: Database) -> None:
    """Two databases differ exactly if there is a difference to tell."""
    assert bool(differences(one, other)) == (one != other)


@pytest.mark.parametrize("name", ["owner_uuid", "device_uuid"])
def test_uuids_are_text(name: str) -> None:
    """UUIDs appear as text."""
    changed = replace(owned(), doxm=replace(owned().doxm, **{name: UUID(int=5)}))
    (difference,) = differences(owned(), changed)
    assert difference.after == str(UUID(int=5))
    assert difference.before in {str(OWNER), str(owned().doxm.device_uuid)}
