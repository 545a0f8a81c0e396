"""Trials that only the device sees: what it makes of a tool that says nothing."""

import asyncio

import pytest
from audit_scene import onboarded
from click.testing import CliRunner
from msgspec.structs import replace

from onboardee.device.audit.claims import TrialOutcome
from onboardee.device.audit.sighting import Phase, Sighting
from onboardee.device.audit.trial import Trial
from onboardee.device.audit.trials import TRIALS
from onboardee.device.audit.verdicts import Verdict
from onboardee.device.cli import main, side_by_side
from onboardee.device.cli.side_by_side import Hall
from onboardee.device.net.binding import Ports
from onboardee.device.simulation.profile import load
from onboardee.device.trace import items
from onboardee.device.trace.items import Item
from onboardee.obt import Address, AsyncioTransport, ObtError, find_unowned_at, take_ownership
from onboardee.obt.orders import CR3006
from onboardee.wire.entropy import SystemEntropy, random_uuid

SOUND = onboarded().items
BY_NAME = {trial.name: trial for trial in TRIALS}
SELECTION = next(
    item
    for item in SOUND
    if isinstance(item, items.Message) and item.code == "POST" and "oxmsel" in item.content
)
AGAIN = replace(SELECTION, octets=b"another")
RESET = items.Happened(number=1, at=0, event="device.reset", fields={})


def sighting(name: str) -> Sighting:
    """Return a trial whose fault has acted."""
    found = Sighting(BY_NAME[name], quiet=30)
    found.take(SELECTION, 0, is_owned=False)
    found.act("did it", 1)
    return found


@pytest.mark.parametrize("end", [AGAIN, RESET])
def test_a_tool_gives_up_and_owns_it_afterwards(end: Item) -> None:
    """It begins anew or resets the device, finds it honest, and passes."""
    seen = sighting("refuses-owned")
    seen.take(end, 2, is_owned=False)
    assert seen.phase is Phase.AGAIN
    seen.take(SELECTION, 3, is_owned=True)
    assert seen.end().verdict is Verdict.PASSED


def test_a_repeated_request_is_no_other_attempt() -> None:
    """A tool that repeats its selection, as its answer was lost, has not given up."""
    seen = sighting("lost-answer-select")
    seen.take(SELECTION, 3, is_owned=False)
    assert seen.phase is Phase.ACTED
    seen.take(SELECTION, 3, is_owned=True)
    assert seen.end().verdict is Verdict.PASSED


def test_a_tool_that_does_not_notice() -> None:
    """The device is owned although the tool was to give up."""
    seen = sighting("refuses-owned")
    seen.take(SELECTION, 2, is_owned=True)
    assert seen.end().verdict is Verdict.FAILED
    assert seen.end().reason == "the tool did not notice, and owns the device"


def test_a_tool_that_does_not_complete() -> None:
    """It falls silent, and the device is not owned."""
    seen = sighting("lost-answer-om")
    seen.wait(30.9, is_owned=False)
    assert seen.phase is Phase.ACTED
    seen.wait(31, is_owned=False)
    assert seen.end().verdict is Verdict.FAILED


def test_a_tool_that_is_silent_gave_up() -> None:
    """Where it was to give up, silence is that; looking around is silence, too."""
    looking = next(item for item in SOUND if getattr(item, "code", "") == "GET")
    seen = sighting("goes-silent-at-om")
    seen.take(looking, 30, is_owned=False)
    seen.wait(31, is_owned=False)
    assert seen.phase is Phase.AGAIN
    assert seen.end().verdict is Verdict.NOT_REACHED


def test_a_useless_key_owns_the_device_for_a_while() -> None:
    """A device that derived another key counts as given up once the tool is silent."""
    seen = sighting("other-key")
    seen.take(SELECTION, 2, is_owned=True)
    assert seen.phase is Phase.ACTED
    seen.wait(40, is_owned=True)
    assert seen.phase is Phase.AGAIN
    seen.take(SELECTION, 50, is_owned=True)
    assert seen.end().verdict is Verdict.PASSED


def test_a_fault_that_never_acted() -> None:
    """Owned or not, such a trial proves nothing."""
    seen = Sighting(BY_NAME["refuses-owned"], quiet=30)
    seen.take(SELECTION, 0, is_owned=True)
    seen.wait(100, is_owned=True)
    assert seen.end().verdict is Verdict.NOT_REACHED
    assert seen.end().reason == "its fault never acted"


NAMES = ("refuses-owned", "doubled", "full-disk")


async def own(port: int) -> bool:
    """Own a device as a person does who presses the button of a tool."""
    async with AsyncioTransport() as transport:
        try:
            found = await find_unowned_at(transport, Address("127.0.0.1", port), patience=4)
            owner = random_uuid(SystemEntropy())
            await take_ownership(transport, found, owner, order=CR3006, within=6)
        except ObtError:
            return False
    return True


async def presses(hall: Hall) -> None:
    """Own all devices, and those once more that the terminal names."""
    ports = [room.device.places()["port"] for room in hall.rooms]
    for _ in range(2):
        for port, room in zip(ports, hall.rooms, strict=True):
            if room.sighting.phase is not Phase.DONE:
                await own(int(port))
        await asyncio.sleep(0.1)


def lived(trials: list[Trial]) -> tuple[list[TrialOutcome], list[str]]:
    """Let a person try a tool with some trials; return outcomes and what the terminal said."""
    told: list[str] = []

    async def life() -> list[TrialOutcome]:
        hall = Hall(20, told.append)
        try:
            hall.open(trials, load("light"), Ports(hosts=("127.0.0.1",)))
            pressing = asyncio.create_task(presses(hall))
            found = await asyncio.wait_for(hall.watch(asyncio.Event()), 30)
            await pressing
            return found
        finally:
            hall.close()

    return asyncio.run(life()), told


def test_a_person_with_a_sound_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every device is named after its trial, and the terminal says what is left."""
    monkeypatch.setattr(side_by_side, "TURN", 0.05)
    outcomes, told = lived([BY_NAME[name] for name in NAMES])
    assert {each.verdict for each in outcomes} == {Verdict.PASSED}, told
    assert told[0].startswith(
        "  Trial 1: refuses owned: 5.03 to the step owned; expected: the tool"
    )
    assert any(line.startswith("gave up: own it once more  Trial 1") for line in told)
    assert "    0 of 3 left" in told


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a person press Ctrl-C at once."""

    async def at_once(hall: Hall, stopped: asyncio.Event) -> list[TrialOutcome]:
        stopped.set()
        return [room.sighting.end() for room in hall.rooms]

    monkeypatch.setattr(Hall, "watch", at_once)


@pytest.mark.usefixtures("stopped")
def test_the_command_says_what_to_do() -> None:
    """Who stops it before anything happened reads that nothing was reached, and exit code 2."""
    only = [word for name in (*NAMES, "pin-unknown") for word in ("--only", name)]
    words = ["audit", "light", "--trials", "--side-by-side", "--host", "127.0.0.1", *only]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert "Own each of these with your tool" in result.output
    assert "    the PIN, which is a wrong one: 12345670" in result.output
    assert "4 not reached" in result.output
