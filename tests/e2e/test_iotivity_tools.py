"""The provisioning clients of IoTivity, played octet for octet to a light with their preset."""

from contextlib import suppress
from uuid import UUID

import pytest
from iotivity_replay import DIFFERENCES, TOOLS, ToolReplay, differing, light, played
from msgspec.structs import replace

from onboardee.device.simulation.compatibility import Compatibility
from onboardee.svrdb.model import NIL, Database, State

FRIEND = "89d8623f-d1ff-476e-87d5-98d294d40a48"
"""The other device of the recording of 1.1.1."""
OTHER = "3f8ff129-fbb7-4ffd-b53a-2442fa178021"
"""The other device of the recording of 2.0.1."""


@pytest.mark.parametrize("tool", TOOLS)
def test_each_request_gets_what_its_own_server_answers(tool: str) -> None:
    """Code for code; what is different stands in the table."""
    different = [
        answer
        for answer in played(tool).answers
        if answer.reference != answer.ours and differing(answer, tool) is None
    ]
    assert different == []


def test_each_line_of_the_table_is_needed() -> None:
    """A difference that is no more leaves the table."""
    met = {differing(answer, tool) for tool in TOOLS for answer in played(tool).answers}
    assert met - {None} == set(DIFFERENCES)


def before(tool: str, request: str, *, number: int = 0) -> Database:
    """Return what the device had when it had answered the nth request of that name."""
    return [answer for answer in played(tool).answers if answer.request == request][number].database


def owner_of(tool: str) -> UUID:
    """Return the tool's UUID."""
    return UUID(played(tool).recording["tool"])


@pytest.mark.parametrize("tool", TOOLS)
def test_the_tool_owns_the_device(tool: str) -> None:
    """In normal operation, with its key, and as the owner of every resource."""
    database = before(tool, "multicast GET /oic/sec/doxm", number=1)
    owner = owner_of(tool)
    assert database.state is State.RFNOP
    assert (database.doxm.owned, database.doxm.owner_uuid) == (True, owner)
    parts = (database.doxm, database.pstat, database.cred, database.acl2)
    assert {part.resource_owner for part in parts} == {owner}
    (credential,) = database.cred.credentials
    assert credential.subject == str(owner)
    assert credential.private is not None
    assert len(credential.private.data) == 16


@pytest.mark.parametrize("tool", TOOLS)
def test_the_tool_finds_what_it_owns(tool: str) -> None:
    """A search for owned devices is answered, and so is what the tool reads in the clear then."""
    answers = played(tool).answers
    found = next(
        number
        for number, each in enumerate(answers)
        if each.request.startswith("multicast") and each.database.doxm.owned
    )
    assert [each.ours for each in answers[found : found + 3]] == ["2.05"] * 3


def test_1_1_1_gives_access() -> None:
    """The rule of its link is in the list, for the other device and the resource it named."""
    entries = before("iotivity-1.1.1", "POST /oic/sec/acl").acl2.entries
    assert entries[-1].subject.uuid == FRIEND
    assert [resource.href for resource in entries[-1].resources] == ["door"]


def test_2_links_by_a_key() -> None:
    """The second credential that it writes is there, and a refused DELETE leaves it."""
    for request in ("POST /oic/sec/cred", "DELETE /oic/sec/cred"):
        credentials = before("iotivity-2", request, number=-1).cred.credentials
        assert OTHER in {credential.subject for credential in credentials}


@pytest.mark.parametrize("tool", TOOLS)
def test_its_reset_leaves_a_device_that_it_finds(tool: str) -> None:
    """Nobody owns it then, nothing of the owner is left, and anybody may look for it."""
    database = played(tool).database
    assert database.state is State.RFOTM
    assert (database.doxm.owned, database.doxm.owner_uuid) == (False, NIL)
    assert database.cred.credentials == ()
    (entry,) = database.acl2.entries
    assert "/oic/res" in {resource.href for resource in entry.resources}


@pytest.mark.parametrize(
    ("tool", "request_", "ours"),
    [
        ("iotivity-1.1.1", "POST /oic/sec/doxm", "4.00"),
        ("iotivity-2", "multicast GET /oic/sec/doxm", "silence"),
    ],
)
def test_without_the_preset_the_tool_gets_nowhere(tool: str, request_: str, ours: str) -> None:
    """What the preset is for: today's settings refuse the selection, or leave a search unheard."""
    replay = ToolReplay(tool, replace(light(tool), compat=Compatibility()))
    with suppress(AssertionError):  # no session without a method
        replay.run()
    answers = {each.ours for each in replay.answers if each.request == request_}
    assert ours in answers
