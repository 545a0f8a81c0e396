"""`ctl state`, `devices`, `pin`, `connections`, `reset` and `reboot`: the device itself."""

from pathlib import Path
from typing import Any

import click

from onboardee.device.cli.connection import (
    ControlConnection,
    running,
)
from onboardee.device.cli.ctl.choosing import DeviceChoice, command, device_options
from onboardee.device.cli.ctl.printing import line, pairs
from onboardee.device.cli.places import state_home
from onboardee.device.cli.terminal import table


@command.command("reset", epilog="Example: onboardee ctl reset")
@device_options
@click.pass_obj
def reset(chosen: DeviceChoice) -> None:
    """Press the reset button: back to factory state at once."""
    result = chosen.ask("reset")
    name = chosen.directory().name
    chosen.show(result, f"device {result['device_uuid']} is in factory state again ({name})")


@command.command("reboot", epilog="Example: onboardee ctl reboot")
@device_options
@click.pass_obj
def reboot(chosen: DeviceChoice) -> None:
    """Take the power away and give it back: sessions go, what is stored stays."""
    result = chosen.ask("reboot")
    name = chosen.directory().name
    uuid, state = result["device_uuid"], result["state"]
    chosen.show(result, f"device {uuid} has restarted, in {state} ({name})")


@command.command("state", epilog="Example: onboardee ctl state --json")
@device_options
@click.pass_obj
def state(chosen: DeviceChoice) -> None:
    """Tell who the device is, where it is, what state it is in, who owns it."""
    result = {"device": chosen.directory().name, **chosen.ask("state")}
    chosen.show(result, "\n".join(pairs(result)))


@command.command("devices", epilog="Example: onboardee ctl devices")
@device_options
@click.pass_obj
def devices(chosen: DeviceChoice) -> None:
    """List the devices that run, by the names that --device takes."""
    found = running(chosen.state_dir or state_home())
    told = [{"device": place.name, **_state_at(place)} for place in found]
    rows = [(each["device"], each["state"], each["device_uuid"], each["name"]) for each in told]
    chosen.show(told, "\n".join(table(rows)) or "no device runs")


def _state_at(place: Path) -> dict[str, Any]:
    """Ask one of several devices for its state."""
    with ControlConnection(place) as connection:
        state: dict[str, Any] = connection.ask("state")
    return state


@command.command("pin", epilog="Example: onboardee ctl pin")
@device_options
@click.pass_obj
def pin(chosen: DeviceChoice) -> None:
    """Print the PIN that the device shows."""
    result = chosen.ask("pin")
    chosen.show(result, result)


@command.command("connections", epilog="Example: onboardee ctl connections")
@device_options
@click.pass_obj
def connections(chosen: DeviceChoice) -> None:
    """List sessions, observers, used budgets, and the last refusals with their reasons."""
    result = chosen.ask("connections")
    sessions = [
        ("session", each["peer"], f"{each['identity']}, {each['suite']}")
        for each in result["sessions"]
    ]
    observers = [("observes", each["peer"], each["href"]) for each in result["observers"]]
    budgets = [
        ("budget", each["name"], f"{each['used']} of {each['limit']} {each['unit']}".rstrip())
        for each in result["budgets"]
        if each["used"]
    ]
    tables = [*table(sessions), *table(observers), *table(budgets)]
    lines = [*tables, *map(line, result["refusals"])]
    chosen.show(result, "\n".join(lines) or "nobody is connected, and nothing was refused")
