"""What each fault does to a tool, and that nothing else changes."""

import re
from contextlib import suppress

import pytest
from fault_scene import with_faults

from onboardee.device.audit.attempts import attempts
from onboardee.device.faults.steps import STEPS
from onboardee.device.faults.terms import Effect, FaultError, parse
from onboardee.device.trace import items
from onboardee.obt import ObtError
from onboardee.svrdb.model import State

HARMLESS = [
    "drop at=select",
    "drop at=credential",
    "drop at=credential way=in",
    "drop flight=ServerHello",
    "drop flight=Finished",
    "drop flight=ClientHello way=in",
    "duplicate at=owner",
    "delay at=owned seconds=3",
    "separate at=select seconds=2",
    "corrupt at=owner",
    "truncate at=om",
    "crowd at=discovery",
    "wrong-token at=select",
    "wrong-id at=select",
    "slow-disk at=owned seconds=1",
]
"""Those that a sound tool gets over, by repeating or by waiting."""

FATAL = [
    "refuse at=om",
    "refuse at=owner code=5.03",
    "refuse at=credential code=4.00",
    "refuse at=owned code=5.00",
    "refuse at=rfpro",
    "answer at=select code=4.03",
    "ignore at=owner",
    "ignore at=owned",
    "ignore at=rfpro",
    "close at=owner",
    "alert at=owner",
    "silence at=credential",
    "restart-before at=owned",
    "restart-after at=credential",
    "reset at=owner",
    "full-disk at=credential",
    "failing-disk at=owned",
    "other-key at=credential",
    "other-suite flight=ServerHello times=0",
    "old-version flight=ServerHello times=0",
    "not-cbor at=read times=0",
    "deep-cbor at=read times=0",
    "huge-cbor at=read times=0",
    "wrong-format at=read times=0",
    "unknown-critical at=read times=0",
    'patch at=read times=0 payload={"owned":true}',
    'patch at=read times=0 payload={"oxms":[65281]}',
]
"""Those upon which a sound tool gives up, and says so."""


def test_without_faults_nothing_changes() -> None:
    """A device with a fault that never acts is owned as any other."""
    scene = with_faults("drop at=select nth=99")
    scene.own()
    assert scene.device.database.state is State.RFNOP
    assert scene.acted == []


@pytest.mark.parametrize("fault", HARMLESS)
def test_a_sound_tool_gets_over_it(fault: str) -> None:
    """The device is owned all the same, and the fault acted."""
    scene = with_faults(fault)
    scene.own()
    assert len(scene.acted) >= 1
    assert scene.device.database.state is State.RFNOP


@pytest.mark.parametrize("fault", FATAL)
def test_a_sound_tool_gives_up(fault: str) -> None:
    """The tool says that it failed, and the fault acted."""
    scene = with_faults(fault)
    with pytest.raises(ObtError):
        scene.own(within=60)
    assert len(scene.acted) >= 1


@pytest.mark.parametrize("fault", [each for each in FATAL if "times=0" not in each])
def test_the_next_attempt_of_an_honest_device_works(fault: str) -> None:
    """After a fault that acted once and a reset the device can be owned."""
    scene = with_faults(fault)
    with pytest.raises(ObtError):
        scene.own(within=60)
    scene.network.run(700)
    scene.network.send(scene.device.press_reset(scene.network.now))
    scene.network.run(10)
    if fault.startswith("silence"):
        return  # it is silent towards this peer for good
    scene.own()
    assert scene.device.database.state is State.RFNOP


def test_ignored_means_that_nothing_was_done() -> None:
    """The tool gets 2.04, and the database has nothing of it."""
    scene = with_faults("ignore at=owner")
    with pytest.raises(ObtError):
        scene.own()
    answers = [
        item
        for item in scene.items
        if isinstance(item, items.Message) and item.way == "out" and item.code == "2.04"
    ]
    assert answers
    changes = [item for item in scene.items if isinstance(item, items.Changed)]
    paths = {each["path"] for item in changes for each in item.differences}
    assert "doxm.devowneruuid" not in paths


def test_a_slow_disk_takes_its_time() -> None:
    """The device is told to wait for the disk before it answers."""
    scene = with_faults("slow-disk at=owned seconds=1.5")
    scene.own()
    assert scene.slept == [1.5]


def test_a_fault_acts_as_often_as_it_says() -> None:
    """`nth` and `times` count, and `chance` follows the seed."""
    scene = with_faults("drop at=credential nth=1 times=2")
    scene.own()
    assert len(scene.acted) == 2
    assert len(with_faults("drop path=/oic/sec/doxm chance=1e-9").acted) == 0


def test_faults_combine() -> None:
    """Two effects on one answer act both."""
    scene = with_faults("duplicate at=owner", "delay at=owner seconds=1", "drop at=om")
    scene.own()
    assert len(scene.acted) == 3


def test_a_fault_is_told_in_the_trace() -> None:
    """Who reads the trace sees what acted."""
    scene = with_faults("drop at=select")
    scene.own()
    told = [item for item in scene.items if isinstance(item, items.Happened)]
    assert any(item.event == "fault.acted" for item in told)
    assert len(attempts(scene.items)) == 1


@pytest.mark.parametrize("step", STEPS)
def test_every_step_can_be_named(step: str) -> None:
    """Each step of a transfer is met once by a tool that follows the specification."""
    scene = with_faults(f"duplicate at={step}")
    scene.own()
    assert len(scene.acted) == (0 if step == "rules" and not scene.acted else 1)


@pytest.mark.parametrize("effect", Effect)
def test_every_effect_is_tried(effect: Effect) -> None:
    """No effect is in the catalogue that no test lets act."""
    tried = {each.split()[0] for each in [*HARMLESS, *FATAL]}
    elsewhere = {"certificate", "clock-jump", "timer-jump"}
    others = {"answer", "reorder", "wrong-port", "endless-blocks", "patch"}
    assert effect in tried | others | elsewhere


@pytest.mark.parametrize(
    "fault", ["reorder at=owner", "wrong-port at=select", "endless-blocks at=read"]
)
def test_others_act_too(fault: str) -> None:
    """What a tool makes of these depends on it; here they act and do no harm to the device."""
    scene = with_faults(fault)
    with suppress(ObtError):
        scene.own(within=60)
    assert scene.acted


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("explode at=select", "do: explode is not possible; known here: drop, delay"),
        ("duplicat at=select", "do: duplicat is not possible; did you mean duplicate?"),
        ("drop at=breakfast", "at: breakfast is not possible; known here: discovery"),
        ("drop at=credentials", "at: credentials is not possible; did you mean credential?"),
        (
            "drop flight=ServerHallo",
            "flight: ServerHallo is not possible; did you",
        ),
        ("drop select", "'select' is not NAME=VALUE"),
        ("drop at=select times=-1", "times: Expected `int` >= 0"),
        ("drop way=up", "way: up is not possible"),
        ("drop colour=red", "there is no colour; known here: do"),
        ("drop pth=/oic/d", "there is no pth; did you mean path?"),
        ("patch at=read payload={", "payload: this is not JSON"),
        ("drop seconds=3", "seconds: drop has no use for it"),
        ("delay seconds=-3", "seconds: only the time of day goes back"),
    ],
)
def test_a_mistake_is_said(text: str, sentence: str) -> None:
    """Who writes a fault wrongly reads what is wrong with it."""
    with pytest.raises(FaultError, match=re.escape(sentence)):
        parse(text)
