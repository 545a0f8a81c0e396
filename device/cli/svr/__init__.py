"""`onboardee svr`: look into a device's database and edit it."""

from typing import Final

import click

from device.cli.lazy import LazyGroup

COMMANDS: Final = {
    "convert": "Convert from and to other stacks' databases.",
}


@click.group(
    cls=LazyGroup,
    package="device.cli.svr",
    summaries=COMMANDS,
    epilog="Example: onboardee svr convert oic_svr_db_server.dat kitchen.yaml",
)
def command() -> None:
    """Look into a device's database and edit it: the secure virtual resources (SVRs)."""
