"""How the devices of a process are hosted: what `onboardee run` was told, with its files opened.

What only some runs need is imported only for them: a dashboard, a console, metrics, what watches.
"""

import importlib
import sys
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import click

from onboardee.device.cli.hosting import HostOptions
from onboardee.device.cli.keylog import KeyWriter
from onboardee.device.cli.log_writer import LogWriter
from onboardee.device.cli.run_options import RunOptions
from onboardee.device.cli.terminal import has_colour, has_person
from onboardee.device.faults.terms import Fault, FaultError
from onboardee.device.faults.terms import parse as parsed_fault
from onboardee.device.machine.budget import Budgets
from onboardee.device.net.addresses import Addresses, Prefix, parsed_prefix
from onboardee.device.net.advertising import parsed
from onboardee.device.net.binding import Ports
from onboardee.device.net.udp import UdpSocket
from onboardee.svrdb.codec import CODECS
from onboardee.wire.path import Endpoint

if TYPE_CHECKING:
    from onboardee.device.cli.auditing import Auditor
    from onboardee.device.cli.console.console import Console
    from onboardee.device.cli.link import Link
    from onboardee.device.cli.watching import WatchOptions
    from onboardee.device.metrics.serving import Metering
    from onboardee.device.net.steering import SharedSocket
    from onboardee.device.web.serving import Dashboard


def host_options_of(
    options: RunOptions,
    given: Collection[str],
    auditor: "Auditor | None" = None,
    link: "Link | None" = None,
    *,
    devices: int,
) -> HostOptions:
    """Return how the devices are hosted; with an `auditor` their conversations are judged.

    With a `link` this process has a part of them; `devices` counts all. `given` are the options of
    the command line. Raises `click.UsageError`.
    """
    is_alone = devices == 1
    # several devices have free ports, whatever the environment says of one
    wanted = (options.port, options.secure_port) if is_alone else (0, 0)
    advertised = _advertised(options.advertised)
    if not is_alone and any(each.port for each in advertised):
        raise click.UsageError("--advertise with a port is for one device, and these are several")
    return HostOptions(
        ports=Ports(
            options.hosts,
            *wanted,
            advertised,
            takes_coap_port=not (options.hosts or options.own_ports_only),
        ),
        addresses=_addresses(options, given, () if link is None else link.sockets),
        budgets=Budgets(shared_by=1 if link is None else link.workers),
        devices=devices,
        link=link,
        codec=next(each for each in CODECS if each.name == options.codec),
        log_format=options.log_format,
        verbose=options.verbose,
        given=frozenset(given),
        keylog=None if options.keylog is None else KeyWriter.open(options.keylog),
        watch=_watch(options, auditor),
        adopt=options.adopt,
        speed=options.speed,
        metering=_metering(options.metrics),
        dashboard=_dashboard(options) if link is None else _part_of_dashboard(options, link),
        console=None if auditor is not None else console_of(options),
    )


def console_of(options: RunOptions) -> "Console | None":
    """Return the console, where a person sits at a terminal and wants one."""
    is_wanted = options.log_format == "console" and not options.no_console
    if not (is_wanted and has_person()):
        return None
    try:
        # it brings a library that draws, which devices without a terminal do without
        from onboardee.device.cli.console.console import Console  # noqa: PLC0415
        from onboardee.device.cli.console.screen import terminal  # noqa: PLC0415
    except ModuleNotFoundError:
        return None
    has_colours = has_colour(sys.stdout)
    return Console(terminal(has_colour=has_colours), lambda: LogWriter(sys.stdout))


def prefixes_of(options: RunOptions, given: Collection[str]) -> tuple[Prefix, ...]:
    """Return of which prefixes devices have addresses of their own. Raises `click.UsageError`."""
    if not options.prefixes:
        return ()
    for option in ("hosts", "port", "secure_port", "advertised"):
        if option in given:
            written = {"hosts": "host", "advertised": "advertise"}.get(option, option)
            name = written.replace("_", "-")
            raise click.UsageError(f"--addresses says all of where devices are: leave out --{name}")
    try:
        return tuple(map(parsed_prefix, options.prefixes))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--addresses") from error


def _addresses(
    options: RunOptions, given: Collection[str], sockets: "Iterable[SharedSocket]"
) -> Addresses | None:
    """Return what gives each device an address of its own, if that is wanted."""
    prefixes = prefixes_of(options, given)
    opened = [UdpSocket.over(each.opened, secured=each.secured) for each in sockets]
    return Addresses(prefixes, given=opened) if prefixes else None


def _metering(place: tuple[str, int] | None) -> "Metering | None":
    if place is None:
        return None
    # it brings an HTTP server, which devices without it do without
    from onboardee.device.metrics.serving import Metering  # noqa: PLC0415

    return Metering(*place)


def _dashboard(options: RunOptions) -> "Dashboard | None":
    """Return what shows the devices in a browser. Raises `click.UsageError`."""
    require_web(options)
    if options.web is None:
        return None
    # an extra of the package, and more than devices without it need
    from onboardee.device.web.serving import Dashboard  # noqa: PLC0415

    return Dashboard(*options.web, read_only=options.web_read_only)


def _part_of_dashboard(options: RunOptions, link: "Link") -> "Dashboard | None":
    """Return what shows the devices of a worker to the process that shows all."""
    if link.web is None:
        return None
    from onboardee.device.web.serving import Dashboard  # noqa: PLC0415

    return Dashboard(read_only=options.web_read_only)


def require_web(options: RunOptions) -> None:
    """Raise `click.UsageError`, or `click.ClickException`, if --web is wanted and cannot be."""
    if options.web is None:
        if options.web_read_only:
            raise click.UsageError("--web-read-only says how --web is: give both")
        return
    try:
        importlib.import_module("onboardee.device.web.serving")
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"--web needs {error.name}, which is not installed: pip install 'onboardee[web]'"
        ) from error


def _watch(options: RunOptions, auditor: "Auditor | None") -> "WatchOptions | None":
    """Open what the conversations are to be written to; None if nobody wants to see them."""
    is_wanted = options.trace or options.trace_to or options.capture or options.record
    if not (is_wanted or options.faults or auditor):
        return None
    # what watches is imported only where somebody wants it
    from onboardee.device.cli.watching import CaptureFile, WatchOptions, Written, opened  # noqa: PLC0415

    return WatchOptions(
        is_shown=options.trace,
        written=None if options.trace_to is None else Written.to(options.trace_to),
        captured=None if options.capture is None else CaptureFile.to(options.capture),
        auditor=auditor,
        recording=None if options.record is None else opened(options.record, "--record"),
        faults=_faults(options.faults),
    )


def _faults(texts: tuple[str, ...]) -> tuple[Fault, ...]:
    try:
        return tuple(map(parsed_fault, texts))
    except FaultError as error:
        raise click.BadParameter(str(error), param_hint="--fault") from error


def _advertised(values: tuple[str, ...]) -> tuple[Endpoint, ...]:
    try:
        return tuple(endpoint for value in values for endpoint in parsed(value))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--advertise") from error
