"""What each step changed, as the page shows it."""

import itertools
import json
from typing import Any
from uuid import UUID

import pytest
from test_web_api import followed
from web_support import ask, shown

from onboardee.device.events import Bus
from onboardee.device.machine import layer
from onboardee.device.testing import MemoryNetwork, memory_device
from onboardee.device.testing.local import LocalDevice
from onboardee.device.trace.tracing import Tracer
from onboardee.device.web import changes as changes_module
from onboardee.device.web.changes import Change, Changes, Remembering
from onboardee.obt import MemoryTransport, ObtEngine, find_unowned, run, take_ownership
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Path

ONE = "/api/v1/devices/one"
OWNER = UUID("11111111-2222-4333-8444-555555555555")


def owned() -> tuple[list[Change], LocalDevice]:
    """Let a tool own a light whose changes are remembered; return them, and the light."""
    told: list[Change] = []
    changes = Changes(told.append)
    network = MemoryNetwork()
    device = memory_device(
        network, bus=Bus("one"), around=lambda inner: Remembering(inner, changes.note)
    )
    transport = MemoryTransport(network, ObtEngine(entropy=SeededEntropy("tool")))
    found = run(find_unowned(transport, enough=1))
    run(take_ownership(transport, found[0], OWNER))
    assert told == changes.of("one")
    assert not changes.of("two")
    return told, device


def test_each_step_of_a_transfer_says_what_it_changed() -> None:
    """The request, and the properties that are others since; one follows upon the other."""
    changes, device = owned()
    assert [each.number for each in changes] == [*range(1, len(changes) + 1)]
    assert all(one.after is other.before for one, other in itertools.pairwise(changes))
    assert changes[-1].after is device.database
    steps = {
        (each.cause, difference["path"])
        for each in changes
        for difference in each.told()["differences"]
    }
    assert {
        ("POST /oic/sec/doxm", "doxm.devowneruuid"),
        ("POST /oic/sec/doxm", "doxm.owned"),
        ("POST /oic/sec/cred", "cred.creds[credid=1]"),
        ("POST /oic/sec/pstat", "pstat.dos.s"),
    } <= steps


def test_no_change_tells_a_key() -> None:
    """Of the owner credential the length is told."""
    changes, device = owned()
    (owner,) = device.database.cred.credentials
    assert owner.private is not None
    text = json.dumps([each.told() for each in changes])
    assert "<secret 16 bytes>" in text
    for written in (owner.private.data.hex(), str(owner.private.data)):
        assert written not in text


def test_what_was_compared_is_told_again(monkeypatch: Any) -> None:
    """A page that asks again, as there is one change more, costs no comparison of those before."""
    changes, _ = owned()
    before = [each.told() for each in changes]
    monkeypatch.delattr(changes_module, "differences")
    assert [each.told() for each in changes] == before


async def test_the_page_is_told_and_asks() -> None:
    """A reset is one step, which the stream tells and the list has."""
    async with shown() as found:
        assert (await ask(found.app, f"{ONE}/changes")).json["ok"] == []

        async def reset() -> None:
            await ask(found.app, f"{ONE}/commands", {"do": "reset"})

        events = await followed(found, "?device=one", reset)
        assert {"device": "one", "event": "feed.stored", "cause": "a reset"} in events
        (told,) = (await ask(found.app, f"{ONE}/changes")).json["ok"]
        assert (told["number"], told["cause"], told["differences"]) == (1, "a reset", [])


def test_the_oldest_is_forgotten(monkeypatch: Any) -> None:
    """The list has a bound, whatever a tool writes."""
    monkeypatch.setattr(changes_module, "MOST", 3)
    changes = Changes(lambda _change: None)
    device = memory_device(MemoryNetwork(), bus=Bus("one")).device
    for _ in range(5):
        changes.note(device, device.database)
    assert [each.number for each in changes.of("one")] == [3, 4, 5]


def test_while_nobody_looks_a_datagram_is_handed_on_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A tool waits no longer for a device that is on a page which is not open."""

    def made(*_: object) -> None:
        raise AssertionError("something was made of the datagram")

    inner = memory_device(MemoryNetwork(), bus=Bus("one")).device
    device = Tracer(Remembering(inner, lambda *_: None), None)
    monkeypatch.setattr(layer, "Received", made)
    # CON GET /oic/res (RFC 7252 3)
    path = Path("127.0.0.1", 5683, "127.0.0.1", 40000)
    step = device.receive(b"\x41\x01\x00\x01x\xb3oic\x03res", path, 0.0)
    assert step.send
