"""Every property of a database can be named, read and written by its path."""

import json
import uuid

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from svrdb_samples import DEVICE, OWNER, SECRET, owned, unowned
from svrdb_strategies import databases

from onboardee.svrdb import NIL, Credential, Database, Encoding, PrivateData, Sdi, State
from onboardee.svrdb.editor import (
    EditError,
    MalformedError,
    append,
    get,
    put,
    remove,
    type_at,
)
from onboardee.svrdb.editor.path import parse_path, path_text
from onboardee.svrdb.editor.tree import lowest_free
from onboardee.svrdb.editor.values import members
from onboardee.svrdb.model import PARTS
from onboardee.svrdb.plain import TEXTUAL, plain, tree

PROPERTIES = [f"{name}.{member}" for name in PARTS for member in members(type_at(name))]


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("doxm", ("doxm",)),
        ("doxm.oxmsel", ("doxm", "oxmsel")),
        ("pstat.dos.s", ("pstat", "dos", "s")),
        ("sp.supportedprofiles[0]", ("sp", "supportedprofiles", 0)),
        ("acl2.aclist2[aceid=3].permission", ("acl2", "aclist2", ("aceid", "3"), "permission")),
        ("a.b[href=/x.y/z].if[1]", ("a", "b", ("href", "/x.y/z"), "if", 1)),
    ],
)
def test_a_path_and_its_steps(text: str, steps: tuple[object, ...]) -> None:
    """A path is names, positions and properties of entries, and is written back the same."""
    assert parse_path(text) == steps
    assert path_text(parse_path(text)) == text


@pytest.mark.parametrize(
    "text", ["", ".", "doxm.", ".doxm", "doxm..owned", "[0]", "doxm[", "doxm[]", "doxm[-1]", "a b"]
)
def test_what_is_no_path(text: str) -> None:
    """Anything else is refused with an example of a path."""
    with pytest.raises(MalformedError, match="is not a path such as"):
        parse_path(text)


@pytest.mark.parametrize("path", PROPERTIES)
@pytest.mark.parametrize("database", [unowned(), owned()], ids=["unowned", "owned"])
def test_what_is_read_can_be_written(database: Database, path: str) -> None:
    """Each property of each resource reads as JSON that writes back to the same database."""
    text = json.dumps(get(database, path, reveal=True))
    assert put(database, path, text) == database


def is_text(credential: Credential) -> bool:
    """Tell whether a secret whose encoding is textual is text."""
    private = credential.private
    if private is None or private.encoding not in TEXTUAL:
        return True
    return b"\\" not in private.data and private.data.isascii()


@settings(max_examples=100, deadline=None)
@given(databases, st.sampled_from(PROPERTIES))
def test_any_database_reads_and_writes_back(database: Database, path: str) -> None:
    """The same holds for any database, secrets in all encodings included."""
    assume(all(map(is_text, database.cred.credentials)))
    text = json.dumps(get(database, path, reveal=True))
    assert put(database, path, text) == database


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("doxm.oxmsel", "1", 1),
        ("doxm.oxmsel", "rdp", 1),
        ("doxm.oxms", "[0, 1, 2]", [0, 1, 2]),
        ("doxm.oxms", '["jw", "mfgcert"]', [0, 2]),
        ("doxm.oxms[0]", "rdp", 1),
        ("doxm.owned", "false", False),
        ("doxm.devowneruuid", str(DEVICE).upper(), str(DEVICE)),
        ("pstat.dos.s", "rfpro", 2),
        ("pstat.dos", '{"s": 4, "p": true}', {"s": 4, "p": True}),
        ("pstat.tm", "64", 64),
        ("acl2.aclist2[aceid=1].permission", "RU", 6),
        ("acl2.aclist2[0].permission", "c", 1),
        ("acl2.aclist2[aceid=1].subject", '{"role": "x"}', {"role": "x"}),
        ("acl2.aclist2[aceid=1].resources[href=/oic/res].rt", '["oic.r.x"]', ["oic.r.x"]),
        ("acl2.aclist2[aceid=1].resources[1].wc", "-", "-"),
        ("acl2.aclist2[aceid=1].tag", "5", "5"),
        ("cred.creds[credid=1].subjectuuid", str(DEVICE).upper(), str(DEVICE)),
        ("cred.creds[credid=1].credtype", "pin", 16),
        ("cred.creds[credid=1].credusage", "trustca", "oic.sec.cred.trustca"),
        ("cred.creds[credid=1].roleid.role", "x", "x"),
        ("sdi.name", "null", "null"),
        ("sdi.name", '"in quotes"', "in quotes"),
        ("sdi.name", "true", "true"),
        ("sdi.priv", "true", True),
        ("ael.priorityfilter", "0", 0),
        ("crl.crlid", "7", 7),
        ("permanent.pi", str(OWNER), str(OWNER)),
        ("next_uuid", str(OWNER), str(OWNER)),
        ("next_uuid", "null", None),
    ],
)
def test_values_as_people_write_them(path: str, text: str, value: object) -> None:
    """JSON, plain text and the words for numbers are understood where they make sense."""
    assert get(put(owned(), path, text), path) == value


@pytest.mark.parametrize(
    ("encoding", "text", "octets"),
    [
        (Encoding.RAW, "00" * 16, bytes(16)),
        (Encoding.RAW, "12" * 16, b"\x12" * 16),
        (Encoding.BASE64, "AAAAAAAAAAAAAAAAAAAAAA==", bytes(16)),
        (Encoding.PEM, "-----BEGIN", b"-----BEGIN"),
    ],
)
def test_secrets_are_read_as_they_are_shown(encoding: Encoding, text: str, octets: bytes) -> None:
    """Hexadecimal, base64 or text, as the encoding beside the octets says."""
    path = "cred.creds[credid=1].privatedata"
    one = put(owned(), f"{path}.encoding", encoding)
    one = put(one, f"{path}.data", text)
    other = put(owned(), path, json.dumps({"data": text, "encoding": encoding}))
    assert one == other
    assert one.cred.credentials[0].private == PrivateData(data=octets, encoding=encoding)
    assert get(one, f"{path}.data", reveal=True) == text
    assert get(one, f"{path}.data") == f"<secret {len(octets)} bytes>"


@pytest.mark.parametrize(
    ("path", "text", "sentence"),
    [
        ("doxm.foo", "1", "doxm has no 'foo', but oxms, oxmsel"),
        ("foo", "1", "the database has no 'foo', but doxm"),
        ("doxm.owned.x", "1", "doxm.owned has no parts"),
        ("doxm.owned", "maybe", "doxm.owned cannot be this: Expected `bool`"),
        ("doxm.owned", "1", "doxm.owned cannot be this"),
        ("doxm.oxmsel", "banana", "doxm.oxmsel cannot be this"),
        ("doxm.owned[0]", "1", "doxm.owned is no array"),
        ("doxm.deviceuuid", "x", "doxm.deviceuuid cannot be this"),
        ("pstat.dos.s", "9", "pstat.dos.s cannot be this"),
        ("acl2.aclist2[aceid=1].permission", "32", "<= 31"),
        ("acl2.aclist2[aceid=1].permission", "RX", "Expected `int`"),
        ("acl2.aclist2[aceid=1].aceid", "0", ">= 1"),
        ("acl2.aclist2[foo=1].aceid", "1", "have no 'foo', but aceid"),
        ("acl2.aclist2[aceid=1].subject", '{"uid": "x"}', "has no 'uid', but uuid, role"),
        ("acl2.aclist2[aceid=1].subject", "{}", "exactly one of"),
        ("acl2.aclist2[aceid=1].subject.role", "x", "exactly one of"),
        ("acl2.aclist2[aceid=1].resources", '[{"hreff": "/x"}]', "no 'hreff', but href, wc"),
        ("cred.creds[credid=1].privatedata.data", "xyz", "neither hexadecimal nor"),
    ],
)
def test_what_no_database_can_hold(path: str, text: str, sentence: str) -> None:
    """Unknown names and values of the wrong kind are refused by name, and nothing is dropped."""
    with pytest.raises(MalformedError) as refused:
        put(owned(), path, text)
    assert sentence in str(refused.value)


def test_a_refused_secret_is_not_repeated() -> None:
    """The sentence about a secret that cannot be read does not hold it."""
    with pytest.raises(MalformedError) as refused:
        put(owned(), "cred.creds[credid=1].privatedata.data", "hunter2")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("acl2.aclist2[aceid=9].permission", r"no entry with aceid 9 \(there are: 1\)"),
        ("acl2.aclist2[4]", "it has 1 entries"),
        ("acl2.aclist2[aceid=1].tag", "has no value"),
        ("acl2.aclist2[aceid=1].validity[0].period", "has no value"),
        ("cred.creds[credid=1].roleid.role", "has no value"),
        ("next_uuid.x", "next_uuid has no"),
    ],
)
def test_what_is_not_there(path: str, sentence: str) -> None:
    """A name that this database has nothing under is told from one that makes no sense."""
    with pytest.raises(EditError, match=sentence):
        get(owned(), path)


def test_several_entries_of_one_name() -> None:
    """Where a property does not tell entries apart, the position does."""
    twice = append(owned(), "acl2.aclist2", json.dumps(get(owned(), "acl2.aclist2[0]")))
    with pytest.raises(EditError, match="several entries"):
        get(twice, "acl2.aclist2[aceid=1]")
    repaired = put(twice, "acl2.aclist2[1].aceid", "2")
    assert [entry.aceid for entry in repaired.acl2.entries] == [1, 2]


def test_append() -> None:
    """An entry goes to the end, with the lowest free id unless it brings one along."""
    entry = '{"subject": {"conntype": "auth-crypt"}, "resources": [{"wc": "+"}], "permission": "R"}'
    three = append(append(owned(), "acl2.aclist2", entry), "acl2.aclist2", entry)
    assert [each.aceid for each in three.acl2.entries] == [1, 2, 3]
    gap = remove(three, "acl2.aclist2[aceid=2]")
    assert append(gap, "acl2.aclist2", entry).acl2.entries[-1].aceid == 2
    named = append(three, "acl2.aclist2", entry.replace("{", '{"aceid": 77, ', 1))
    assert named.acl2.entries[-1].aceid == 77
    assert append(owned(), "doxm.oxms", "rdp").doxm.methods == (0, 1)
    timed = append(owned(), "acl2.aclist2[aceid=1].validity", '{"period": "20300101T000000Z/P1D"}')
    assert timed.acl2.entries[0].validity[0].period == "20300101T000000Z/P1D"
    with pytest.raises(MalformedError, match="is no array"):
        append(owned(), "doxm.owned", "1")


def test_remove() -> None:
    """Entries go, optional properties are as if they never were, and required ones stay."""
    assert remove(owned(), "acl2.aclist2[aceid=1]").acl2.entries == ()
    tagged = put(owned(), "cred.creds[credid=1].tag", "x")
    assert remove(tagged, "cred.creds[credid=1].tag") == owned()
    named = replace(owned(), sdi=Sdi(name="home"))
    assert remove(named, "sdi.name") == owned()
    with pytest.raises(EditError, match="cannot be missing"):
        remove(owned(), "acl2.aclist2[aceid=1].permission")
    with pytest.raises(EditError, match="has no value"):
        remove(owned(), "cred.creds[credid=1].tag")


def test_nothing_else_changes() -> None:
    """An edit leaves the database it was given as it is, and all other properties too."""
    before = owned()
    after = put(before, "pstat.dos.s", "sreset")
    assert before == owned()
    assert after == replace(
        before, pstat=replace(before.pstat, dos=replace(before.pstat.dos, state=State.SRESET))
    )


def test_each_resource_is_a_row_of_the_model() -> None:
    """The table names parts of the database, and their lists of entries, as the model does."""
    known = members(Database)
    for row in PARTS.values():
        assert row.name in known
        if row.entries:
            assert row.entries in members(type_at(row.name))


@given(st.sets(st.integers(1, 30)))
def test_lowest_free(taken: set[int]) -> None:
    """The id of a new entry is free, and all lower ones are taken."""
    found = lowest_free(taken)
    assert found not in taken
    assert set(range(1, found)) <= taken


def test_the_tree_is_the_model() -> None:
    """A tree has lists for arrays and octets for secrets, and converts back."""
    found = tree(owned())
    assert found["cred"]["creds"][0]["privatedata"]["data"] == SECRET
    assert isinstance(found["doxm"]["oxms"], list)
    assert msgspec.convert(found, Database, builtin_types=(bytes,)) == owned()
    assert plain(owned())["doxm"]["rowneruuid"] == str(OWNER)
    assert uuid.UUID(plain(unowned())["doxm"]["rowneruuid"]) == NIL
