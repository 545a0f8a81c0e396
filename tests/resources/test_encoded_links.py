"""Links of `/oic/res` that many devices have in common: encoded once, and each one's own."""

from typing import Any
from uuid import UUID

import cbor2
import pytest
from msgspec.structs import replace
from resource_support import DEVICE, PLAIN, World, in_state, plainly, unowned

from onboardee.device.access.call import Call
from onboardee.device.access.target import Kind, Operation, Target
from onboardee.device.resources import encoded_links
from onboardee.device.resources.appliance import ApplianceResource
from onboardee.device.resources.encoded_links import KnownLinks
from onboardee.device.simulation.profile import load
from onboardee.device.simulation.values import Values
from onboardee.svrdb.model import Database, State
from onboardee.wire.path import Path

RES = "/oic/res"
OTHER = UUID("eeeeeeee-bbbb-4ccc-8ddd-eeeeeeeeeeee")
CALL = Call(
    Operation.RETRIEVE,
    Target(href=RES, kind=Kind.CORE, types=("oic.wk.res",), interfaces=("oic.if.ll",)),
    PLAIN,
    unowned(),
)


def other_device() -> Database:
    """Make a device of the same kind with another UUID."""
    fresh = unowned()
    return replace(fresh, doxm=replace(fresh.doxm, device_uuid=OTHER))


def own(links: list[dict[str, Any]]) -> tuple[set[str], set[str]]:
    """Return what the links tell of the device alone: anchors and endpoints."""
    return {each["anchor"] for each in links}, {ep["ep"] for each in links for ep in each["eps"]}


def rest(links: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what else they tell."""
    return [{name: each[name] for name in each if name not in {"anchor", "eps"}} for each in links]


def switches(count: int) -> list[ApplianceResource]:
    """Make so many switches, with a sign in their paths that means something to formats of text."""
    (first, *_) = load("light").resources
    made = (replace(first, href=f"/100%b/{number}") for number in range(count))
    return [ApplianceResource(each, Values(each.properties), None) for each in made]


def test_equal_devices_tell_each_its_own() -> None:
    """The answers of two lights have the UUID and the address of each, and the rest in common."""
    one = plainly(unowned()).get(RES)
    there = Path("192.0.2.77", 5683, "192.0.2.9", 40000)
    before = encoded_links._form.cache_info().misses
    other = World(other_device(), PLAIN, path=there, has_session=False).get(RES)
    assert encoded_links._form.cache_info().misses == before  # nothing was encoded again
    both = {"coap://192.0.2.1:5683", "coaps://192.0.2.1:5684"}
    assert own(one) == ({f"ocf://{DEVICE}"}, both)
    both = {"coap://192.0.2.77:5683", "coaps://192.0.2.77:5684"}
    assert own(other) == ({f"ocf://{OTHER}"}, both)
    assert rest(one) == rest(other)


@pytest.mark.parametrize("count", [1, 23, 24, 255, 256])
def test_lists_of_any_length(count: int) -> None:
    """A device with few resources or hundreds of them lists each, with path and endpoints."""
    found = KnownLinks().of(switches(count), CALL)
    assert found is not None
    links = cbor2.loads(found.octets)
    assert [each["href"] for each in links] == [f"/100%b/{number}" for number in range(count)]
    assert all(each["anchor"] == f"ocf://{DEVICE}" for each in links)


def test_a_resource_that_comes_or_goes_is_noticed() -> None:
    """The list of a device whose resources change is that of the moment."""
    resources, known = switches(3), KnownLinks()
    listed = []
    for gone in (None, 1):
        if gone is not None:
            del resources[gone]
        found = known.of(resources, CALL)
        assert found is not None
        listed.append([each["href"] for each in cbor2.loads(found.octets)])
    assert listed == [["/100%b/0", "/100%b/1", "/100%b/2"], ["/100%b/0", "/100%b/2"]]


def test_a_search_for_very_much_is_answered_and_not_kept() -> None:
    """Whoever asks for types of great length gets its answer, and takes no memory."""
    before = encoded_links._form.cache_info().currsize
    light = plainly(unowned())
    (found,) = light.get(RES, "rt=" + "x" * 300, "rt=oic.wk.d")
    assert found["href"] == "/oic/d"
    assert encoded_links._form.cache_info().currsize == before


def test_endpoints_follow_the_state() -> None:
    """Doxm has an endpoint in the clear while the device waits for an owner, and not afterwards."""
    waiting, in_operation = (
        {each["href"]: len(each["eps"]) for each in plainly(in_state(state)).get(RES)}
        for state in (State.RFOTM, State.RFNOP)
    )
    assert (waiting["/oic/sec/doxm"], in_operation["/oic/sec/doxm"]) == (2, 1)
