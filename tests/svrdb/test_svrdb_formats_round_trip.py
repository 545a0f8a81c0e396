"""Every form and back: nothing is lost but what is named, and no damage gives half a database."""

import cbor2
import msgspec
import pytest
from foreign_samples import counter, databases, lite_directory, rich
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from svrdb_samples import owned

from onboardee.svrdb import Ace, Acl2, Connection, Cred, Credential, Database, Subject
from onboardee.svrdb.formats import Form, FormatError, Options, decode, encode, lite
from onboardee.svrdb.model import AceResource, OptionalData, TimePattern

FILES = [form for form in Form if form is not Form.LITE]
each_file = pytest.mark.parametrize("form", FILES, ids=str)
many = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
replace = msgspec.structs.replace


def _for_lite(database: Database) -> Database:
    """Take away what docs/guide.md says that Lite's directories cannot hold."""
    entries = tuple(
        ace
        for ace in database.acl2.entries
        if not ace.validity and not any(each.types or each.interfaces for each in ace.resources)
    )
    credentials = tuple(
        replace(each, private=each.private if each.private and each.private.data else None)
        for each in database.cred.credentials
        if not each.is_revoked
    )
    return replace(
        database,
        acl2=replace(database.acl2, entries=entries),
        cred=replace(database.cred, credentials=credentials),
    )


@each_file
@many
@given(database=databases())
def test_any_database_in_a_file(form: Form, database: Database) -> None:
    """What is written to a file is what is read from it, of whatever form the file is."""
    content, warnings = encode(database, form, Options(reveal=True))
    back = decode(content, new_uuid=counter())
    assert back.database == database
    assert encode(back.database, form, Options(reveal=True)) == (content, warnings)


@many
@given(database=databases())
def test_any_database_in_a_directory(database: Database) -> None:
    """A directory of IoTivity-Lite holds all but what the guide names."""
    files, _ = lite.encode(database)
    assert lite.decode(files, new_uuid=counter()).database == _for_lite(database)


@each_file
def test_everything_in_its_place(form: Form) -> None:
    """Reset profile, foreign properties of entries and foreign resources survive each file."""
    content, _ = encode(rich(), form, Options(reveal=True))
    assert decode(content, new_uuid=counter(), form=form).database == rich()


def test_chain_of_all_forms() -> None:
    """A database that goes through every form comes out as it was."""
    database = rich()
    for form in (*FILES, *FILES):
        content, _ = encode(database, form, Options(reveal=True))
        database = decode(content, new_uuid=counter()).database
        files, _ = lite.encode(database, device=3)
        database = lite.decode(files, device=3, new_uuid=counter()).database
    assert database == rich()


def _is_sentence(text: str) -> None:
    assert text
    assert "abcdefghijklmnop" not in text, "a secret in a message"


def _survives(content: bytes, form: Form) -> None:
    try:
        found = decode(content, new_uuid=counter(), form=form).database
    except FormatError as error:
        _is_sentence(str(error))
    else:
        # What is read is whole: it can be written again, and is the same then.
        again, _ = encode(found, Form.YAML, Options(reveal=True))
        assert decode(again, new_uuid=counter()).database == found


@each_file
def test_truncated_files(form: Form) -> None:
    """A file cut anywhere is refused; of YAML, where it is still a whole document, it is read."""
    content, _ = encode(owned(), form, Options(reveal=True))
    content = content.rstrip(b"\n")
    for length in range(0, len(content), {Form.IOTIVITY: 1, Form.YAML: 41}.get(form, 7)):
        if form is Form.YAML:
            # A document that ends early may be one; names that are missing have defaults.
            _survives(content[:length], form)
            continue
        with pytest.raises(FormatError):
            decode(content[:length], new_uuid=counter(), form=form)


def test_truncated_directory() -> None:
    """A directory with any file cut anywhere is refused, or it is a file that Lite had emptied."""
    files = lite_directory("owned")
    for name in ("doxm_0", "pstat_0", "cred_0", "acl_0", "keypair_0"):
        for length in range(1, len(files[name]), 3):
            with pytest.raises(FormatError, match=name.removesuffix("_0")):
                lite.decode({**files, name: files[name][:length]}, new_uuid=counter())


@each_file
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_mutated_files(form: Form, data: st.DataObject) -> None:
    """A file with octets changed, added or lost is refused or read as a whole; nothing crashes."""
    content = bytearray(encode(rich(), form, Options(reveal=True))[0])
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content) - 1))
        removed = data.draw(st.integers(0, 3))
        content[place : place + removed] = data.draw(st.binary(max_size=3))
    _survives(bytes(content), form)


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=60))
def test_anything_at_all(content: bytes) -> None:
    """Octets from anywhere are refused or read; nothing crashes."""
    try:
        decode(content, new_uuid=counter())
    except FormatError as error:
        _is_sentence(str(error))


WIRE_NAMES = [
    *("creds", "aclist", "aces", "aclist2", "resources", "subject"),
    *("dos", "rt", "subjectuuid", "publicdata", "privatedata", "optionaldata"),
    *("data", "href", "encoding", "validity", "oxms", "crl"),
    *("private_key", "credid", "aceid"),
]


@settings(max_examples=100, deadline=None)
@given(
    resources=st.dictionaries(
        st.sampled_from(["doxm", "pstat", "acl", "cred", "sp", "u_ids", "keypair", "crl", "sdi"]),
        st.recursive(
            st.none() | st.integers(-1, 5) | st.text(max_size=3) | st.binary(max_size=3),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(
                    st.sampled_from(WIRE_NAMES),
                    inner,
                    max_size=3,
                )
            ),
            max_leaves=8,
        ),
        max_size=3,
    )
)
def test_right_names_wrong_values(resources: dict[str, object]) -> None:
    """Known names with values of any kind are refused by a sentence; nothing crashes."""
    inner = {name: cbor2.dumps(value) for name, value in resources.items()}
    _survives(cbor2.dumps(inner), Form.IOTIVITY)


def _narrow(**changes: object) -> Database:
    entry = {
        "aceid": 7,
        "subject": Subject(connection=Connection.ANYONE),
        "resources": (AceResource(href="/a"),),
        "permission": 2,
    }
    ace = Ace(**(entry | changes))
    return replace(owned(), acl2=Acl2(entries=(ace,)), cred=Cred())


LITE_LOSSES = [
    (_narrow(resources=(AceResource(href="/a", types=("x",)),)), "entry 7 is left out"),
    (_narrow(resources=(AceResource(href="/a", interfaces=("x",)),)), "entry 7 is left out"),
    (_narrow(validity=(TimePattern(period="20200101/20210101"),)), "entry 7 is left out"),
    (
        replace(
            _narrow(),
            cred=Cred(
                credentials=(
                    Credential(
                        credid=4, kind=8, subject="*", optional=OptionalData(is_revoked=True)
                    ),
                )
            ),
        ),
        "credential 4 is left out",
    ),
    (
        replace(
            _narrow(),
            cred=Cred(credentials=(Credential(credid=4, kind=8, subject="*", period="p"),)),
        ),
        "credential 4 has a period",
    ),
]


@pytest.mark.parametrize(("database", "sentence"), LITE_LOSSES)
def test_losses_of_lite_are_told(database: Database, sentence: str) -> None:
    """What Lite would ignore to somebody's advantage is left out, and a warning says so."""
    _, warnings = lite.encode(database)
    assert [warning for warning in warnings if sentence in warning]


OLD_LOSSES = [
    (_narrow(subject=Subject(connection=Connection.AUTHENTICATED)), "auth-crypt"),
    (_narrow(subject=Subject(role="r")), "role"),
    (_narrow(resources=(AceResource(wildcard="-"),)), "wildcard"),
    (_narrow(resources=(AceResource(href="/a", types=("x",)),)), "filters"),
    (_narrow(resources=(AceResource(href="/a", interfaces=("x",)),)), "filters"),
]


@pytest.mark.parametrize(("database", "sentence"), OLD_LOSSES)
@pytest.mark.parametrize("form", [Form.IOTIVITY, Form.SOURCE], ids=str)
def test_losses_of_version_1_2_are_told(form: Form, database: Database, sentence: str) -> None:
    """What version 1 has no words for is left out, never widened, and a warning says so."""
    content, warnings = encode(database, form, Options(version="1.2"))
    assert len(warnings) == 1
    assert sentence in warnings[0]
    assert decode(content, new_uuid=counter()).database.acl2.entries == ()
