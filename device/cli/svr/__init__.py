"""`onboardee svr`: look into a device's database, edit it, keep it, bring it back.

A command here is an edit of an immutable database, made by `svrdb.editor`, and a way to print it.
`changing` gives all editing commands the same life: read, edit, judge whether the database gets
worse, print the differences, write. It works on a stopped device's directory and on a running
device, which takes the new database through its control socket and restarts with it (`state`).
"""

from typing import Final

import click

from onboardee.device.cli.lazy import LazyGroup

COMMANDS: Final = {
    "show": "Print the security resources.",
    "get": "Print one value.",
    "set": "Write values.",
    "add": "Add an access control entry, a credential or a value.",
    "remove": "Remove entries, credentials or a value.",
    "edit": "Edit step by step, with choices and a preview.",
    "unown": "Take the owner away, ready for another transfer.",
    "own": "Give the device an owner, without a transfer.",
    "set-state": "Put the device into an onboarding state.",
    "new-uuid": "Give the device another UUID.",
    "check": "Name every inconsistency, and repair them.",
    "diff": "Compare two databases.",
    "snapshot": "Keep the whole database under a name.",
    "snapshots": "List what was kept.",
    "restore": "Make a snapshot, or the generation before, the current database.",
    "profile": "Show or change what a reset brings back.",
    "move": "Move devices between directories and a state file.",
    "convert": "Convert from and to other stacks' databases.",
}


@click.group(
    cls=LazyGroup,
    package="onboardee.device.cli.svr",
    summaries=COMMANDS,
    epilog="Examples: onboardee svr show acl2 --device light; "
    "onboardee svr show acl2 --state-dir ~/lights/kitchen",
)
def command() -> None:
    """Look into a device's database and edit it: the secure virtual resources (SVRs).

    Each edit is checked as a whole and written in one step. Names and values are those of the OCF
    Security Specification. Without --state-dir and --device the only device there is meant.
    """
