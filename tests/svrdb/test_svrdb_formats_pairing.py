"""`pconf` in the databases of IoTivity, and as people read and write it."""

import uuid

import cbor2
import pytest
from foreign_samples import counter, dat, sample
from msgspec.structs import replace
from svrdb_samples import OWNER, owned

from onboardee.svrdb import Database
from onboardee.svrdb.editor import EditError, get, put
from onboardee.svrdb.editor.errors import MalformedError
from onboardee.svrdb.formats import iotivity, source
from onboardee.svrdb.model import PairingRule, PairingTarget, Pconf
from onboardee.svrdb.plain import plain

PEER = uuid.UUID("64697265-6374-7061-6972-696e67446576")
TOOL = uuid.UUID("61646d69-6e44-6576-6963-655575696430")
STORED = {
    "edp": True,
    "prm": [1],
    "pin": b"00000000",
    "pdacl": [
        {"resources": [{"href": "*", "rel": "", "rt": "", "if": ""}], "permission": 31},
    ],
    "pddev": [str(PEER)],
    "deviceuuid": "6a757374-776f-726b-4465-765575696430",
    "rowneruuid": str(TOOL),
}
"""What IoTivity 1.1.1 has after its tool configured it and a device paired."""

PAIRING = Pconf(
    is_enabled=True,
    methods=(1,),
    pin=b"00000000",
    rules=(PairingRule(resources=(PairingTarget(href="*"),), permission=31),),
    paired=(PEER,),
    resource_owner=TOOL,
)


def imported(**pconf: object) -> Database:
    """Read a `.dat` of IoTivity 1.1 that has this `pconf`."""
    raw = sample("justworks", "1.1") | {"pconf": pconf}
    return iotivity.decode(dat(raw), new_uuid=counter()).database


def exported(database: Database) -> dict[str, object]:
    """Return `pconf` as IoTivity would read it."""
    content, _ = iotivity.encode(database, version="1.2")
    return dict(cbor2.loads(cbor2.loads(content)["pconf"]))


def test_what_iotivity_stored_is_read_and_written_back() -> None:
    """A paired server's database keeps its configuration on the way in and out, key by key."""
    database = imported(**STORED)
    assert database.pconf == PAIRING
    assert not any(part.place[0] == "pconf" for part in database.foreign)
    again = exported(database)
    assert list(again) == list(STORED)
    assert again == {**STORED, "deviceuuid": str(database.doxm.device_uuid)}


def test_a_disabled_one_has_no_empty_lists() -> None:
    """IoTivity refuses an empty `prm`, and reads eight octets of a PIN that was never set."""
    rest = {"edp": False, "pin": bytes(8), "deviceuuid": "", "rowneruuid": str(TOOL)}
    database = imported(**rest)
    assert database.pconf == Pconf(resource_owner=TOOL)
    assert exported(database) == {**rest, "deviceuuid": str(database.doxm.device_uuid)}


def test_what_was_never_used_is_not_written() -> None:
    """The database of a device without Direct Pairing has no trace of it."""
    content, _ = iotivity.encode(owned())
    assert "pconf" not in cbor2.loads(content)


def test_times_are_kept() -> None:
    """When a paired device may do something comes back as it was written."""
    rule = {
        "resources": [{"href": "/a", "rel": "", "rt": "", "if": ""}],
        "permission": 2,
        "prds": ["20150629T110000/20150630T110000"],
        "recurrence": ["FREQ=DAILY; BYDAY=MO, WE"],
    }
    assert exported(imported(**{**STORED, "pdacl": [rule]}))["pdacl"] == [rule]


def test_the_source_of_json2cbor_keeps_it() -> None:
    """The JSON form has the PIN as octets, and it comes back."""
    database = replace(owned(), pconf=replace(PAIRING, resource_owner=OWNER))
    content, _ = source.encode(database)
    assert source.decode(content, new_uuid=counter()).database.pconf == database.pconf


def test_the_pin_is_hidden_unless_it_is_asked_for() -> None:
    """Whoever prints the database sees no PIN, and with --reveal its characters."""
    assert plain(PAIRING)["pin"] == "<secret 8 bytes>"
    assert plain(PAIRING, reveal=True)["pin"] == "00000000"


def test_the_editor_takes_words_and_characters() -> None:
    """PIN and methods are set as people write them."""
    database = put(put(owned(), "pconf.pin", "01234567"), "pconf.prm", '["pin", "random-pin"]')
    assert database.pconf == Pconf(pin=b"01234567", methods=(1, 2))
    assert get(database, "pconf.pin", reveal=True) == "01234567"
    with pytest.raises((MalformedError, EditError)):
        put(database, "pconf.pin", "012345678")
