"""`onboardee profiles`: the catalogue of device profiles.

Reading a profile never executes code that it names. `check` tells all mistakes of a file at once,
with their lines; `schema` gives editors the same knowledge.
"""

import importlib
import json
from pathlib import Path
from typing import Final

import click

from onboardee.device.cli.lazy import Commands
from onboardee.device.cli.terminal import say, table
from onboardee.device.simulation.catalogue import Catalogue, is_path
from onboardee.device.simulation.document import write
from onboardee.device.simulation.profile import (
    BUILT_IN,
    Profile,
    ProfileError,
    built_in_names,
    load_all,
)
from onboardee.device.simulation.variants import expanded

_APART: Final = ("capture", "pics")
"""Commands with a file of their own, imported when they are called: a client, a whole device."""


class _ProfileCommands(Commands):
    """The commands of this file, and those that have one of their own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands."""
        return sorted([*super().list_commands(ctx), *_APART])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command."""
        if cmd_name not in _APART:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"onboardee.device.cli.{cmd_name}")
        command: click.Command = module.command
        return command


@click.group("profiles", cls=_ProfileCommands, epilog="Example: onboardee profiles list")
def command() -> None:
    """List, show, check and capture device profiles."""


@command.command("list", epilog="Example: onboardee profiles list --json")
@click.option("--json", "as_json", is_flag=True, help="One JSON array, for scripts.")
def list_profiles(*, as_json: bool) -> None:
    """Name the built-in profiles with their device types and what they are."""
    rows = [(name, load_all(name)[0]) for name in built_in_names()]
    if as_json:
        click.echo(json.dumps([_summary(name, profile) for name, profile in rows], indent=2))
        return
    lines = [
        (name, " ".join(profile.device.types), profile.description or "") for name, profile in rows
    ]
    for line in table(lines):
        click.echo(line)


def _summary(name: str, profile: Profile) -> dict[str, object]:
    """Return one profile for scripts."""
    return {
        "name": name,
        "types": profile.device.types,
        "description": profile.description,
        "resources": [resource.href for resource in profile.resources],
    }


@command.command("show", epilog="Example: onboardee profiles show light > mine.yaml")
@click.argument("profile")
@click.option(
    "--resolved", is_flag=True, help="As it is after extends and devices have been followed."
)
def show(profile: str, *, resolved: bool) -> None:
    """Print the YAML of a profile: a start for your own."""
    try:
        # A profile with mistakes is not printed as a start for others.
        load_all(profile)
        text = _resolved(profile) if resolved else _source(profile)
    except ProfileError as error:
        raise click.ClickException(str(error)) from error
    click.echo(text, nl=False)


def _source(profile: str) -> str:
    """Return the text of a profile as it stands in its file."""
    place = Path(profile) if is_path(profile) else BUILT_IN / f"{profile}.yaml"
    return place.read_text(encoding="utf-8")


def _resolved(profile: str) -> str:
    """Return a profile with everything that it extends written out."""
    catalogue = Catalogue()
    devices = [item.plain() for item in expanded(catalogue.find(profile), catalogue.find)]
    content = devices[0] if len(devices) == 1 else {"devices": devices}
    return write(content)


@command.command("check", epilog="Example: onboardee profiles check ./mine.yaml")
@click.argument("profiles", nargs=-1, required=True, metavar="PROFILE...")
def check(profiles: tuple[str, ...]) -> None:
    """Load profiles and say everything that is wrong with each.

    A type that begins with `oic.` and is not known as one of OCF's is a warning: it may be a slip.
    """
    from onboardee.device.simulation.checking import (  # noqa: PLC0415 - for this command
        mistakes,
        strange_names,
    )

    is_wrong = False
    for name in profiles:
        wrong = mistakes(name)
        for error in wrong:
            say(f"Error: {error}", err=True)
        is_wrong |= bool(wrong)
        # A doubtful name is worth telling only where nothing is plainly wrong.
        for loaded in () if wrong else load_all(name):
            say(f"{name}: {loaded.device.name}, {len(loaded.resources)} resources")
            for sentence in strange_names(loaded):
                say(f"Warning: {name}: {sentence}", err=True)
    if is_wrong:
        raise click.exceptions.Exit(1)


@command.command(
    "schema", epilog="Example: onboardee profiles schema > ~/.config/onboardee/profile.json"
)
def schema() -> None:
    """Print the JSON Schema of profile files, with which YAML editors complete and check them."""
    from onboardee.device.simulation.json_schema import profile_schema  # noqa: PLC0415 - reads the sources

    click.echo(json.dumps(profile_schema(), indent=2))
