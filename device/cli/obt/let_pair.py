"""`onboardee obt let-pair`: whether other devices may pair with one of ours (IoTivity 1.1).

The owner's side of Direct Pairing: the PIN, and what those may do that have paired. What was set is
kept in the database, the PIN included, as the device shows it to nobody again.

With a PIN of the owner's all that pair know the same one, and it can be used until it is changed;
with the device's own each gets another, which somebody has to read from the device.
"""

import click

from onboardee.device.cli.obt.invocation import Invocation, Tool, as_json, pass_invocation, title
from onboardee.device.cli.obt.permissions import PERMISSIONS, permission
from onboardee.obt.database import DirectPairing
from onboardee.obt.errors import about
from onboardee.obt.pairing_terms import PairingTerms, let_pair


@click.command(
    "let-pair",
    epilog="Examples: onboardee obt let-pair kitchen --pin 24682468 --on /light/switch "
    "--permit RU; onboardee obt let-pair kitchen --random-pin; "
    "onboardee obt let-pair kitchen --off",
)
@click.argument("device")
@click.option("--pin", metavar="PIN", help="Of eight characters; without it you are asked.")
@click.option("--random-pin", is_flag=True, help="The device makes and shows one.")
@click.option(
    "--on", "hrefs", multiple=True, metavar="PATH", help="What they may use; without it everything."
)
@click.option("--permit", default="CRUDN", metavar="LETTERS", help=f"{PERMISSIONS}.")
@click.option("--off", is_flag=True, help="No device pairs any more; those that have stay paired.")
@as_json
@pass_invocation
def command(  # noqa: PLR0913, PLR0917 - one for each option
    invocation: Invocation,
    device: str,
    pin: str | None,
    random_pin: bool,
    hrefs: tuple[str, ...],
    permit: str,
    off: bool,
) -> None:
    """Let other devices pair with DEVICE by a PIN, without you: Direct Pairing of IoTivity 1.1.

    DEVICE must have it: IoTivity 1.1's do, and ours whose profile says direct_pairing.
    """
    if sum((pin is not None, random_pin, off)) > 1:
        raise click.UsageError("--pin, --random-pin and --off exclude each other")
    if not (pin or random_pin or off):
        pin = str(click.prompt("PIN of eight characters", err=True)).strip()
    try:
        terms = (
            None
            if off
            else PairingTerms(
                pin=None if random_pin else pin,
                hrefs=hrefs or ("*",),
                permission=permission(permit),
            )
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error

    async def go(tool: Tool) -> None:
        record = tool.database.devices.find(device)
        with about(record.uuid):
            async with await tool.around.reach(record) as owned:
                await let_pair(owned, terms)
        tool.database.direct_pairings.put(
            DirectPairing(
                device=record.uuid,
                enabled=terms is not None,
                methods=() if terms is None else tuple(map(int, terms.methods)),
                pin=None if terms is None or terms.pin is None else terms.pin.encode(),
                rules=() if terms is None else terms.rules,
            )
        )
        how = "lets no device pair" if off else f"lets devices pair by {_words(terms)}"
        invocation.show({"device": record.uuid, "enabled": not off}, f"{title(record)} {how}")

    invocation.run(go)


def _words(terms: PairingTerms | None) -> str:
    """Return where the PIN comes from, for people."""
    return "a PIN that it shows" if terms is None or terms.pin is None else "this PIN"
