"""`onboardee obt allow`: give a device an access rule.

Everything that an entry of `acl2` can say (OCF Security 13.5): whom it is for, which resources by
path, wildcard, type or interface, what is permitted, and when. It is a plan of one step, so that a
rule which the device may have is known to the database, and given once however often it is
repeated.

A rule is refused here if it could not mean what was typed, such as a recurrence without a period.
Whether it makes sense for the device is not looked at: it may have resources that only its maker
knows.
"""

from uuid import UUID

import click

from onboardee.device.cli.obt.invocation import Invocation, Tool, as_json, pass_invocation, title
from onboardee.device.cli.obt.link import target
from onboardee.device.cli.obt.permissions import PERMISSIONS, permission
from onboardee.obt import Rule, Subject
from onboardee.obt.database import ProvisioningDatabase
from onboardee.obt.model import TimePattern
from onboardee.obt.plans import allow

CONNECTIONS = {"anonymous": "anon-clear", "authenticated": "auth-crypt"}
"""Who is meant by the options, in the words of acl2 (OCF Security 12.2.1)."""


@click.command(
    "allow",
    epilog="Examples: onboardee obt allow kitchen --device hall --on /light/switch --permit RU; "
    "onboardee obt allow kitchen --anonymous --on /light/switch --permit R "
    "--validity 20260101T080000Z/20260101T180000Z --recurrence FREQ=DAILY",
)
@click.argument("device")
@click.option("--device", "peer", metavar="DEVICE", help="For a device, or any UUID.")
@click.option("--role", metavar="ROLE[@AUTHORITY]", help="For whoever has asserted a role.")
@click.option("--anonymous", "connection", flag_value="anonymous", help="For anybody.")
@click.option(
    "--authenticated", "connection", flag_value="authenticated", help="For all with a session."
)
@click.option(
    "--on", "hrefs", multiple=True, required=True, metavar="PATH", help="A path, or *, + or -."
)
@click.option("--rt", "types", multiple=True, help="Only resources of this type.")
@click.option("--if", "interfaces", multiple=True, help="Only by this interface.")
@click.option("--permit", required=True, metavar="LETTERS", help=f"{PERMISSIONS}.")
@click.option("--validity", "periods", multiple=True, metavar="START/END", help="RFC 5545 period.")
@click.option("--recurrence", "rules", multiple=True, metavar="RULE", help="Of each period.")
@as_json
@pass_invocation
def command(  # noqa: PLR0913, PLR0917 - one for each option
    invocation: Invocation,
    device: str,
    peer: str | None,
    role: str | None,
    connection: str | None,
    hrefs: tuple[str, ...],
    types: tuple[str, ...],
    interfaces: tuple[str, ...],
    permit: str,
    periods: tuple[str, ...],
    rules: tuple[str, ...],
) -> None:
    """Give DEVICE an access rule: for whom, on what, what for, and when."""
    if sum(each is not None for each in (peer, role, connection)) != 1:
        raise click.UsageError("say one of --device, --role, --anonymous and --authenticated")
    if rules and not periods:
        raise click.UsageError("--recurrence goes with --validity")
    wanted = permission(permit)

    async def go(tool: Tool) -> None:
        record = tool.database.devices.find(device)
        rule = Rule(
            subject=_subject(tool.database, peer, role, connection),
            targets=tuple(target(each, types, interfaces) for each in hrefs),
            permission=wanted,
            validity=tuple(TimePattern(period=each, recurrence=rules) for each in periods),
        )
        operation = await allow(
            tool.database, tool.around, record.uuid, rule, on_progress=invocation.progress
        )
        invocation.show(
            {"operation": operation.id, "device": record.uuid}, f"{title(record)} has the rule"
        )

    invocation.run(go)


def _subject(
    database: ProvisioningDatabase, peer: str | None, role: str | None, connection: str | None
) -> Subject:
    """Return for whom a rule is; exactly one of the three is given."""
    if role is not None:
        name, _, authority = role.partition("@")
        return Subject(role=name, authority=authority or None)
    if connection is not None:
        return Subject(connection=CONNECTIONS[connection])
    assert peer is not None, "one of the three is given"
    return Subject(uuid=peer_uuid(database, peer))


def peer_uuid(database: ProvisioningDatabase, text: str) -> str:
    """Return the UUID of a device by its name, or a whole UUID of somebody who is not ours."""
    try:
        return str(UUID(text))
    except ValueError:
        return str(database.devices.find(text).uuid)
