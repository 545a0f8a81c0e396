"""`onboardee obt menu`: the commands under the numbers of IoTivity's provisioning client.

For people who follow the provisioning guide, and for scripts that are written like it: an entry can
be called by its number with the arguments of the command behind it. The menu goes on after an
error, as the client does.
"""

from collections.abc import Sequence

import click

from onboardee.device.cli.obt.asking import ask
from onboardee.device.cli.obt.entries import ENTRIES, EXIT, Entry, overview
from onboardee.device.cli.obt.failing import failure
from onboardee.device.cli.obt.invocation import Invocation, as_json, json_text, pass_invocation

BY_NUMBER = {each.number: each for each in ENTRIES}
"""The entries by their numbers."""
SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": False}
"""Options behind the number are those of the entry's command."""


@click.command(
    "menu",
    context_settings=SETTINGS,
    epilog="Examples: onboardee obt menu; onboardee obt menu 30 kitchen hall --on /light/switch",
)
@as_json
@click.argument("number", type=int, required=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@pass_invocation
@click.pass_context
def command(
    context: click.Context, invocation: Invocation, number: int | None, arguments: tuple[str, ...]
) -> None:
    """Choose from a menu; with NUMBER do that entry alone.

    What stands behind NUMBER is what the entry's command takes, as `--help` there tells; without
    anything you are asked.
    """
    if number is not None:
        _carry_out(context, invocation, _entry(number), arguments)
        return
    while True:
        click.echo(overview(), err=True)
        chosen = click.prompt("Select a menu", type=int, err=True)
        if chosen == EXIT:
            return
        try:
            _carry_out(context, invocation, _entry(chosen), ())
        except click.Abort:
            click.echo("", err=True)
        except click.ClickException as error:
            error.show()
            if invocation.as_json:
                click.echo(json_text(failure(error)))


def _entry(number: int) -> Entry:
    """Return an entry by its number. Raises `click.UsageError`."""
    if number not in BY_NUMBER:
        known = ", ".join(map(str, BY_NUMBER))
        raise click.UsageError(f"the menu has no {number}, but {known}")
    return BY_NUMBER[number]


def _carry_out(
    context: click.Context, invocation: Invocation, entry: Entry, given: Sequence[str]
) -> None:
    """Call the entry's command with what was given, or else with the answers to its questions.

    It is the same command as on the command line, with the same options and errors.
    """
    group = context.parent.command if context.parent is not None else None
    assert isinstance(group, click.Group), "it is a sub-command"
    found = group.get_command(context, entry.command)
    assert found is not None, "all entries are commands"
    arguments = [*given] if given or not entry.questions else ask(invocation, entry.questions)
    name = f"{entry.number} {entry.command}"
    with found.make_context(name, [*entry.fixed, *arguments], parent=context) as below:
        found.invoke(below)
