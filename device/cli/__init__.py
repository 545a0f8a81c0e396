"""The `onboardee` command. Each sub-command is a file of its own, loaded when it is called."""

import importlib
from typing import Final

import click

COMMANDS: Final = {
    "run": "Run one device until interrupted.",
    "demo": "Own a light, switch it, reset it, and tell the story.",
    "profiles": "List, show and check device profiles.",
    "certs": "Make certificates for laboratories.",
    "reset": "Put a stopped device back into factory state.",
    "obt": "Find devices, own them, use them, give them up.",
    "ping": "Tell whether a device answers.",
}


class LazyGroup(click.Group):
    """Imports a sub-command only when it is needed: `--help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the sub-commands in the order in which people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a sub-command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"device.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the sub-commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="onboardee")
def main() -> None:
    """Simulate OCF devices that real onboarding tools take ownership of."""
