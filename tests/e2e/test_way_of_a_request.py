"""How much of the program a request passes: each stage once, and none that it has no need of."""

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

import pytest
from aiocoap import GET
from device_scene import Scene, make_scene
from stranger import Stranger

import onboardee
from onboardee.obt import run

assert onboardee.__file__ is not None
PROGRAM = Path(onboardee.__file__).parent
MOST_FILES = 15
MOST_CALLS = 60
SWITCH = "/light/switch"


@pytest.fixture
def scene() -> Scene:
    """Put a light on a network."""
    return make_scene()


def crossed(scene: Scene, ask: Callable[[], object]) -> Counter[str]:
    """Ask something of the device; return its files that run, each with the calls into it."""
    calls: Counter[str] = Counter()
    device = scene.device.device
    receive = device.receive

    def note(frame: Any, event: str, _argument: object) -> None:
        path = PurePath(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(PROGRAM):
            calls[str(path.relative_to(PROGRAM))] += 1

    def watched(*arguments: Any) -> Any:
        sys.setprofile(note)
        try:
            return receive(*arguments)
        finally:
            sys.setprofile(None)

    device.receive = watched
    try:
        ask()
    finally:
        device.receive = receive
    return calls


def test_a_repeated_read_over_a_session(scene: Scene) -> None:
    """A client that asks again gets its answer on a short way through few files."""
    owner = scene.own()
    for _ in range(2):
        run(owner.read(SWITCH))
    calls = crossed(scene, lambda: run(owner.read(SWITCH)))
    assert len(calls) <= MOST_FILES, calls
    assert calls.total() <= MOST_CALLS, calls


def test_a_repeated_read_in_the_clear(scene: Scene) -> None:
    """So does somebody who asks without a session."""
    stranger = Stranger(scene, host="127.0.0.1")
    for _ in range(2):
        stranger.ask(GET, "/oic/d")
    calls = crossed(scene, lambda: stranger.ask(GET, "/oic/d"))
    assert len(calls) <= MOST_FILES, calls
    assert calls.total() <= MOST_CALLS, calls
