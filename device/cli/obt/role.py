"""`onboardee obt role`: a certificate of a role, which the device may show to others.

A role is a name, with the authority that gives it where names are not unique (OCF Security 13.5);
rules can be for a role instead of a device (`allow --role`).
"""

from typing import TYPE_CHECKING

import click

from onboardee.device.cli.obt.curves import on_curve
from onboardee.device.cli.obt.invocation import Invocation, Tool, as_json, pass_invocation, title

if TYPE_CHECKING:
    from onboardee.pki.curves import Curve


@click.command("role", epilog="Example: onboardee obt role kitchen cook")
@click.argument("device")
@click.argument("role")
@click.option("--authority", help="Of whom the role is; without it of our authority.")
@on_curve
@as_json
@pass_invocation
def command(
    invocation: Invocation, device: str, role: str, authority: str | None, curve: "Curve | None"
) -> None:
    """Give DEVICE a certificate of ROLE, which it may assert at other devices."""

    async def go(tool: Tool) -> None:
        from onboardee.obt.plans.certifying import give_role  # noqa: PLC0415 - it is large

        record = tool.database.devices.find(device)
        made = await give_role(
            tool.database,
            tool.around,
            record.uuid,
            role,
            role_authority=authority,
            curve=curve,
            on_progress=invocation.progress,
        )
        value = {"device": record.uuid, "serial": made.serial, "certificate": made.pem}
        invocation.show(value, f"{title(record)} may be {role}: certificate {made.serial}")

    invocation.run(go)
