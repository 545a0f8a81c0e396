"""The `onboardee` command. Each sub-command is a file of its own, loaded when it is called."""

from typing import Final

import click

from onboardee.device.cli.lazy import LazyGroup

COMMANDS: Final = {
    "run": "Run one device until interrupted.",
    "demo": "Own a light, switch it, reset it, and tell the story.",
    "ctl": "Look into a running device, and be the world around it.",
    "profiles": "List, show, check and capture device profiles.",
    "certs": "Make certificates for laboratories.",
    "svr": "Look at what a device keeps; edit, check, repair and restore it.",
    "reset": "Put a stopped device back into factory state.",
    "obt": "Find devices, own them, use them, give them up.",
    "ping": "Tell whether a device answers.",
}


@click.group(
    cls=LazyGroup,
    package="onboardee.device.cli",
    summaries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(None, "-V", "--version", package_name="onboardee")
def main() -> None:
    """Simulate OCF devices that real onboarding tools take ownership of."""
