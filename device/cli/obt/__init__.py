"""`onboardee obt`: find devices, own them, link them, use them, give them up.

Each command is a file of its own here, imported when it is called, and a thin one: it reads its
options, runs an operation of `onboardee.obt` over sockets and the provisioning database, and shows
what came of it to people or, with `--json`, to programs. What all commands share is in
`invocation`, what becomes of errors in `reasons` and `failing`.

An error is printed twice on purpose: as a sentence on standard error by click, and as an object
on standard output where JSON is wanted, so that a program need not read sentences.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from onboardee.device.cli.lazy import LazyGroup
from onboardee.device.cli.obt.failing import failure
from onboardee.device.cli.obt.invocation import Invocation, json_text, remember

COMMANDS: Final = {
    "discover": "List the devices on the local network.",
    "own": "Take ownership of devices.",
    "confirm": "Find out whether a device is ours that said it has no owner.",
    "ls": "List the devices that are ours, without asking them.",
    "name": "Call a device by a name.",
    "read": "Print a resource of a device as JSON.",
    "update": "Update a resource of a device.",
    "observe": "Print a resource of a device whenever it changes.",
    "link": "Give two devices a key that they share, and rules for each other.",
    "unlink": "Delete what two devices have for each other.",
    "linked": "List what a device is linked with, without asking it.",
    "allow": "Give a device an access rule.",
    "let-pair": "Let other devices pair with a device of ours by a PIN.",
    "pair": "Pair with a device by a PIN, without owning it.",
    "share": "Let others own a device of ours beside us, by a PIN.",
    "join": "Own a device of others beside its owner, by a PIN.",
    "credentials": "Show the credentials that a device has.",
    "rules": "Show the access rules that a device has.",
    "certify": "Give a device an identity certificate.",
    "role": "Give a device a role certificate.",
    "csr": "Print the certificate signing request of a device.",
    "revoke": "Revoke the certificates of a device, on every device.",
    "certificates": "List the certificates that were issued.",
    "profile": "Show or choose the security profile of a device.",
    "remove": "Delete what all other devices have for one, and forget it.",
    "reset": "Put a device back into factory state, and forget it everywhere.",
    "forget": "Delete the record of a device that has vanished.",
    "resume": "Do what remains of operations that were interrupted.",
    "history": "List what was done, and what came of it.",
    "menu": "Choose from a menu, with the numbers of IoTivity's provisioning client.",
    "db": "Check, export and import the provisioning database.",
}
"""What the overview says of each command, as they are not imported for it."""
OTHER_NAMES: Final = {"list": "ls"}
"""Names of earlier versions."""
WANTS_JSON: Final = "onboardee.obt.wants_json"
"""The key in click's context by which an error knows before the options were read."""


class _Group(LazyGroup):
    """Commands, some of which have an older name, too.

    It also sees to it that programs hear of every error, whichever command it comes from and
    however early.
    """

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        return super().get_command(ctx, OTHER_NAMES.get(cmd_name, cmd_name))

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the options; programs are told what is wrong with them, too."""
        wants_json = "--json" in args  # the error may come before this option is read
        with _told_to_programs(lambda: wants_json):
            context = super().make_context(info_name, args, parent, **extra)
        context.meta[WANTS_JSON] = wants_json
        return context

    def invoke(self, ctx: click.Context) -> Any:
        """Carry out a command."""
        invocation = ctx.ensure_object(Invocation)
        with _told_to_programs(lambda: invocation.as_json or ctx.meta[WANTS_JSON]):
            return super().invoke(ctx)


@contextmanager
def _told_to_programs(wants_json: Callable[[], bool]) -> Iterator[None]:
    """Print what goes wrong as JSON, if that is wanted; people are told by whoever called us."""
    try:
        yield
    except (click.ClickException, click.Abort, KeyboardInterrupt) as error:
        if wants_json():
            click.echo(json_text(failure(error)))
        raise


@click.group(
    "obt",
    cls=_Group,
    package="onboardee.device.cli.obt",
    summaries=COMMANDS,
    epilog="Exit codes: 0 done, 1 failed and nothing is left of it, 2 wrong usage, 3 something "
    "remains to be done, and the command that does it is named.",
)
@click.option(
    "--store",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The provisioning database; without it obt.db below the XDG state directory.",
)
@click.option("-v", "--verbose", is_flag=True, help="Tell every message on standard error.")
@click.option(
    "--json", "as_json", is_flag=True, callback=remember, expose_value=False, help="Print JSON."
)
@click.pass_context
def command(context: click.Context, store: Path | None, verbose: bool) -> None:
    """Find devices, own them, link them, use them, give them up.

    DEVICE is a name or a UUID, or as much of its beginning as tells it from the others. What was
    done with which device is kept in the provisioning database.
    """
    invocation = context.ensure_object(Invocation)
    invocation.store, invocation.verbose = store, verbose
