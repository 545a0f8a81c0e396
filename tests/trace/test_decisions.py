"""Why a request was granted, as who traces the device reads it."""

from collections import Counter

import pytest
from trace_scene import OWNER, Traced, traced

from onboardee.device.faults.building import Maker
from onboardee.device.faults.terms import parse
from onboardee.device.machine.boot import Surroundings
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.machine.step import Keeper
from onboardee.device.simulation.profile import Profile
from onboardee.device.testing import MemoryNetwork, memory_device
from onboardee.device.trace import items, text
from onboardee.device.trace.tracing import Tracer
from onboardee.obt import MemoryTransport, ObtEngine, Permission, Rule, Subject, Target, run
from onboardee.wire.dtls.protection import CbcProtection
from onboardee.wire.entropy import SeededEntropy


def granted(seen: Traced) -> list[dict[str, object]]:
    """Return what was granted, in order."""
    happened = [item for item in seen.items if isinstance(item, items.Happened)]
    return [item.fields for item in happened if item.event == "access.granted"]


def test_each_request_tells_its_rule() -> None:
    """Every request of a transfer that is answered well has the rule that let it pass."""
    seen = traced()
    seen.own()
    found = granted(seen)
    assert {each["rule"] for each in found} >= {"ready-for-transfer", "ownership-connection"}
    requests = [
        item
        for item in seen.items
        if isinstance(item, items.Message) and item.is_request and item.way == "in"
    ]
    assert len(found) == len(requests)
    line = next(
        text.line_of(item)
        for item in seen.items
        if isinstance(item, items.Happened) and item.event == "access.granted"
    )
    assert line is not None
    assert line.startswith("· access.granted")


def test_an_entry_is_named() -> None:
    """Who reads by an access control entry is told with its number, at the second time, too."""
    seen = traced()
    owned = seen.own()
    rule = Rule(
        subject=Subject(uuid=str(OWNER)),
        targets=(Target(href="/light/switch"),),
        permission=Permission.RETRIEVE,
    )
    run(owned.add_rules([rule]))
    before = len(granted(seen))
    for _ in range(2):
        run(owned.read("/light/switch"))
    found = [each for each in granted(seen)[before:] if each["href"] == "/light/switch"]
    assert len(found) == 2
    assert {each["rule"] for each in found} == {"access-control-entry"}
    assert all(str(each["reason"]).startswith("granted by aceid ") for each in found)


def test_nobody_else_is_told() -> None:
    """The log and other subscribers hear of refusals only, whether the device is traced or not."""
    seen = traced()
    heard: list[str] = []
    seen.device.device.bus.subscribe(lambda event: heard.append(event.name))
    seen.own()
    assert granted(seen)
    assert "access.granted" not in heard


def test_records_are_opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """With faults and a trace together each record is decrypted once beside the device itself."""
    opened: Counter[tuple[int, bytes]] = Counter()
    decrypt = CbcProtection.open

    def count(self: CbcProtection, kind: int, sequence: int, fragment: bytes) -> bytes | None:
        opened[sequence, fragment] += 1
        return decrypt(self, kind, sequence, fragment)

    network = MemoryNetwork()
    seen = Traced(network, MemoryTransport(network, ObtEngine(entropy=SeededEntropy("tool"))))

    def make(profile: Profile, store: Keeper, surroundings: Surroundings) -> AnyDevice:
        maker = Maker(profile, store, surroundings)
        tracer = Tracer(maker.device([parse("drop at=rules nth=99")]), maker.secrets)
        tracer.follow(seen.items.append)
        return tracer

    seen.device = memory_device(network, make=make)
    monkeypatch.setattr(CbcProtection, "open", count)
    seen.own()
    assert len(opened) > 20
    # the peer that it is for, and one of those who look on
    assert max(opened.values()) == 2
