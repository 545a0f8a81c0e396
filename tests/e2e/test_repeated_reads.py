"""The same question again: the answer is what holds now, though nothing is computed twice."""

import gc
import weakref
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from aiocoap import GET
from device_scene import OWNER, Scene, make_scene
from msgspec.structs import replace
from stranger import AnonymousSession, Stranger

from onboardee.device.machine.repeats import MAX_REMEMBERED
from onboardee.device.resources.appliance import ApplianceResource
from onboardee.device.testing.setup import BEGINNING
from onboardee.obt import OnboardingError, OwnedDevice, run
from onboardee.svrdb.model import Ace, AceResource, Con, Database, RoleId, Subject, TimePattern

SWITCH = "/light/switch"
WHILE = timedelta(minutes=2)
"""Shorter than a session may be idle."""
USER = RoleId(role="user")


@pytest.fixture
def scene() -> Scene:
    """Put a light on a network."""
    return make_scene()


@pytest.fixture
def owner(scene: Scene) -> OwnedDevice:
    """Take ownership of the light, and have read what is read again."""
    owner = scene.own()
    for path in (SWITCH, "/oic/d", "/oic/res"):
        assert run(owner.read(path)) == run(owner.read(path))
    return owner


def value(owner: OwnedDevice) -> object:
    """Read whether the light is on."""
    answer: Any = run(owner.read(SWITCH))
    return answer["value"]


def edit(scene: Scene, change: Callable[[Database], Database]) -> None:
    """Put another database in place."""
    scene.device.store.current = change(scene.device.store.current)  # type: ignore[misc]


def with_entry(subject: Subject, **settings: Any) -> Callable[[Database], Database]:
    """Let somebody read the switch, and nobody else."""
    entry = Ace(
        aceid=7, subject=subject, resources=(AceResource(href=SWITCH),), permission=2, **settings
    )
    return lambda database: replace(database, acl2=replace(database.acl2, entries=(entry,)))


def until(moment: timedelta) -> str:
    """Write a period from the beginning on."""
    return f"{BEGINNING:%Y%m%dT%H%M%SZ}/{BEGINNING + moment:%Y%m%dT%H%M%SZ}"


def test_a_resource_is_asked_once(
    scene: Scene, owner: OwnedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as nothing changes its representation is made once."""
    asked = []
    retrieve = ApplianceResource.retrieve
    monkeypatch.setattr(
        ApplianceResource, "retrieve", lambda *given: asked.append(1) or retrieve(*given)
    )
    scene.network.send(scene.device.set_values(SWITCH, {"value": True}, scene.network.now))
    assert [value(owner) for _ in range(5)] == [True] * 5
    assert len(asked) == 1


def test_changes_of_values_are_told(scene: Scene, owner: OwnedDevice) -> None:
    """What the world and clients change is read at once."""
    assert value(owner) is False
    scene.network.send(scene.device.set_values(SWITCH, {"value": True}, scene.network.now))
    assert value(owner) is True
    run(owner.update(SWITCH, {"value": False}))
    assert value(owner) is False


def test_a_new_name_is_told(scene: Scene, owner: OwnedDevice) -> None:
    """What the database says is read as it says it now."""
    edit(scene, lambda database: replace(database, con=Con(name="Kitchen")))
    answer: Any = run(owner.read("/oic/d"))
    assert answer["n"] == "Kitchen"


def test_each_query_has_its_own_answer(owner: OwnedDevice) -> None:
    """Another interface, another answer."""
    plain: Any = run(owner.read(SWITCH))
    baseline: Any = run(owner.read(SWITCH, query=("if=oic.if.baseline",)))
    assert "rt" not in plain
    assert "rt" in baseline
    assert run(owner.read(SWITCH)) == plain


def test_lost_access_is_refused(scene: Scene, owner: OwnedDevice) -> None:
    """Who may not read any more gets nothing of what was read before."""
    edit(scene, with_entry(Subject(uuid="99999999-2222-4333-8444-555555555555")))
    with pytest.raises(OnboardingError, match=r"4\.01"):
        run(owner.read(SWITCH))


def test_access_ends_with_its_validity(scene: Scene, owner: OwnedDevice) -> None:
    """An entry that has expired grants nothing, though it granted the same a moment ago."""
    validity = (TimePattern(period=until(WHILE)),)
    edit(scene, with_entry(Subject(uuid=str(OWNER)), validity=validity))
    assert value(owner) is False
    assert value(owner) is False
    scene.network.run(WHILE.total_seconds() + 1)
    with pytest.raises(OnboardingError, match=r"4\.01"):
        run(owner.read(SWITCH))


def test_access_ends_with_the_period_of_a_role(scene: Scene, owner: OwnedDevice) -> None:
    """A role that a key gives until some time is gone then, in the midst of a session."""

    def with_role(database: Database) -> Database:
        credentials = tuple(
            replace(each, role=USER, period=until(WHILE)) if each.subject == str(OWNER) else each
            for each in database.cred.credentials
        )
        return replace(database, cred=replace(database.cred, credentials=credentials))

    edit(scene, with_role)
    edit(scene, with_entry(Subject(role=USER.role)))
    assert value(owner) is False
    assert value(owner) is False
    scene.network.run(WHILE.total_seconds() + 1)
    with pytest.raises(OnboardingError, match=r"4\.01"):
        run(owner.read(SWITCH))


def test_a_transfer_silences_what_was_told_before(scene: Scene) -> None:
    """While somebody takes ownership, nobody else reads even what they have just read."""
    stranger = Stranger(scene)
    stranger.select()
    first = stranger.ask(GET, "/oic/d")
    assert stranger.ask(GET, "/oic/d").payload == first.payload
    AnonymousSession(scene).open()
    assert stranger.ask(GET, "/oic/d").code.dotted == "4.01"


def test_questions_are_not_remembered_without_end(scene: Scene) -> None:
    """A stranger with ever new queries fills nothing."""
    stranger = Stranger(scene, host="127.0.0.1")
    for number in range(3 * MAX_REMEMBERED):
        answer = stranger.ask(GET, "/oic/d", uri_query=[f"x={number}"])
        assert answer.code.dotted == "2.05"
    assert len(scene.device.parts.service.remembered) <= MAX_REMEMBERED


def test_what_a_session_was_told_goes_with_it(scene: Scene, owner: OwnedDevice) -> None:
    """When a session is over, no answer is kept for its peer, and nothing keeps its secret."""
    (session,) = scene.device.parts.peers.sessions
    gone = weakref.ref(session)
    del session
    assert len(scene.device.parts.service.remembered) > 0
    owner.close()
    scene.network.run(1)
    gc.collect()
    assert len(scene.device.parts.service.remembered) == 0
    assert gone() is None
