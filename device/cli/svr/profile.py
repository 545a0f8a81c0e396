"""`onboardee svr profile`: what a reset brings back."""

from collections.abc import Callable
from pathlib import Path

import click
from msgspec.structs import replace

from device.cli.svr.state import (
    as_json,
    dry_run,
    look_at,
    open_state,
    print_differences,
    print_json,
    reveal,
    state_dir,
)
from device.entropy import SystemEntropy
from device.factory import reset_database
from svrdb import Database, differences, profile_of, read_named
from svrdb.reset_profile import HARD_CODED
from svrdb.view import plain


@click.group("profile", epilog="Example: onboardee svr profile show --state-dir ~/lights/kitchen")
def command() -> None:
    """Show or change the reset profile: what a reset brings back.

    It is made with the device, from its device profile. Every reset restores it: pstat's, that of
    /oic/mnt, `onboardee reset`, a failed transfer.
    """


@command.command("show", epilog="Example: onboardee svr profile show --state-dir DIR --reveal")
@state_dir
@reveal
def show(state_dir: Path, *, reveal: bool) -> None:
    """Print the reset profile as JSON under the specification's names."""
    database = _read(state_dir)
    if database.reset_profile is None:
        raise click.ClickException(_none(state_dir))
    print_json(plain(database.reset_profile, reveal=reveal))


@command.command("make", epilog="Example: onboardee svr profile make --state-dir DIR --dry-run")
@state_dir
@dry_run
def make(state_dir: Path, *, dry_run: bool) -> None:
    """Let resets bring back what the device is now.

    The device UUID, transfer methods, credentials, access rules and security profile of now become
    the factory's. What owners own, their own credentials, rules for them and trust anchors that
    came after the factory stay out: a reset always leaves a device without owner.
    """
    _change(
        state_dir, lambda database: replace(database, reset_profile=profile_of(database)), dry_run
    )


@command.command("restore", epilog="Example: onboardee svr profile restore --state-dir DIR")
@state_dir
@dry_run
def restore(state_dir: Path, *, dry_run: bool) -> None:
    """Bring the reset profile back now, as `onboardee reset` does."""
    _change(state_dir, lambda database: reset_database(database, SystemEntropy()), dry_run)


@command.command("drop", epilog="Example: onboardee svr profile drop --state-dir DIR")
@state_dir
@dry_run
def drop(state_dir: Path, *, dry_run: bool) -> None:
    """Remove the reset profile.

    A reset before the device's next start then leaves hard-coded defaults: Just Works, the UUID
    the device left the factory with, no credentials, no access rules, the baseline security
    profile. The next start makes a new one of the device profile: that is how a device adopts a
    device profile that was changed.
    """
    _change(state_dir, lambda database: replace(database, reset_profile=None), dry_run)


@command.command("diff", epilog="Example: onboardee svr profile diff --state-dir DIR")
@state_dir
@reveal
@as_json
def diff(state_dir: Path, *, reveal: bool, as_json: bool) -> None:
    """Print what a reset would change in the live state."""
    database = _read(state_dir)
    after = reset_database(database, SystemEntropy())
    print_differences(differences(database, after, reveal=reveal), as_json=as_json)


def _read(directory: Path) -> Database:
    with look_at(directory) as storage:
        return read_named(storage, "live")


def _none(directory: Path) -> str:
    return (
        f"{directory} holds no reset profile; a reset now leaves {HARD_CODED}, and the next start "
        "of the device makes one"
    )


def _change(directory: Path, change: Callable[[Database], Database], dry_run: bool) -> None:
    if dry_run:
        before = _read(directory)
        print_differences(differences(before, change(before)))
        return
    with open_state(directory) as store:
        before = store.current
        store.commit(change(before))
        print_differences(differences(before, store.current))
