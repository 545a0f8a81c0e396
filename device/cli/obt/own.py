"""`onboardee obt own`: take ownership of devices."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import click

from onboardee.device.cli.obt.addresses import read_address, uri
from onboardee.device.cli.obt.failing import SeveralError, failure
from onboardee.device.cli.obt.reasons import reason
from onboardee.device.cli.obt.session import Session, Tool, as_json, pass_session, title
from onboardee.device.cli.reaching import find_at
from onboardee.device.cli.terminal import say
from onboardee.obt import (
    ALL_ORDERS,
    LITE,
    Address,
    Method,
    NoAnswerError,
    ObtError,
    Order,
    OwnedDevice,
    TrustAnchors,
    Unowned,
    find_unowned,
    take_ownership,
)
from onboardee.obt.database import DeviceRecord
from onboardee.obt.describing import describe
from onboardee.obt.errors import about
from onboardee.obt.fitting import fitting_order
from onboardee.obt.plans import own
from onboardee.obt.plans.owning import Keep
from onboardee.pki.key_pairs import CertifiedKey, load_p256
from onboardee.pki.pem import from_octets

METHODS: Final = {
    "jw": Method.JUST_WORKS,
    "rdp": Method.RANDOM_PIN,
    "mfgcert": Method.MANUFACTURER_CERTIFICATE,
}
PIN_ATTEMPTS: Final = 5
"""How often a person is asked for the PIN of a device."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How devices are to be owned."""

    order: Order | None = None
    method: Method | None = None
    pin: str | None = field(default=None, repr=False)
    anchors: TrustAnchors | None = None
    certificate: CertifiedKey | None = field(default=None, repr=False)
    may_replace: bool = False
    within: float | None = None
    """Seconds in which a device has to be ours; None: as long as the protocols wait."""

    def order_for(self, device: Unowned, spec_version: str) -> Order:
        """Return the order that was chosen, or the one that fits the device."""
        order = self.order or fitting_order(device, spec_version)
        return replace(order, pin_attempts=PIN_ATTEMPTS)

    def method_for(self, device: Unowned) -> Method:
        """Return the method that was chosen, or the first of those we can that the device offers.

        A PIN or anchors call for theirs; Just Works comes before a PIN that has to be asked for.
        """
        if self.method is not None:
            return self.method
        possible = [
            *([Method.RANDOM_PIN] if self.pin is not None else []),
            *([Method.MANUFACTURER_CERTIFICATE] if self.anchors is not None else []),
            Method.JUST_WORKS,
            Method.RANDOM_PIN,
        ]
        return next((each for each in possible if each in device.doxm.methods), possible[0])


@click.command("own", epilog="Example: onboardee obt own coap://127.0.0.1:40001 --method rdp")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--all", "everybody", is_flag=True, help="All devices that have no owner.")
@click.option(
    "--order",
    type=click.Choice(list(ALL_ORDERS)),
    help="As which tool; without it as the one that fits the device.",
)
@click.option(
    "--method",
    type=click.Choice(list(METHODS)),
    help="How; without it what --pin or --anchors call for, else Just Works, else a PIN.",
)
@click.option("--pin", help="What the device shows; without it you are asked.")
@click.option(
    "--anchors",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Root certificates of trusted manufacturers, PEM or DER.",
)
@click.option(
    "--certificate",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="What to show to devices that want a certificate of the tool: PEM, chain and key.",
)
@click.option(
    "--replace",
    "may_replace",
    is_flag=True,
    help="Even if it has the UUID of a device that is ours, whose key is lost then.",
)
@click.option("--name", help="What to call the device; without it what it calls itself.")
@click.option(
    "--within",
    type=click.FloatRange(1),
    metavar="SECONDS",
    help="Give a device up that is not ours by then; without it as long as the protocols wait.",
)
@as_json
@pass_session
def command(  # noqa: PLR0913, PLR0917 - one for each option
    session: Session,
    targets: tuple[str, ...],
    everybody: bool,
    order: str | None,
    method: str | None,
    pin: str | None,
    anchors: Path | None,
    certificate: Path | None,
    may_replace: bool,
    name: str | None,
    within: float | None,
) -> None:
    """Take ownership of each TARGET, a UUID or a coap:// address, and permit the owner to use it.

    The key is in the database before the device has it.
    """
    if bool(targets) == everybody:
        raise click.UsageError("name a TARGET, or say --all")
    if name is not None and len(targets) != 1:
        raise click.UsageError("--name goes with one TARGET")
    if method == "mfgcert" and anchors is None:
        raise click.UsageError("--method mfgcert needs --anchors")
    trusted = _trusted(anchors) if anchors else None
    chosen = None if method is None else METHODS[method]
    wanted = None if order is None else ALL_ORDERS[order]
    shown = _shown(certificate) if certificate else None
    wishes = Wishes(wanted, chosen, pin, trusted, shown, may_replace, within)
    addresses = [read_address(each) for each in targets if "://" in each]

    async def go(tool: Tool) -> None:
        found = await find_targets(session, tool, targets, addresses, wishes)
        await own_all(session, tool, found, wishes, name)

    session.run(go)


async def find_targets(
    session: Session,
    tool: Tool,
    targets: Sequence[str],
    addresses: Sequence[Address],
    wishes: Wishes,
) -> list[Unowned]:
    """Return the devices at the addresses, and those whose UUIDs begin with the other targets.

    Without targets these are all devices on the local network that have no owner.
    """
    style = LITE.style if wishes.order is None else wishes.order.style
    found = [await find_at(tool.transport, each, style, session.on_step) for each in addresses]
    beginnings = [each.lower() for each in targets if "://" not in each]
    if targets and not beginnings:
        return found
    everybody = await find_unowned(tool.transport, style=style, on_step=session.on_step)
    if not targets:
        return everybody
    for beginning in beginnings:
        matching = [each for each in everybody if str(each.uuid).startswith(beginning)]
        if len(matching) != 1:
            which = "several unowned devices" if matching else "no unowned device"
            raise click.ClickException(f"{which} whose UUID begins with {beginning!r} answer")
        found += matching
    return found


async def own_all(
    session: Session, tool: Tool, devices: Sequence[Unowned], wishes: Wishes, name: str | None
) -> None:
    """Own one after the other; those that fail keep us from none of the others."""
    owned: list[DeviceRecord] = []
    failures: list[dict[str, Any]] = []
    for number, device in enumerate(devices, start=1):
        if len(devices) > 1:
            click.echo(
                f"{number}/{len(devices)} {device.uuid} at {uri('coap', device.plain)}", err=True
            )
        try:
            async with asyncio.timeout(wishes.within):
                with about(device.uuid):
                    record = await _own(session, tool, device, wishes, name)
            owned.append(record)
            if record.former is not None:
                click.echo(f"the UUID of {record.former} is {record.uuid} now", err=True)
        except TimeoutError:
            sentence = f"not done within {wishes.within:g} s; `onboardee obt resume` finds out"
            failures.append({"device": device.uuid, **failure(NoAnswerError(sentence))})
            say(f"{device.uuid}: {sentence}", err=True)
        except ObtError as error:
            if len(devices) == 1:
                raise
            say(f"{device.uuid}: {reason(error)}", err=True)
            failures.append(failure(error))
    session.show(
        [{"uuid": each.uuid, "name": each.name, "former": each.former} for each in owned],
        "\n".join(f"{title(each)} is ours" for each in owned),
    )
    if not devices:
        click.echo("no device without an owner answers", err=True)
    if failures:
        said = f"{len(failures)} of {len(devices)} devices are not ours"
        raise SeveralError(said, failures)


async def _own(
    session: Session, tool: Tool, device: Unowned, wishes: Wishes, name: str | None
) -> DeviceRecord:
    method = wishes.method_for(device)
    style = ALL_ORDERS[device.order].style
    says = await describe(tool.transport, device.plain, style=style, on_step=session.on_step)
    order = wishes.order_for(device, says.spec_version)

    async def take(keep: Keep) -> OwnedDevice:
        return await take_ownership(
            tool.transport,
            device,
            tool.database.owner,
            order=order,
            method=method,
            pin=wishes.pin or AskPin(),
            anchors=wishes.anchors,
            certificate=wishes.certificate,
            keep=keep,
            on_step=session.on_step,
        )

    return await own(
        tool.database,
        tool.around,
        device,
        take,
        order=order.name,
        method=method,
        name=name or says.name,
        types=says.types,
        replace=wishes.may_replace,
    )


class AskPin:
    """Asks a person for the PIN that a device shows, and says which try it is."""

    def __init__(self) -> None:
        self._tries = 0

    async def __call__(self) -> str:
        """Ask once more."""
        self._tries += 1
        prompt = "PIN shown by the device"
        if self._tries > 1:
            prompt = f"wrong PIN, try {self._tries} of {PIN_ATTEMPTS}; {prompt}"
        answer: str = await asyncio.to_thread(click.prompt, prompt, err=True)
        return answer.strip()


def _trusted(path: Path) -> TrustAnchors:
    try:
        return TrustAnchors.of(path.read_bytes())
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{path}: {error}") from error


def _shown(path: Path) -> CertifiedKey:
    """Read a chain, the leaf first, and the leaf's key."""
    try:
        octets = path.read_bytes()
        chain, key = from_octets(octets), load_p256(octets, is_pem=True)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{path}: {error}") from error
    return CertifiedKey(tuple(chain), key)
