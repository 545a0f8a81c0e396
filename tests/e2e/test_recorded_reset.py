"""The reset that the recorded tool asked for, in the recorded time."""

import cbor2
import pytest
from recorded_compare import decode
from recorded_replay import Replay
from recorded_stage import Heard, recordings

from onboardee.svrdb.model import NIL, State

RESET_DELAY = 2.0
DISCOVERY_DELAY = 2.0
PLAIN = ("10.77.0.1", 53009)


@pytest.fixture
def replay() -> Replay:
    """Return the conversation at the moment after the tool closed its session."""
    return Replay("provisioning").run(until="rediscover")


def requested_at(replay: Replay) -> float:
    """Return when the tool asked for the reset."""
    (exchange,) = [exchange for exchange in replay.exchanges if exchange.step == "reset"]
    (answer,) = exchange.ours
    assert decode(answer.datagram).code.dotted == "2.04"
    return exchange.sent_at


def discover(replay: Replay, *, attempt: int) -> None:
    """Send one of the recorded discoveries, over both families."""
    events = recordings()["conversations"]["provisioning"]["events"]
    discoveries = [
        event["requests"]
        for event in events
        if event.get("step") == "rediscover" and event["requests"][0]["to"] == "group"
    ]
    for request in discoveries[attempt]:
        replay.stage.send(tuple(request["from"]), "group", bytes.fromhex(request["hex"]))


def heard_within(replay: Replay, seconds: float) -> list[Heard]:
    """Let time pass and return what the tool heard."""
    replay.stage.network.run(seconds)
    return replay.stage.take_heard()


def test_reset_comes_two_seconds_after_its_answer(replay: Replay) -> None:
    """The device shows RESET at once and is back in RFOTM, without owner, two seconds later."""
    network, keeper = replay.stage.network, replay.stage.keeper
    assert keeper.current.state is State.RESET
    assert network.run_until(lambda: keeper.current.state is State.RFOTM)
    assert network.now - requested_at(replay) == pytest.approx(RESET_DELAY, abs=0.01)
    assert keeper.current.doxm.owner_uuid == NIL
    assert not keeper.current.cred.credentials
    assert not keeper.current.acl2.entries


def test_device_is_silent_while_the_reset_is_pending(replay: Replay) -> None:
    """Neither the recorded discovery nor a plain request is answered, then or afterwards."""
    replay.stage.network.run(0.003)
    discover(replay, attempt=0)
    replay.stage.send(PLAIN, "plain", bytes.fromhex("480155301122334455667788b36f69630164"))
    assert not heard_within(replay, 10.0)


def test_sessions_left_open_are_closed_by_the_reset(replay: Replay) -> None:
    """The session that the tool forgot gets a close_notify when the reset happens."""
    assert not replay.stage.tool.closed_by_device
    replay.stage.network.run(10.0)
    ((at, peer),) = replay.stage.tool.closed_by_device
    assert peer == ("10.77.0.1", 52084)
    assert at - requested_at(replay) == pytest.approx(RESET_DELAY, abs=0.01)


def test_tool_finds_the_device_again_after_the_reset(replay: Replay) -> None:
    """Five seconds later the recorded discovery gets one answer, from the same ports."""
    replay.stage.network.run(5.0)
    discover(replay, attempt=1)
    (answer,) = heard_within(replay, DISCOVERY_DELAY + 0.1)
    found = decode(answer.datagram)
    assert (found.mtype.name, found.code.dotted) == ("NON", "2.05")
    assert answer.source == "plain"
    doxm = cbor2.loads(found.payload)
    assert doxm["owned"] is False
    assert doxm["deviceuuid"] == replay.recording["device_uuid"]
