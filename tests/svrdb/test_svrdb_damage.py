"""Where a damaged file is damaged: the sentence names the octet and the key."""

import cbor2
import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from svrdb_samples import owned
from svrdb_strategies import databases

from onboardee.svrdb import CBOR, JSON, Codec
from onboardee.svrdb.codec import CODECS, Unreadable
from onboardee.svrdb.damage import cbor_places, json_places, octet_of, place_at

both = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)


def finding(codec: Codec, content: bytes) -> Unreadable:
    """Return what is said of a damaged file."""
    with pytest.raises(Unreadable) as caught:
        codec.decode(content)
    return caught.value


@pytest.mark.parametrize(
    ("before", "after", "path", "what"),
    [
        (b'"owned": true', b'"owned": 1234', "$.doxm.owned", "Expected `bool`, got `int`"),
        (b'"credid": 1', b'"credid": 0', "$.cred.creds[0].credid", "Expected `int` >= 1"),
        (b'"wc": "*"', b'"wc": 123', "$.acl2.aclist2[0].resources[1].wc", "got `int`"),
        (b'"permission"', b'"permissioN"', "$.acl2.aclist2[0]", "missing required field"),
    ],
)
def test_value_of_the_wrong_kind(before: bytes, after: bytes, path: str, what: str) -> None:
    """The checksum is named, and the key whose value is not what it must be, with its octet."""
    content = JSON.encode(owned())
    told = finding(JSON, content.replace(before, after))
    assert f"does not match its `sha256` at octet {content.index(b'sha256') + 10}" in str(told)
    assert what in str(told)
    assert f"`{path}`, octet " in str(told)
    octet = int(str(told).rpartition("octet ")[2].rstrip(")"))
    assert content[octet:].startswith((before.partition(b": ")[2], b"{"))


def test_json_syntax() -> None:
    """Where JSON ends to be JSON, the octet and the innermost key are named."""
    content = JSON.encode(owned())
    octet = content.index(b'"isop": true') + 8
    told = finding(JSON, content[:octet] + b"!" + content[octet + 1 :])
    assert told.octet == octet
    assert f"octet {octet}, in `$.database.pstat.isop`" in str(told)


def test_no_utf8() -> None:
    """An octet that no text has is named, also in a name that nobody reads."""
    content = JSON.encode(owned())
    octet = content.index(b"currentprofile") + 3
    told = finding(JSON, content[:octet] + b"\xff" + content[octet + 1 :])
    assert f"octet {octet}, in `$.database.sp`, is the first that was not written" in str(told)


@both
def test_only_the_content_changed(codec: Codec) -> None:
    """A digit that became another one parses; the checksum tells, and its place is named."""
    content = codec.encode(owned())
    place = content.index(b"1.3.6.1.4.1.51414")
    told = finding(codec, content[:place] + b"2" + content[place + 1 :])
    assert "at octet " in str(told)
    assert "all values can be read" in str(told)
    assert told.octet is not None


def test_cbor_that_breaks_off() -> None:
    """Where CBOR cannot be followed, the octet and the key are named."""
    content = CBOR.encode(owned())
    octet = content.index(b"subjectuuid") + len(b"subjectuuid")
    told = finding(CBOR, content[:octet] + b"\xff" + content[octet + 1 :])
    assert "`$.cred.creds[0].subjectuuid`" in str(told)
    assert f"octet {octet}" in str(told)


@both
def test_cut_off(codec: Codec) -> None:
    """A file that ends too early says after how many octets, or where its checksum is."""
    content = codec.encode(owned())
    assert finding(codec, content[:40]).octet is not None
    assert "is empty" in str(finding(codec, b""))


@settings(max_examples=30, deadline=None)
@given(database=databases)
def test_places_of_a_whole_file(database: object) -> None:
    """In an intact file each value is found where it is, in both formats."""
    plain = msgspec.to_builtins(database)
    text = msgspec.json.format(msgspec.json.encode(plain), indent=2)
    places = json_places(text)
    assert places[0] == ("$", 0)
    for path, octet in places[:200]:
        assert place_at(places, octet) == path
    octet = octet_of(places, "$.doxm.owned")
    assert octet is not None
    assert text[octet:].startswith((b"true", b"false"))


@given(content=st.binary(max_size=60))
@example(content=b"\x9f\xff")
@example(content=b"\xa1\x61")
@example(content=b"[" * 30)
def test_any_octets(content: bytes) -> None:
    """A walk through rubbish ends, and never leaves the content."""
    for places in (cbor_places(content), json_places(content)):
        assert all(0 <= octet <= len(content) for _, octet in places)


def test_nested_too_deeply() -> None:
    """Where the reader cannot say how far it came, the file as a whole is named."""
    told = finding(JSON, b"[" * 100_000)
    assert told.octet == 0
    assert str(told).endswith("; octet 0, in `$`)")


def test_in_a_journal() -> None:
    """A change that is no valid database says where, counted from its own beginning."""
    body = JSON.pack(owned()).replace(b'"owned":true', b'"owned":1234')
    with pytest.raises(Unreadable) as caught:
        JSON.unpack(body)
    assert caught.value.octet == body.index(b"1234")


def test_text_in_the_place_of_octets() -> None:
    """A key in CBOR is a byte string; text that could stand for one is none."""
    packed = cbor2.loads(CBOR.pack(owned()))
    packed["cred"]["creds"][0]["privatedata"]["data"] = "YWJjZGVmZ2hpamtsbW5vcA=="
    with pytest.raises(Unreadable, match="Expected `bytes`, got `str`"):
        CBOR.unpack(cbor2.dumps(packed))


def test_deep_nesting() -> None:
    """A hundred thousand brackets are no reason to fail."""
    assert json_places(b"[" * 100_000)
    assert cbor_places(b"\x81" * 100_000)
