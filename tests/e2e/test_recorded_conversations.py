"""What a real tool said to a real device, said to ours."""

import pytest
from recorded_compare import decode
from recorded_replay import Replay, replayed
from recorded_stage import recordings
from recorded_support import CONVERSATIONS, unlisted

from onboardee.svrdb.model import State


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_device_answers_the_recorded_tool_as_the_recorded_device_did(name: str) -> None:
    """Every answer equals the recorded one but for the listed differences."""
    assert not unlisted(replayed(name).comparison.findings)


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_tool_speaks_octet_for_octet_as_recorded(name: str) -> None:
    """All recorded datagrams are sent; only a DELETE names an entry by our number for it."""
    recorded = [
        bytes.fromhex(request["hex"])
        for event in recordings()["conversations"][name]["events"]
        for request in event.get("requests", ())
    ]
    sent = [message for exchange in replayed(name).exchanges for message in exchange.requests]
    changed = [
        (decode(one), decode(other))
        for one, other in zip(recorded, sent, strict=True)
        if one != other
    ]
    for one, other in changed:
        assert one.code.name == other.code.name == "DELETE"
        assert (one.mid, one.token, one.opt.uri_path) == (
            other.mid,
            other.token,
            other.opt.uri_path,
        )
    assert len(changed) <= 1


def test_recorded_transfer_makes_the_tool_the_owner() -> None:
    """After the recorded transfer the device is in normal operation under the recorded UUIDs."""
    replay = replayed("just works")
    doxm = replay.stage.keeper.current.doxm
    assert replay.stage.keeper.current.state is State.RFNOP
    assert str(doxm.owner_uuid) == replay.recording["owner"]
    assert str(doxm.device_uuid) == replay.recording["new_uuid"]


def test_recorded_provisioning_leaves_what_the_tool_wanted() -> None:
    """Before the reset the device holds the rules and keys that the tool left there."""
    replay = Replay("provisioning").run(until="reset")
    database = replay.stage.keeper.current
    assert [entry.permission for entry in database.acl2.entries] == [14, 2, 2, 22, 6]
    assert [credential.kind for credential in database.cred.credentials] == [1, 1]
