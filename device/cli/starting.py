"""`onboardee run`, from its options to the devices that run."""

from collections.abc import Collection
from typing import TYPE_CHECKING

import click

from onboardee.device.cli import hosting
from onboardee.device.cli.host_options import host_options_of
from onboardee.device.cli.planning import make_state_files, planned_devices, require_places_apart
from onboardee.device.cli.run_options import RunOptions
from onboardee.device.faults.terms import FaultError
from onboardee.device.fleet.slices import Slice, number_of_workers
from onboardee.device.net.binding import BindError
from onboardee.device.simulation.profile import (
    ProfileError,
)
from onboardee.device.simulation.world.terms import BehaviourError
from onboardee.svrdb import StoreError, StoreLocked

if TYPE_CHECKING:
    from onboardee.device.cli.auditing import Auditor
    from onboardee.device.cli.link import Link


def start(
    options: RunOptions,
    given: Collection[str],
    auditor: "Auditor | None" = None,
    link: "Link | None" = None,
) -> None:
    """Run the devices until interrupted; `given` are the options of the command line.

    With an `auditor` the conversations of the devices are judged. With a `link` this process is a
    worker, whose devices are some of more.

    Raises `click.ClickException`.

    Returns when they were stopped.
    """
    try:
        planned = planned_devices(options)
        devices = len(planned) if link is None else link.devices
        if devices > 1:
            _require_shareable(given, has_copies=options.count > 1 and len(options.profiles) == 1)
        require_places_apart(planned)
        make_state_files(planned)
        count = number_of_workers(options.workers, len(planned))
        if count > 1:
            # what starts processes is imported only where somebody wants it
            from onboardee.device.cli import workers  # noqa: PLC0415

            workers.require_spreadable(options, is_audited=auditor is not None)
            firsts = [
                Slice(number, count).part(planned)[0].number for number in range(1, count + 1)
            ]
            del planned
            workers.run(options, given, devices, firsts)
            return
        host = host_options_of(options, given, auditor, link, devices=devices)
        hosting.run(planned, host)
    except StoreLocked as error:
        raise click.ClickException(_explained(error)) from error
    except (ProfileError, BehaviourError, FaultError, StoreError, BindError) as error:
        raise click.ClickException(str(error)) from error


def _require_shareable(given: Collection[str], *, has_copies: bool) -> None:
    """Refuse what only one of several devices could have; copies of one profile share a name."""
    for option in ("name", "port", "secure_port", "uuid", "uuid_seed", "record"):
        if option in given and not (option == "name" and has_copies):
            written = option.replace("_", "-")
            raise click.UsageError(f"--{written} is for one device, and these are several")


def _explained(error: StoreLocked) -> str:
    return (
        f"{error.path} {error.what}; stop that, or give this device a --name or a --state-dir of "
        "its own"
    )
