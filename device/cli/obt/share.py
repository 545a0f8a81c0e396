"""`onboardee obt share`: whether others may own a device of ours beside us.

What a device says of itself is read before and after, over the owner's session: the mode, the
method and the sub-owners. The PIN can be written and never read. Each change is recorded in the
history without it.
"""

from uuid import UUID

import click

from onboardee.device.cli.obt.invocation import Invocation, Tool, as_json, pass_invocation, title
from onboardee.obt import OwnedDevice
from onboardee.obt.database import Result
from onboardee.obt.joining import KNOWN_PIN, RANDOM_PIN, SharedDoxm, remove_sub_owner, share, shared

METHODS = {"rdp": RANDOM_PIN, "preconfpin": KNOWN_PIN}
"""The methods by the words of the command line."""


@click.command(
    "share",
    epilog="Examples: onboardee obt share kitchen; onboardee obt share kitchen --mode 1 "
    "--method preconfpin --pin 12341234; onboardee obt share kitchen --mode 0; "
    "onboardee obt share kitchen --remove 5375624f-776e-6572-436c-69656e743030",
)
@click.argument("device")
@click.option("--mode", type=click.IntRange(0, 1), help="1: others may join; 0: no more of them.")
@click.option("--method", type=click.Choice(list(METHODS)), help="The PIN by which they join.")
@click.option("--pin", metavar="PIN", help="The PIN of preconfpin, of at most 32 characters.")
@click.option("--remove", metavar="UUID", type=click.UUID, help="Remove a sub-owner.")
@as_json
@pass_invocation
def command(  # noqa: PLR0913, PLR0917 - one for each option
    invocation: Invocation,
    device: str,
    mode: int | None,
    method: str | None,
    pin: str | None,
    remove: UUID | None,
) -> None:
    """Let others own DEVICE beside us, by a PIN: multiple ownership of IoTivity 1.3.

    Without an option it says who does. DEVICE must have it: IoTivity 1.3's if they are built so,
    and ours with --compat iotivity-1.3.
    """
    if pin is not None and (not 0 < len(pin) <= 32 or not pin.isascii()):
        raise click.UsageError("a PIN has 1 to 32 ASCII characters")
    changes = {"mode": mode, "method": method, "pin": pin and "given", "remove": remove}
    given = {name: str(each) for name, each in changes.items() if each is not None}

    async def change(owned: OwnedDevice) -> SharedDoxm:
        number = METHODS[method] if method is not None else None
        doxm = await share(owned, mode=mode, method=number, pin=pin)
        return doxm if remove is None else await remove_sub_owner(owned, remove)

    async def go(tool: Tool) -> None:
        record = tool.database.devices.find(device)
        async with await tool.around.reach(record) as owned:
            if given:
                operations = tool.database.operations
                operation = operations.begin("share", (record.uuid,), options=given)
                try:
                    doxm = await change(owned)
                except Exception as error:
                    operations.end(operation.id, Result.FAILED, str(error))
                    raise
                operations.end(operation.id, Result.DONE)
            else:
                doxm = await shared(owned)
        invocation.show(_value(record.uuid, doxm), f"{title(record)} {_words(doxm)}")

    invocation.run(go)


def _value(device: UUID, doxm: SharedDoxm) -> object:
    """Return what a device says of its sub-owners, as JSON has it."""
    names = [name for name, number in METHODS.items() if number == doxm.selected]
    return {
        "device": device,
        "mode": doxm.mode,
        "method": names[0] if names else None,
        "sub_owners": doxm.sub_owners,
    }


def _words(doxm: SharedDoxm) -> str:
    """Return the same in words."""
    names = [name for name, number in METHODS.items() if number == doxm.selected]
    how = f"lets others join by {names[0] if names else 'no PIN yet'}"
    said = how if doxm.mode else "lets nobody join"
    listed = ", ".join(map(str, doxm.sub_owners))
    return f"{said}; sub-owners: {listed or 'none'}"
