"""`onboardee obt own`: take ownership of devices, one or a whole fleet.

Devices are found by address, by the beginning of a UUID, or all that answer a search; then each is
owned as `wishes` say, several side by side. What protects against the loss of a key is not here but
in `onboardee.obt.plans.owning`; this is how it is asked for, and how what came of it is told.

    found ──► described ──► method and order chosen ──► owned ──► told
              name, types    wishes, or what fits       (plan)    one line each

A device that fails keeps none of the others from being owned. One that only fell silent is tried
again after them, since a network that is busy with a fleet loses more.
"""

import asyncio
import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import click

from onboardee.device.cli.huge_pages import CROWD, use_huge_pages
from onboardee.device.cli.obt.addresses import read_address
from onboardee.device.cli.obt.failing import SeveralError, TooLateError, failure
from onboardee.device.cli.obt.fleet_progress import FleetProgress
from onboardee.device.cli.obt.invocation import (
    Invocation,
    Tool,
    as_json,
    parallel,
    pass_invocation,
    title,
)
from onboardee.device.cli.obt.wishes import METHODS, AskPin, Wishes, shown, trusted
from onboardee.device.cli.reaching import find_at
from onboardee.obt import (
    ALL_ORDERS,
    LITE,
    Address,
    OwnedDevice,
    Unowned,
    find_unowned,
    take_ownership,
)
from onboardee.obt.database import DeviceRecord
from onboardee.obt.describing import describe
from onboardee.obt.errors import about
from onboardee.obt.plans import own, use_by
from onboardee.obt.plans.fleet import RETRIES, Fleet
from onboardee.obt.plans.owning import Keep
from onboardee.obt.style import Style


@click.command(
    "own",
    epilog="Examples: onboardee obt own coap://127.0.0.1:40001 --method rdp; "
    "onboardee obt own --all --parallel 16",
)
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
@click.option(
    "--retries",
    type=click.IntRange(0, 10),
    default=RETRIES,
    show_default=True,
    help="How often a device that falls silent is tried again, after the others.",
)
@parallel
@as_json
@pass_invocation
def command(  # noqa: PLR0913, PLR0917 - one for each option
    invocation: Invocation,
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
    retries: int,
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
    believed = trusted(anchors) if anchors else None
    chosen = None if method is None else METHODS[method]
    wanted = None if order is None else ALL_ORDERS[order]
    certified = shown(certificate) if certificate else None
    wishes = Wishes(wanted, chosen, pin, believed, certified, may_replace, within, name)
    addresses = [read_address(each) for each in targets if "://" in each]

    async def go(tool: Tool) -> None:
        found = await find_targets(invocation, tool, targets, addresses, wishes)
        await own_all(invocation, tool, found, wishes, retries)

    invocation.run(go)


async def find_targets(
    invocation: Invocation,
    tool: Tool,
    targets: Sequence[str],
    addresses: Sequence[Address],
    wishes: Wishes,
) -> list[Unowned]:
    """Return the devices at the addresses, and those whose UUIDs begin with the other targets.

    Without targets these are all devices on the local network that have no owner.
    """
    style = LITE.style if wishes.order is None else wishes.order.style
    found = await _at_addresses(invocation, tool, addresses, style)
    beginnings = [each.lower() for each in targets if "://" not in each]
    if targets and not beginnings:
        return found
    everybody = await find_unowned(tool.transport, style=style, on_step=invocation.on_step)
    if not targets:
        return everybody
    for beginning in beginnings:
        matching = [each for each in everybody if str(each.uuid).startswith(beginning)]
        if len(matching) != 1:
            which = "several unowned devices" if matching else "no unowned device"
            raise click.ClickException(f"{which} whose UUID begins with {beginning!r} answer")
        found += matching
    return found


async def _at_addresses(
    invocation: Invocation, tool: Tool, addresses: Sequence[Address], style: Style
) -> list[Unowned]:
    """Ask the devices at all addresses, several at a time; return them in the same order."""
    found: dict[Address, Unowned] = {}

    async def ask(address: Address) -> None:
        found[address] = await find_at(tool.transport, address, style, invocation.on_step)

    works = [partial(ask, each) for each in dict.fromkeys(addresses)]
    await tool.transport.together(works, at_once=invocation.parallel)
    return [found[each] for each in addresses]


async def own_all(
    invocation: Invocation, tool: Tool, devices: Sequence[Unowned], wishes: Wishes, retries: int
) -> None:
    """Own all; those that fail keep us from none of the others.

    A single device that fails is the error of the command; of several the last line counts them,
    and `failures` has the reason of each for programs.
    """
    taking = _Taking(invocation, tool, wishes, is_alone=len(devices) == 1)
    with FleetProgress(len(devices)) as counting, _memory_for(len(devices)):
        fleet = Fleet(tool.database, tool.around, taking.own, retries, counting.tell)
        with tool.database.file.syncing_later():
            members = await fleet.own(devices)
    owned = [each.record for each in members if each.record is not None]
    for record in owned:
        if record.former is not None:
            click.echo(f"the UUID of {record.former} is {record.uuid} now", err=True)
    failed = [each.error for each in members if each.error is not None]
    if failed and len(devices) == 1:
        raise failed[0]
    invocation.show(
        [{"uuid": each.uuid, "name": each.name, "former": each.former} for each in owned],
        "\n".join(f"{title(each)} is ours" for each in owned),
    )
    if not devices:
        click.echo("no device without an owner answers", err=True)
    if failed:
        said = f"{len(failed)} of {len(devices)} devices are not ours"
        raise SeveralError(said, [failure(each) for each in failed])


@contextmanager
def _memory_for(count: int) -> Iterator[None]:
    """Have less to do with memory meanwhile: what is there now stays, and is used again and again.

    It pays from a crowd of devices on.
    """
    if count <= CROWD:
        yield
        return
    use_huge_pages()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@dataclass
class _Taking:
    """How one device after the other is owned, or several side by side.

    It is what the fleet calls for each device; what all of them share is `turn`, so that a person
    is asked for one PIN at a time.
    """

    invocation: Invocation
    tool: Tool
    wishes: Wishes
    is_alone: bool
    """Whether there is one device only, so that a question need not name it."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Whose PIN a person is asked for now."""

    async def own(self, device: Unowned) -> DeviceRecord:
        """Own a device. Raises `ObtError`, which names it.

        The time limit covers the transfer and the proof that it worked. Afterwards the operation is
        unfinished in the database, which `resume` asks about.
        """
        within = self.wishes.within
        with about(device.uuid):
            try:
                async with asyncio.timeout(within):
                    return await self._own(device)
            except TimeoutError as error:
                raise TooLateError(
                    f"not done within {within:g} s; `onboardee obt resume` finds out"
                ) from error

    async def _own(self, device: Unowned) -> DeviceRecord:
        """Ask the device for its name, choose method and order, and own it."""
        wishes, tool, on_step = self.wishes, self.tool, self.invocation.on_step
        method = wishes.method_for(device)
        style = ALL_ORDERS[device.order].style
        says = await describe(tool.transport, device.plain, style=style, on_step=on_step)
        order = wishes.order_for(device, says.spec_version)
        owner = tool.database.owner
        ask = AskPin("" if self.is_alone else str(device.uuid), self.turn)

        async def take(keep: Keep) -> OwnedDevice:
            return await take_ownership(
                tool.transport,
                device,
                owner,
                order=order,
                method=method,
                pin=wishes.pin or ask,
                anchors=wishes.anchors,
                certificate=wishes.certificate,
                rules=[use_by(owner)],
                keep=keep,
                on_step=on_step,
            )

        return await own(
            tool.database,
            tool.around,
            device,
            take,
            order=order.name,
            method=method,
            name=wishes.name or says.name,
            types=says.types,
            replace=wishes.may_replace,
        )
