"""`onboardee svr edit`: step by step, with choices.

The menus follow IoTivity's `svrdbeditor`, whose users find their way by its numbers. All edits are
made on a draft in memory; what is written at the end is one change.

An edit that makes things worse is possible and has to be confirmed: a broken database may be what
somebody wants to test.
"""

from pathlib import Path

import click

from onboardee.device.cli.svr import options, view
from onboardee.device.cli.svr.changing import verdict
from onboardee.device.cli.svr.printing import print_differences
from onboardee.device.cli.svr.state import opened
from onboardee.device.cli.svr.wizard.draft import Draft
from onboardee.device.cli.svr.wizard.prompts import ask_bool, choose
from onboardee.device.cli.svr.wizard.properties import edit_structure, edit_value
from onboardee.svrdb import Database
from onboardee.svrdb.model import PARTS, DatabasePart

# the order of IoTivity's editor, and then what it did not have
ORDER = tuple(dict.fromkeys(("cred", "acl2", "doxm", "pstat", "sp", "sdi", *PARTS)))
PRINT, SAVE = "print", "save"


@click.command("edit", epilog="Example: onboardee svr edit --device light")
@options.place
@options.dry_run
@options.reveal
def command(state_dir: Path, dry_run: bool, reveal: bool) -> None:
    """Edit the database step by step.

    What exists is offered by number. Nothing is written before you have seen all changes and said
    yes; Ctrl-C leaves everything as it was. For scripts there are set, add and remove.
    """
    # The lock is held while somebody edits: no device can start on what is about to be replaced.
    with opened(state_dir) as device:
        draft = Draft(device.current)
        if not _edit(draft, reveal=reveal) or not draft.changes:
            click.echo("nothing was written")
            return
        _preview(draft, reveal=reveal)
        if dry_run:
            click.echo("nothing was written (--dry-run)")
        elif _is_confirmed(draft.found, draft.database):
            device.commit(draft.database)
            click.echo(f"written: {_counted(draft)}")
        else:
            click.echo("nothing was written")


def _edit(draft: Draft, *, reveal: bool) -> bool:
    """Offer the main menu until the user leaves; tell whether the changes are wanted."""
    choices: list[tuple[str, str]] = [
        ("Print all security resources", PRINT),
        *((f"Edit {name}: {PARTS[name].title}", name) for name in ORDER),
        ("Save and leave", SAVE),
    ]
    while True:
        chosen = choose(f"So far: {_counted(draft)}", choices, back="Leave")
        if chosen == PRINT:
            click.echo("\n".join(view.tables(draft.database, ORDER, reveal=reveal)))
        elif chosen == SAVE:
            return True
        elif chosen is not None:
            _edit_part(draft, PARTS[chosen])
        # Leaving without saving loses work, so it is asked for once.
        elif not draft.changes or ask_bool("Forget the changes?"):
            return False


def _edit_part(draft: Draft, part: DatabasePart) -> None:
    """Offer what a resource has: its entries, or its properties."""
    if part.entries is None:
        edit_structure(draft, part.name)
        return
    places = {
        f"Entries ({part.entry})": f"{part.name}.{part.entries}",
        "Resource owner (rowneruuid)": f"{part.name}.rowneruuid",
    }
    while (chosen := choose(part.title, [*places.items()], back="Back")) is not None:
        edit_value(draft, chosen)


def _counted(draft: Draft) -> str:
    """Return the number of changes in words."""
    count = len(draft.changes)
    return f"{count} change{'' if count == 1 else 's'}"


def _preview(draft: Draft, *, reveal: bool) -> None:
    """Print the changes."""
    click.echo("\nThese are the changes:")
    print_differences(draft.changes, reveal=reveal)


def _is_confirmed(before: Database, after: Database) -> bool:
    """Say what gets worse, and ask whether to write."""
    worse = verdict(before, after)
    for problem in worse:
        click.secho(f"Warning: {problem.sentence} ({problem.clause})", fg="red", err=True)
    if worse:
        return ask_bool("This makes the database worse. Write it anyway?")
    return ask_bool("Write them?", default=True)
