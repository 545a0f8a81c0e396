"""`onboardee run`: devices in the foreground.

Here are the options only, in plain data, so that `--help` does not import the device: names of
methods and presets stand as text. `run_values` reads what click does not, `starting` turns all into
devices, `hosting` runs them, in several processes for `workers`. `onboardee audit` takes the same
options and adds its own.
"""

import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
from click.core import ParameterSource

from onboardee.device.cli import run_values as values
from onboardee.device.cli.seeding import seeded

if TYPE_CHECKING:
    from onboardee.device.cli.auditing import Auditor

PRESETS: Final = (
    "ocf",
    "auto",
    "iotivity-1.1.0",
    "iotivity-1.1.1",
    "iotivity-1.2",
    "iotivity-1.3",
    "iotivity-2",
    "oic-1.1",
)
"""As `compat` of a profile has them."""
STORES: Final = ("json", "cbor")
"""Formats of a database."""
_OPTIONS: Final = (
    # None is not refused by click, so that the sentence can name --all.
    click.argument("profiles", metavar="PROFILE...", nargs=-1, envvar="ONBOARDEE_FLEET"),
    click.option("--all", "everything", is_flag=True, help="Run every built-in profile."),
    # What the device is, and where it keeps what it keeps.
    click.option(
        "--name",
        help="The name in /oic/d; the profile's own by default. With --count of the first.",
    ),
    click.option(
        "--count",
        type=click.IntRange(1, 100_000),
        default=1,
        envvar="ONBOARDEE_COUNT",
        metavar="N",
        help="So many of each profile: light-1, light-2, …",
    ),
    click.option(
        "--slice",
        "slices",
        callback=values.slices_of,
        envvar="ONBOARDEE_SLICE",
        metavar="K/N",
        help="Run the K-th of N equal parts of all these devices. K may be the name of a pod, "
        "fleet-0 being the first, or `ordinal`, which is the name of this host.",
    ),
    click.option(
        "--workers",
        callback=values.workers_of,
        default="1",
        envvar="ONBOARDEE_WORKERS",
        metavar="N|auto",
        help="Spread the devices over N processes; auto: one for each processor, and at least "
        "100 devices in each.",
    ),
    click.option(
        "--state-dir",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Where the device keeps its state; several each have a directory in it.",
    ),
    click.option(
        "--state-file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Keep the state of all devices in this one file, in place of directories: for "
        "thousands of devices.",
    ),
    click.option(
        "--adopt",
        is_flag=True,
        help="Go on with the state of a device of another profile: its owner, credentials and "
        "rules.",
    ),
    # Where it is reached.
    click.option("--host", "hosts", multiple=True, metavar="ADDR", help="Listen here; may repeat."),
    click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=0,
        envvar="ONBOARDEE_PORT",
        metavar="N",
        help="For coap; 0: any free.",
    ),
    click.option(
        "--secure-port",
        type=click.IntRange(0, 65535),
        default=0,
        envvar="ONBOARDEE_SECURE_PORT",
        metavar="N",
        help="For coaps; 0: any free.",
    ),
    click.option(
        "--own-ports-only",
        is_flag=True,
        help="Leave port 5683 alone. Without this, and without --host, the first device on a "
        "machine answers there, too: tools ask there that know nothing but an address.",
    ),
    click.option(
        "--addresses",
        "prefixes",
        multiple=True,
        metavar="PREFIX",
        help="Give each device an address of its own, as of fd00:db8::/64, with ports 5683 and "
        "5684; the prefix must be routed to this machine. May repeat, for IPv4 and IPv6.",
    ),
    click.option(
        "--advertise",
        "advertised",
        metavar="HOST[:PORT]",
        multiple=True,
        help="Tell tools this place instead of the own address, as behind a published port: PORT "
        "is coap's, the next one coaps's; or coap://HOST:PORT and coaps://HOST:PORT.",
    ),
    click.option(
        # How it changes owners, and who it is; all of this overrides the profile.
        "--otm",
        callback=values.methods_of,
        metavar="METHODS",
        help="Owner transfer methods to offer: some of jw,rdp,mfgcert,preconfpin, with commas.",
    ),
    click.option(
        "--pki-certs",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        metavar="DIR",
        help="Give the device the manufacturer's certificate mfgcrt.pem, its key mfgkey.pem and "
        "the root cloudca.pem of DIR, as plgd's simulator has them, and offer mfgcert.",
    ),
    click.option(
        "--lights",
        type=click.IntRange(0, 200),
        metavar="N",
        help="So many lights, /light/1, /light/2, …, where the profile has the first (devsim).",
    ),
    click.option(
        "--pin",
        callback=values.pin_of,
        help="The PIN of the random PIN method, instead of a new one each time.",
    ),
    click.option(
        "--compat",
        type=click.Choice(PRESETS),
        metavar="PRESET",
        help="Serve the tools of this name as well, with what they depend on: one of "
        f"{', '.join(PRESETS)}.",
    ),
    click.option(
        "--uuid",
        type=click.UUID,
        callback=values.uuid_of,
        help="The device UUID of a device that starts anew.",
    ),
    click.option(
        "--uuid-seed",
        callback=seeded,
        metavar="TEXT",
        help="Make that UUID from a text of 8 to 64 octets: the same text, the same UUID.",
    ),
    click.option(
        "--seed",
        metavar="TEXT",
        help="Let the whole run repeat: same seed, same chances, UUIDs and keys; nothing of it is "
        "secret.",
    ),
    click.option(
        "--store",
        "codec",
        type=click.Choice(STORES),
        default=STORES[0],
        show_default=True,
        help="In which format a device that starts anew keeps its database; a known one keeps its "
        "own.",
    ),
    click.option(
        # What is written of it beside the log; secrets are in all but --trace and --trace-to.
        "--keylog",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Append TLS secrets, for Wireshark; the file is for you alone.",
    ),
    click.option(
        "--trace",
        is_flag=True,
        help="Show all that crosses the device's border: handshakes, messages, decisions, changes.",
    ),
    click.option(
        "--trace-to",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Write that to a file, as JSON lines; secrets are left out.",
    ),
    click.option(
        "--capture",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Write a pcapng file that Wireshark opens decrypted, with the device's decisions as "
        "comments; the file holds secrets, and is for you alone.",
    ),
    click.option(
        "--record",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Record all that happens to the device, for `onboardee replay`; who has the file has "
        "all keys.",
    ),
    click.option(
        "--fault",
        "faults",
        multiple=True,
        metavar="FAULT",
        help="Let something go wrong, as in 'drop at=credential'; may repeat. The guide lists "
        "them.",
    ),
    click.option(
        "--speed",
        type=float,
        callback=values.speed_of,
        default=1.0,
        metavar="N",
        help="Let N seconds of what devices do by themselves pass in one, up to 3600; 0: it stands "
        "still until `ctl resume`. What tools wait for goes on as ever.",
    ),
    click.option(
        "--metrics",
        callback=values.place_of,
        metavar="[HOST:]PORT",
        help="Answer Prometheus there; on this machine alone unless a HOST is given.",
    ),
    click.option(
        "--web",
        callback=values.place_of,
        metavar="[HOST:]PORT",
        help="Show the devices in a browser, there; on this machine alone unless a HOST is given.",
    ),
    click.option("--web-read-only", is_flag=True, help="Let the browser look, and change nothing."),
    click.option(
        "--log-format", type=click.Choice(["console", "json"]), default="console", show_default=True
    ),
    click.option(
        "--no-console", is_flag=True, help="On a terminal, too, write the log and nothing else."
    ),
    click.option(
        "--verbose",
        is_flag=True,
        help="Show every request with query, payload and answer, and what devices do by "
        "themselves.",
    ),
)
"""In the order of the help."""

Function = TypeVar("Function", bound=Callable[..., Any])


def run_options(function: Function) -> Function:
    """Give a command the arguments and options of `run`.

    `onboardee audit` is a run with a judge, and takes the same ones.
    """
    # Decorators are applied from the last to the first, and help lists them in that order.
    for decorate in reversed(_OPTIONS):
        function = decorate(function)
    return function


@click.command(
    "run",
    epilog="""\b
Examples:
  onboardee run light --name 'Kitchen light' --log-format json
  onboardee run light light thermostat
  onboardee run --all --host 127.0.0.1""",
)
@run_options
@click.pass_context
def command(context: click.Context, /, **options: Any) -> None:
    """Run devices until interrupted.

    PROFILE is the name of a built-in profile (see `onboardee profiles list`) or the path of a YAML
    file; ONBOARDEE_FLEET can name it instead. Without --host a device is on all interfaces and
    found by multicast. Several devices share the process: each has its own ports, its own UUID and
    its own directory. A device is called as its directory: light, light-2, light-kitchen.
    """
    run(context, options)


def run(context: click.Context, options: dict[str, Any], auditor: "Auditor | None" = None) -> None:
    """Run devices until interrupted, as the options of the command line say.

    `options` are those of `RunOptions` by name; `auditor` judges the conversations. Returns when
    the devices were stopped.
    """
    if options["everything"] and _source(context, "profiles") == ParameterSource.ENVIRONMENT:
        options["profiles"] = ()
    if options["uuid"] and options["uuid_seed"]:
        raise click.UsageError("--uuid and --uuid-seed exclude each other")
    _import_asyncio_without_tls()
    # what is imported stays, so that looking for garbage in it only takes time
    gc.disable()
    # all of a device, and its cryptography, which --help does without
    from onboardee.device.cli.run_options import RunOptions  # noqa: PLC0415
    from onboardee.device.cli.starting import start  # noqa: PLC0415

    gc.freeze()
    gc.enable()

    # An option that was given explicitly is held to more than a default: it may be refused, or
    # reported as meaning nothing.
    given = {name for name in options if _source(context, name) == ParameterSource.COMMANDLINE}
    try:
        start(RunOptions(**options), given, auditor)
    finally:
        gc.unfreeze()  # for a program that runs this command in its own process


def _source(context: click.Context, name: str) -> ParameterSource | None:
    return context.get_parameter_source(name)


def _import_asyncio_without_tls() -> None:
    """Spare the TLS of asyncio, which no device speaks: more than a MiB, and some of the start."""
    if "asyncio" in sys.modules or "ssl" in sys.modules:
        return
    sys.modules["ssl"] = None  # type: ignore[assignment] # asyncio does without where it is missing
    try:
        import asyncio  # noqa: F401, PLC0415
    finally:
        del sys.modules["ssl"]  # for the code of a profile, which may want it
