"""`onboardee obt pair`: pairing with devices of others, by Direct Pairing of IoTivity 1.1.

We pair under a UUID of our own for this purpose: devices take the owner's for the owner. The
credential is in the database before the device has it, and whether the device has it is found out
by a session, not by what was answered last.

A device may have paired with us and not have said so, as the last answer can be lost. So before
pairing anew a credential of before is tried in a session: if it opens one, we are paired; if it
does not, the record goes.
"""

from dataclasses import replace
from functools import partial
from uuid import UUID

import click

from onboardee.device.cli.obt.admitting import ask_for_pin, found, record_of
from onboardee.device.cli.obt.invocation import Invocation, Tool, as_json, pass_invocation
from onboardee.obt import OnboardingError, WithKey
from onboardee.obt.access import DeviceAccess
from onboardee.obt.admission import Admitted
from onboardee.obt.database import Relation
from onboardee.obt.errors import about
from onboardee.obt.pairing import (
    Pairable,
    PairingMethod,
    find_pairable,
    find_pairable_at,
    pair,
)
from onboardee.obt.style import OIC11_STYLE

IDENTITY = "pairing"
"""The name of the UUID under which we pair: not the owner's, whom a device would take for one."""
METHODS = {"pin": PairingMethod.PIN, "random-pin": PairingMethod.RANDOM_PIN}
"""The methods by the words of the command line."""


@click.command(
    "pair",
    epilog="Examples: onboardee obt pair; onboardee obt pair 3d22 --pin 24682468; "
    "onboardee obt pair coap://192.0.2.9:40001 --method random-pin",
)
@click.argument("target", required=False)
@click.option("--pin", help="Without it you are asked, once the device may show it.")
@click.option(
    "--method",
    type=click.Choice(list(METHODS)),
    help="Where the PIN comes from; without it what the device offers first.",
)
@click.option("--forget", is_flag=True, help="Forget the credential that we have of TARGET.")
@as_json
@pass_invocation
def command(
    invocation: Invocation, target: str | None, pin: str | None, method: str | None, forget: bool
) -> None:
    """Pair with TARGET by a PIN, without owning it: Direct Pairing of IoTivity 1.1.

    TARGET is a UUID, or as much of its beginning as tells it from the others, or a coap:// address.
    Without it the devices are listed that let others pair, and those that we are paired with. Then
    `read`, `update` and `observe` use TARGET as its owner lets paired devices.
    """
    if target is None:
        invocation.run(lambda tool: _list(invocation, tool))
    elif forget:
        with invocation.database() as database:
            record = database.pairings.find(target)
            database.pairings.remove(record.device)
            said = f"{record.device} is forgotten; it knows us until its owner has enough of us"
            invocation.show({"forgotten": record.device}, said)
    else:
        invocation.run(lambda tool: _pair(invocation, tool, target, pin, method))


async def _list(invocation: Invocation, tool: Tool) -> None:
    """Tell of the devices that let others pair, and of those that we are paired with."""
    known = {each.device for each in tool.database.pairings.all(Relation.PAIRED)}

    def tell(device: Pairable) -> None:
        names = [name for name, each in METHODS.items() if each in device.methods]
        whose = "paired with us" if device.uuid in known else "pairs"
        value = {
            "uuid": device.uuid,
            "address": f"coap://{device.plain}",
            "methods": names,
            "paired": device.uuid in known,
        }
        text = f"{device.uuid}  coap://{device.plain}  {whose}  {' '.join(names)}"
        invocation.show(value, text.rstrip())

    pairable = await find_pairable(tool.transport, on_found=tell)
    for device in known - {each.uuid for each in pairable}:
        invocation.show({"uuid": device, "paired": True}, f"{device}  -  paired with us")
    if not pairable and not known:
        click.echo("no device lets others pair", err=True)


async def _pair(
    invocation: Invocation, tool: Tool, target: str, pin: str | None, method: str | None
) -> None:
    """Pair with a device, unless a credential of before is good still."""
    device = await found(
        target,
        partial(find_pairable_at, tool.transport, on_step=invocation.on_step),
        partial(find_pairable, tool.transport),
        none="no device pairs",
        several="several devices pair",
    )
    if await _is_paired(invocation, tool, device.uuid):
        invocation.show({"paired": device.uuid}, f"{device.uuid} is paired with us already")
        return
    chosen = METHODS[method] if method else PairingMethod(device.methods[0])
    if chosen not in device.methods:
        raise click.ClickException(f"{device.uuid} does not offer the method {method}")
    pairings = tool.database.pairings

    def keep(paired: Admitted) -> None:
        pairings.put(record_of(paired, Relation.PAIRED, is_certain=False))

    try:
        with about(device.uuid):
            paired = await pair(
                tool.transport,
                device,
                tool.database.identity(IDENTITY),
                pin or ask_for_pin,
                method=chosen,
                keep=keep,
                on_step=invocation.on_step,
            )
    except OnboardingError as error:
        if error.code is not None:
            pairings.remove(device.uuid)  # it was refused, and has nothing of us
        raise
    pairings.put(record_of(paired, Relation.PAIRED, is_certain=True))
    invocation.show(
        {"paired": device.uuid, "as": paired.identity}, f"{device.uuid} is paired with us"
    )


async def _is_paired(invocation: Invocation, tool: Tool, device: UUID) -> bool:
    """Tell whether a credential of ours is good; a device may have it that did not say so."""
    paired = tool.database.pairings.all(Relation.PAIRED)
    known = [each for each in paired if each.device == device]
    for record in known:
        opener = WithKey(record.identity, record.device, record.key)
        access = DeviceAccess(
            tool.transport, record.secured, opener, style=OIC11_STYLE, on_step=invocation.on_step
        )
        try:
            async with access:
                await access.connect()
        except OnboardingError:
            tool.database.pairings.remove(device)
        else:
            tool.database.pairings.put(replace(record, is_certain=True))
            return True
    return False
