"""`/oic/sec/sdi` and `/oic/sec/sp`: the security domain and the security profile."""

from typing import Any

import cbor2
import pytest
from resource_support import FRIEND, NOBODY, OWNER, World, in_state, owned, unowned

from onboardee.svrdb.model import State
from onboardee.wire.coap import Code

SDI, SP = "/oic/sec/sdi", "/oic/sec/sp"
BASELINE, BLACK = "1.3.6.1.4.1.51414.0.0.1.0", "1.3.6.1.4.1.51414.0.0.2.0"
DEFAULT_SDI = {"uuid": NOBODY, "name": "", "priv": False}
DEFAULT_SP = {"currentprofile": BASELINE, "supportedprofiles": [BASELINE]}


@pytest.mark.parametrize(
    ("path", "body", "type_"), [(SDI, DEFAULT_SDI, "oic.r.sdi"), (SP, DEFAULT_SP, "oic.r.sp")]
)
def test_as_they_are_read(path: str, body: dict[str, Any], type_: str) -> None:
    """The defaults, and with the baseline interface the common properties."""
    world = World(unowned())
    assert world.get(path) == body
    common = {"rt": [type_], "if": ["oic.if.rw", "oic.if.baseline"]}
    assert world.get(path, "if=oic.if.baseline") == body | common


@pytest.mark.parametrize(
    "body",
    [
        {"uuid": str(OWNER), "name": "home", "priv": True},
        {"uuid": str(OWNER).upper()},
        {"name": "\u00e9" * 256},
        {"priv": True, "unknown": 1, "rt": ["x"]},
        DEFAULT_SDI,
    ],
)
def test_what_is_written_into_sdi(body: dict[str, Any]) -> None:
    """Properties come alone or together, unknown ones are passed over."""
    world = World(unowned())
    assert world.post(SDI, body) is Code.CHANGED
    known = {name: body[name] for name in DEFAULT_SDI if name in body}
    if "uuid" in known:
        known["uuid"] = known["uuid"].lower()
    assert world.get(SDI) == DEFAULT_SDI | known


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"unknown": 1},
        {"rt": ["oic.r.sdi"]},
        {"uuid": str(OWNER)[:-1]},
        {"uuid": OWNER.hex},
        {"uuid": OWNER.bytes},
        {"uuid": None},
        {"uuid": "*"},
        {"name": None},
        {"name": 1},
        {"name": b"home"},
        {"name": "n" * 257},
        {"priv": 1},
        {"priv": "true"},
        {"priv": None},
        {"priv": []},
    ],
)
def test_what_sdi_refuses(body: dict[str, Any]) -> None:
    """A wrong type, or nothing to write; what else the update says is not written either."""
    assert World(unowned()).post(SDI, body) is Code.BAD_REQUEST
    if body and "unknown" not in body and "rt" not in body:
        rest = {"uuid": str(FRIEND), "name": "x", "priv": True} | body
        assert World(unowned()).post(SDI, rest) is Code.BAD_REQUEST


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize(
    ("path", "body", "states"),
    [
        (SDI, {"uuid": str(FRIEND)}, "RFOTM"),
        (SDI, {"name": "x"}, "RFOTM RFPRO SRESET"),
        (SDI, {"priv": True}, "RFOTM RFPRO SRESET"),
        (SDI, {"name": "x", "uuid": str(FRIEND)}, "RFOTM"),
        (SP, {"supportedprofiles": [BASELINE, BLACK]}, "RFOTM RFPRO SRESET"),
        (
            SP,
            {"currentprofile": BLACK, "supportedprofiles": [BASELINE, BLACK]},
            "RFOTM RFPRO SRESET",
        ),
        (SDI, DEFAULT_SDI, "RESET RFOTM RFPRO RFNOP SRESET"),
        (SP, DEFAULT_SP, "RESET RFOTM RFPRO RFNOP SRESET"),
    ],
)
def test_when_they_are_written(state: State, path: str, body: dict[str, Any], states: str) -> None:
    """Each property has its states; repeating what is there is always allowed."""
    expected = Code.CHANGED if state.name in states.split() else Code.BAD_REQUEST
    assert World(in_state(state)).post(path, body) is expected


@pytest.mark.parametrize(
    "body",
    [
        {"currentprofile": BLACK},
        {"supportedprofiles": [BLACK]},
        {"supportedprofiles": []},
        {"supportedprofiles": BASELINE},
        {"supportedprofiles": [BASELINE, 1]},
        {"supportedprofiles": [BASELINE, None]},
        {"supportedprofiles": {BASELINE: 1}},
        {"supportedprofiles": [BASELINE, *map(str, range(16))]},
        {"supportedprofiles": [BASELINE, "9" * 257]},
        {"currentprofile": None},
        {"currentprofile": 1},
        {"currentprofile": [BASELINE]},
        {"unknown": 1},
    ],
)
def test_what_sp_refuses(body: dict[str, Any]) -> None:
    """The profile in force is one of the supported ones, and unknown properties are refused."""
    assert World(unowned()).post(SP, body) is Code.BAD_REQUEST


def test_text_that_is_none_is_never_kept() -> None:
    """Octets that are no UTF-8 are refused wherever text is kept."""
    for path, name in ((SDI, "name"), (SP, "currentprofile")):
        payload = cbor2.dumps({name: "@@@"}).replace(b"\x63@@@", b"\x63\xff\xfe\xfd")
        assert World(owned(State.RFPRO)).post(path, payload) is Code.BAD_REQUEST
    payload = cbor2.dumps({"supportedprofiles": [BASELINE, "@@@"]})
    payload = payload.replace(b"\x63@@@", b"\x63\xff\xfe\xfd")
    assert World(owned(State.RFPRO)).post(SP, payload) is Code.BAD_REQUEST
