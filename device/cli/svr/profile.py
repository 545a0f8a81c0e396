"""`onboardee svr profile`: what a reset brings back.

The reset profile is the part of a database that a factory reset copies back (IoTivity's term). It
is an image of the factory, and belongs to the device, not to the file of its device profile.
"""

from pathlib import Path
from uuid import uuid4

import click
from msgspec.structs import replace

from onboardee.device.cli.lazy import Commands
from onboardee.device.cli.svr import options
from onboardee.device.cli.svr.changing import Change, changing
from onboardee.device.cli.svr.printing import print_differences, print_json
from onboardee.device.cli.svr.state import looked_at
from onboardee.svrdb import differences, plain, profile_of, reset
from onboardee.svrdb.reset_profile import HARD_CODED


@click.group("profile", cls=Commands, epilog="Example: onboardee svr profile show --device light")
def command() -> None:
    """Show or change the reset profile: what a reset brings back.

    It is made with the device, from its device profile. Every reset restores it: pstat's, that of
    /oic/mnt, `onboardee reset`, a failed transfer.
    """


@command.command("show", epilog="Example: onboardee svr profile show --device light --reveal")
@options.place
@options.reveal
def show(state_dir: Path, *, reveal: bool) -> None:
    """Print the reset profile as JSON under the specification's names."""
    database = looked_at(state_dir)
    if database.reset_profile is None:
        raise click.ClickException(_none(state_dir))
    print_json(plain(database.reset_profile, reveal=reveal))


@command.command("make", epilog="Example: onboardee svr profile make --device light --dry-run")
@changing
def make(change: Change) -> None:
    """Let resets bring back what the device is now.

    The device UUID, transfer methods, credentials, access rules and security profile of now become
    the factory's. What owners own, their own credentials, rules for them and trust anchors that
    came after the factory stay out: a reset always leaves a device without owner.
    """
    change(lambda database: replace(database, reset_profile=profile_of(database)))


@command.command("restore", epilog="Example: onboardee svr profile restore --device light")
@changing
def restore(change: Change) -> None:
    """Bring the reset profile back now, as `onboardee reset` does."""
    change(lambda database: reset(database, uuid4))


@command.command("drop", epilog="Example: onboardee svr profile drop --device light")
@changing
def drop(change: Change) -> None:
    """Remove the reset profile.

    A reset before the device's next start then leaves hard-coded defaults: Just Works, the UUID
    the device left the factory with, no credentials, no access rules, the baseline security
    profile. The next start makes a new one of the device profile: that is how a device adopts a
    device profile that was changed.
    """
    change(lambda database: replace(database, reset_profile=None))


@command.command("diff", epilog="Example: onboardee svr profile diff --device light")
@options.place
@options.reveal
@options.as_json
def diff(state_dir: Path, *, reveal: bool, as_json: bool) -> None:
    """Print what a reset would change in the live state."""
    database = looked_at(state_dir)
    after = reset(database, uuid4)
    print_differences(differences(database, after), reveal=reveal, as_json=as_json)


def _none(directory: Path) -> str:
    """Return the sentence for a device without a reset profile."""
    return (
        f"{directory} holds no reset profile; a reset now leaves {HARD_CODED}, and the next start "
        "of the device makes one"
    )
