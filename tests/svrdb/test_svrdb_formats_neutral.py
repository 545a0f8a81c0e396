"""The dump for people: readable, complete when revealed, and refused when it says too little."""

import json

import pytest
import yaml
from foreign_samples import counter, rich
from svrdb_samples import SECRET, owned

from onboardee.svrdb.formats import Form, FormatError, Options, decode, encode, neutral

both = pytest.mark.parametrize("form", [Form.YAML, Form.JSON], ids=str)


def dumped(form: Form = Form.YAML, *, reveal: bool = True) -> str:
    """Return the dump of a database with something in every place."""
    return encode(rich(), form, Options(reveal=reveal))[0].decode()


@both
def test_secrets_are_marked_with_their_encoding(form: Form) -> None:
    """A revealed dump has keys in hexadecimal digits under the names of the specification."""
    database = yaml.safe_load(dumped(form))["database"]
    assert database["cred"]["creds"][0]["privatedata"]["data"] == {"hex": SECRET.hex()}
    assert database["doxm"]["devowneruuid"] == str(rich().doxm.owner_uuid)
    assert database["resetpf"]["uuidpolicy"] == "keep"


@both
def test_secrets_are_redacted_unless_revealed(form: Form) -> None:
    """Without leave to show them no secret and no foreign content is in the dump."""
    text = dumped(form, reveal=False)
    assert SECRET.hex() not in text
    assert b"00000000".hex() not in text
    redacted = yaml.safe_load(text)["database"]["cred"]["creds"][0]["privatedata"]["data"]
    assert redacted == {"redacted": "16 octets"}


@both
def test_redacted_dumps_are_refused(form: Form) -> None:
    """A redacted dump is not read back: the device would have lost its keys."""
    sentence = r"creds\[0\]\.privatedata\.data: is redacted"
    with pytest.raises(FormatError, match=sentence):
        decode(dumped(form, reveal=False).encode(), new_uuid=counter())


def test_long_octets_are_base64() -> None:
    """Long octets are easier to carry in base64."""
    assert "base64" not in neutral.encode(owned(), as_yaml=True, reveal=True).decode()
    assert neutral._shown(bytes(65), reveal=True) == {"base64": "A" * 87 + "="}
    assert neutral._hidden({"base64": "AAEC"}, "") == b"\0\1\2"


def test_edited_by_hand() -> None:
    """A dump that was edited says so in the database that is read."""
    text = dumped().replace("aceid: 1", "aceid: 12")
    found = decode(text.encode(), new_uuid=counter()).database
    assert found.acl2.entries[0].aceid == 12


WRONG = [
    ("version: 1", "version: 2", "version"),
    ("oxmsel:", "oxmsle:", "database.doxm.oxmsle"),
    ("owned: true", "owned: perhaps", "database.doxm.owned"),
    (f"hex: {SECRET.hex()}", "hex: xyz", "database.cred.creds[0].privatedata.data"),
    (f"hex: {SECRET.hex()}", "hex: 5", "database.cred.creds[0].privatedata.data"),
    ("aceid: 1\n", "1: 1\n", "database.acl2.aclist2[0]"),
]


@pytest.mark.parametrize(("old", "new", "key"), WRONG)
def test_mistakes_of_the_editor_are_named(old: str, new: str, key: str) -> None:
    """A wrong value or a misspelt name is named by its path, never passed over."""
    text = dumped().replace(old, new)
    assert text != dumped()
    with pytest.raises(FormatError) as caught:
        neutral.decode(text.encode())
    assert caught.value.key == key


NO_DUMPS = [
    "",
    "5",
    "- format: onboardee-dump",
    "format: other",
    "{",
    "format: onboardee-dump\nformat: onboardee-dump\n",
    "a: &a [1]\nformat: *a\n",
    "format: [\n",
    "format: onboardee-dump\nversion: 1\ndatabase: 5\n",
    "format: !!python/object/apply:os.system [true]\n",
    "a: " + "[" * 500,
    "format: onboardee-dump\nversion: 1\ndatabase: " + "{a: " * 40 + "1" + "}" * 40,
]


@pytest.mark.parametrize("text", NO_DUMPS)
def test_no_dumps(text: str) -> None:
    """What is no dump, or tries something, is refused by a sentence."""
    with pytest.raises(FormatError):
        neutral.decode(text.encode())


def test_yaml_errors_have_their_line() -> None:
    """A mistake in the YAML is named with its line."""
    text = dumped().replace("  doxm:", "  doxm: [")
    with pytest.raises(FormatError, match=r"is not valid YAML \(.* at line \d+\)"):
        neutral.decode(text.encode())


def test_json_is_json() -> None:
    """The JSON dump has the same members as the YAML one."""
    assert json.loads(dumped(Form.JSON)) == yaml.safe_load(dumped(Form.YAML))


def test_parts_that_are_not_there() -> None:
    """A dump from before a part existed, or shortened by hand, has the defaults there."""
    document = yaml.safe_load(encode(owned(), Form.YAML, Options(reveal=True))[0])
    for name in ("foreign", "resetpf", "ael", "crl", "sdi", "next_uuid", "identity_key"):
        del document["database"][name]
    assert neutral.decode(json.dumps(document).encode()) == owned()
