"""Groups of commands whose help is quick and whole.

`onboardee --help` and the completion in the shell run often; importing all commands
would take a second, most of it cryptography. So a group knows names and summaries, and imports a
command when it is called.
"""

import importlib
from collections.abc import Mapping
from typing import Any

import click


class Commands(click.Group):
    """A group whose help shows the whole first sentence of each command."""

    group_class = type  # groups within it are of this kind, too

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands, each with its summary in as many lines as it takes."""
        rows = [(name, self.summary(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def summary(self, ctx: click.Context, name: str) -> str:
        """Return what a command does, in a sentence."""
        command = self.get_command(ctx, name)
        return "" if command is None else command.get_short_help_str(limit=1000)


class LazyGroup(Commands):
    """Commands by name, each with its summary; `<package>.<name>` has the command itself.

    A command is imported when it is called only, so that `--help` stays quick.

    A command `set-state` is in the module `set_state`, under the name `command`.
    """

    def __init__(self, *, package: str, summaries: Mapping[str, str], **settings: Any) -> None:
        super().__init__(**settings)
        self._package = package
        self._summaries = summaries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order in which people meet them."""
        return list(self._summaries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in self._summaries:
            return None
        module = importlib.import_module(f"{self._package}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def summary(self, ctx: click.Context, name: str) -> str:
        """Return what a command does, without importing it."""
        return self._summaries[name]
