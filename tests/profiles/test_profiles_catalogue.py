"""The built-in profiles: what every device of the catalogue keeps to."""

from typing import Any

import cbor2
import pytest
from catalogue import RESOURCES, SIMPLE, another, impossible, malformed, plain
from msgspec.structs import replace
from resource_support import FRIEND, STRANGER, World, owned

from onboardee.device.simulation.profile import ResourceProfile, built_in_names, load_all
from onboardee.svrdb.model import Ace, AceResource, State, Subject
from onboardee.wire.coap import Code, Method

BASELINE = "if=oic.if.baseline"


def world_of(name: str) -> World:
    """Start a device of the catalogue in normal operation, all of which may be used.

    Of what configures the device no wildcard is about, so that an entry names it.
    """
    (profile,) = load_all(name)
    database = owned(State.RFNOP)
    named = tuple(
        AceResource(href=each.href) for each in profile.resources if each.configures_device
    )
    if named:
        entry = Ace(aceid=90, subject=Subject(uuid=str(FRIEND)), permission=31, resources=named)
        acl2 = replace(database.acl2, entries=(*database.acl2.entries, entry))
        database = replace(database, acl2=acl2)
    return World(database, STRANGER, profile=profile)


def body_with(resource: ResourceProfile, now: Any, name: str, value: Any) -> dict[str, Any]:
    """Make an UPDATE of one property, with what an UPDATE has to carry as it is now."""
    required = [each for each, spec in resource.properties.items() if spec.required_in_update]
    return {**{each: plain(now[each]) for each in required}, name: value}


@pytest.mark.parametrize("name", built_in_names())
def test_every_profile_says_what_it_is(name: str) -> None:
    """Each has a name, a type, a line that describes it, and resources."""
    (profile,) = load_all(name)
    assert profile.description
    assert not profile.description.endswith(".")
    assert all(kind.startswith("oic.d.") for kind in profile.device.types)
    assert profile.resources


@pytest.mark.parametrize(("name", "resource"), RESOURCES)
def test_every_resource_has_the_baseline(name: str, resource: ResourceProfile) -> None:
    """All can be read with their common properties, and none claims to be OCF's core."""
    assert "oic.if.baseline" in resource.interfaces
    core = {kind for kind in resource.types if kind.startswith("oic.wk.")}
    scenes = {"oic.wk.scenelist", "oic.wk.scenecollection", "oic.wk.scenemember"}
    assert core <= {"oic.wk.col", "oic.wk.atomicmeasurement", *scenes}


@pytest.mark.parametrize(("name", "resource"), SIMPLE)
def test_range_and_step_are_those_that_are_enforced(name: str, resource: ResourceProfile) -> None:
    """A client that keeps to the range and step it reads never meets a refusal."""
    main = next(iter(resource.properties.values()))
    announced = {key: spec.initial for key, spec in resource.properties.items()}
    if resource.types == ("oic.r.sensor.props",):
        main = resource.properties["sensitivity"]
    if "measurement" in announced:
        main = resource.properties["measurement"]
    if "contaminantvalue" in announced:
        main = resource.properties["contaminantvalue"]
    if "range" in announced:
        assert announced["range"] == (main.minimum, main.maximum)
    if "step" in announced:
        assert announced["step"] == (main.step or 1)
    for axis in ("pan", "tilt"):
        if axis in announced:
            spec = resource.properties[axis]
            assert announced[f"{axis}_range"] == (spec.minimum, spec.maximum)
    for listed, chosen in (
        ("supportedModes", "modes"),
        ("machineStates", "currentMachineState"),
        ("jobStates", "currentJobState"),
        ("supporteddirections", "direction"),
    ):
        if listed in announced:
            assert announced[listed] == resource.properties[chosen].choices


@pytest.mark.parametrize(("name", "resource"), SIMPLE)
def test_writable_properties_can_be_written(name: str, resource: ResourceProfile) -> None:
    """A legal UPDATE is answered with 2.04, is visible, and touches nothing else."""
    world = world_of(name)
    for key, spec in resource.properties.items():
        before = world.get(resource.href)
        value = before[key] if spec.read_only else another(key, spec, before[key])
        body = body_with(resource, before, key, value)
        code, answer = world.ask(Method.POST, resource.href, body, BASELINE)
        assert code is Code.CHANGED, (key, value, world.last)
        assert answer[key] == value
        assert spec.read_only or len(spec.choices) == 1 or value != before[key]
        assert world.get(resource.href) == {**before, key: value}


@pytest.mark.parametrize(("name", "resource"), SIMPLE)
def test_read_only_properties_cannot(name: str, resource: ResourceProfile) -> None:
    """Another value for what is read-only is answered with 4.00, and nothing changes."""
    world = world_of(name)
    before = world.values()
    now = before[resource.href]
    for key, spec in resource.properties.items():
        if key == "units":
            continue  # in an UPDATE it names the unit of what is sent, and changes nothing
        if spec.read_only and (value := another(key, spec, now[key])) != plain(now[key]):
            body = body_with(resource, now, key, value)
            assert world.post(resource.href, body, BASELINE) is Code.BAD_REQUEST, (key, value)
            assert "read-only" in str(world.last)
    assert world.values() == before


@pytest.mark.parametrize(("name", "resource"), SIMPLE)
def test_impossible_values(name: str, resource: ResourceProfile) -> None:
    """Outside the range, off the steps, none of the choices: 4.03."""
    world = world_of(name)
    before = world.values()
    for key, spec in resource.properties.items():
        for value in impossible(spec, spec.initial) if not spec.read_only else ():
            body = body_with(resource, before[resource.href], key, plain(value))
            assert world.post(resource.href, body, BASELINE) is Code.FORBIDDEN, (key, value)
    assert world.values() == before


@pytest.mark.parametrize(("name", "resource"), SIMPLE)
def test_values_of_a_wrong_type(name: str, resource: ResourceProfile) -> None:
    """Text for a number, a number for a boolean, null for anything: 4.00."""
    world = world_of(name)
    before = world.values()
    for key, spec in resource.properties.items():
        for value in malformed(spec):
            body = cbor2.dumps(body_with(resource, before[resource.href], key, value))
            assert world.post(resource.href, body, BASELINE) is Code.BAD_REQUEST, (key, value)
    assert world.values() == before


@pytest.mark.parametrize(("name", "resource"), SIMPLE)
def test_unknown_properties_and_missing_ones(name: str, resource: ResourceProfile) -> None:
    """An unknown property is ignored; one that an UPDATE has to carry is missed with 4.00."""
    world = world_of(name)
    before = world.values()
    body = body_with(resource, before[resource.href], "x.example.unknown", 5)
    assert world.post(resource.href, body, BASELINE) is Code.CHANGED
    for required in body.keys() - {"x.example.unknown"}:
        rest = {key: value for key, value in body.items() if key != required}
        assert world.post(resource.href, rest, BASELINE) is Code.BAD_REQUEST
    assert world.values() == before
