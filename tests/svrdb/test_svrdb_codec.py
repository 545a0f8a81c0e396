"""Databases as octets: nothing is lost, and no damage goes unnoticed."""

import json

import cbor2
import msgspec
import pytest
from hypothesis import given, settings
from svrdb_samples import SECRET, owned, unowned
from svrdb_strategies import databases

from onboardee.svrdb import CBOR, JSON, Codec, Database, Doxm
from onboardee.svrdb.codec import CODECS, FORMAT, Unreadable

both = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.file_name)


@both
@settings(max_examples=60, deadline=None)
@given(database=databases)
def test_round_trip(codec: Codec, database: Database) -> None:
    """Whatever a database holds, decoding what was encoded gives the same and encodes the same."""
    content = codec.encode(database)
    assert codec.decode(content) == database
    assert codec.encode(codec.decode(content)) == content


@both
def test_truncation(codec: Codec) -> None:
    """A file cut at any length is refused."""
    content = codec.encode(owned())
    for length in range(len(content)):
        with pytest.raises(Unreadable):
            codec.decode(content[:length])


@both
def test_flipped_bits(codec: Codec) -> None:
    """A file in which one bit of any octet is flipped is refused."""
    content = bytearray(codec.encode(owned()))
    for place in range(len(content)):
        content[place] ^= 1 << place % 8
        with pytest.raises(Unreadable):
            codec.decode(bytes(content))
        content[place] ^= 1 << place % 8


@both
@pytest.mark.parametrize("tail", [b"\0", b"\n", b" ", b"}", b"x" * 100])
def test_trailing_octets(codec: Codec, tail: bytes) -> None:
    """A file with something after its end is refused."""
    with pytest.raises(Unreadable):
        codec.decode(codec.encode(owned()) + tail)


@both
@pytest.mark.parametrize(
    "content", [b"", b"\0" * 5000, b"{}", b"null", b"[" * 100_000, b'{"format": "\xff"}', b"\xa0"]
)
def test_something_else(codec: Codec, content: bytes) -> None:
    """A file that never was a database is refused, whatever it is."""
    with pytest.raises(Unreadable):
        codec.decode(content)


def test_json_is_for_people() -> None:
    """The JSON file is indented text in the model's order and under the specification's names."""
    content = JSON.encode(owned())
    parsed = json.loads(content)
    assert list(parsed) == ["format", "version", "sha256", "database"]
    assert list(parsed["database"])[:3] == ["doxm", "permanent", "pstat"]
    assert b'\n    "doxm": {\n      "oxms": [' in content
    assert content.endswith(b"\n}\n")


def test_json_edited_by_hand() -> None:
    """An edited JSON file is refused with a text that says so, be it only in its layout."""
    content = JSON.encode(owned())
    for edited in (content.replace(b'"owned": true', b'"owned": false'), content + b"\n"):
        with pytest.raises(Unreadable, match="was edited by hand or damaged"):
            JSON.decode(edited)


def test_json_syntax_error_has_its_place() -> None:
    """A JSON file with a syntax error is refused with the octet at which reading stopped."""
    content = JSON.encode(owned()).replace(b'"version": 1', b'"version": !')
    with pytest.raises(Unreadable, match=rf"\(byte {content.index(b'!')}\)"):
        JSON.decode(content)


def test_cbor_is_cbor() -> None:
    """The CBOR file is one item that any CBOR tool reads, keys as byte strings."""
    name, version, digest, body = cbor2.loads(CBOR.encode(owned()))
    assert (name, version, len(digest)) == (FORMAT, 1, 32)
    assert cbor2.loads(body)["cred"]["creds"][0]["privatedata"]["data"] == SECRET


@both
def test_later_version(codec: Codec, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of a later version is refused with a text that names both versions."""
    with monkeypatch.context() as later:
        later.setattr(f"onboardee.svrdb.{codec.name}_codec.ALONE", 3)
        content = codec.encode(owned())
    with pytest.raises(Unreadable, match="has version 3, and this program knows version 2"):
        codec.decode(content)


@both
def test_unreadable_model(codec: Codec) -> None:
    """A database that breaks the model is not encoded, and the key that breaks it is named."""
    bad = msgspec.structs.replace(
        owned(), doxm=Doxm(methods=("x",), device_uuid=owned().doxm.device_uuid)
    )
    with pytest.raises(Unreadable, match=r"\$\.doxm\.oxms\[0\]"):
        codec.encode(bad)


@both
def test_refuses_what_it_could_not_read(codec: Codec) -> None:
    """A database that would come back different is not encoded in the first place."""
    bad = msgspec.structs.replace(
        unowned(), doxm=Doxm(methods=[0], device_uuid=unowned().doxm.device_uuid)
    )
    with pytest.raises(ValueError, match="would not be the same"):
        codec.encode(bad)
