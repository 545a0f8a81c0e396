"""`onboardee reset`: the factory reset of a device that is not running."""

from pathlib import Path

import click

from device.entropy import SystemEntropy
from device.factory import reset_database
from device.simulation.profile import ProfileError, load
from svrdb import Database, StoreError, open_directory


class NoDeviceError(Exception):
    """There is nothing to reset."""


@click.command("reset", epilog="Example: onboardee reset --state-dir ~/lights/kitchen")
@click.option("--state-dir", type=click.Path(path_type=Path), required=True)
@click.option("--profile", default="light", help="Whose factory content is restored.")
def command(state_dir: Path, profile: str) -> None:
    """Put a stopped device back into factory state: owner, credentials and rules are gone."""
    if not state_dir.is_dir():
        raise click.ClickException(f"there is no state directory {state_dir}")
    try:
        loaded = load(profile)
        with open_directory(state_dir, _no_device) as store:
            store.commit(reset_database(store.current, loaded, SystemEntropy()))
            uuid = store.current.doxm.device_uuid
    except NoDeviceError as error:
        raise click.ClickException(f"{state_dir} holds no device") from error
    except (ProfileError, StoreError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"device {uuid} is in factory state again")


def _no_device() -> Database:
    raise NoDeviceError
