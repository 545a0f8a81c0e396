"""`onboardee obt`: find devices, own them, use them, give them up."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import click

from onboardee.device.cli.lazy import Commands
from onboardee.device.cli.places import state_home
from onboardee.device.cli.reaching import find_at, reach
from onboardee.obt import (
    ALL_ORDERS,
    LITE,
    Address,
    AsyncioTransport,
    Keeper,
    Method,
    ObtError,
    OnboardingError,
    Order,
    OwnedDevice,
    Permission,
    Rule,
    Step,
    Subject,
    Target,
    Transport,
    TrustAnchors,
    Unowned,
    find_owned,
    find_unowned,
    take_ownership,
)

METHODS: Final = {
    "jw": Method.JUST_WORKS,
    "rdp": Method.RANDOM_PIN,
    "mfgcert": Method.MANUFACTURER_CERTIFICATE,
}
NOBODY: Final = (
    "no device answered; where multicast does not get, `onboardee obt own coap://HOST:PORT` works"
)
USE: Final = int(Permission.RETRIEVE | Permission.UPDATE | Permission.NOTIFY)


def default_store() -> Path:
    """Return where ownership records are kept."""
    return state_home() / "obt.json"


@click.group("obt", cls=Commands)
@click.option(
    "--store",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the keys of owned devices are kept; without it below the XDG state directory.",
)
@click.option("-v", "--verbose", is_flag=True, help="Tell every message on standard error.")
@click.pass_context
def command(context: click.Context, store: Path | None, verbose: bool) -> None:
    """Find devices, own them, use them, give them up.

    DEVICE is a UUID, or as much of its beginning as tells it from the others.
    """
    context.obj = Session(store or default_store(), _tell if verbose else None)


class Session:
    """What all sub-commands share."""

    def __init__(self, store: Path, on_step: Callable[[Step], None] | None) -> None:
        self._store = store
        self.on_step = on_step

    def run(self, work: Callable[[Transport, Keeper], Coroutine[Any, Any, None]]) -> None:
        """Do some work with sockets and records; what goes wrong becomes one sentence."""

        async def go() -> None:
            async with AsyncioTransport() as transport:
                await work(transport, Keeper(self._store))

        try:
            asyncio.run(go())
        except (ObtError, OSError) as error:
            raise click.ClickException(str(error)) from error

    def use(self, device: str, work: Callable[[OwnedDevice], Coroutine[Any, Any, None]]) -> None:
        """Do some work with a device that is ours."""

        async def go(transport: Transport, keeper: Keeper) -> None:
            async with await reach(transport, keeper, keeper.find(device), self.on_step) as owned:
                await work(owned)

        self.run(go)


def _tell(step: Step) -> None:
    line = f"{step.method} {step.uri} {step.payload} -> {step.outcome} ({step.elapsed:.2f} s)"
    click.echo(line, err=True)


def _address(text: str) -> Address:
    address = Address.from_uri(text, "coap")
    if address is None:
        raise click.UsageError(f"{text} is not a coap:// address with host and port")
    return address


@command.command("discover", epilog="Example: onboardee obt discover --rounds 1")
@click.option("--rounds", type=click.IntRange(1, 100), default=3, help="How often to ask.")
@click.pass_obj
def discover(session: Session, rounds: int) -> None:
    """List the devices on the local network: unowned, ours, and those of others."""

    async def go(transport: Transport, keeper: Keeper) -> None:
        unowned = await find_unowned(transport, rounds=rounds, on_step=session.on_step)
        answering = await find_owned(transport, rounds=rounds, on_step=session.on_step)
        free = {each.uuid for each in unowned}
        ours = {each.device for each in keeper.devices}
        if not unowned and not answering:
            click.echo(NOBODY, err=True)
        for each in {found.uuid: found for found in (*answering, *unowned)}.values():
            owner = "unowned" if each.uuid in free else "owned by somebody"
            whose = "ours" if each.uuid in ours else owner
            click.echo(f"{each.uuid}  coap://{each.plain}  {whose}")

    session.run(go)


@command.command("own", epilog="Example: onboardee obt own coap://127.0.0.1:40001 --method rdp")
@click.argument("target")
@click.option(
    "--order", type=click.Choice(list(ALL_ORDERS)), default=LITE.name, help="As which tool."
)
@click.option(
    "--method",
    type=click.Choice(list(METHODS)),
    help="How; without it what --pin or --anchors call for, else Just Works.",
)
@click.option("--pin", help="What the device shows; without it you are asked.")
@click.option(
    "--anchors",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Root certificates of trusted manufacturers, PEM or DER.",
)
@click.pass_obj
def own(  # noqa: PLR0913, PLR0917 - one for each option
    session: Session,
    target: str,
    order: str,
    method: str | None,
    pin: str | None,
    anchors: Path | None,
) -> None:
    """Take ownership of TARGET, a UUID or a coap:// address, and permit the owner to use it."""
    chosen = METHODS[method or ("rdp" if pin else "mfgcert" if anchors else "jw")]
    if chosen is Method.MANUFACTURER_CERTIFICATE and anchors is None:
        raise click.UsageError("--method mfgcert needs --anchors")
    trusted = _trusted(anchors) if anchors else None

    async def go(transport: Transport, keeper: Keeper) -> None:
        device = await _find(session, transport, target, ALL_ORDERS[order])
        try:
            owned = await take_ownership(
                transport,
                device,
                keeper.owner,
                order=ALL_ORDERS[order],
                method=chosen,
                pin=pin or _ask_for_pin,
                anchors=trusted,
                on_step=session.on_step,
            )
        except OnboardingError as error:
            if error.ownership is not None:
                keeper.add(replace(error.ownership, plain=device.plain))
            raise
        keeper.add(replace(owned.ownership, plain=device.plain))
        async with owned:
            await owned.add_rules([_use_by(keeper.owner)])
        click.echo(f"{owned.ownership.device} is ours")

    session.run(go)


def _trusted(path: Path) -> TrustAnchors:
    try:
        return TrustAnchors.of(path.read_bytes())
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{path}: {error}") from error


async def _ask_for_pin() -> str:
    answer: str = await asyncio.to_thread(click.prompt, "PIN shown by the device", err=True)
    return answer.strip()


async def _find(session: Session, transport: Transport, target: str, order: Order) -> Unowned:
    if "://" in target:
        return await find_at(transport, _address(target), order.style, session.on_step)
    for device in await find_unowned(transport, style=order.style, on_step=session.on_step):
        if str(device.uuid).startswith(target.lower()):
            return device
    raise click.ClickException(f"no unowned device whose UUID begins with {target!r} answers")


def _use_by(owner: UUID) -> Rule:
    subject = Subject(uuid=str(owner))
    return Rule(subject=subject, targets=(Target(wildcard="*"),), permission=USE)


@command.command("list")
@click.pass_obj
def list_devices(session: Session) -> None:
    """List the devices that are ours, without asking them."""

    async def go(_: Transport, keeper: Keeper) -> None:
        for each in keeper.devices:
            click.echo(f"{each.device}  coaps://{each.secured}")

    session.run(go)


@command.command("reset")
@click.argument("device")
@click.pass_obj
def reset(session: Session, device: str) -> None:
    """Put a device back into factory state, and forget its key."""

    async def go(transport: Transport, keeper: Keeper) -> None:
        record = keeper.find(device)
        async with await reach(transport, keeper, record, session.on_step) as owned:
            await owned.reset()
        keeper.remove(record.device)
        click.echo(f"{record.device} resets itself")

    session.run(go)


@command.command("read", epilog="Example: onboardee obt read 3d22 /light/switch")
@click.argument("device")
@click.argument("path")
@click.pass_obj
def read(session: Session, device: str, path: str) -> None:
    """Print a resource of a device as JSON."""

    async def go(owned: OwnedDevice) -> None:
        value = await owned.read(path)
        click.echo(json.dumps(value, default=_octets, ensure_ascii=False))

    session.use(device, go)


@command.command(
    "update", epilog="""Example: onboardee obt update 3d22 /light/switch '{"value": true}'"""
)
@click.argument("device")
@click.argument("path")
@click.argument("body")
@click.pass_obj
def update(session: Session, device: str, path: str, body: str) -> None:
    """Update a resource of a device with BODY, a JSON object."""
    try:
        values = json.loads(body)
    except ValueError as error:
        raise click.UsageError(f"BODY is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise click.UsageError("BODY is not a JSON object")

    async def go(owned: OwnedDevice) -> None:
        await owned.update(path, values)

    session.use(device, go)


def _octets(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
