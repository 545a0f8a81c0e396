"""All trials at once, for a person with a graphical tool.

Nobody runs eighty attempts one by one against eighty devices that he has to start and stop. So all
devices of the trials are there at the same time, each named after what is wrong with it. The person
presses the button of his tool for one after the other, in any order, as often as he likes; the
terminal says how each came out and what is left to do.
"""

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import click

from onboardee.device.audit.claims import TrialOutcome
from onboardee.device.audit.sighting import Phase, Sighting
from onboardee.device.audit.trial import Need, Trial
from onboardee.device.cli.trial_stand import StandDevice, stood
from onboardee.device.fleet.expanding import titled
from onboardee.device.net.binding import Ports
from onboardee.device.net.hub import Hub
from onboardee.device.simulation.profile import Profile
from onboardee.device.trace.items import Item

TURN: Final = 0.5
"""Seconds between two looks at how long tools have been silent."""

Say = Callable[[str], None]


class Hall:
    """The devices of all trials, and where each trial is."""

    def __init__(self, quiet: float, say: Say) -> None:
        """Tell with `say`; an attempt is over when nothing was asked for `quiet` seconds."""
        self._quiet = quiet
        self._say = say
        self._hub = Hub()
        self.rooms: Final[list[Room]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self, trials: Sequence[Trial], profile: Profile, ports: Ports) -> None:
        """Make the devices and say what they are. Raises `BindError`."""
        for number, trial in enumerate(trials, 1):
            name = f"Trial {number}: {trial.title}"
            named = titled(profile, name)
            sighting = Sighting(trial, self._quiet)
            room = Room(number, sighting, self._tell)
            room.device = stood(self._hub, trial, named, ports, [room.take])
            room.device.on_acted = room.act
            self.rooms.append(room)
            self._say(f"  {name}: {trial.sentence}; expected: the tool {trial.expectation}")
            if trial.needs is Need.PIN:
                self._say(f"    the PIN, which is a wrong one: {room.device.told_pin()}")

    async def watch(self, stopped: asyncio.Event) -> list[TrialOutcome]:
        """Watch until all trials are done or somebody stops it; return how they came out."""
        while self.left() and not stopped.is_set():
            try:
                await asyncio.wait_for(stopped.wait(), TURN)
            except TimeoutError:
                for room in self.rooms:
                    room.wait()
        return [room.sighting.end() for room in self.rooms]

    def left(self) -> int:
        """Return how many trials are not done."""
        return sum(room.sighting.phase is not Phase.DONE for room in self.rooms)

    def close(self) -> None:
        """Stop all devices."""
        for task in self._tasks:
            task.cancel()
        self._hub.stop()

    def _tell(self, room: "Room") -> None:
        """Say where a trial is now; make its device ready for what comes next."""
        sighting = room.sighting
        name = f"Trial {room.number}: {sighting.trial.title}"
        if sighting.outcome is not None:
            outcome = sighting.outcome
            self._say(f"{outcome.verdict:13} {name}: {outcome.reason}")
            self._say(self._rest())
            return
        self._say(f"{sighting.phase}  {name}")
        if sighting.phase is Phase.AGAIN:
            self._make_honest(room.device)
            if sighting.trial.needs is Need.PIN:
                self._say(f"    the PIN, which is the right one now: {room.device.told_pin()}")

    def _make_honest(self, device: StandDevice) -> None:
        """Let a device be honest; one that is owned by a useless key is reset, others are not.

        The next attempt of the tool may have begun: it is not to be disturbed.
        """
        device.be_honest()
        if device.is_owned:
            task = asyncio.get_running_loop().create_task(device.restore())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _rest(self) -> str:
        waiting = [str(room.number) for room in self.rooms if room.sighting.phase is Phase.WAITING]
        again = [str(room.number) for room in self.rooms if room.sighting.phase is Phase.AGAIN]
        parts = [f"{self.left()} of {len(self.rooms)} left"]
        parts += [f"to own: {', '.join(waiting)}"] if waiting else []
        parts += [f"to own once more: {', '.join(again)}"] if again else []
        return "    " + "; ".join(parts)


@dataclass
class Room:
    """A trial with its device, which tells when it gets on."""

    number: int
    sighting: Sighting
    tell: Callable[["Room"], None]
    device: StandDevice = field(init=False)
    """Set when it is made; before that nobody knows of it."""

    def act(self) -> None:
        """Take that a fault acted."""
        self._change(lambda: self.sighting.act(self.device.acted[-1], time.monotonic()))

    def take(self, item: Item) -> None:
        """Take an item of the trace of the device."""
        if not hasattr(self, "device"):
            return  # it has just begun to live
        now, is_owned = time.monotonic(), self.device.is_owned
        self._change(lambda: self.sighting.take(item, now, is_owned=is_owned))

    def wait(self) -> None:
        """Take that time passed."""
        now, is_owned = time.monotonic(), self.device.is_owned
        self._change(lambda: self.sighting.wait(now, is_owned=is_owned))

    def _change(self, step: Callable[[], None]) -> None:
        before = self.sighting.phase
        step()
        if self.sighting.phase is not before:
            self.tell(self)


def run_side_by_side(
    trials: Sequence[Trial], profile: Profile, ports: Ports, quiet: float
) -> list[TrialOutcome]:
    """Run the trials until all are done or Ctrl-C; return how they came out.

    Raises `BindError` or OSError, and then none runs.
    """
    return asyncio.run(_run(trials, profile, ports, quiet))


async def _run(
    trials: Sequence[Trial], profile: Profile, ports: Ports, quiet: float
) -> list[TrialOutcome]:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    hall = Hall(quiet, lambda line: click.echo(line, err=True))
    try:
        click.echo("Own each of these with your tool, in any order; Ctrl-C ends it:", err=True)
        hall.open(trials, profile, ports)
        return await hall.watch(stopped)
    finally:
        hall.close()
