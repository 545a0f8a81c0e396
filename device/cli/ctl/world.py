"""`ctl list`, `get`, `set`, `press` and `watch`: the simulated world, and what happens in it."""

import click

from onboardee.device.cli.connection import (
    CommandFailedError,
    ControlConnection,
    NotRunningError,
)
from onboardee.device.cli.ctl.choosing import DeviceChoice, command, device_options
from onboardee.device.cli.ctl.printing import line, listed, pairs, value_line
from onboardee.device.cli.terminal import table


@command.command("list", epilog="Example: onboardee ctl list")
@device_options
@click.pass_obj
def list_resources(chosen: DeviceChoice) -> None:
    """List the resources with their values."""
    result = chosen.ask("list")
    lines: list[str] = []
    for each in result:
        lines += table([(each["href"], " ".join(each["rt"]))])
        lines += pairs(each["values"], indent="  ")
    chosen.show(result, "\n".join(lines) or "this device has no resources of its own")


@command.command("get", epilog="Example: onboardee ctl get /light/dimming#dimmingSetting")
@click.argument("place")
@device_options
@click.pass_obj
def get(chosen: DeviceChoice, place: str) -> None:
    """Print the value of PLACE, a property or a whole resource."""
    href, _, name = place.partition("#")
    result = chosen.ask("get", href=href, name=name or None)
    text = "\n".join(pairs(result)) if isinstance(result, dict) else value_line(result)
    chosen.show(result, text)


@command.command("set", epilog="Example: onboardee ctl set /light/dimming#dimmingSetting 40")
@click.argument("place")
@click.argument("value")
@device_options
@click.pass_obj
def set_value(chosen: DeviceChoice, place: str, value: str) -> None:
    """Give the property PLACE a VALUE, as the world around the device would.

    Read-only properties too: somebody opens the door, the room gets warm. VALUE is YAML: true, 40,
    [0, 0, 255], text.
    """
    import yaml  # noqa: PLC0415 - --help does not need it

    href, _, name = place.partition("#")
    if not name:
        raise click.UsageError(f"{place} names no property; {place}#NAME does")
    try:
        # As profiles write values; JSON is YAML, too.
        wanted = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise click.BadParameter(f"{value} is not YAML") from error
    result = chosen.ask("set", href=href, values={name: wanted})
    chosen.show(result, value_line(result[name]))


@command.command("watch", epilog="Example: onboardee ctl watch /light/switch")
@click.argument("hrefs", nargs=-1)
@device_options
@click.pass_obj
def watch(chosen: DeviceChoice, hrefs: tuple[str, ...]) -> None:
    """Print what happens, as it happens; with HREFS only what concerns these resources."""
    try:
        with ControlConnection(chosen.directory()) as connection:
            # Asked first: after `watch` the connection carries events only.
            uuid = connection.ask("state")["device_uuid"]
            coming = connection.events()
            # a script that reads this line misses nothing that happens after it
            started = {"event": "ctl.watching", "device_uuid": uuid}
            chosen.show(started, line(started))
            for event in coming:
                # Events without a resource concern nobody who named some.
                if not hrefs or event.get("href") in hrefs:
                    chosen.show(event, line(event))
            click.echo("the device has stopped", err=True)
    except (NotRunningError, CommandFailedError) as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        return


@command.command("press", epilog="Example: onboardee ctl press thumbturn")
@click.argument("name", required=False)
@device_options
@click.pass_obj
def press(chosen: DeviceChoice, name: str | None) -> None:
    """Use the input NAME of the device, as a person does; without NAME list them."""
    # Both answers list the inputs, so they are printed alike.
    result = chosen.ask("inputs") if name is None else chosen.ask("press", name=name)
    chosen.show(result, listed(result["inputs"], "this device has no inputs"))
