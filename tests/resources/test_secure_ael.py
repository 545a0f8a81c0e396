"""`/oic/sec/ael`: what is taken down, how much, and who may say so in which state."""

from datetime import timedelta

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from resource_support import NOON, TRANSFER, World, in_state, owned

from onboardee.device.events import (
    AccessDenied,
    AnswersWithheld,
    Event,
    HandshakeRefused,
    ResetScheduled,
)
from onboardee.device.security.audit_log import MAX_SPACE
from onboardee.svrdb.model import State
from onboardee.wire.coap import Code

AEL = "/oic/sec/ael"
DENIED = AccessDenied(
    subject="anonymous", peer="here", method="POST", href="/light", rule="r", reason="no entry"
)
REFUSED = HandshakeRefused(peer="there", reason="bad key", alert=None)
WITHHELD = AnswersWithheld(peer="everywhere")


@pytest.mark.parametrize(
    ("event", "entry"),
    [
        (DENIED, ("AC-1", 1, 2, ["here", "anonymous", "/light", "POST", "RFPRO", "no entry"])),
        (REFUSED, ("AUTH-1", 8, 1, ["there", "bad key"])),
        (WITHHELD, ("COMM-1", 64, 2, ["everywhere"])),
    ],
)
def test_auditable_events(event: Event, entry: tuple[object, ...]) -> None:
    """Each auditable event has its id, category, priority, time and particulars."""
    world = World(owned())
    world.audit(event)
    (found,) = world.get(AEL)["events"]
    names = ("aeid", "category", "priority", "auxiliaryinfo")
    assert tuple(found[name] for name in names) == entry
    assert found["timestamp"] == "2026-06-01T12:00:00+00:00"
    assert found["message"]


def test_other_events_are_not_auditable() -> None:
    """What is no offence is not taken down."""
    world = World(owned())
    world.audit(ResetScheduled(reason="asked for", in_seconds=2))
    body = world.get(AEL)
    assert (body["events"], body["usedspace"]) == ([], 0)


@pytest.mark.parametrize(
    ("categories", "priority", "expected"),
    [
        (255, 4, {"AC-1", "AUTH-1", "COMM-1"}),
        (0, 4, set()),
        (1, 4, {"AC-1"}),
        (8, 4, {"AUTH-1"}),
        (72, 2, {"AUTH-1", "COMM-1"}),
        (255, 1, {"AUTH-1"}),
        (255, 0, set()),
    ],
)
def test_filters(categories: int, priority: int, expected: set[str]) -> None:
    """Only chosen categories of at least the chosen priority are taken down."""
    world = World(owned())
    body = {"categoryfilter": categories, "priorityfilter": priority, "if": ["oic.if.rw"]}
    assert world.post(AEL, body) is Code.CHANGED
    for event in (DENIED, REFUSED, WITHHELD):
        world.audit(event)
    assert {entry["aeid"] for entry in world.get(AEL)["events"]} == expected


@pytest.mark.parametrize("state", State)
def test_filters_are_written_as_long_as_the_device_is_not_in_use(state: State) -> None:
    """RFNOP forbids new filters; RESET is no time for any."""
    world = World(in_state(state), TRANSFER)
    codes = {State.RFNOP: Code.FORBIDDEN, State.RESET: Code.BAD_REQUEST}
    code = world.post(AEL, {"categoryfilter": 3, "priorityfilter": 1})
    assert code is codes.get(state, Code.CHANGED)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"categoryfilter": 3},
        {"priorityfilter": 1},
        {"categoryfilter": 256, "priorityfilter": 1},
        {"categoryfilter": 3, "priorityfilter": 5},
        {"categoryfilter": 3, "priorityfilter": -1},
        {"categoryfilter": "3", "priorityfilter": 1},
        {"categoryfilter": 3, "priorityfilter": 1, "maxspace": 9},
        {"categoryfilter": 3, "priorityfilter": 1, "events": []},
    ],
)
def test_wrong_updates(body: object) -> None:
    """Both filters are needed, within their limits, and everything else is ours to say."""
    world = World(owned())
    assert world.post(AEL, body) is Code.BAD_REQUEST


@given(st.lists(st.tuples(st.text(max_size=400), st.integers(0, 3)), max_size=40))
def test_the_log_has_a_bound(denials: list[tuple[str, int]]) -> None:
    """However much happens, the log fits its space, keeps the latest and lists nothing twice."""
    world = World(owned())
    for reason, seconds in denials:
        world.now += timedelta(seconds=seconds)
        world.audit(HandshakeRefused(peer="there", reason=reason, alert=None))
    body = world.get(AEL)
    assert body["usedspace"] <= body["maxspace"] == MAX_SPACE
    events = body["events"]
    assert all(events.count(entry) == 1 for entry in events)
    assert [entry["timestamp"] for entry in events] == sorted(
        (entry["timestamp"] for entry in events), reverse=True
    )
    if denials:
        assert events[0]["timestamp"] >= NOON.isoformat()


def test_strangers_do_not_read_it() -> None:
    """The log is no public resource."""
    world = World(owned(State.RFNOP), TRANSFER)
    world.requester = world.requester.__class__(world.path, secured=True)
    assert world.get(AEL) is Code.UNAUTHORIZED


def test_what_is_told_is_bounded() -> None:
    """However much happens, what a tool reads of it stays small; the latest is always there."""
    world = World(owned())
    for number in range(3000):
        world.now = NOON + timedelta(seconds=number)
        world.audit(HandshakeRefused(peer=f"peer {number}", reason="x" * 500, alert=None))
    told = world.get(AEL)["events"]
    assert len(cbor2.dumps(told)) <= MAX_SPACE + 8
    assert told[0]["auxiliaryinfo"][0] == "peer 2999"


def test_a_factory_reset_empties_it() -> None:
    """The next owner reads nothing of what happened before, and all of the space is free."""
    world = World(owned())
    world.audit(REFUSED)
    assert world.get(AEL)["usedspace"] > 0
    world.audit.clear()
    body = world.get(AEL)
    assert (body["events"], body["usedspace"]) == ([], 0)


def test_the_space_is_as_documented() -> None:
    """Spelled out a second time on purpose: 4 KiB in all, and 256 characters of a text."""
    world = World(owned())
    world.audit(HandshakeRefused(peer="there", reason="x" * 500, alert=None))
    body = world.get(AEL)
    assert body["maxspace"] == 4096
    assert [len(text) for text in body["events"][0]["auxiliaryinfo"]] == [5, 256]
