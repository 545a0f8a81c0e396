"""`onboardee obt join`: owning devices of others beside their owners.

It is like taking ownership, with two differences. The device stays the owner's, who can remove us
at any time, and there is no plan: all there is to keep is a key. That is in the database before
the device has it, and marked as uncertain until the device has answered; a device that refused
has nothing of us, so the record goes again.
"""

from functools import partial

import click

from onboardee.device.cli.obt.admitting import ask_for_pin, found, record_of
from onboardee.device.cli.obt.invocation import Invocation, Tool, as_json, pass_invocation
from onboardee.obt import OnboardingError
from onboardee.obt.admission import Admitted
from onboardee.obt.database import Relation, Result
from onboardee.obt.joining import (
    RANDOM_PIN,
    Joinable,
    find_joinable,
    find_joinable_at,
    join,
)


@click.command(
    "join",
    epilog="Examples: onboardee obt join; onboardee obt join 3d22 --pin 12341234; "
    "onboardee obt join coap://192.0.2.9:40001",
)
@click.argument("target", required=False)
@click.option("--pin", help="Without it you are asked.")
@click.option("--forget", is_flag=True, help="Forget the key that we have of TARGET.")
@as_json
@pass_invocation
def command(invocation: Invocation, target: str | None, pin: str | None, forget: bool) -> None:
    """Own TARGET beside its owner, by a PIN: multiple ownership of IoTivity 1.3.

    TARGET is a UUID, or as much of its beginning as tells it from the others, or a coap:// address.
    Without it the devices are listed that let others join, and those that we joined. Then `read`,
    `update` and `observe` use TARGET as its sub-owner.
    """
    if target is None:
        invocation.run(lambda tool: _list(invocation, tool))
    elif forget:
        with invocation.database() as database:
            record = database.pairings.find(target)
            database.pairings.remove(record.device)
            said = f"{record.device} is forgotten; it knows us until its owner removes us"
            invocation.show({"forgotten": record.device}, said)
    else:
        invocation.run(lambda tool: _join(invocation, tool, target, pin))


async def _list(invocation: Invocation, tool: Tool) -> None:
    """Tell of the devices that let others join, and of those that we joined."""
    known = {each.device for each in tool.database.pairings.all(Relation.SUB_OWNER)}

    def tell(device: Joinable) -> None:
        how = "rdp" if device.method == RANDOM_PIN else "preconfpin"
        whose = "ours beside its owner" if device.uuid in known else "lets others join"
        value = {
            "uuid": device.uuid,
            "address": f"coap://{device.plain}",
            "method": how,
            "owner": device.owner,
            "sub_owners": device.sub_owners,
            "joined": device.uuid in known,
        }
        invocation.show(value, f"{device.uuid}  coap://{device.plain}  {whose}  {how}")

    joinable = await find_joinable(tool.transport, on_found=tell)
    for device in known - {each.uuid for each in joinable}:
        invocation.show({"uuid": device, "joined": True}, f"{device}  -  ours beside its owner")
    if not joinable and not known:
        click.echo("no device lets others join", err=True)


async def _join(invocation: Invocation, tool: Tool, target: str, pin: str | None) -> None:
    """Become a sub-owner of a device, and record how it ended."""
    device = await found(
        target,
        partial(find_joinable_at, tool.transport, on_step=invocation.on_step),
        partial(find_joinable, tool.transport),
        none="no device lets others join",
        several="several devices let others join",
    )
    database = tool.database
    identity = database.owner
    if identity in {device.owner, *device.sub_owners}:
        raise click.ClickException(f"{device.uuid} is ours already")
    operation = database.operations.begin("join", (device.uuid,))

    def keep(joined: Admitted) -> None:
        database.pairings.put(record_of(joined, Relation.SUB_OWNER, is_certain=False))

    try:
        joined = await join(
            tool.transport,
            device,
            identity,
            pin or ask_for_pin,
            keep=keep,
            on_step=invocation.on_step,
        )
    except Exception as error:
        if isinstance(error, OnboardingError) and error.code is not None:
            database.pairings.remove(device.uuid)  # it was refused, and has nothing of us
        database.operations.end(operation.id, Result.FAILED, str(error))
        raise
    database.pairings.put(record_of(joined, Relation.SUB_OWNER, is_certain=True))
    database.operations.end(operation.id, Result.DONE)
    said = f"{device.uuid} is ours beside its owner"
    invocation.show({"joined": device.uuid, "as": joined.identity}, said)
