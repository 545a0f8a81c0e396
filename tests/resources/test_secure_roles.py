"""`/oic/sec/roles` without a certificate; with one it is tried in whole lives."""

from typing import Any

import pytest
from resource_support import BY_OWNER, STRANGER, World, in_state, owned, plainly, unowned

from onboardee.svrdb.model import State
from onboardee.wire.coap import Code

ROLES = "/oic/sec/roles"
PUBLIC = {"data": "x", "encoding": "oic.sec.encoding.pem"}
ELEMENT = {"credtype": 8, "credusage": "oic.sec.cred.rolecert", "publicdata": PUBLIC}


@pytest.mark.parametrize("state", [State.RFPRO, State.RFNOP, State.SRESET])
def test_every_secured_peer_sees_its_own(state: State) -> None:
    """Nobody needs an access rule for its own roles; unsecured peers have none."""
    for peer in (BY_OWNER, STRANGER):
        assert World(in_state(state), peer).get(ROLES) == {"roles": []}
        assert World(in_state(state), peer).delete(ROLES) is Code.DELETED
        assert World(in_state(state), peer).delete(ROLES, "credid=1") is Code.NOT_FOUND
    assert plainly(owned(state), has_session=True).get(ROLES) is Code.UNAUTHORIZED
    assert plainly(unowned()).get(ROLES) is Code.UNAUTHORIZED


@pytest.mark.parametrize(
    "body", [{"roles": [ELEMENT]}, {"roles": {}}, {"roles": None}, {}, {"roles": [5]}]
)
def test_roles_need_a_certificate(body: Any) -> None:
    """The session has none, so no role can belong to it."""
    assert World(owned(State.RFNOP), STRANGER).post(ROLES, body) is Code.BAD_REQUEST
