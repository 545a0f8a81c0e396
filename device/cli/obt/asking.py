"""What the menu asks, and the arguments that the answers become.

The questions are those of IoTivity's provisioning client, in its order. Their answers are turned
into the arguments of the command behind the entry, so that the menu can do nothing that a script
could not, and a new option of a command needs no code here. All that is asked goes to standard
error: what a command prints stays alone on standard output.
"""

from collections.abc import Callable, Sequence
from typing import Final

import click

from onboardee.device.cli.obt.invocation import Invocation, title
from onboardee.device.cli.terminal import say

MAX_RESOURCES: Final = 16
"""As many as IoTivity's client lets one name for a rule."""

Question = Callable[[Invocation], list[str]]
"""Asks, and returns arguments."""


def ask(invocation: Invocation, questions: Sequence[Question]) -> list[str]:
    """Ask one question after the other."""
    arguments: list[str] = []
    for question in questions:
        arguments += question(invocation)
    return arguments


def _device(prompt: str) -> Question:
    """Make a question for a device."""

    def question(invocation: Invocation) -> list[str]:
        return [_choose(invocation, prompt)]

    return question


def _choose(invocation: Invocation, prompt: str) -> str:
    """Let a device be chosen by its place in a list, by name or by UUID.

    The answer becomes a UUID, so that what follows means the same device even if names change.
    """
    with invocation.database() as database:
        records = database.devices.all()
        for number, record in enumerate(records, start=1):
            say(f"    [{number}] {title(record)}", err=True)
        if not records:
            raise click.ClickException("no device is ours; 20 takes ownership of devices")
        answer = str(click.prompt(prompt, err=True)).strip()
        if answer.isdigit() and 0 < int(answer) <= len(records):
            return str(records[int(answer) - 1].uuid)
        return str(database.devices.find(answer).uuid)


def _subject(invocation: Invocation) -> list[str]:
    """Ask whom a rule is for."""
    return ["--device", _choose(invocation, "[A] Number or name of the device that it is for")]


def _bits(_: Invocation) -> list[str]:
    """Ask for the length of a key, with the numbers of IoTivity's client."""
    chosen = click.prompt(
        "Length of the key: 1 for 128 bits, 2 for 256 bits",
        type=click.Choice(["1", "2"]),
        default="1",
        err=True,
    )
    return ["--bits", "256" if chosen == "2" else "128"]


def _mode(_: Invocation) -> list[str]:
    """Ask whether others may join, with the numbers of `mom`."""
    chosen = click.prompt(
        "Mode of multiple ownership transfer: 0 disables, 1 enables it",
        type=click.Choice(["0", "1"]),
        err=True,
    )
    return ["--mode", chosen]


def _method(_: Invocation) -> list[str]:
    """Ask by which PIN others join, with the numbers of `oxmsel`."""
    chosen = click.prompt(
        "Number of the method: 1 for a random PIN, 65280 for a pre-configured one",
        type=click.Choice(["1", "65280"]),
        err=True,
    )
    return ["--method", "rdp" if chosen == "1" else "preconfpin"]


def _pin(_: Invocation) -> list[str]:
    """Ask for the PIN by which others join."""
    return ["--pin", str(click.prompt("The pre-configured PIN (e.g. 12341234)", err=True)).strip()]


def _rule(_: Invocation) -> list[str]:
    """Ask what a rule permits."""
    return _ace("--on", "--permit")


def _rules(_: Invocation) -> list[str]:
    """Ask what each of two devices may use of the other, one after the other."""
    click.echo("What the second device may use of the first one:", err=True)
    first = _ace("--on", "--permit")
    click.echo("What the first device may use of the second one:", err=True)
    return [*first, *_ace("--on-other", "--permit-other")]


def _role(_: Invocation) -> list[str]:
    """Ask for a role."""
    return [str(click.prompt("Name of the role", err=True))]


def _profile(_: Invocation) -> list[str]:
    """Ask for a security profile."""
    return ["--set", str(click.prompt("Name of the profile", err=True))]


def _ace(on: str, permit: str) -> list[str]:
    """Ask as IoTivity's client does: resources one by one, then each permission."""
    count = click.prompt(
        f"[B] Number of resources (1 to {MAX_RESOURCES}, 0 for all)",
        type=click.IntRange(0, MAX_RESOURCES),
        err=True,
    )
    hrefs = [click.prompt(f"    Name of resource {n}", err=True) for n in range(1, count + 1)]
    letters = [
        name[0]
        for name in ("CREATE", "READ", "WRITE", "DELETE", "NOTIFY")
        if click.confirm(f"[C] {name} permission", err=True)
    ]
    arguments = [part for href in hrefs or ["*"] for part in (on, href.strip())]
    return [*arguments, permit, "".join(letters) or "0"]


DEVICE: Final = _device("Number or name of the device")
OTHER_DEVICE: Final = _device("Number or name of the other device")
SUBJECT: Final[Question] = _subject
BITS: Final[Question] = _bits
MODE: Final[Question] = _mode
METHOD: Final[Question] = _method
PIN: Final[Question] = _pin
ROLE: Final[Question] = _role
PROFILE: Final[Question] = _profile
RULE: Final[Question] = _rule
RULES: Final[Question] = _rules
