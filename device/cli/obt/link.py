"""`onboardee obt link`: let two devices talk to each other.

One key for both, under the UUID of the respective other, and a rule on each for the other. It is
all or nothing: if one of them refuses or is away, what the other one was given is taken back, and
if that cannot be done now, the command that does it later is named.

The key is made here, of the system's randomness, and is in the plan until both devices have it;
then it is wiped. Nobody but the two devices knows it afterwards, not even their owner.
"""

import click

from onboardee.device.cli.obt.invocation import (
    Invocation,
    Tool,
    as_json,
    parallel,
    pass_invocation,
    title,
)
from onboardee.device.cli.obt.permissions import PERMISSIONS, permission
from onboardee.obt import Rule, Subject, Target
from onboardee.obt.database import DeviceRecord
from onboardee.obt.plans import link


@click.command("link", epilog="Example: onboardee obt link kitchen hall --on /light/switch")
@click.argument("one")
@click.argument("other")
@click.option("--bits", type=click.Choice(["128", "256"]), default="128", help="Of the key.")
@click.option(
    "--on", "hrefs", multiple=True, metavar="PATH", help="What each may use of the other; all if *."
)
@click.option(
    "--permit", default="RUN", metavar="LETTERS", help=f"What for: {PERMISSIONS}. Default: RUN."
)
@click.option(
    "--on-other", "other_hrefs", multiple=True, metavar="PATH", help="What ONE may use of OTHER."
)
@click.option("--permit-other", metavar="LETTERS", help="And what for, if it is not the same.")
@click.option("--credentials-only", is_flag=True, help="Give no rules.")
@parallel
@as_json
@pass_invocation
def command(  # noqa: PLR0913, PLR0917 - one for each option
    invocation: Invocation,
    one: str,
    other: str,
    bits: str,
    hrefs: tuple[str, ...],
    permit: str,
    other_hrefs: tuple[str, ...],
    permit_other: str | None,
    credentials_only: bool,
) -> None:
    """Give ONE and OTHER a key that they share, and each a rule for the other.

    If one of them refuses, neither has anything of it.
    """
    if credentials_only and (hrefs or other_hrefs):
        raise click.UsageError("--credentials-only and --on exclude each other")
    of_one = (hrefs or ("*",), permission(permit))
    of_other = (other_hrefs or of_one[0], permission(permit_other or permit))

    async def go(tool: Tool) -> None:
        first, second = tool.database.devices.find(one), tool.database.devices.find(other)
        rules: tuple[Rule | None, Rule | None] = (None, None)
        if not credentials_only:
            rules = (_rule(second, *of_one), _rule(first, *of_other))
        operation = await link(
            tool.database,
            tool.around,
            first.uuid,
            second.uuid,
            bits=int(bits),
            rules=rules,
            on_progress=invocation.progress,
        )
        value = {"operation": operation.id, "linked": [first.uuid, second.uuid]}
        invocation.show(value, f"{title(first)} and {title(second)} are linked")

    invocation.run(go)


def _rule(peer: DeviceRecord, hrefs: tuple[str, ...], wanted: int) -> Rule:
    """Return the rule by which one device may use what another one has."""
    subject = Subject(uuid=str(peer.uuid))
    return Rule(subject=subject, targets=tuple(map(target, hrefs)), permission=wanted)


def target(text: str, types: tuple[str, ...] = (), interfaces: tuple[str, ...] = ()) -> Target:
    """Return a path or one of the wildcards `*`, `+` and `-`, with filters."""
    if text in {"*", "+", "-"}:
        return Target(wildcard=text, types=types, interfaces=interfaces)
    return Target(href=text, types=types, interfaces=interfaces)
