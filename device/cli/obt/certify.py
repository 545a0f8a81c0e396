"""`onboardee obt certify`: give a device an identity certificate.

The authority is made when it is needed first, and kept in the database. The device makes its key
pair itself; the authority's root goes to it as a trust anchor.

It is a plan of one step: if the answer is lost, the database knows that the device may have the
certificate, and `resume` looks before it signs another one.
"""

from typing import TYPE_CHECKING

import click

from onboardee.device.cli.obt.curves import on_curve
from onboardee.device.cli.obt.invocation import Invocation, Tool, as_json, pass_invocation, title

if TYPE_CHECKING:
    from onboardee.pki.curves import Curve


@click.command("certify", epilog="Example: onboardee obt certify kitchen --curve P-384")
@click.argument("device")
@on_curve
@as_json
@pass_invocation
def command(invocation: Invocation, device: str, curve: "Curve | None") -> None:
    """Give DEVICE an identity certificate, and our authority as a trust anchor.

    The authority is made when it is needed first; its key is in the database. One on P-384 signs
    with SHA-384, for devices that have both (`ownership.curve` of a profile).
    """

    async def go(tool: Tool) -> None:
        from onboardee.obt.plans.certifying import certify  # noqa: PLC0415 - it is large

        record = tool.database.devices.find(device)
        made = await certify(
            tool.database,
            tool.around,
            record.uuid,
            curve=curve,
            on_progress=invocation.progress,
        )
        value = {"device": record.uuid, "serial": made.serial, "certificate": made.pem}
        invocation.show(value, f"{title(record)} has the certificate {made.serial}")

    invocation.run(go)
