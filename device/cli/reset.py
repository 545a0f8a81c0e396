"""`onboardee reset`: the factory reset of a device that is not running.

It does to the database what the reset button of a running device does, with the same function
(`device/security/factory.py`). Nobody's right is asked: whoever may write the directory owns it.

A running device holds the lock of its state, so that nothing can be reset under it.
"""

from pathlib import Path

import click
from msgspec.structs import replace

from onboardee.device.cli.svr import options
from onboardee.device.cli.svr.state import said
from onboardee.device.security.factory import reset_database, reset_profile
from onboardee.device.simulation.profile import ProfileError, load
from onboardee.svrdb import Database, Store, StoreLocked, open_existing
from onboardee.wire.entropy import SystemEntropy


@click.command("reset", epilog="Example: onboardee reset --state-dir ~/lights/kitchen")
@options.place
@click.option(
    "--profile",
    help="Take the factory content from this device profile from now on; without it the device "
    "gets back what its reset profile keeps.",
)
def command(state_dir: Path, profile: str | None) -> None:
    """Put a stopped device back into factory state: owner, credentials and rules are gone."""
    # One commit: a power cut leaves the device with its owner, or without.
    with said(state_dir), _stopped(state_dir) as store:
        database = store.current if profile is None else _with_factory(store.current, profile)
        store.commit(reset_database(database, SystemEntropy()))
        uuid = store.current.doxm.device_uuid
    click.echo(f"device {uuid} is in factory state again ({state_dir.absolute().name})")


def _stopped(state_dir: Path) -> Store:
    """Open the state of a device. Raises `click.ClickException` if it runs."""
    try:
        return open_existing(state_dir)
    except StoreLocked as error:
        raise click.ClickException(
            f"{error.path} {error.what}; `onboardee ctl reset` resets a device that runs"
        ) from error


def _with_factory(database: Database, name: str) -> Database:
    """Take the factory content of another profile for this and later resets."""
    try:
        profile = load(name)
    except ProfileError as error:
        raise click.ClickException(str(error)) from error
    factory = reset_profile(profile, database.permanent.original)
    return replace(database, reset_profile=factory)
