"""`onboardee obt rules`: the access rules as the device itself has them, from anybody.

They are printed in the order in which the device has them: the number, for whom, the permission
in letters, and for what. With `--json` they are entries of acl2 as the device shows them.
"""

import click

from onboardee.device.cli.obt.invocation import Invocation, as_json, columns, pass_invocation
from onboardee.device.cli.obt.permissions import letters
from onboardee.device.cli.obt.records import plain_rule
from onboardee.obt import OwnedDevice, Rule


@click.command("rules", epilog="Example: onboardee obt rules kitchen")
@click.argument("device")
@as_json
@pass_invocation
def command(invocation: Invocation, device: str) -> None:
    """Show the access rules that DEVICE has."""

    async def go(owned: OwnedDevice) -> None:
        found = (await owned.rules()).rules
        rows = [_row(each) for each in found]
        invocation.show([plain_rule(each) for each in found], columns(rows))

    invocation.use(device, go)


def _row(rule: Rule) -> list[str]:
    """Return one rule in columns."""
    subject = rule.subject
    role = f"role {subject.role}" + (f" of {subject.authority}" if subject.authority else "")
    targets = " ".join(each.href or each.wildcard or "?" for each in rule.targets)
    validity = " ".join(each.period for each in rule.validity)
    return [
        "-" if rule.aceid is None else str(rule.aceid),
        subject.uuid or subject.connection or role,
        letters(rule.permission) or "nothing",
        f"{targets} {validity}".rstrip(),
    ]
