"""`onboardee svr unown`: the device without its owner.

For a device whose owner's tool is gone: everything but the owner stays, and another tool can take
ownership.
"""

import click

from onboardee.device.cli.svr.changing import Change, changing
from onboardee.svrdb.editor import unown


@click.command("unown", epilog="Example: onboardee svr unown --device light")
@changing
def command(change: Change) -> None:
    """Take the owner away, so that the device is ready for ownership transfer (RFOTM).

    The owners and their keys are forgotten; other credentials, access rules and the device UUID
    stay. `onboardee reset` brings the factory state back instead.
    """
    change(unown)
