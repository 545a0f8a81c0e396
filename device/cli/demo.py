"""`onboardee demo`: a whole ownership of a light, printed message by message.

It is the shortest complete onboarding: device and tool are in one process and talk over real
sockets. Each step is checked on the device's side, so the demo is also a test of the installation
(exit code 1 if anything is not as it should be).
"""

import asyncio
import re
import tempfile
import textwrap
import time
from uuid import UUID, uuid4

import click
from msgspec.structs import replace

from onboardee.device.events import Bus, DeviceReset, Event
from onboardee.device.machine.boot import Surroundings, boot
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.net.binding import Ports
from onboardee.device.net.hosted import HostedDevice
from onboardee.device.net.hub import Hub
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.compatibility import PRESETS, Preset
from onboardee.device.simulation.profile import load
from onboardee.obt import (
    ALL_ORDERS,
    LITE,
    OIC11,
    ORDERS,
    Address,
    AsyncioTransport,
    ObtError,
    Order,
    OwnedDevice,
    Permission,
    Rule,
    StepReport,
    Subject,
    Target,
    find_unowned_at,
    take_ownership,
)
from onboardee.svrdb import State, is_same_identity, open_directory
from onboardee.wire.entropy import SystemEntropy

HOST = "127.0.0.1"
"""Only this machine takes part."""
RESET_DELAY = 0.2
"""Seconds; the profile's own two would make people wait."""
PATIENCE = 5.0
"""Seconds in which an observer hears of a change."""
WIDTH = 52
"""Columns of a request in the printed table."""
UUID_TEXT = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
"""UUIDs are printed by their first eight digits."""

LIGHT = ("/light/switch", "/light/dimming")
"""The resources that the owner gives itself access to."""


class DemoError(Exception):
    """Something did not do what it says."""


def expect(is_so: bool, sentence: str) -> None:
    """Raise `DemoError` unless what the sentence says is so.

    `sentence` is what should be so.
    """
    if not is_so:
        raise DemoError(f"expected: {sentence}")


@click.command("demo", epilog="Example: onboardee demo --order iot2")
@click.option(
    "--order",
    type=click.Choice([*ORDERS, OIC11.name], case_sensitive=False),
    default=LITE.name,
    help="In which order of messages to take ownership: as which tool does.",
)
def command(order: str) -> None:
    """Start a light, own it, switch it, reset it, and print every message.

    Everything happens in this process, over real sockets on the loopback interface. Exit code 1
    if any step does not do what it says.
    """
    began = time.perf_counter()
    try:
        asyncio.run(Demo(ALL_ORDERS[order]).run())
    except (DemoError, ObtError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"\nAll of it took {time.perf_counter() - began:.2f} s.")


class Demo:
    """One light, one onboarding tool, and what they say to each other."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._owner = uuid4()
        self._is_reset = asyncio.Event()

    async def run(self) -> None:
        """Run it from the first start to the factory reset. Raises `DemoError`, `ObtError`.

        The device and its files are gone afterwards.
        """
        with tempfile.TemporaryDirectory() as directory:
            profile = load("light")
            profile = replace(
                profile, ownership=replace(profile.ownership, reset_delay=RESET_DELAY)
            )
            # A tool of OIC 1.1 needs a device that serves it.
            if self._order.style.is_old:
                profile = replace(profile, compat=PRESETS[Preset.OIC_1_1])
            bus = Bus()
            bus.subscribe(self._listen)
            entropy = SystemEntropy()
            with open_directory(directory, lambda: new_database(profile, entropy)) as store:
                device = boot(profile, store, Surroundings(entropy=entropy, bus=bus))
                hub = Hub()
                # Loopback only: no stranger can take part.
                hosted = hub.add(device, Ports(hosts=(HOST,)))
                try:
                    async with AsyncioTransport() as transport:
                        await self._tell(hosted, transport)
                finally:
                    hub.stop()

    async def _tell(self, hosted: HostedDevice, transport: AsyncioTransport) -> None:
        """Go through the whole ownership, and print each step."""
        device = hosted.device
        factory_uuid = device.database.doxm.device_uuid
        plain = next(each for each in hosted.endpoints if each.scheme == "coap")
        _headline("A light starts")
        _line(f"device {factory_uuid} in state {device.database.state.name}")
        _line("listens at " + ", ".join(str(each) for each in hosted.endpoints))
        _line("below, * marks what is sent over DTLS")

        _headline("An onboarding tool finds it and takes ownership (Just Works)")
        found = await find_unowned_at(transport, Address(HOST, plain.port), on_step=_tell_step)
        owned = await take_ownership(
            transport, found, self._owner, order=self._order, on_step=_tell_step
        )
        self._check_ownership(device, owned)

        async with owned as light:
            _headline("The owner gives itself access")
            await light.add_rules([self._rule()])
            await self._use(light)
            _headline("The owner gives the light up")
            await light.reset()
        await self._wait_for_reset()
        self._check_reset(device, factory_uuid)

    def _listen(self, event: Event) -> None:
        """Note that the device was reset."""
        if isinstance(event, DeviceReset):
            self._is_reset.set()

    async def _wait_for_reset(self) -> None:
        """Wait until the device says that it was reset. Raises `DemoError` if it takes too long."""
        try:
            await asyncio.wait_for(self._is_reset.wait(), 10 * RESET_DELAY)
        except TimeoutError as error:
            raise DemoError("expected: the device is reset in time") from error

    def _rule(self) -> Rule:
        """Return the access control entry that the owner adds for itself."""
        return Rule(
            subject=Subject(uuid=str(self._owner)),
            targets=tuple(Target(href=href) for href in LIGHT),
            permission=Permission.RETRIEVE | Permission.UPDATE | Permission.NOTIFY,
        )

    def _check_ownership(self, device: AnyDevice, owned: OwnedDevice) -> None:
        """Compare what both sides believe after the transfer."""
        database = device.database
        expect(database.state is State.RFNOP, "the device is in normal operation")
        expect(
            is_same_identity(database.doxm.owner_uuid, self._owner), "the device knows its owner"
        )
        # Compared as octets: both sides have derived them, none was sent.
        keys = {
            credential.private.data
            for credential in database.cred.credentials
            if credential.private is not None and credential.subject == str(self._owner)
        }
        expect(keys == {owned.ownership.key}, "both sides hold the same owner credential")
        _line("both sides hold the same owner credential")

    async def _use(self, light: OwnedDevice) -> None:
        """Read, update and observe, as the owner."""
        switch, dimming = LIGHT
        _headline("It switches the light on, dims it, and watches it")
        watched = await light.observe(switch)
        expect(await watched.next() == {"value": False}, "the light is off at first")
        await light.update(switch, {"value": True})
        expect(await watched.next(within=PATIENCE) == {"value": True}, "the observer sees it go on")
        _line("observed: the light is on")
        await light.update(dimming, {"dimmingSetting": 30})
        dimmed = await light.read(dimming)
        expect(isinstance(dimmed, dict) and dimmed["dimmingSetting"] == 30, "it is dimmed to 30")
        watched.stop()

    def _check_reset(self, device: AnyDevice, factory_uuid: UUID) -> None:
        """Expect the factory state, with nothing left of the owner."""
        database = device.database
        expect(database.state is State.RFOTM, "the device waits for an owner again")
        expect(not database.doxm.owned, "nobody owns the device")
        expect(not database.cred.credentials, "no credential is left")
        expect(database.doxm.device_uuid == factory_uuid, "it has its factory UUID again")
        _line(f"device {factory_uuid} in state {database.state.name}, as it left the factory")


def _headline(text: str) -> None:
    """Print what comes next."""
    click.echo()
    click.secho(text, bold=True)


def _line(text: str) -> None:
    """Print one line below a headline."""
    click.echo(f"  {text}")


def _tell_step(step: StepReport) -> None:
    """Write one exchange: what for, what was sent, what came back, how soon."""
    elapsed = click.style(f"{step.elapsed * 1000:6.1f} ms", dim=True)
    # A handshake has no path and no code.
    if step.method == "DTLS":
        _line(f"{step.purpose:40} {'DTLS':7} {click.style(step.outcome, fg='cyan')} {elapsed}")
        return
    lock = " " if step.uri.startswith("coap://") else "*"
    path = "/" + step.uri.split("/", 3)[3]
    said = UUID_TEXT.sub(r"\1…", f"{path} {step.payload}".rstrip())
    first, *rest = textwrap.wrap(said, WIDTH, break_on_hyphens=False)
    outcome = click.style(step.outcome, fg="green")
    _line(f"{step.purpose:40} {step.method:6}{lock} {first:{WIDTH}} {outcome} {elapsed}")
    for more in rest:
        _line(f"{'':49}{more}")
