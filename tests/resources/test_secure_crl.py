"""`/oic/sec/crl`: what is stored, and what is no list."""

import base64
from typing import Any

import pytest
from resource_support import STRANGER, TRANSFER, World, in_state, owned, unowned

from onboardee.pki import issuing
from onboardee.svrdb import JSON
from onboardee.svrdb.model import State
from onboardee.wire.coap import Code

CRL = "/oic/sec/crl"
ROOT = issuing.root()
DER = ROOT.revoke(ROOT.certificate)
TEXT = base64.b64encode(DER).decode()
EMPTY = {"crlid": 0, "thisupdate": "", "crldata": ""}


def test_a_list_is_stored() -> None:
    """All three properties can be written and survive a restart."""
    world = World(unowned())
    assert world.get(CRL) == EMPTY
    body = {"crlid": 3, "thisupdate": "2026-06-01T00:00:00Z", "crldata": TEXT}
    assert world.post(CRL, body) is Code.CHANGED
    world.database = JSON.decode(JSON.encode(world.database))
    assert world.get(CRL) == body
    assert world.post(CRL, {"crldata": ""}) is Code.CHANGED
    assert world.get(CRL) == body | {"crldata": ""}


def test_octets_are_kept_as_text() -> None:
    """A tool that sends the list's octets gets them back in base64."""
    world = World(unowned())
    assert world.post(CRL, {"crldata": DER}) is Code.CHANGED
    assert world.get(CRL)["crldata"] == TEXT


@pytest.mark.parametrize(
    "body",
    [
        {"crldata": "no list"},
        {"crldata": base64.b64encode(ROOT.certificate.der).decode()},
        {"crldata": b"\x00"},
        {"crldata": TEXT + "A" * 65536},
        {"crldata": 1},
        {"crlid": "1"},
        {"crlid": 1.5},
        {"thisupdate": "t" * 257},
        {"nonsense": 1},
    ],
)
def test_what_is_no_list(body: dict[str, Any]) -> None:
    """What could not be used in a handshake is not stored."""
    assert World(unowned()).post(CRL, body) is Code.BAD_REQUEST


@pytest.mark.parametrize("state", [State.RFPRO, State.RFNOP, State.SRESET])
def test_who_writes_and_when(state: State) -> None:
    """A stranger never does, and nobody while the device works."""
    assert World(owned(state), STRANGER).post(CRL, {"crlid": 1}) is Code.UNAUTHORIZED
    expected = Code.BAD_REQUEST if state is State.RFNOP else Code.CHANGED
    assert World(in_state(state), TRANSFER).post(CRL, {"crlid": 1}) is expected
