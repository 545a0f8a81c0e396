"""The `onboardee` command. Each sub-command is a file of its own, loaded when it is called.

A command reads its options, calls what does the work, and turns expected errors into one sentence
and an exit code: 0 done, 1 refused or failed, 2 misused. No command holds a rule of its own;
whoever wants the same from Python finds it in docs/api.md. Two families have folders, `svr` (a
device's database) and `obt` (the onboarding tool).

    run, starting, hosting     from options to devices that run in one process
    workers                    the same in several processes, a slice of the devices in each
    output, lines, log_writer  the log; watching: traces, captures and recordings
    ctl, connection            a device that runs; places, finding: which device is meant
    lazy, terminal             what all commands share

To add a command: a file with a `click` command named `command`, and its line below.
"""

import sys
from typing import Any, Final

import click

from onboardee.device.cli.lazy import LazyGroup
from onboardee.device.cli.terminal import folded, harmless, is_terminal, refuses_colour

COMMANDS: Final = {
    "run": "Run devices until interrupted.",
    "fleet": "Describe many devices in one file.",
    "audit": "Judge an onboarding tool, rule by rule.",
    "replay": "Repeat what a recorded device did, and look into it.",
    "demo": "Own a light, switch it, reset it, and print every message.",
    "ctl": "Look into a running device, change its values, press its inputs.",
    "profiles": "List, show, check and capture device profiles.",
    "certs": "Make certificates for laboratories.",
    "svr": "Look at what a device keeps; edit, check, repair and restore it.",
    "reset": "Put a stopped device back into factory state.",
    "obt": "Find devices, own them, use them, give them up.",
    "doctor": "Tell why a tool does not find a device.",
    "ping": "Tell whether devices answer.",
}
"""In the order of `onboardee --help`. The summaries stand here so that help imports no command."""
PREFIX: Final = "Error: "
"""What click puts before an error, which counts when the line is folded."""


class Main(LazyGroup):
    """The command itself: what holds for all sub-commands."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Go without colours where nobody wants them."""
        if refuses_colour():
            ctx.color = False
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Let every error be readable: names in it may come from anywhere, and lines end."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise click.UsageError(_readable(error.format_message()), error.ctx) from error
        except click.ClickException as error:
            readable: Any = click.ClickException(_readable(error.format_message()))
            readable.exit_code = error.exit_code
            raise readable from error


def _readable(message: str) -> str:
    """Return a message without characters that a terminal obeys, in lines that fit it."""
    shown = harmless(message)
    if not is_terminal(sys.stderr) or "\n" in shown:
        return shown  # a script reads lines
    return folded(PREFIX + shown).removeprefix(PREFIX)


@click.group(
    cls=Main,
    package="onboardee.device.cli",
    summaries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="`onboardee COMMAND --help` tells more, `onboardee demo` shows it all in one go.",
)
@click.version_option(None, "-V", "--version", package_name="onboardee")
def main() -> None:
    """Simulate OCF devices that real onboarding tools take ownership of."""
