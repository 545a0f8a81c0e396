"""`onboardee obt revoke`: withdraw the certificates of a device.

Revoking means that all others no longer believe it, so this is a plan over every device that has
certificates of ours. The device itself keeps what it has, and the use of its key.
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


@click.command("revoke", epilog="Example: onboardee obt revoke kitchen")
@click.argument("device")
@parallel
@as_json
@pass_invocation
def command(invocation: Invocation, device: str) -> None:
    """Revoke all certificates of DEVICE, and tell every device that has certificates of ours."""

    async def go(tool: Tool) -> None:
        from onboardee.obt.plans.certifying import revoke  # noqa: PLC0415 - it is large

        record = tool.database.devices.find(device)
        operation = await revoke(
            tool.database, tool.around, record.uuid, on_progress=invocation.progress
        )
        value = {"operation": operation.id, "revoked": record.uuid}
        invocation.show(value, f"the certificates of {title(record)} are revoked")

    invocation.run(go)
