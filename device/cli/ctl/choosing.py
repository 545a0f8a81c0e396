"""Which device `ctl` means, and what all its sub-commands share.

The options `--state-dir`, `--device` and `--json` may stand before or behind the sub-command, as
people type them in both places.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from onboardee.device.cli import finding
from onboardee.device.cli.connection import (
    CommandFailedError,
    ControlConnection,
    NotRunningError,
    running,
)
from onboardee.device.cli.lazy import Commands

NOBODY: Final = "no device runs in {home} or below it"
"""Said where no device is found."""


@dataclass
class DeviceChoice:
    """What all sub-commands share: which device, and how to print."""

    state_dir: Path | None = None
    """As given on the command line."""
    device: str | None = None
    """The name of the device, as given."""
    as_json: bool = False
    """Print for machines."""
    place: Path | None = None
    """The directory of the device whose turn it is, where several are meant."""

    def ask(self, do: str, **arguments: object) -> Any:
        """Ask the device; what goes wrong becomes one sentence."""
        try:
            with ControlConnection(self.directory()) as connection:
                return connection.ask(do, **arguments)
        except (NotRunningError, CommandFailedError) as error:
            raise click.ClickException(str(error)) from error

    def directory(self) -> Path:
        """Find the device that is meant."""
        if self.place is not None:
            return self.place
        return finding.find(self.state_dir, self.device, among=running, otherwise=NOBODY)

    def show(self, result: Any, text: str) -> None:
        """Print a result for machines, or its text for people."""
        click.echo(json.dumps(result) if self.as_json else text)


def _remember(context: click.Context, option: click.Parameter, value: object) -> None:
    """Keep an option, whether it stands before the sub-command or behind it."""
    chosen = context.ensure_object(DeviceChoice)
    if value:
        setattr(chosen, str(option.name), value)


_JSON: Final = click.option(
    "--json", "as_json", is_flag=True, callback=_remember, expose_value=False, help="Print JSON."
)


def device_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options that all sub-commands have."""
    add_place = finding.place_options(callback=_remember, expose_value=False)
    return add_place(_JSON(function))


class ForEach(click.Command):
    """A sub-command that is done for each device that is meant."""

    def invoke(self, ctx: click.Context) -> Any:
        """Do it."""
        chosen = ctx.ensure_object(DeviceChoice)
        if not finding.is_pattern(chosen.device):
            return super().invoke(ctx)
        if self.name in {"devices", "watch"}:
            raise click.UsageError(f"{self.name} takes no pattern: name one device")

        def act(place: Path) -> None:
            chosen.place = place
            super(ForEach, self).invoke(ctx)

        places = finding.find_all(chosen.state_dir, str(chosen.device))
        return finding.for_each(places, act, as_json=chosen.as_json)


class DeviceCommands(Commands):
    """The sub-commands, which take patterns of names."""

    command_class = ForEach


@click.group(
    "ctl", cls=DeviceCommands, epilog="Example: onboardee ctl set /light/switch#value true"
)
@device_options
def command() -> None:
    """Look into a running device, change its values, press its inputs.

    Without --state-dir and --device the one that runs is meant; --state-dir may also be what
    several devices have their directories in. A property is named
    /light/switch#value: the path of its resource and its name.
    """
