"""`onboardee svr set-state`: another onboarding state.

A state goes with `isop`, `cm` and `tm`; written one by one they would contradict each other in
between (OCF Security 13.8).
"""

from typing import Final

import click

from onboardee.device.cli.svr.changing import Change, changing
from onboardee.svrdb import State
from onboardee.svrdb.editor import set_state
from onboardee.svrdb.editor.words import STATES

CHOICES: Final = [name for name, state in STATES.items() if state is not State.RESET]
"""RESET is no state to stay in: `onboardee reset` goes through it."""


@click.command("set-state", epilog="Example: onboardee svr set-state rfpro --device light")
@click.argument("state", type=click.Choice(CHOICES, case_sensitive=False))
@changing
def command(change: Change, state: str) -> None:
    """Put the device into a state, with isop, cm and tm as the device sets them on entry.

    RFOTM is for a device that nobody owns (`svr unown`), the others for an owned one (`svr own`).
    """
    change(lambda database: set_state(database, STATES[state]))
